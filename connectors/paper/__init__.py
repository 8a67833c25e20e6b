"""Paper registers: scans and photographs, their pages, and what machines read on them."""
