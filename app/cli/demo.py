"""`dancu demo`."""


def demo() -> None:
    """Start."""
