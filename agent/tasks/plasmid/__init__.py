"""The plasmid task: real plasmids in, a starter model, prompts and rewards out."""
