"""Search: the sweep syntax, the samplers that propose points, and Hyperband that stops runs."""
