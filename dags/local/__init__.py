"""Everything on this machine: the demo, production, and the processes that they start."""
