"""Asks the national side: write the question, carry it within the budget, read the answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from adapters.calls import Calls
from adapters.connection import Answer
from adapters.profile import Operation, Profile
from adapters.reasons import Reason
from app.errors import SourceConfusedError, SourceSilentError
from app.lookup.source import SourceRequest
from app.lookup.values import Citizen, Household


class Language(Protocol):
    """How questions are written and answers read.

    Reading raises SourceSilentError, SourceConfusedError and SourceRefusedError with the words of
    adapters.reasons; writing raises InvalidRequestError for what cannot be sent at all.
    """

    def write(self, request: SourceRequest, operation: Operation) -> bytes:
        """Return the body that asks *request*'s question of *operation*."""
        ...

    def read_citizen(self, answer: Answer, wanted: frozenset[str] | None = None) -> Citizen | None:
        """Return what is *wanted* (None: all) of the record in an answer to 037; None for "nobody"."""
        ...

    def read_confirmation(self, answer: Answer) -> bool:
        """Return what an answer to 003 or 033 says."""
        ...

    def read_household(self, answer: Answer) -> Household:
        """Return the household in an answer to 034, whose form is a guess."""
        ...


class NationalSource:
    """A population source over one road (implements PopulationSource and HouseholdSource)."""

    def __init__(self, road: str, profile: Profile, language: Language, calls: Calls) -> None:
        self._road = road
        self._profile = profile
        self._language = language
        self._calls = calls
        self._loop = asyncio.get_running_loop()

    @property
    def road(self) -> str:
        """Short name of the road for the record."""
        return self._road

    async def find(self, request: SourceRequest) -> Citizen | None:
        """Return the citizen's record (037), or None when the national side knows no such person.

        Raises SourceSilentError, SourceConfusedError and SourceRefusedError, with the words of
        adapters.reasons; InvalidRequestError when a value cannot be sent at all.
        """
        answer = await self._ask(self._profile.find, request)
        return self._language.read_citizen(answer, request.wanted)

    async def confirm(self, request: SourceRequest) -> bool:
        """Return whether the national side knows this person (003 / 033), without any data.

        Raises as `find` does, and SourceConfusedError(`not_offered`) where the road has no such service.
        """
        return self._language.read_confirmation(await self._ask(self._profile.confirm, request))

    async def household(self, request: SourceRequest) -> Household:
        """Return the household of the person asked about (034). Unverified: see the port.

        Raises as `confirm` does.
        """
        return self._language.read_household(await self._ask(self._profile.household, request))

    async def probe(self, seconds: float) -> None:
        """Return once the other side has shown within *seconds* that it lives; it is told of no citizen.

        Raises SourceSilentError and SourceConfusedError.
        """
        deadline = self._loop.time() + seconds
        try:
            async with asyncio.timeout_at(deadline):
                await self._calls.probe(self._profile.find.path, deadline)
        except TimeoutError:
            raise SourceSilentError(Reason.TIMEOUT, was_sent=False) from None

    async def prepare(self) -> float | None:
        """Get a token where the road has one; return for how many seconds it will be used, else None.

        Raises as `find` does, and asks nobody about anybody.
        """
        return await self._calls.prepare()

    async def aclose(self) -> None:
        """End what is under way between questions."""
        await self._calls.aclose()

    def _ask(self, operation: Operation | None, request: SourceRequest) -> Coroutine[Any, Any, Answer]:
        if operation is None:
            raise SourceConfusedError(Reason.NOT_OFFERED, was_sent=False)
        content = self._language.write(request, operation)
        # The budget covers a token, the question and a second try together.
        deadline = self._loop.time() + request.budget_seconds
        return self._calls.post(operation.path, content, deadline, request.journey)  # no coroutine around it
