"""The plasmid task: a starter model and prompts from real plasmids, and rewards for plasmids."""
