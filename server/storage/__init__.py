"""Storage: one SQLite database with one writer, its backups, and a folder of uploaded files."""
