"""The feature library: harvested from installed data packages, clustered, indexed and cached."""
