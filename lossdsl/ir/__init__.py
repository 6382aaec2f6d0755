"""The lowered graph: named axes, explicit masks, one representation per value."""
