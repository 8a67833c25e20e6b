"""Twins of the portals and registries, with their real faults, as one small server process; nobody in it is real.

A twin is written from the documents that its connector was written from, never from the connector's code.
"""
