"""The signer behind HTTP: it keeps its rules and takes nothing else; the worker tells its states apart."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.record import leaf_hash
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.merkle import EMPTY_TREE, TreeHead, consistency_leaves
from app.audit.tree.remote_signer import RemoteSigner, SignerUnreachableError
from app.audit.tree.signer import FileSigner, SignerRefusedError, SignerStateError
from app.audit.tree.signing_app import signing_app
from app.cli import invented
from app.logs import configure_logging
from tests.audit.tree.ground import a_signer
from tests.audit.tree.plain import plain_root

HASHES = [leaf_hash(str(number).encode()) for number in range(20)]
ROOT = base64.b64encode(bytes(32)).decode()


def head(size: int) -> TreeHead:
    return TreeHead(size, plain_root(HASHES[:size]))


def proof(earlier: int, later: int) -> list[bytes]:
    return [plain_root(HASHES[first:last]) for first, last in consistency_leaves(earlier, later)]


def speaking_to(place: httpx.AsyncBaseTransport) -> RemoteSigner:
    return RemoteSigner(httpx.AsyncClient(transport=place, base_url="http://signer"), invented.AUTHORITY)


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return a_signer(tmp_path)


@pytest.fixture
async def remote(signer: FileSigner) -> AsyncIterator[RemoteSigner]:
    async with speaking_to(httpx.ASGITransport(signing_app(signer))) as remote:
        yield remote


async def test_what_continues_the_last_head_is_signed_and_remembered(
    remote: RemoteSigner, signer: FileSigner
) -> None:
    assert await remote.last() == EMPTY_TREE
    for earlier, later in ((0, 5), (5, 5), (5, 13)):
        note = await remote.sign(head(later), proof(earlier, later))
        assert note == await signer.sign(head(later), [])
        assert await remote.last() == head(later)


async def test_a_refused_head_is_answered_with_the_one_remembered_and_told(
    remote: RemoteSigner, signer: FileSigner
) -> None:
    configure_logging(said := StringIO())
    await remote.sign(head(5), [])
    with pytest.raises(SignerRefusedError):
        await remote.sign(TreeHead(5, bytes(32)), [])
    answer = await posted(signer, {"size": 4, "root": ROOT, "proof": []})
    assert answer.status_code == 409
    assert answer.json() == {"size": 5, "root": base64.b64encode(head(5).root).decode()}
    assert said.getvalue().count("audit.checkpoint_refused") == 2
    assert await remote.last() == head(5)


async def posted(signer: FileSigner, content: Any) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    transport = httpx.ASGITransport(signing_app(signer))
    async with httpx.AsyncClient(transport=transport, base_url="http://signer") as http:
        return await http.post("/v1/sign", content=body)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        {},
        {"size": 1, "root": ROOT},
        {"size": 1, "root": ROOT, "proof": [], "also": 1},
        {"size": "1", "root": ROOT, "proof": []},
        {"size": True, "root": ROOT, "proof": []},
        {"size": 1.0, "root": ROOT, "proof": []},
        {"size": -1, "root": ROOT, "proof": []},
        {"size": 2**63, "root": ROOT, "proof": []},
        {"size": 1, "root": None, "proof": []},
        {"size": 1, "root": "AAAA", "proof": []},
        {"size": 1, "root": "ă", "proof": []},
        {"size": 1, "root": ROOT, "proof": None},
        {"size": 1, "root": ROOT, "proof": "x"},
        {"size": 1, "root": ROOT, "proof": [1]},
        {"size": 1, "root": ROOT, "proof": [ROOT] * 65},
    ],
)
async def test_what_asks_nothing_is_refused(signer: FileSigner, content: Any) -> None:
    assert (await posted(signer, content)).status_code == 400
    assert await signer.last() == EMPTY_TREE


async def test_a_body_longer_than_any_question_is_not_read_on(signer: FileSigner) -> None:
    assert (await posted(signer, b" " * 9000)).status_code == 413


async def test_a_body_that_does_not_come_is_not_waited_for(signer: FileSigner) -> None:
    sent = list[Any]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/v1/sign", "headers": []}
    await signing_app(signer)(scope, receive, send)
    assert sent[0]["status"] == 408


class Dribble(httpx.AsyncByteStream):
    """An answer that never ends; each byte of it comes well within any limit between two of them."""

    def __init__(self, part: bytes, pause_seconds: float) -> None:
        self.part = part
        self.pause_seconds = pause_seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self.pause_seconds)
            yield self.part


@pytest.mark.parametrize(
    ("part", "pause_seconds", "expected"),
    [(b" ", 0.01, SignerUnreachableError), (b" " * 10_000, 0.0, SignerStateError)],
)
async def test_an_answer_that_does_not_end_is_given_up(
    part: bytes, pause_seconds: float, expected: type[Exception]
) -> None:
    place = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dribble(part, pause_seconds)))
    async with httpx.AsyncClient(transport=place, base_url="http://signer") as http:
        async with asyncio.timeout(5):
            with pytest.raises(expected):
                await RemoteSigner(http, invented.AUTHORITY, answer_seconds=0.1).last()


async def test_nothing_else_is_served(signer: FileSigner) -> None:
    transport = httpx.ASGITransport(signing_app(signer))
    async with httpx.AsyncClient(transport=transport, base_url="http://signer") as http:
        assert (await http.get("/")).status_code == 404
        assert (await http.get("/v1/sign")).status_code == 405
        assert (await http.post("/v1/head")).status_code == 405


async def test_a_signer_without_its_memory_says_so(
    remote: RemoteSigner, signer: FileSigner, tmp_path: Path
) -> None:
    (tmp_path / "signer" / "signed.json").unlink()
    with pytest.raises(SignerStateError):
        await remote.last()
    with pytest.raises(SignerStateError):
        await remote.sign(head(1), [])


async def test_a_memory_lost_while_refusing_is_no_refusal(signer: FileSigner, tmp_path: Path) -> None:
    class Forgetting(FileSigner):
        async def last(self) -> TreeHead:
            raise SignerStateError

    await signer.sign(head(5), [])
    forgetting = Forgetting.__new__(Forgetting)
    forgetting.__dict__.update(signer.__dict__)
    assert (await posted(forgetting, {"size": 4, "root": ROOT, "proof": []})).status_code == 503


async def test_a_signer_that_is_away_is_known_from_one_that_refuses() -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens")

    async with speaking_to(httpx.MockTransport(fail)) as away:
        with pytest.raises(SignerUnreachableError):
            await away.last()
        with pytest.raises(SignerUnreachableError):
            await away.sign(head(1), [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"size": -1, "root": ""}',
        b'{"size": 1, "root": "AAAA"}',
        b'{"size": 1, "root": 1}',
    ],
)
async def test_what_says_no_head_is_not_taken_for_one(content: bytes) -> None:
    place = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    async with speaking_to(place) as remote:
        with pytest.raises(SignerStateError):
            await remote.last()


@pytest.mark.parametrize("size", [None, 2])
async def test_another_note_than_was_asked_for_is_not_published(size: int | None) -> None:
    key = NoteKey(f"dancu/{invented.AUTHORITY}", Ed25519PrivateKey.generate())
    note = key.sign(checkpoint_text(key.name, head(size))) if size else "no note"
    async with speaking_to(httpx.MockTransport(lambda _: httpx.Response(200, text=note))) as remote:
        with pytest.raises(SignerStateError):
            await remote.sign(head(1), [])


@pytest.mark.parametrize("status", [302, 400, 404, 413, 500, 503])
async def test_any_other_answer_is_the_signers_trouble(status: int) -> None:
    async with speaking_to(httpx.MockTransport(lambda _: httpx.Response(status))) as remote:
        for asking in (remote.last(), remote.sign(head(1), [])):
            with pytest.raises(SignerStateError, match=str(status)):
                await asking
