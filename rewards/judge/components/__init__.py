"""The rewards that ask a judge, one file each, named as the reward."""
