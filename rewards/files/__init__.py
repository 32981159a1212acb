"""Files: written at once or not at all, kept in the cache folder, read as YAML."""
