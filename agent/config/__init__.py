"""Typed configuration of a run. Imports nothing heavy: no torch, no transformers, no trl."""
