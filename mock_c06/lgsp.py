"""The profile of the Hậu Giang LGSP: a token call, then SOAP operations with three credentials."""

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mock_c06.answers import render_count, render_exists, render_records
from mock_c06.citizen import Citizen
from mock_c06.config import MockConfig
from mock_c06.envelope import BadRequestError
from mock_c06.journal import Journal
from mock_c06.misbehaviour import FAULTS, broken_response, fault, records_returned, trickle, xml
from mock_c06.personas import Behaviour, Persona
from mock_c06.population import citizen_for
from mock_c06.question import AnswerShape, Question
from mock_c06.reading import OPERATIONS, read_question
from mock_c06.register import find, persona_asked
from mock_c06.tokens import NotAdmittedError, TokenDesk, UnknownOfficerError, bearer
from mock_c06.troubles import TroubleMaker, wait_for_caller


class LgspSoap:
    """Answers the token and operation calls of the profile `lgsp-soap`."""

    def __init__(self, config: MockConfig, desk: TokenDesk, journal: Journal, trouble: TroubleMaker) -> None:
        self._config = config
        self._desk = desk
        self._journal = journal
        self._trouble = trouble
        self._rejected_last_time = False

    def routes(self) -> list[Route]:
        """Return every path of the profile."""
        paths = ["/soap", *(f"/{operation}" for operation in sorted(set(OPERATIONS.values())))]
        return [
            *(Route(path, self.give_token, methods=["POST"]) for path in ("/token", "/getToken")),
            *(Route(path, self.answer, methods=["POST"]) for path in paths),
        ]

    async def give_token(self, request: Request) -> Response:
        """Exchange the partner's credentials for a bearer token."""
        if forced := await self._trouble.strike(request):
            return forced
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return JSONResponse({"error": "unsupported_grant_type"}, HTTPStatus.BAD_REQUEST)
        try:
            token = self._desk.issue(request.headers.get("lgspaccesstoken", ""))
        except NotAdmittedError:
            return JSONResponse({"error": "invalid_client"}, HTTPStatus.UNAUTHORIZED)
        self._journal.count_token()
        lifetime = int(self._config.token_seconds)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": lifetime})

    async def answer(self, request: Request) -> Response:
        """Answer one operation: troubles first, then credentials, then the question."""
        operation = request.url.path.strip("/")
        self._journal.count_call()
        if forced := await self._trouble.strike(request):
            self._journal.record_refusal(operation, "trouble")
            return forced
        try:
            self._desk.admit(request.headers)
            question = await self._read(request, None if operation == "soap" else operation)
        except NotAdmittedError as error:
            self._journal.record_refusal(operation, "not_admitted")
            return _unauthorized(str(error))
        except UnknownOfficerError:
            self._journal.record_refusal(operation, Behaviour.OFFICER_REFUSED)
            return fault(*FAULTS[Behaviour.OFFICER_REFUSED])
        except BadRequestError as error:
            self._journal.record_refusal(operation, "fault")
            return fault(HTTPStatus.INTERNAL_SERVER_ERROR, "Client", str(error))
        persona = persona_asked(question)
        if persona is None:
            return self._found(question, find(question, self._config.seed))
        return await self._answer_as(persona, question, request)

    async def _read(self, request: Request, operation: str | None) -> Question:
        config = self._config
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        allowed = {"application/xml"} if config.is_strict else {"application/xml", "text/xml"}
        if kind not in allowed:
            raise BadRequestError("the content type must be application/xml")
        content = await request.body()
        return read_question(content, operation, is_strict=config.is_strict, sequences=config.sequences)

    async def _answer_as(self, persona: Persona, question: Question, request: Request) -> Response:
        """Answer about a persona, in its own way."""
        behaviour = persona.behaviour
        citizen = citizen_for(persona.citizen_id, self._config.seed)
        broken = broken_response(behaviour, citizen, _render(question, [citizen]))
        if behaviour is Behaviour.TOKEN_REJECTED_ONCE:
            broken = self._reject_every_other_time(bearer(request.headers))
        if broken:
            self._journal.record(question, behaviour)
            return broken
        if behaviour is Behaviour.SLOW:
            await wait_for_caller(request, self._config.slow_seconds)
        records = records_returned(behaviour, citizen)
        response = self._found(question, find(question, self._config.seed) if records is None else records)
        if behaviour is Behaviour.TRICKLE:
            return trickle(bytes(response.body), self._config.slow_seconds)
        return response

    def _found(self, question: Question, citizens: list[Citizen]) -> Response:
        self._journal.record(question, "found" if citizens else "not_found")
        return xml(_render(question, citizens))

    def _reject_every_other_time(self, token: str) -> Response | None:
        """Call a valid token expired, but not twice running, so that asking again with a new one works."""
        self._rejected_last_time = not self._rejected_last_time
        if not self._rejected_last_time:
            return None
        self._desk.revoke(token)
        return _unauthorized("the bearer token is unknown or expired")


def _render(question: Question, citizens: list[Citizen]) -> bytes:
    match question.shape:
        case AnswerShape.RECORDS:
            return render_records(citizens, question.prefix)
        case AnswerShape.COUNT:
            return render_count(len(citizens))
        case AnswerShape.EXISTS:
            return render_exists(bool(citizens))


def _unauthorized(reason: str) -> Response:
    return JSONResponse({"error": "invalid_token", "error_description": reason}, HTTPStatus.UNAUTHORIZED)
