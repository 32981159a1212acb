"""What readers look for beside the five classes of the rewards: small parts, reading frames, own features."""
