"""Primitives: along."""
