"""The GraphQL part of the protocol: an executor without a schema, and the fields that clients use."""
