"""Health of a run, as pure functions on arrays. Imports no torch."""
