"""Runs a sweep: registers it, starts agents, waits for its end, confirms its best configurations."""
