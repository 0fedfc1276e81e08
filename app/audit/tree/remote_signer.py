"""A signer that is a process of its own, reached over a Unix socket or over TLS from both sides."""

import asyncio
import base64
import json
from collections.abc import Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx

from app.audit.tree.checkpoint import as_text, checkpoint_text, log_epoch
from app.audit.tree.merkle import HASH_BYTES, TreeHead
from app.audit.tree.notes import NoteError, split_note
from app.audit.tree.signer import SignerRefusedError, SignerStateError

HEAD_PATH: Final = "/v1/head"
SIGN_PATH: Final = "/v1/sign"
_LIMITS: Final = httpx.Timeout(connect=2.0, read=5.0, write=2.0, pool=2.0)
_ANSWER_SECONDS: Final = 10.0  # those above begin anew with every byte
_MOST_BYTES: Final = 64 * 1024


class SignerUnreachableError(Exception):
    """The signer does not answer: nothing is signed until it does, and nothing is lost."""


class RemoteSigner:
    """Speaks to `dancu signer`; see CheckpointSigner. Also raises SignerUnreachableError."""

    def __init__(
        self, http: httpx.AsyncClient, authority_code: str, *, answer_seconds: float = _ANSWER_SECONDS
    ) -> None:
        """Ask through *http*, whose base address is the signer's, for *answer_seconds* at most."""
        self._http = http
        self._authority_code = authority_code
        self._answer_seconds = answer_seconds

    async def __aenter__(self) -> Self:
        """Be open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        await self._http.aclose()

    async def last(self) -> TreeHead:
        """Return the head signed last; see CheckpointSigner."""
        return _head_in(await self._ask("GET", HEAD_PATH))

    async def sign(self, head: TreeHead, proof: Sequence[bytes]) -> str:
        """Return the signed note; see CheckpointSigner."""
        content = {
            "size": head.size,
            "root": as_text(head.root),
            "proof": [as_text(part) for part in proof],
        }
        note = (await self._ask("POST", SIGN_PATH, content)).decode("utf-8", "replace")
        if not self._says(note, head):
            raise SignerStateError("the signer answered with another checkpoint")
        return note

    def _says(self, note: str, head: TreeHead) -> bool:
        """Whether *note* is of *head* and of this installation's log, or of one that succeeded it."""
        try:
            text, _ = split_note(note)
        except NoteError:
            return False
        origin = text.split("\n", maxsplit=1)[0]
        return log_epoch(origin, self._authority_code) is not None and text == checkpoint_text(origin, head)

    async def _ask(self, method: str, path: str, content: object = None) -> bytes:
        try:
            async with asyncio.timeout(self._answer_seconds):
                status, answer = await self._answer(method, path, content)
        except (httpx.HTTPError, OSError) as error:  # TimeoutError is an OSError
            raise SignerUnreachableError(type(error).__name__) from None
        if status == HTTPStatus.CONFLICT:
            raise SignerRefusedError("the signer remembers another tree")
        if status != HTTPStatus.OK:
            raise SignerStateError(f"the signer answered {status}")
        return answer

    async def _answer(self, method: str, path: str, content: object) -> tuple[int, bytes]:
        answer = b""
        async with self._http.stream(method, path, json=content, timeout=_LIMITS) as response:
            async for part in response.aiter_bytes():
                answer += part
                if len(answer) > _MOST_BYTES:
                    raise SignerStateError("the signer answers more than a checkpoint")
        return response.status_code, answer


def _head_in(answer: bytes) -> TreeHead:
    try:
        said: Any = json.loads(answer)
        size, root = said["size"], base64.b64decode(said["root"], validate=True)
    except (ValueError, KeyError, TypeError):
        raise SignerStateError("the signer's answer says no tree head") from None
    if type(size) is not int or size < 0 or len(root) != HASH_BYTES:
        raise SignerStateError("the signer's answer says no tree head")
    return TreeHead(size, root)
