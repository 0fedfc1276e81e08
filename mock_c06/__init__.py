"""A stand-in for the National Population Database (C06) that holds invented people only."""
