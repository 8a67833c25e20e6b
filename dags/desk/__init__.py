"""The desk: the stewards' web pages. `app.make_desk` makes it."""
