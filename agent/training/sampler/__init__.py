"""A batched sampler for small decoder-only models; the same tokens as `generate`, several times sooner."""
