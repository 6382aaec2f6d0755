"""One file per rule, named by its code and name."""
