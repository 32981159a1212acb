"""Storage: one SQLite database with one writer, its backups, and the uploaded files beside it."""
