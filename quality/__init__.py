"""Whether things are right: judgements. Pure: values in, judgements out; no database, no network, no file."""
