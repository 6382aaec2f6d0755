"""File text to YAML nodes in which every character maps back to the file."""
