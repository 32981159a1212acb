"""GRPO training of one run with TRL."""
