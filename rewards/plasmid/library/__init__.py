"""The feature library: read from installed data packages, clustered, indexed and cached."""
