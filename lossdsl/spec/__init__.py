"""YAML nodes to a `Spec`: fields with their places, nothing parsed yet."""
