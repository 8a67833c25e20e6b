"""The checks, a file for each subject. A file here is found by itself; so is every check in it."""
