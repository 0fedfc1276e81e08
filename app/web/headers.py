"""Reading single headers of a request, where an object of all of them would cost more than the reading."""

from collections.abc import Mapping
from typing import Any


def first_header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """Return the first header called *name*, in small letters as ASGI gives names; None without one."""
    for known, value in scope["headers"]:
        if known == name:
            text: str = value.decode("latin-1")
            return text
    return None
