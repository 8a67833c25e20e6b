"""When things happen: on a schedule (DAG files) or when a person asks (cli.py)."""
