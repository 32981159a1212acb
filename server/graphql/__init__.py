"""The GraphQL part of W&B's protocol: an executor without a schema, and the fields that clients use."""
