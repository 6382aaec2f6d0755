"""Primitives: flow."""
