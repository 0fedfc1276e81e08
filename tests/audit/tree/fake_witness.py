"""A witness as C2SP tlog-witness has it, in memory; it knows nothing of the client it is there to test."""

import base64
import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.audit.tree.merkle import TreeHead, continues
from app.clock import Clock

NOTHING = TreeHead(0, hashlib.sha256(b"").digest())


@dataclass
class FakeWitness:
    """Cosigns what continues what it cosigned before; `asked` has the old sizes it was sent."""

    name: str
    clock: Clock
    logs: dict[str, str]
    """Origin and verifier key of each log it knows."""
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    latest: dict[str, TreeHead] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def vkey(self) -> str:
        material = b"\x04" + self.key.public_key().public_bytes_raw()
        return f"{self.name}+{self._key_id.hex()}+{base64.b64encode(material).decode()}"

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/prefix/add-checkpoint", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> Response:
        response = self._judge((await request.body()).decode())
        self.answers.append(response.status_code)
        return response

    def _judge(self, body: str) -> Response:
        above, _, note = body.partition("\n\n")
        old_line, *proof = above.split("\n")
        text, _, signatures = note.partition("\n\n")
        origin, size_line, root_line = text.split("\n")
        old, head = int(old_line.removeprefix("old ")), TreeHead(int(size_line), base64.b64decode(root_line))
        self.asked.append(old)
        if origin not in self.logs:
            return PlainTextResponse("unknown origin\n", 404)
        if not self._is_signed(origin, f"{text}\n", signatures):
            return PlainTextResponse("unknown key\n", 403)
        if old > head.size:
            return PlainTextResponse("old size beyond the checkpoint\n", 400)
        latest = self.latest.get(origin, NOTHING)
        if old != latest.size or (old == head.size and latest.root != head.root):
            return Response(f"{latest.size}\n", 409, media_type="text/x.tlog.size")
        if not continues(latest, head, [base64.b64decode(line) for line in proof]):
            return PlainTextResponse("inconsistent\n", 422)
        self.latest[origin] = head
        return PlainTextResponse(self.cosign(f"{text}\n"))

    def cosign(self, text: str) -> str:
        seconds = int(self.clock.now().timestamp())
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        signature = seconds.to_bytes(8) + self.key.sign(message)
        return f"— {self.name} {base64.b64encode(self._key_id + signature).decode()}\n"

    @property
    def _key_id(self) -> bytes:
        material = b"\x04" + self.key.public_key().public_bytes_raw()
        return hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]

    def _is_signed(self, origin: str, text: str, signatures: str) -> bool:
        _, _, encoded = self.logs[origin].split("+", maxsplit=2)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])
        for line in signatures.splitlines():
            try:
                key.verify(base64.b64decode(line.rpartition(" ")[2])[4:], text.encode())
            except InvalidSignature:
                continue
            return True
        return False


class Town(httpx.AsyncBaseTransport):
    """Witnesses at addresses, and places that do not answer as a witness would."""

    def __init__(self, **places: FakeWitness | httpx.AsyncBaseTransport) -> None:
        self._places = {
            host: httpx.ASGITransport(place.app) if isinstance(place, FakeWitness) else place
            for host, place in places.items()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = urlsplit(str(request.url)).hostname or ""
        if host not in self._places:
            raise httpx.ConnectError("nobody listens there")
        return await self._places[host].handle_async_request(request)
