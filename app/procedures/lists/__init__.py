"""Lists of procedures and of grants: how a row is read, what it comes to, and how that is told."""
