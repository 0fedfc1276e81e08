"""The names to which wrapped month keys are bound; makers, readers and verifiers must agree on them."""


def index_key_name(key_id: str) -> str:
    """Return the name under which auditing's index key of a month is wrapped."""
    return f"month index key {key_id}"


def private_key_name(key_id: str) -> str:
    """Return the name under which a month's private key is wrapped."""
    return f"month private key {key_id}"
