"""One verdict per run, from its whole history."""
