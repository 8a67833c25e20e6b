"""Whether things are right: judgements."""
