"""What Airflow loads of lienthong beside the DAG files: plugin, provider, hooks, assets, and the desk's mount."""
