"""The checks, a file for each subject. A file here is found by itself; so is every check in it."""

import quality.check  # noqa: F401  it imports all of the files in order, whichever is asked for first
