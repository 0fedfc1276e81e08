"""Verifications over HTTP: a lookup that answers claims with yes, no or unknown and shows no data."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import REJECTED
from app.accounts.routes import GetCaller
from app.audit.record import Outcome
from app.clock import local_day
from app.errors import ProblemCode
from app.lookup.answers import answer, lookup_body
from app.lookup.command import Disclosure, LookupCommand
from app.lookup.data_fault_schemas import fault_notices_said
from app.lookup.guesses import GuessLimit
from app.lookup.routes import LOOKUP_PROBLEMS, LookupDesk
from app.lookup.texts import NOTICES, Notice
from app.lookup.verification_schemas import VerificationAnswer, VerificationRequest, to_verification
from app.lookup.verification_texts import VERDICTS
from app.web.bodies import read_json
from app.web.headers import first_header
from app.web.openapi import body_of, problems
from app.web.problem_texts import Language
from app.web.problems import language_of

VERIFICATION_PATH: Final = "/v1/residence-verifications"


@dataclass(frozen=True, slots=True)
class VerificationDesk:
    """A lookup desk and the limit on guesses about one citizen."""

    lookups: LookupDesk
    guesses: GuessLimit

    async def verify(self, caller: Caller, command: LookupCommand) -> Disclosure:
        """Verify, once per claim, where the officer has not asked about this citizen too often today.

        Raises TooManyError and what a lookup raises.
        """
        if command.claim is None:
            return await self._count_and_ask(caller, command)
        return await self.lookups.repeats.once(command.claim, lambda: self._count_and_ask(caller, command))

    async def _count_and_ask(self, caller: Caller, command: LookupCommand) -> Disclosure:
        async with self.guesses.counted(caller.officer.officer_id, command.question.id_number):
            return await self.lookups.service.look_up(caller, command)


def verification_router(desk: VerificationDesk, get_caller: GetCaller) -> APIRouter:
    """Return the verification route; what a signed-in officer may do is decided inside and recorded."""
    router = APIRouter(tags=["lookup"])
    lookups = desk.lookups

    @router.post(
        VERIFICATION_PATH,
        summary="Have claims about a citizen answered with true, false or unknown",
        openapi_extra=body_of(VerificationRequest),
        response_model=None,
        responses={
            200: {"model": VerificationAnswer},
            **problems(*LOOKUP_PROBLEMS, ProblemCode.TOO_MANY_VERIFICATIONS),
        },
    )
    async def verify(request: Request) -> Response:
        caller = await get_caller(request)
        try:
            body, content = await read_json(request, VerificationRequest, max_bytes=lookups.max_body_bytes)
            claim = lookups.claim_of(request, caller, content)
            command = to_verification(body, local_day(lookups.clock.now()), claim, lookups.dossier_shapes)
            disclosure = await desk.verify(caller, command)
        except REJECTED as error:
            await lookups.rejections.record(caller, error)
            raise
        return _answer(disclosure, command, language_of(first_header(request.scope, b"accept-language")))

    return router


def _answer(disclosure: Disclosure, command: LookupCommand, language: Language) -> Response:
    body = lookup_body(disclosure, language)
    answers = zip(command.citizen_claims, disclosure.verdicts, strict=True)
    body["claims"] = [
        {"kind": claim.kind.value, "verdict": verdict.value, "message": VERDICTS[verdict][language]}
        for claim, verdict in answers
    ]
    if disclosure.outcome is Outcome.FOUND:
        text = NOTICES[Notice.VALID_AT_RETRIEVAL][language]
        body["notices"] = [{"code": Notice.VALID_AT_RETRIEVAL.value, "text": text}]
    body["notices"] += fault_notices_said(disclosure.faults, language)
    return answer(body, language)
