"""The root fields of GraphQL requests: queries, mutations, and introspection."""
