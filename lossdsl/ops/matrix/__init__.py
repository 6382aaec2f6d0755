"""Primitives: matrix."""
