"""What becomes of wrong proofs: counted by the guards of sign-in, on record where they name somebody."""

from collections import OrderedDict
from typing import Final

from app.accounts.guarding import SignInGuards, TooManySignInsError
from app.accounts.lookup_keys import key_name_digest
from app.accounts.request import Request
from app.accounts.trouble import database_trouble
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.errors import GatewayError

_MOST_PLACES: Final = 10_000


class WrongProofs:
    """Counts tries that were wrong, and only those: a right key of 256 bits is no guess.

    An address with too many of them is told so for a while; what is right from there goes on, so that one
    officer's mistyped key stops nobody else behind the same software.
    """

    def __init__(self, guards: SignInGuards, refusals: Coalescer, clock: Clock) -> None:
        """Count in *guards*, record through *refusals*."""
        self._guards = guards
        self._refusals = refusals
        self._clock = clock
        self._closed: OrderedDict[str, float] = OrderedDict()

    async def note(self, name: str, client_id: str, request: Request) -> None:
        """Count a wrong try under *name*; TooManyError where there were too many, AuditUnavailableError."""
        place, now = f"{client_id}|{request.address}", self._clock.monotonic()
        left = self._closed.get(place, now) - now
        if left > 0:  # the database need not be asked again
            raise TooManySignInsError(max(1, round(left)))
        try:
            with database_trouble():
                charge = await self._guards.charge(key_name_digest(name), client_id, request.address)
        except TooManySignInsError as error:
            self._closed[place] = now + error.retry_after_seconds
            self._closed.move_to_end(place)
            if len(self._closed) > _MOST_PLACES:
                self._closed.popitem(last=False)
            raise
        if charge.locks_address:
            facts: dict[str, Value] = {"address": request.address, "request_id": request.request_id}
            if client_id:
                facts["client_id"] = client_id
            draft = Draft(RecordKind.ADDRESS_LOCKED, self._clock.now(), facts)
            await self._refusals.append(("face", place), draft)

    async def record(self, error: GatewayError, facts: dict[str, Value]) -> None:
        """Put a refusal of known software, or of a known officer, on record; AuditUnavailableError."""
        said = facts | {"problem_code": error.code.value}
        mark = tuple(
            str(said.get(name, "")) for name in ("officer_id", "client_id", "problem_code", "address")
        )
        await self._refusals.append(mark, Draft(RecordKind.TOKEN_REFUSED, self._clock.now(), said))
