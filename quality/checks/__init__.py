"""The checks, one file for each subject. `quality.check` imports every file here, so no list names them."""

import quality.check  # noqa: F401  it imports the files in one order, even when one of them is imported first
