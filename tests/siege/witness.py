"""A witness: it keeps the last checkpoint it saw and takes no other that is not proven to continue it."""

import asyncio
import base64
import random
from collections.abc import Sequence
from typing import Final

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit.tree.merkle import EMPTY_TREE, TreeHead, continues

_LOOK_SECONDS: Final = 0.5
_ASK_SECONDS: Final = 10.0


class Witness:
    """Asks any of the gateways; remembers heads by itself and not in the database."""

    def __init__(self, verifier: str, ports: Sequence[int], chance: random.Random) -> None:
        self.name, self._key_id, key = verifier.split("+", maxsplit=2)
        self.last = EMPTY_TREE
        self.heads = 0
        self.wrong: dict[str, None] = {}
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        self._ports = ports
        self._chance = chance

    async def run(self) -> None:
        """Look again and again, for ever; whoever does not answer is asked later."""
        async with httpx.AsyncClient(trust_env=False, timeout=_ASK_SECONDS) as http:
            while True:
                await self.look(http)
                await asyncio.sleep(_LOOK_SECONDS)

    async def look(self, http: httpx.AsyncClient) -> None:
        """Fetch a checkpoint and judge it beside the last one."""
        try:
            url = f"http://127.0.0.1:{self._chance.choice(self._ports)}/v1/audit"
            answer = await http.get(f"{url}/checkpoint")
            if not answer.is_success:
                return
            head = self.read(answer.text)
            if head is None:
                return
            query = f"from={self.last.size}&to={head.size}"
            proof = await http.get(f"{url}/consistency?{query}") if head.size > self.last.size else None
            if proof is not None and not proof.is_success:
                return
        except httpx.TransportError:
            return
        hashes = [] if proof is None else [base64.b64decode(text) for text in proof.json()["hashes"]]
        self.judge(head, hashes)

    def read(self, note: str) -> TreeHead | None:
        """Return a checkpoint's head; None, and a violation, where its signature is wrong."""
        text, _, lines = note.partition("\n\n")
        origin, size, root = text.split("\n")
        signature = base64.b64decode(lines.split("\n")[0].rpartition(" ")[2])
        try:
            self._key.verify(signature[4:], f"{text}\n".encode())
        except InvalidSignature:
            self.wrong[f"I5 a checkpoint of {size} leaves has a wrong signature"] = None
            return None
        if origin != self.name or signature[:4].hex() != self._key_id:
            self.wrong["I5 a checkpoint is another log's"] = None
            return None
        return TreeHead(int(size), base64.b64decode(root))

    def judge(self, head: TreeHead, proof: Sequence[bytes]) -> None:
        """Take *head* where it continues the last one; note a violation otherwise."""
        if not continues(self.last, head, proof):
            self.wrong[f"I5 the tree of {head.size} leaves does not continue that of {self.last.size}"] = None
            return
        self.heads += head != self.last
        self.last = head
