"""Asks the national side over an LGSP with SOAP: token, question, one new try after a 401, answer."""

import asyncio
from http import HTTPStatus

from adapters.connection import Answer, Connection
from adapters.lgsp_soap.profile import Credentials, LgspSoapProfile, Operation
from adapters.lgsp_soap.read import read_citizen, read_confirmation
from adapters.lgsp_soap.token import TokenCache
from adapters.lgsp_soap.wire import question_xml
from adapters.reasons import Reason
from app.clock import Clock
from app.errors import SourceConfusedError, SourceSilentError
from app.lookup.source import SourceRequest
from app.lookup.values import Citizen


class LgspSoapSource:
    """The population source behind one LGSP (implements app.lookup.source.PopulationSource)."""

    def __init__(
        self,
        connection: Connection,
        token_connection: Connection,
        profile: LgspSoapProfile,
        credentials: Credentials,
        clock: Clock,
    ) -> None:
        """Ask over *connection*, with tokens got over *token_connection*; both stay the caller's."""
        self._connection = connection
        self._profile = profile
        self._credentials = credentials
        self._tokens = TokenCache(token_connection, credentials, profile.token_path, clock)

    @property
    def road(self) -> str:
        """Short name of the road for the record."""
        return "lgsp-soap"

    async def find(self, request: SourceRequest) -> Citizen | None:
        """Return the citizen's record (037), or None when the national side knows no such person.

        Raises SourceSilentError, SourceConfusedError and SourceRefusedError, with the words of
        adapters.reasons; InvalidRequestError when a value cannot be sent at all.
        """
        return read_citizen(await self._ask(self._profile.find, request))

    async def confirm(self, request: SourceRequest) -> bool:
        """Return whether the national side knows this person (003), without any data.

        Raises as `find` does.
        """
        return read_confirmation(await self._ask(self._profile.confirm, request))

    async def aclose(self) -> None:
        """End a token call under way."""
        await self._tokens.aclose()

    async def _ask(self, operation: Operation, request: SourceRequest) -> Answer:
        content = question_xml(request, operation, self._profile)
        deadline = asyncio.get_running_loop().time() + request.budget_seconds
        try:
            # The budget covers the token, the question and the second try together.
            async with asyncio.timeout_at(deadline):
                return await self._post_authorised(operation.path, content, deadline)
        except TimeoutError:
            raise SourceSilentError(Reason.TIMEOUT) from None

    async def _post_authorised(self, path: str, content: bytes, deadline: float) -> Answer:
        """Post, and once more with a new token after a 401: that call was not processed."""
        token = await self._tokens.get()
        answer = await self._post(path, content, token, deadline)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._tokens.invalidate(token)
            answer = await self._post(path, content, await self._tokens.get(), deadline)
            if answer.status == HTTPStatus.UNAUTHORIZED:
                raise SourceConfusedError(Reason.TOKEN_REJECTED)
        return answer

    async def _post(self, path: str, content: bytes, token: str, deadline: float) -> Answer:
        return await self._connection.post(
            path,
            content=content,
            headers={
                "Accept": "*",
                "Content-Type": "application/xml",
                "Authorization": f"Bearer {token}",
                "lgspaccesstoken": self._credentials.lgsp_access_token,
                "AuthHash": self._credentials.auth_hash,
            },
            seconds_left=deadline - asyncio.get_running_loop().time(),
        )
