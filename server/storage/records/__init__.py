"""The named queries of the database, one file for each kind of record; no other folder holds SQL."""
