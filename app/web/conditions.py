"""Conditional requests (RFC 9110 section 13): the version a change was decided on, lists not sent twice."""

import hashlib
import re
from typing import Final

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.errors import ConflictError, InvalidRequestError, ProblemCode

_TAG_BYTES: Final = 7  # as many as an entity tag's eighteen digits hold
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


def conditional(request: Request, answer: BaseModel) -> Response:
    """Return a list as JSON under a tag of its content, or 304 to who has it already (section 13.1.2)."""
    content = orjson.dumps(answer.model_dump(mode="json"))
    headers = {"ETag": etag(int.from_bytes(hashlib.sha256(content).digest()[:_TAG_BYTES]))}
    held = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    if headers["ETag"] in held:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")
