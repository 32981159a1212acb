"""GRPO training of one run on TRL."""
