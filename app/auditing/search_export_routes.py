"""Exports of a search over HTTP: one ZIP, sent as it is made."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.accounts.authentication import Caller
from app.accounts.exports import attachment
from app.accounts.refusals import Refusals
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.auditing.criteria import About
from app.auditing.requests import SearchGround, search_of
from app.auditing.schemas import AuditSearchRequest
from app.auditing.search_export import ExportMeans, ListFormat, SearchExport, begin_export
from app.clock import VIETNAM
from app.errors import GatewayError, InvalidRequestError, ProblemCode
from app.web.bodies import read_json
from app.web.openapi import body_of, problems

_ZIP: Final = "application/zip"
_PAGING: Final = ("page_size", "cursor")
_PATIENCE_SECONDS: Final = 60.0
"""For how long a client may take nothing; then it counts as gone."""


def _without_paging(schema: dict[str, Any]) -> None:
    for name in _PAGING:
        schema["properties"].pop(name, None)


class SearchExportRequest(AuditSearchRequest):
    """A search, all of it, and what the list is made as."""

    model_config = ConfigDict(json_schema_extra=_without_paging)

    format: str = Field(default=ListFormat.XLSX.value, pattern="^(csv|xlsx|jsonl)$")


class ExportAnswer(StreamingResponse):
    """Sends an export, and has it recorded how that ended: also where the client goes away."""

    def __init__(self, export: SearchExport, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        """Send the bytes of *export*, to a client that takes some at least every *patience_seconds*."""
        day = export.asked.time.astimezone(VIETNAM).strftime("%Y%m%d")
        headers = attachment(f"trich-xuat-{day}-{export.export_id}.zip") | {
            "Cache-Control": "no-store",
            "X-Export-Id": str(export.export_id),
        }
        super().__init__(export.chunks(), headers=headers, media_type=_ZIP)
        self._export = export
        self._patience_seconds = patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end, or until nobody takes it any more."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(self._patience_seconds):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except (ClientDisconnect, TimeoutError):
            pass  # on record in a moment
        finally:
            await asyncio.shield(self._export.close())


def search_export_router(
    means: ExportMeans | None,
    ground: SearchGround,
    get_auditor: GetCaller,
    rejections: Rejections,
    refusals: Refusals,
    *,
    max_body_bytes: int,
) -> APIRouter:
    """Return the route; without *means* it says that audits are not read here."""
    router = APIRouter(tags=["auditing"])

    @router.post(
        "/v1/audit/search-exports",
        summary="All that a search finds, as a list with its evidence, in one ZIP",
        openapi_extra=body_of(SearchExportRequest),
        response_model=None,
        responses={
            200: {"description": "list, records, proofs, manifest", "content": {_ZIP: {}}},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.INVALID_VALUE,
                ProblemCode.PERIOD_NEEDED,
                ProblemCode.PERIOD_TOO_LONG,
                ProblemCode.NAMED_UNKNOWN,
                ProblemCode.OWN_RECORDS,
                ProblemCode.AUDIT_QUOTA_REACHED,
                ProblemCode.PROOF_NOT_READY,
                ProblemCode.AUDITING_NOT_SERVED,
                ProblemCode.AUDIT_UNAVAILABLE,
            ),
        },
    )
    async def begin(request: Request, auditor: Annotated[Caller, Depends(get_auditor)]) -> Response:
        if means is None:
            raise GatewayError(ProblemCode.AUDITING_NOT_SERVED)
        async with rejections(auditor), refusals(auditor):
            body, _ = await read_json(request, SearchExportRequest, max_bytes=max_body_bytes)
            if paging := [f"/{name}" for name in _PAGING if name in body.model_fields_set]:
                raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=tuple(paging))
            if body.about is not About.LOOKUPS:
                raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/about",))
            search = search_of(body, ground, auditor)
            export = await begin_export(means, auditor, search, ListFormat(body.format))
        return ExportAnswer(export)

    return router
