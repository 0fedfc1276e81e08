"""Lookups over HTTP: read, authenticate, hand over, answer; every refusal of a known officer on record."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import REJECTED, Rejections
from app.accounts.routes import GetCaller
from app.audit.record import Claim
from app.clock import Clock, local_day, rfc3339
from app.errors import NotFoundError, ProblemCode
from app.lookup.answers import lookup_answer
from app.lookup.command import Disclosure, LookupCommand
from app.lookup.dossier_links import DossierLinks
from app.lookup.dossier_shape import USUAL_SHAPES, DossierShape
from app.lookup.notice import NOTICE_TEXT, NOTICE_VERSION, NoticeDesk
from app.lookup.places import load_atlas
from app.lookup.receipts import ReceiptDesk
from app.lookup.retrying import RepeatGuard
from app.lookup.schemas import (
    LookupAnswer,
    LookupRecord,
    LookupRequest,
    NoticeAcceptance,
    NoticeAnswer,
    to_command,
)
from app.lookup.service import LookupService
from app.lookup.store import LookupStore
from app.web.answers import JsonAnswer
from app.web.bodies import read_json
from app.web.headers import first_header
from app.web.openapi import body_of, problems
from app.web.problems import language_of

LOOKUP_PATH: Final = "/v1/residence-lookups"
LOOKUP_PROBLEMS: Final = (
    ProblemCode.INVALID_ID_NUMBER,
    ProblemCode.INVALID_FULL_NAME,
    ProblemCode.INVALID_BIRTH_DATE,
    ProblemCode.BIRTH_YEAR_CONTRADICTS_NUMBER,
    ProblemCode.INVALID_PROCEDURE_CODE,
    ProblemCode.INVALID_DOSSIER_CODE,
    ProblemCode.INVALID_CARD_QR,
    ProblemCode.RETRY_OF_UNKNOWN,
    ProblemCode.INVALID_IDEMPOTENCY_KEY,
    ProblemCode.IDEMPOTENCY_KEY_REUSED,
    ProblemCode.ALREADY_ANSWERED,
    ProblemCode.SESSION_ENDED,
    ProblemCode.PASSWORD_CHANGE_NEEDED,
    ProblemCode.SECOND_FACTOR_NEEDED,
    ProblemCode.NOTICE_NOT_ACCEPTED,
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.PROCEDURE_UNKNOWN,
    ProblemCode.PROCEDURE_NOT_IN_FORCE,
    ProblemCode.PROCEDURE_NOT_GRANTED,
    ProblemCode.CLIENT_PROCEDURE_NOT_PERMITTED,
    ProblemCode.PROCEDURE_NOT_MAPPED,
    ProblemCode.OFFICER_NOT_MAPPED,
    ProblemCode.DOSSIER_OF_ANOTHER_AGENCY,
    ProblemCode.DOSSIER_NOT_OPEN,
    ProblemCode.FIELD_NOT_PERMITTED,
    ProblemCode.QUESTION_TYPE_NOT_PERMITTED,
    ProblemCode.TOO_MANY_LOOKUPS,
    ProblemCode.OFFICER_LIMIT_REACHED,
    ProblemCode.UNIT_LIMIT_REACHED,
    ProblemCode.CLIENT_LIMIT_REACHED,
    ProblemCode.CITIZEN_LIMIT_REACHED,
    ProblemCode.NATIONAL_SIDE_CROWDED,
    ProblemCode.GATEWAY_OVERLOADED,
    ProblemCode.EVIDENCE_NOT_ANCHORED,
    ProblemCode.UPSTREAM_UNAVAILABLE,
    ProblemCode.UPSTREAM_CONFUSED,
    ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED,
    ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED,
)
"""What may come of a question about a citizen beside an answer."""


@dataclass(frozen=True, slots=True)
class LookupDesk:
    """What the lookup routes hand their work to."""

    service: LookupService
    receipts: ReceiptDesk
    repeats: RepeatGuard
    notices: NoticeDesk
    store: LookupStore
    rejections: Rejections
    clock: Clock
    max_body_bytes: int
    links: DossierLinks
    dossier_shapes: Sequence[DossierShape] = USUAL_SHAPES

    def claim_of(self, request: Request, caller: Caller, content: bytes) -> Claim | None:
        """Return the claim of a request that carries an Idempotency-Key."""
        key = first_header(request.scope, b"idempotency-key")
        return self.repeats.claim(caller, key, content) if key is not None else None

    def look_up(self, caller: Caller, command: LookupCommand, claim: Claim | None) -> Awaitable[Disclosure]:
        """Look up, once per claim, with a confirmation where one is asked for."""
        if claim is not None:
            return self.repeats.once(claim, lambda: self._look_up(caller, command))
        if command.wants_confirmation:
            return self._look_up(caller, command)
        return self.service.look_up(caller, command)  # as nearly all are

    async def _look_up(self, caller: Caller, command: LookupCommand) -> Disclosure:
        disclosure = await self.service.look_up(caller, command)
        if not command.wants_confirmation:
            return disclosure
        return await self.receipts.confirm(caller, command, disclosure)  # what it shows is on record by now


def lookup_router(desk: LookupDesk, get_caller: GetCaller) -> APIRouter:
    """Return the lookup routes; what a signed-in officer may do is decided inside and recorded."""
    router = APIRouter(tags=["lookup"])
    atlas = load_atlas()

    @router.post(
        LOOKUP_PATH,
        summary="Look a citizen's residence up for a dossier",
        openapi_extra=body_of(LookupRequest),
        response_model=None,
        responses={200: {"model": LookupAnswer}, **problems(*LOOKUP_PROBLEMS)},
    )
    async def look_up(request: Request) -> Response:
        caller = await get_caller(request)
        try:
            body, content = await read_json(request, LookupRequest, max_bytes=desk.max_body_bytes)
            claim = desk.claim_of(request, caller, content)
            command = to_command(body, local_day(desk.clock.now()), claim, desk.dossier_shapes)
            disclosure = await desk.look_up(caller, command, claim)
        except REJECTED as error:
            await desk.rejections.record(caller, error)
            raise
        language = language_of(first_header(request.scope, b"accept-language"))
        return lookup_answer(disclosure, language, atlas, wants_confirmation=command.wants_confirmation)

    @router.get(
        "/v1/residence-lookups/{lookup_id}",
        summary="What became of a lookup of one's own, without citizen data",
        response_model=None,
        responses={200: {"model": LookupRecord}, **problems(ProblemCode.LOOKUP_UNKNOWN)},
    )
    async def lookup_record(lookup_id: str, caller: Annotated[Caller, Depends(get_caller)]) -> Response:
        state = await desk.store.find(parse_lookup_id(lookup_id))
        if state is None or state.officer_id != caller.officer.officer_id:
            raise NotFoundError(ProblemCode.LOOKUP_UNKNOWN)
        link = await desk.links.find(state.lookup_id) if state.dossier_code is None else None
        record = LookupRecord(
            lookup_id=str(state.lookup_id),
            outcome=state.outcome.value if state.outcome else None,
            problem_code=state.problem_code,
            procedure_code=state.procedure_code,
            dossier_code=state.dossier_code or (link.dossier_code if link else None),
            no_dossier_reason=link.reason.value if link else None,
            dossier_linked_at=rfc3339(link.linked_at) if link and link.linked_at else None,
            asked_at=rfc3339(state.asked_at),
        )
        return JsonAnswer(record.model_dump())

    @router.get(
        "/v1/me/confidentiality-notice",
        summary="The notice to accept once a day before the first lookup",
        response_model=None,
        responses={200: {"model": NoticeAnswer}},
    )
    async def notice(request: Request, caller: Annotated[Caller, Depends(get_caller)]) -> Response:
        language = language_of(first_header(request.scope, b"accept-language"))
        answer = NoticeAnswer(
            version=NOTICE_VERSION,
            text=NOTICE_TEXT[language],
            accepted_today=await desk.notices.has_accepted(caller.officer.officer_id),
        )
        return JsonAnswer(answer.model_dump())

    @router.post(
        "/v1/me/confidentiality-notice",
        summary="Accept the notice for today",
        openapi_extra=body_of(NoticeAcceptance),
        response_model=None,
        status_code=204,
        responses=problems(ProblemCode.INVALID_VALUE, ProblemCode.AUDIT_UNAVAILABLE),
    )
    async def accept_notice(request: Request, caller: Annotated[Caller, Depends(get_caller)]) -> Response:
        async with desk.rejections(caller):
            body, _ = await read_json(request, NoticeAcceptance, max_bytes=desk.max_body_bytes)
            await desk.notices.accept(caller, body.version)
        return Response(status_code=204)

    return router


def parse_lookup_id(text: str) -> UUID:
    """Return the id; NotFoundError for what is none, without repeating it."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(ProblemCode.LOOKUP_UNKNOWN) from None
