"""The GraphQL mutations; one file for each kind of object."""
