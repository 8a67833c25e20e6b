"""Where things come from and go to: every socket, file share and database is opened here."""
