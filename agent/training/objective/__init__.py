"""The held-out objective: what is sampled, how it is scored, how far the policy has drifted."""
