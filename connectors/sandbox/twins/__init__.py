"""The twins: one file per registry or portal platform, and the files that they share or are divided into."""
