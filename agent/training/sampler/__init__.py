"""A batched sampler for small decoder-only models, several times faster than transformers' `generate`."""
