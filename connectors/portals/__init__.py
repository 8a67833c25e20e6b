"""The portals: one file per vendor platform, one line per province."""
