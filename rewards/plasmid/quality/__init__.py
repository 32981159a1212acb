"""Quality control of plasmids: which molecules pass, which are the same, and which are copies."""
