"""What an administrator may not do is on record: who tried it, on whose account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.accounts.authentication import Caller
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.errors import NotAllowedError


class Refusals:
    """Keeps one record per administrator, account, problem and minute; `async with refusals(caller, …)`."""

    def __init__(self, refusals: Coalescer, clock: Clock) -> None:
        """Record through *refusals*."""
        self._refusals = refusals
        self._clock = clock

    @asynccontextmanager
    async def __call__(self, caller: Caller, **about: UUID | str) -> AsyncIterator[None]:
        """Record a refusal before it goes on to be answered; AuditUnavailableError else.

        *about* is `changed_officer_id`, `changed_unit_id`, `changed_client_id` or `approval_id`.
        """
        try:
            yield
        except NotAllowedError as error:
            whose: dict[str, Value] = {name: str(identity) for name, identity in about.items()}
            facts = caller.facts() | {"problem_code": error.code.value} | whose
            mark = (str(caller.officer.officer_id), error.code.value, *map(str, about.values()))
            await self._refusals.append(mark, Draft(RecordKind.REQUEST_REJECTED, self._clock.now(), facts))
            raise
