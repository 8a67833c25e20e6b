"""The checks, a file for each subject. `quality.examination` finds each file here by itself, and every check in it."""
