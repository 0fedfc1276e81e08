"""The signer over HTTP: two calls, for the worker alone; what it may sign the signer itself decides."""

import asyncio
import base64
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.audit.tree.checkpoint import as_text
from app.audit.tree.merkle import HASH_BYTES, TreeHead
from app.audit.tree.remote_signer import HEAD_PATH, SIGN_PATH
from app.audit.tree.signer import CheckpointSigner, SignerRefusedError, SignerStateError
from app.logs import LogEvent, get_logger

_MOST_BYTES: Final = 8 * 1024
_MOST_HASHES: Final = 64  # a tree of 2^63 leaves needs no more
_LARGEST: Final = 2**63 - 1
_BODY_SECONDS: Final = 5.0
_MEMBERS: Final = {"size", "root", "proof"}
_log = get_logger(__name__)


class _WrongRequestError(Exception):
    """This asks for no signature; carries the status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def signing_app(signer: CheckpointSigner) -> Starlette:
    """Return the application around *signer*: `GET /v1/head`, and `POST /v1/sign`, which answers a note.

    409 with the head remembered where the one sent does not continue it; 503 where the signer's files are
    missing; 400, 408 and 413 for what asks nothing.
    """

    async def head(_: Request) -> Response:
        try:
            return _head_said(await signer.last(), 200)
        except SignerStateError:
            return _broken()

    async def sign(request: Request) -> Response:
        try:
            wanted, proof = _wanted(await _content(request))
            return PlainTextResponse(await signer.sign(wanted, proof))
        except _WrongRequestError as wrong:
            return Response(status_code=wrong.status)
        except SignerRefusedError:
            _log.error(LogEvent.CHECKPOINT_REFUSED)
            return await _refused(signer)
        except SignerStateError:
            return _broken()

    return Starlette(routes=[Route(HEAD_PATH, head), Route(SIGN_PATH, sign, methods=["POST"])])


async def _content(request: Request) -> bytes:
    content = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > _MOST_BYTES:
                    raise _WrongRequestError(413)
    except (TimeoutError, ClientDisconnect):
        raise _WrongRequestError(408) from None
    return content


def _wanted(content: bytes) -> tuple[TreeHead, list[bytes]]:
    """Return the head to sign and its proof; _WrongRequestError for any other shape."""
    try:
        said: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise _WrongRequestError(400) from None
    if not isinstance(said, dict) or said.keys() != _MEMBERS:
        raise _WrongRequestError(400)
    size, proof = said["size"], said["proof"]
    if type(size) is not int or not 0 <= size <= _LARGEST:
        raise _WrongRequestError(400)
    if not isinstance(proof, list) or len(proof) > _MOST_HASHES:
        raise _WrongRequestError(400)
    return TreeHead(size, _hash_in(said["root"])), [_hash_in(part) for part in proof]


def _hash_in(text: object) -> bytes:
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        data = b""
    if len(data) != HASH_BYTES:
        raise _WrongRequestError(400)
    return data


async def _refused(signer: CheckpointSigner) -> Response:
    try:
        return _head_said(await signer.last(), 409)
    except SignerStateError:
        return _broken()


def _head_said(head: TreeHead, status: int) -> Response:
    content = orjson.dumps({"size": head.size, "root": as_text(head.root)})
    return Response(content, status, media_type="application/json")


def _broken() -> Response:
    _log.error(LogEvent.SEQUENCER_FAILED, error=SignerStateError.__name__)
    return Response(status_code=503)
