"""What GraphQL clients read: one file per kind of object."""
