"""A sweep's results as a page of the documentation."""
