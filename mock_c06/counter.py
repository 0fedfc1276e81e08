"""The counter behind every profile: troubles first, then credentials, then the question and its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from mock_c06.citizen import Citizen
from mock_c06.config import MockConfig
from mock_c06.envelope import BadRequestError
from mock_c06.journal import Journal
from mock_c06.misbehaviour import FAULTS, broken_response, records_returned, trickle
from mock_c06.personas import Behaviour, Persona
from mock_c06.population import citizen_for
from mock_c06.question import AnswerShape, Question
from mock_c06.register import find, household_of, persona_asked
from mock_c06.tokens import NotAdmittedError, UnknownOfficerError, bearer
from mock_c06.troubles import TroubleMaker, wait_for_caller
from mock_c06.voices import Voice


@dataclass(frozen=True, slots=True)
class Manners:
    """How one profile admits a call, reads its question and words its answer.

    `admit` raises NotAdmittedError or UnknownOfficerError; `read` gets the body and the operation
    that the path promises (None: whatever the body holds) and raises BadRequestError; `revoke` makes
    a token invalid, where there are any.
    """

    voice: Voice
    admit: Callable[[Request], None]
    read: Callable[[Request, bytes, str | None], Question]
    revoke: Callable[[str], None] = lambda _: None
    bad_request: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR


class Counter:
    """Answers the operations of all profiles out of one population and into one journal."""

    def __init__(self, config: MockConfig, journal: Journal, trouble: TroubleMaker) -> None:
        self._config = config
        self._journal = journal
        self._trouble = trouble
        self._rejected_last_time = False

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
        behaviour = self._trouble.troubles.behaviour or (persona.behaviour if persona else None)
        if behaviour is None:
            return self._found(question, self._who(question), voice)
        return await self._behave(behaviour, persona, question, request, manners)

    async def _behave(
        self,
        behaviour: Behaviour,
        persona: Persona | None,
        question: Question,
        request: Request,
        manners: Manners,
    ) -> Response:
        """Answer as somebody of this behaviour does, about the persona or whoever was asked for."""
        rightful = [citizen_for(persona.citizen_id, self._config.seed)] if persona else self._who(question)
        broken = None
        if rightful:
            broken = broken_response(behaviour, rightful[0], question, manners.voice)
        if behaviour is Behaviour.TOKEN_REJECTED_ONCE:
            broken = self._reject_every_other_time(request, manners)
        if broken:
            self._journal.record(question, behaviour)
            return broken
        if behaviour is Behaviour.SLOW:
            await wait_for_caller(request, self._config.slow_seconds)
        records = records_returned(behaviour, rightful[0]) if rightful else None
        response = self._found(question, self._who(question) if records is None else records, manners.voice)
        if behaviour is Behaviour.TRICKLE:
            return trickle(bytes(response.body), self._config.slow_seconds, manners.voice.media_type)
        return response

    def _who(self, question: Question) -> list[Citizen]:
        found = find(question, self._config.seed)
        if found and question.shape is AnswerShape.HOUSEHOLD:
            return household_of(found[0], self._config.seed)
        return found

    def _found(self, question: Question, citizens: list[Citizen], voice: Voice) -> Response:
        self._journal.record(question, "found" if citizens else "not_found")
        return Response(voice.answer(question, citizens), media_type=voice.media_type)

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
