"""The sandbox: twins of the portals and registries with their real faults, in one small server process.

All persons in it are invented. A twin is written from the documents that its connector was written from, never from the
connector's code.
"""
