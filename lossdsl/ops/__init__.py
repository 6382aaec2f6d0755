"""The closed set of primitives, one file each: type rule, domain, torch lowering, float64 meaning."""
