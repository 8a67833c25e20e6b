"""Figures, not tests: how fast the pipeline is beside well-known tools that do a part of it. See `__main__.py`."""
