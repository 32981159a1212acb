"""The annotation engine: compiled kernels over base codes, and the index that they search."""
