"""The counter behind every profile: troubles first, then credentials, then the question and its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from mock_c06.citizen import Citizen
from mock_c06.config import MockConfig
from mock_c06.envelope import BadRequestError
from mock_c06.journal import Journal
from mock_c06.misbehaviour import (
    FAULTS,
    SKEWED_SECONDS,
    broken_response,
    records_returned,
    too_often,
    trickle,
)
from mock_c06.permissions import PermissionDesk
from mock_c06.personas import Behaviour, Persona
from mock_c06.population import citizen_for, with_gap
from mock_c06.question import AnswerShape, Question
from mock_c06.register import find, household_of, persona_asked
from mock_c06.tokens import NotAdmittedError, UnknownOfficerError, bearer
from mock_c06.troubles import TroubleMaker, wait_for_caller
from mock_c06.voices import Voice
from mock_c06.wards import with_wards


@dataclass(frozen=True, slots=True)
class Manners:
    """How one profile admits a call, reads its question and words its answer.

    `admit` raises NotAdmittedError or UnknownOfficerError; `read` gets the body and the operation
    that the path promises (None: whatever the body holds) and raises BadRequestError; `partner` is whom
    permissions and quotas count the calls for; `revoke` makes a token invalid, where there are any;
    `is_in_time` tells whether a call would be admitted by a clock so many seconds ahead.
    """

    voice: Voice
    admit: Callable[[Request], None]
    read: Callable[[Request, bytes, str | None], Question]
    partner: str
    revoke: Callable[[str], None] = lambda _: None
    bad_request: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR
    is_in_time: Callable[[Request, float], bool] = lambda *_: True


class Counter:
    """Answers the operations of all profiles out of one population and into one journal."""

    def __init__(
        self,
        config: MockConfig,
        journal: Journal,
        trouble: TroubleMaker,
        permissions: PermissionDesk,
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._journal = journal
        self._trouble = trouble
        self._permissions = permissions
        self._clock = clock
        self._rejected_last_time = False
        self._failed_last_time: set[str] = set()

    async def answer(self, request: Request, manners: Manners, operation: str | None) -> Response:
        """Answer one call; the operation is what its path promises."""
        self._journal.count_call()
        name, voice = operation or "soap", manners.voice
        if forced := await self._trouble.strike(request, voice.fault):
            self._journal.record_refusal(name, "trouble")
            return forced
        try:
            manners.admit(request)
            question = manners.read(request, await request.body(), operation)
        except NotAdmittedError as error:
            self._journal.record_refusal(name, "not_admitted")
            return voice.unauthorized(str(error))
        except UnknownOfficerError:
            self._journal.record_refusal(name, Behaviour.OFFICER_REFUSED)
            return voice.fault(*FAULTS[Behaviour.OFFICER_REFUSED])
        except BadRequestError as error:
            self._journal.record_refusal(name, "fault")
            return voice.fault(manners.bad_request, "Client", str(error))
        persona = persona_asked(question)
        behaviour = self._permissions.objection(manners.partner, question)
        behaviour = behaviour or self._trouble.troubles.behaviour or (persona.behaviour if persona else None)
        return await self._behave(behaviour, persona, question, request, manners)

    async def _behave(
        self,
        behaviour: Behaviour | None,
        persona: Persona | None,
        question: Question,
        request: Request,
        manners: Manners,
    ) -> Response:
        """Answer as somebody of this behaviour does, about the persona or whoever was asked for."""
        rightful = [self._citizen(persona.citizen_id)] if persona else self._who(question)
        if behaviour and (broken := self._broken(behaviour, rightful, question, request, manners)):
            self._journal.record(question, behaviour)
            return broken
        await self._wait(behaviour, request)
        records = records_returned(behaviour, rightful[0]) if behaviour and rightful else None
        people = [with_gap(one, behaviour) for one in self._who(question)] if records is None else records
        response = self._found(question, people, manners.voice)
        if behaviour is Behaviour.CLOCK_SKEWED:
            response.headers["date"] = formatdate(self._clock() + SKEWED_SECONDS, usegmt=True)
        if behaviour is Behaviour.TRICKLE:
            return trickle(bytes(response.body), self._config.slow_seconds, manners.voice.media_type)
        return response

    def _broken(
        self,
        behaviour: Behaviour,
        rightful: list[Citizen],
        question: Question,
        request: Request,
        manners: Manners,
    ) -> Response | None:
        """Return what stands in the place of an answer; None where there is to be one."""
        voice = manners.voice
        match behaviour:
            case Behaviour.QUOTA_USED_UP:
                return too_often(voice, self._permissions)
            case Behaviour.CLOCK_SKEWED if not manners.is_in_time(request, SKEWED_SECONDS):
                return voice.unauthorized("Timestamp is too far from this side's clock")
            case Behaviour.FLAKY if self._is_turn_to_fail(manners.partner):
                return voice.fault(*FAULTS[Behaviour.FAULT_500])
            case Behaviour.TOKEN_REJECTED_ONCE:
                return self._reject_every_other_time(request, manners)
            case Behaviour.CERTIFICATE_EXPIRED:
                self._trouble.expire_next_certificate()
        if behaviour in FAULTS:
            return voice.fault(*FAULTS[behaviour])
        return broken_response(behaviour, rightful[0], question, voice) if rightful else None

    async def _wait(self, behaviour: Behaviour | None, request: Request) -> None:
        match behaviour:
            case Behaviour.SLOW:
                await wait_for_caller(request, self._config.slow_seconds)
            case Behaviour.HANG:
                await wait_for_caller(request, None)
            case Behaviour.UNEVEN:
                await self._trouble.dawdle(request, self._config.uneven)

    def _citizen(self, citizen_id: str) -> Citizen:
        seed = self._config.seed
        return with_wards(citizen_for(citizen_id, seed), self._trouble.troubles.wards, seed)

    def _who(self, question: Question) -> list[Citizen]:
        found = find(question, self._config.seed)
        if found and question.shape is AnswerShape.HOUSEHOLD:
            found = household_of(found[0], self._config.seed)
        wards, seed = self._trouble.troubles.wards, self._config.seed
        return [with_wards(one, wards, seed) for one in found]

    def _found(self, question: Question, citizens: list[Citizen], voice: Voice) -> Response:
        self._journal.record(question, "found" if citizens else "not_found")
        return Response(voice.answer(question, citizens), media_type=voice.media_type)

    def _is_turn_to_fail(self, partner: str) -> bool:
        """Fail every other question of a partner, beginning with the first."""
        self._failed_last_time ^= {partner}
        return partner in self._failed_last_time

    def _reject_every_other_time(self, request: Request, manners: Manners) -> Response | None:
        """Call a valid token expired, but not twice running, so that asking again with a new one works."""
        self._rejected_last_time = not self._rejected_last_time
        if not self._rejected_last_time:
            return None
        manners.revoke(bearer(request.headers))
        return manners.voice.unauthorized("the bearer token is unknown or expired")


def promised_operation(request: Request) -> str | None:
    """Return the operation that the path of a SOAP call promises; None for /soap, which takes any."""
    name = request.url.path.rpartition("/")[2]
    return None if name == "soap" else name
