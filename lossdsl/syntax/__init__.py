"""Expression text to syntax trees with spans, and back."""
