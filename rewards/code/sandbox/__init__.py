"""Runs programs of a policy that is paid to cheat, and returns no more than what they answered."""
