"""The rewards for control runs, one file each, named as the reward."""
