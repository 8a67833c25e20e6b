"""What Airflow loads of us beside the DAG files: plugin, provider, hooks, assets, and the desk's mount."""
