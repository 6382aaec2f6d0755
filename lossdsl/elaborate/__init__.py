"""Syntax trees to a typed graph: names resolved, definitions expanded with sharing, every value typed."""
