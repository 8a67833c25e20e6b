"""The twins: one file per system that has a stand-in here."""
