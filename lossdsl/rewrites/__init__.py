"""Rewrites as data: what to find, what to put in its place, why."""
