"""What GraphQL clients change: one file per kind of object."""
