"""Graph to graph: stabilise, simplify, share."""
