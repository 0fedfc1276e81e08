"""Lookups without a dossier over HTTP: linked by who made them, listed and exported for heads of units."""

from dataclasses import asdict, dataclass
from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import ExportedTable, ExportLog, FileFormat, ListName, exported, file_answer, given
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.clock import VIETNAM, Clock, local_day, rfc3339
from app.errors import ProblemCode
from app.lookup.dossier import NoDossierReason, parse_dossier_code
from app.lookup.dossier_desk import DossierLinkDesk, WaitingLookup
from app.lookup.dossier_shape import DossierShape
from app.lookup.routes import parse_lookup_id
from app.lookup.schemas import Text
from app.lookup.texts import NO_DOSSIER_REASONS
from app.sheets.writing import Heading
from app.web.bodies import Body, read_json
from app.web.openapi import body_of, problems

_MAX_BODY_BYTES: Final = 4096
_USUAL_PAGE: Final = 50
_LARGEST_PAGE: Final = 200
_MOST_DAYS: Final = 3650
_HEADINGS: Final = (
    Heading("Thời gian tra cứu", 18),
    Heading("Số ngày chờ", 12),
    Heading("Đơn vị", 40),
    Heading("Mã đơn vị", 18),
    Heading("Cán bộ", 28),
    Heading("Tài khoản"),
    Heading("Mã thủ tục"),
    Heading("Lý do chưa có hồ sơ", 40),
    Heading("Mã lượt tra cứu", 38),
)
_WRONG: Final = problems(
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.OUTSIDE_OWN_UNITS,
    ProblemCode.UNIT_UNKNOWN,
    ProblemCode.INVALID_VALUE,
)


class DossierLinkRequest(Body):
    """The dossier that a lookup was for."""

    dossier_code: Text


class UnlinkedLookup(BaseModel):
    """A lookup that waits for its dossier; nothing about the citizen."""

    lookup_id: str
    asked_at: str
    waited_days: int
    officer_id: str
    officer_login: str | None
    officer_name: str | None
    unit_id: str
    unit_code: str | None
    unit_name: str | None
    procedure_code: str
    no_dossier_reason: str


class UnlinkedPage(BaseModel):
    """Some of them, the oldest first; `next_cursor` leads to those that follow."""

    lookups: list[UnlinkedLookup]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query's conditions."""

    unit: Annotated[
        str | None, Query(max_length=100, description="a unit's id or agency code; units below it included")
    ] = None
    reason: NoDossierReason | None = None
    older_than_days: Annotated[int, Query(ge=0, le=_MOST_DAYS)] = 0


def dossier_router(
    desk: DossierLinkDesk,
    shapes: tuple[DossierShape, ...],
    rejections: Rejections,
    exports: ExportLog,
    clock: Clock,
    get_caller: GetCaller,
    get_head: GetCaller,
) -> APIRouter:
    """Return the routes about lookups that were made without a dossier."""
    router = APIRouter(tags=["lookup"])

    @router.post(
        "/v1/residence-lookups/{lookup_id}/dossier",
        summary="Link a lookup that was made without a dossier to its dossier, once",
        openapi_extra=body_of(DossierLinkRequest),
        response_model=None,
        status_code=204,
        responses=problems(
            ProblemCode.LOOKUP_UNKNOWN,
            ProblemCode.LOOKUP_HAS_DOSSIER,
            ProblemCode.INVALID_DOSSIER_CODE,
            ProblemCode.DOSSIER_OF_ANOTHER_AGENCY,
            ProblemCode.OUTSIDE_OWN_UNITS,
        ),
    )
    async def link(
        request: Request, lookup_id: str, caller: Annotated[Caller, Depends(get_caller)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, DossierLinkRequest, max_bytes=_MAX_BODY_BYTES)
            dossier = parse_dossier_code(body.dossier_code, local_day(clock.now()), shapes=shapes)
        await desk.link(caller, parse_lookup_id(lookup_id), dossier)
        return Response(status_code=204)

    @router.get(
        "/v1/unlinked-lookups",
        summary="Lookups of one's units that still wait for a dossier, the oldest first",
        response_model=None,
        responses={200: {"model": UnlinkedPage}, **_WRONG},
    )
    async def unlinked(
        caller: Annotated[Caller, Depends(get_head)],
        asked: Annotated[Asked, Depends()],
        cursor: UUID | None = None,
        page_size: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = _USUAL_PAGE,
    ) -> Response:
        found = await desk.waiting(
            caller, asked.unit, asked.reason, asked.older_than_days, after=cursor, most=page_size + 1
        )
        last = found[page_size - 1].link.lookup_id if len(found) > page_size else None
        page = UnlinkedPage(
            lookups=[_shown(each) for each in found[:page_size]], next_cursor=str(last) if last else None
        )
        return Response(orjson.dumps(page.model_dump()), media_type="application/json")

    @router.get(
        "/v1/unlinked-lookups/export",
        summary="The same as a file",
        response_model=None,
        responses={**file_answer(), **_WRONG, **problems(ProblemCode.AUDIT_UNAVAILABLE)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_head)],
        asked: Annotated[Asked, Depends()],
        format: FileFormat = FileFormat.XLSX,  # noqa: A002 - the parameter's name in the contract
    ) -> Response:
        rows = [
            _row(each)
            async for each in desk.every_waiting(caller, asked.unit, asked.reason, asked.older_than_days)
        ]
        table = ExportedTable("tra-cuu-chua-co-ho-so", "Tra cứu chưa có hồ sơ", _HEADINGS, rows)
        conditions = given(asdict(asked).items(), without_words=())
        return await exported(exports, caller, ListName.UNLINKED_LOOKUPS, conditions, table, format)

    return router


def _shown(waiting: WaitingLookup) -> UnlinkedLookup:
    link, officer, unit = waiting.link, waiting.officer, waiting.unit
    return UnlinkedLookup(
        lookup_id=str(link.lookup_id),
        asked_at=rfc3339(link.asked_at),
        waited_days=waiting.waited_days,
        officer_id=str(link.officer_id),
        officer_login=officer.login_name if officer else None,
        officer_name=officer.full_name if officer else None,
        unit_id=str(link.unit_id),
        unit_code=unit.agency_code if unit else None,
        unit_name=unit.name if unit else None,
        procedure_code=link.procedure_code,
        no_dossier_reason=link.reason.value,
    )


def _row(waiting: WaitingLookup) -> tuple[str, ...]:
    shown = _shown(waiting)
    return (
        f"{waiting.link.asked_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}",
        str(shown.waited_days),
        shown.unit_name or "",
        shown.unit_code or "",
        shown.officer_name or "",
        shown.officer_login or "",
        shown.procedure_code,
        NO_DOSSIER_REASONS[waiting.link.reason],
        shown.lookup_id,
    )
