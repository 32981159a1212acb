"""The GraphQL objects that clients read, one file for each kind of object."""
