"""What every route shares: problems, request context, reading bodies, health."""
