"""Cursors of lists: the place of a page's last row, in a form that nobody needs to understand."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import TypeVar

from app.errors import InvalidRequestError, ProblemCode

P = TypeVar("P", bound=tuple[bool | int | str, ...])


def cursor_of(place: Sequence[bool | int | str]) -> str:
    """Return the cursor that stands for a place."""
    return urlsafe_b64encode(json.dumps(list(place), ensure_ascii=False).encode()).decode()


def place_in(cursor: str, like: P) -> P:
    """Return the place a cursor stands for; its parts are of the types of those of *like*.

    Raises InvalidRequestError for a cursor that is none of ours.
    """
    try:
        parts = json.loads(b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or list(map(type, parts)) != list(map(type, like)):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))
    return type(like)(parts)
