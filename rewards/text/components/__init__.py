"""The rewards for prose, one file each, named as the reward."""
