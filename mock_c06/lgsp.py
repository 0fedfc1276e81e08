"""The profile of the Hậu Giang LGSP: a token call, then SOAP operations with three credentials."""

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mock_c06.counter import Manners, promised_operation
from mock_c06.office import Office
from mock_c06.reading import OPERATIONS
from mock_c06.tokens import NotAdmittedError, TokenDesk
from mock_c06.voices import SoapVoice


class LgspSoap:
    """Answers the token and operation calls of the profile `lgsp-soap`."""

    def __init__(self, office: Office) -> None:
        config = office.config
        self._office = office
        self._desk = TokenDesk(config.credentials, config.officer_keys, config.token_seconds, office.clock)
        read, partner = office.read_soap("lgsp-soap"), config.credentials.partner_code
        self._manners = Manners(SoapVoice(), self._admit, read, partner, self._desk.revoke)

    def routes(self, prefix: str) -> list[Route]:
        """Return every path of the profile."""
        paths = ["/soap", *(f"/{operation}" for operation in sorted(set(OPERATIONS.values())))]
        return [
            *(Route(prefix + path, self.give_token, methods=["POST"]) for path in ("/token", "/getToken")),
            *(Route(prefix + path, self.answer, methods=["POST"]) for path in paths),
        ]

    async def give_token(self, request: Request) -> Response:
        """Exchange the partner's credentials for a bearer token."""
        if forced := await self._office.trouble.strike(request, self._manners.voice.fault):
            return forced
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return JSONResponse({"error": "unsupported_grant_type"}, HTTPStatus.BAD_REQUEST)
        try:
            token = self._desk.issue(request.headers.get("lgspaccesstoken", ""))
        except NotAdmittedError:
            return JSONResponse({"error": "invalid_client"}, HTTPStatus.UNAUTHORIZED)
        self._office.journal.count_token()
        lifetime = int(self._office.config.token_seconds)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": lifetime})

    async def answer(self, request: Request) -> Response:
        """Answer one operation."""
        return await self._office.counter.answer(request, self._manners, promised_operation(request))

    def _admit(self, request: Request) -> None:
        self._desk.admit(request.headers)
