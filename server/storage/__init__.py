"""Storage: one SQLite database in WAL mode, one writer, and files beside it."""
