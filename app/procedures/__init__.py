"""The procedure catalogue: who may use a procedure and which fields it needs."""
