"""Twins of the portals and registries, with their real faults, as one small server process. No real person, host or key.

A twin is written from the documents that its connector was written from, never from the connector's code.
"""
