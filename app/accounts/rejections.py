"""What a known officer sends in vain, wrong (422) or too often (429), is on record without its values."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from app.accounts.authentication import Caller
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind
from app.clock import Clock
from app.errors import GatewayError, InvalidRequestError, TooManyError

REJECTED: Final = (InvalidRequestError, TooManyError)
"""What is recorded as a rejection."""


class Rejections:
    """Keeps one record per officer, problem and minute; `async with rejections(caller)` around the work.

    Where every microsecond counts, `except REJECTED` and `record` do the same.
    """

    def __init__(self, refusals: Coalescer, clock: Clock) -> None:
        """Record through *refusals*."""
        self._refusals = refusals
        self._clock = clock

    @asynccontextmanager
    async def __call__(self, caller: Caller) -> AsyncIterator[None]:
        """Record a rejection of *caller* before it goes on to be answered; AuditUnavailableError else."""
        try:
            yield
        except REJECTED as error:
            await self.record(caller, error)
            raise

    async def record(self, caller: Caller, error: GatewayError) -> None:
        """Record that *caller* was answered with *error*; AuditUnavailableError."""
        facts = caller.facts() | {"problem_code": error.code.value}
        draft = Draft(RecordKind.REQUEST_REJECTED, self._clock.now(), facts)
        await self._refusals.append((str(caller.officer.officer_id), error.code.value), draft)
