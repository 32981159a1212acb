"""The GraphQL side of the protocol: a schemaless executor and the root fields that clients use."""
