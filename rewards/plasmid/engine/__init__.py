"""The annotation engine: compiled kernels that work on base codes, and the index that they search."""
