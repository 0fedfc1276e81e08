"""Conditional changes: the version a change was decided on (RFC 9110 sections 8.8.3 and 13.1.1)."""

import re
from typing import Final

from starlette.requests import Request

from app.errors import ConflictError, InvalidRequestError, ProblemCode

_TAG: Final = re.compile(r'"([0-9]{1,18})"')


def etag(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def expected_version(request: Request) -> int:
    """Return the version in the request's one If-Match.

    Raises InvalidRequestError(IF_MATCH_NEEDED) where there is none, ConflictError(VERSION_OUTDATED) for
    what is no tag of ours: `*` would mean any version, and weak tags never match (section 13.1.1).
    """
    given = request.headers.getlist("if-match")
    if not given:
        raise InvalidRequestError(ProblemCode.IF_MATCH_NEEDED)
    tag = _TAG.fullmatch(given[0].strip()) if len(given) == 1 else None
    if tag is None:
        raise ConflictError(ProblemCode.VERSION_OUTDATED)
    return int(tag[1])
