"""Fetches of a gateway what anybody may fetch, and of its database the records an auditor has."""

import base64
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import httpx

from app.audit.tree.checkpoint import checkpoint_text
from app.audit.tree.merkle import TreeHead
from app.audit.tree.signer import FileSigner
from tests.outsiders.claims import InclusionProof, Leaf, Published

CHECKPOINT: Final = "/v1/audit/checkpoint"
PROOFS: Final = "/v1/audit/proofs/"
_RECORDS: Final = (
    "select leaf_index, record_id, leaf from audit_leaf join audit_record using (record_id)"
    " where leaf_index < $1 order by leaf_index"
)


async def fetch_published(
    http: httpx.AsyncClient, owner_url: str, signer: FileSigner, earlier: str, places: Sequence[int]
) -> Published:
    """Return what the gateway behind *http* publishes now, with a proof for the leaf at each of *places*.

    A negative place counts from the end.
    """
    latest = (await http.get(CHECKPOINT)).raise_for_status().text
    size = size_of(latest)
    rows = await _records(owner_url, size)
    leaves = tuple(Leaf(row["leaf_index"], bytes(row["leaf"])) for row in rows)
    grown = await _json(http, f"/v1/audit/consistency?from={size_of(earlier)}&to={size}")
    return Published(
        verifier=signer.verifier,
        earlier=earlier,
        latest=latest,
        consistency=_hashes(grown),
        proofs=[await _proof(http, rows[place]) for place in places],
        leaves=leaves,
        tiles=str(http.base_url.join("/v1/audit/tile/")),
        forged=_forged(signer, size),
    )


def size_of(note: str) -> int:
    """Return how many leaves a checkpoint speaks of."""
    return int(note.split("\n")[1])


async def _proof(http: httpx.AsyncClient, row: asyncpg.Record) -> InclusionProof:
    answer = await _json(http, PROOFS + str(row["record_id"]))
    return InclusionProof(
        Leaf(answer["leaf_index"], bytes(row["leaf"])), _hashes(answer), answer["checkpoint"]
    )


async def _records(owner_url: str, size: int) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(owner_url)
    try:
        return list(await connection.fetch(_RECORDS, size))
    finally:
        await connection.close()


async def _json(http: httpx.AsyncClient, path: str) -> dict[str, Any]:
    return dict((await http.get(path)).raise_for_status().json())


def _hashes(answer: dict[str, Any]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(text) for text in answer["hashes"])


def _forged(signer: FileSigner, size: int) -> str:
    """Sign another tree's head, as whoever stole the log's key could; the signer itself refuses."""
    key = signer._key
    return key.sign(checkpoint_text(key.name, TreeHead(size, bytes(32))))
