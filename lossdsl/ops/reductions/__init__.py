"""Primitives: reductions."""
