"""When work is started, and by whom: on a schedule (DAG files), by a command (`cli/`), by a click (`desk/`)."""
