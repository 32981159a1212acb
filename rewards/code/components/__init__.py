"""The rewards for programs, one file each, named as the reward."""
