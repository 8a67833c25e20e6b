"""The command line: `lienthong ...`, a file for each group of commands."""
