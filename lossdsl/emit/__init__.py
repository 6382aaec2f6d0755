"""Lowered graph to the source of plain torch functions."""
