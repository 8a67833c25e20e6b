"""Paper registers: scans, their pages and keyed files on their way in, and packages on their way out."""
