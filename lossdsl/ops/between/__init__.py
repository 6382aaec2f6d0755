"""Primitives: between."""
