"""The transparency log over HTTP: for anybody, because it holds hashes and nothing that is hashed."""

import re
from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter
from fastapi import Query as QueryParameter
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.audit.tree.checkpoint import as_text
from app.audit.tree.reader import TreeReader
from app.audit.tree.tiles import Tile
from app.errors import NotFoundError, ProblemCode
from app.web.openapi import problems
from app.web.queries import read_query

_MOST_LEAVES: Final = 2**53
_RECORD_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_BRIEFLY: Final = {"Cache-Control": "public, max-age=2"}
_JSON: Final = "application/json"
_WITNESSED: Final = "as many independent witnesses cosigned it as the gateway's policy asks for"


class InclusionAnswer(BaseModel):
    """RFC 6962 inclusion proof; hashes are base64, the one nearest to the leaf first."""

    record_id: str
    leaf_hash: str = Field(description="SHA-256 of a zero byte and the record's exact bytes")
    leaf_index: int
    tree_size: int
    hashes: list[str]
    checkpoint: str = Field(
        description="C2SP checkpoint of the tree of tree_size leaves: a signed note, with cosignatures"
    )
    witnessed: bool = Field(description=_WITNESSED)


class ConsistencyAnswer(BaseModel):
    """RFC 6962 consistency proof between the trees of two sizes; hashes are base64."""

    from_size: int
    to_size: int
    hashes: list[str]
    checkpoint: str | None = Field(
        description="C2SP checkpoint of the tree of to_size leaves; null where none was published"
    )
    witnessed: bool = Field(description=_WITNESSED)


class _Sizes(BaseModel):
    from_: int = Field(alias="from", ge=0, le=_MOST_LEAVES)
    to: int | None = Field(default=None, ge=0, le=_MOST_LEAVES)


def transparency_router(reader: TreeReader) -> APIRouter:
    """Return the routes by which outsiders check the log; none asks who they are."""
    router = APIRouter(tags=["evidence"])
    unread = (ProblemCode.AUDIT_UNAVAILABLE, ProblemCode.PROOF_NOT_READY)

    @router.get(
        "/v1/audit/checkpoint",
        summary="The latest checkpoint of the log (C2SP tlog-checkpoint)",
        response_model=None,
        responses={200: {"description": "a signed note", "content": {"text/plain": {}}}, **problems(*unread)},
    )
    async def checkpoint() -> Response:
        latest = await reader.checkpoint()
        return Response(latest.note, 200, _BRIEFLY, "text/plain; charset=utf-8")

    @router.get(
        "/v1/audit/tile/{level}/{position:path}",
        summary="Hashes of the tree (C2SP tlog-tiles): <L>/<N>[.p/<W>]; entries are not served",
        response_model=None,
        responses={
            200: {"description": "hashes of 32 bytes", "content": {"application/octet-stream": {}}},
            **problems(*unread, ProblemCode.TILE_UNKNOWN),
        },
    )
    async def tile(level: str, position: str) -> Response:
        try:
            wanted = Tile.from_path(level, position)
        except ValueError:
            raise NotFoundError(ProblemCode.TILE_UNKNOWN) from None
        return Response(await reader.tile(wanted), 200, _FOR_EVER, "application/octet-stream")

    @router.get(
        "/v1/audit/proofs/{record_id}",
        summary="That a record is in the log, some ten seconds after it was made",
        response_model=None,
        responses={200: {"model": InclusionAnswer}, **problems(*unread)},
    )
    async def inclusion(record_id: str) -> Response:
        if not _RECORD_ID.fullmatch(record_id):
            raise NotFoundError(ProblemCode.PROOF_NOT_READY)
        proof = await reader.inclusion(UUID(record_id))
        answer = InclusionAnswer(
            record_id=record_id,
            leaf_hash=as_text(proof.leaf_hash),
            leaf_index=proof.leaf_index,
            tree_size=proof.checkpoint.size,
            hashes=[as_text(each) for each in proof.hashes],
            checkpoint=proof.checkpoint.note,
            witnessed=proof.checkpoint.is_witnessed,
        )
        return Response(orjson.dumps(answer.model_dump()), media_type=_JSON)

    @router.get(
        "/v1/audit/consistency",
        summary="That the log only grew between two sizes; up to the latest checkpoint unless `to` is given",
        response_model=None,
        responses={200: {"model": ConsistencyAnswer}, **problems(*unread, ProblemCode.INVALID_VALUE)},
    )
    async def consistency(
        earlier: Annotated[str | None, QueryParameter(alias="from")] = None, to: str | None = None
    ) -> Response:
        sizes = read_query(_Sizes, **{"from": earlier, "to": to})
        proof = await reader.consistency(sizes.from_, sizes.to)
        told = proof.checkpoint
        answer = ConsistencyAnswer(
            from_size=proof.earlier,
            to_size=proof.later,
            hashes=[as_text(each) for each in proof.hashes],
            checkpoint=told.note if told else None,
            witnessed=told is not None and told.is_witnessed,
        )
        return Response(orjson.dumps(answer.model_dump()), media_type=_JSON)

    return router
