"""Second entries (retry_of) and repeated requests (Idempotency-Key)."""

import asyncio
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from app.accounts.authentication import Caller
from app.audit.log import ClaimTakenError
from app.audit.record import Claim, Outcome
from app.clock import Clock
from app.errors import AuditUnavailableError, ConflictError, InvalidRequestError, ProblemCode
from app.lookup.command import Disclosure, LookupCommand
from app.lookup.first_entries import EntryDigests, FirstEntryStore
from app.lookup.store import LookupStore
from app.lookup.values import Question

_SECOND_ENTRY_WITHIN: Final = timedelta(hours=24)
OPENING: Final = frozenset({Outcome.NOT_FOUND, Outcome.MISMATCH})
"""What opens paper once the data was entered again."""
_KEY: Final = re.compile(r"[\x21-\x7e]{8,128}")
_POLL_SECONDS: Final = 0.1
_MOST_REMEMBERED: Final = 4096


class RetryCheck:
    """Judges whether a lookup is the second entry of one that found nobody."""

    def __init__(self, store: LookupStore, entries: FirstEntryStore, secret: bytes, clock: Clock) -> None:
        """Look earlier lookups up in *store*, and whom they were about, keyed by *secret*, in *entries*."""
        self._store = store
        self._entries = entries
        self._secret = secret
        self._clock = clock

    async def remember(self, lookup_id: UUID, question: Question) -> None:
        """Keep for a day, as digests, whom a lookup that found nobody was about.

        Where that fails the next entry counts as the first: paper is asked for later, never sooner.
        """
        digests = EntryDigests.of(question, self._secret, lookup_id)
        with suppress(AuditUnavailableError):
            await self._entries.add(lookup_id, digests, self._clock.now() + _SECOND_ENTRY_WITHIN)

    async def was_entered_again(self, caller: Caller, command: LookupCommand, retry_of: UUID) -> bool:
        """Whether *retry_of* names this officer's recent lookup, of this person, that found nobody.

        Or the card's QR was read, which no typing error can be in. The dossier must be the same; while there
        is none, the procedure. Another person's lookup may be named but is no first entry of this one's.
        Raises InvalidRequestError(RETRY_OF_UNKNOWN) where it names anything but an ended lookup of this
        officer for this dossier.
        """
        earlier = await self._store.find(retry_of)
        if (
            earlier is None
            or earlier.officer_id != caller.officer.officer_id
            or earlier.dossier_code != command.dossier_code
            or (command.dossier is None and earlier.procedure_code != command.procedure_code)
            or earlier.outcome is None
        ):
            raise InvalidRequestError(ProblemCode.RETRY_OF_UNKNOWN, fields=("/retry_of",))
        if command.is_card_proof:
            return True
        is_recent = self._clock.now() - earlier.asked_at <= _SECOND_ENTRY_WITHIN
        if not is_recent or earlier.outcome not in OPENING:
            return False
        return await self._is_same_person(retry_of, command.question)

    async def _is_same_person(self, earlier_id: UUID, question: Question) -> bool:
        entered = await self._entries.find(earlier_id)
        now_entered = EntryDigests.of(question, self._secret, earlier_id)
        return entered is not None and entered.may_be_of(now_entered)


class RepeatGuard:
    """Lets one Idempotency-Key lead to one national call, in this process and in all others.

    What was answered lately is remembered here, without the citizen: software that goes on repeating
    itself uses up no limit, and asks the database nothing.
    """

    def __init__(
        self, secret: bytes, store: LookupStore, *, wait_seconds: float, remembers: int = _MOST_REMEMBERED
    ) -> None:
        """Digest keys and requests under *secret*, so that neither can be guessed from the database."""
        self._secret = secret
        self._store = store
        self._wait_seconds = wait_seconds
        self._remembers = remembers
        self._in_flight: dict[bytes, tuple[bytes, asyncio.Task[Disclosure]]] = {}
        self._answered: OrderedDict[bytes, tuple[bytes, UUID, str]] = OrderedDict()

    def claim(self, caller: Caller, key: str, body: bytes) -> Claim:
        """Return the claim of a request; InvalidRequestError where the key is not a usable one."""
        if not _KEY.fullmatch(key):
            raise InvalidRequestError(ProblemCode.INVALID_IDEMPOTENCY_KEY)
        owner = f"{caller.client.client_id}|{caller.officer.officer_id}|"
        return Claim(self._digest(owner.encode() + key.encode()), self._digest(body))

    async def once(
        self, claim: Claim, look_up: Callable[[], Coroutine[None, None, Disclosure]]
    ) -> Disclosure:
        """Return the answer of the one lookup that *claim* leads to, while it is in flight.

        Raises ConflictError(ALREADY_ANSWERED) afterwards, InvalidRequestError(IDEMPOTENCY_KEY_REUSED)
        where the key came with another question, and whatever the lookup raises.
        """
        running = self._in_flight.get(claim.key_digest)
        if running is None:
            self._check_answered(claim)
            task = asyncio.ensure_future(self._first(look_up))
            running = (claim.request_digest, task)
            self._in_flight[claim.key_digest] = running
            task.add_done_callback(lambda ended: self._forget(claim, ended))
        request_digest, task = running
        if request_digest != claim.request_digest:
            raise InvalidRequestError(ProblemCode.IDEMPOTENCY_KEY_REUSED)
        return await asyncio.shield(task)

    def _check_answered(self, claim: Claim) -> None:
        known = self._answered.get(claim.key_digest)
        if known is None:
            return
        request_digest, lookup_id, outcome = known
        if request_digest != claim.request_digest:
            raise InvalidRequestError(ProblemCode.IDEMPOTENCY_KEY_REUSED)
        raise ConflictError(ProblemCode.ALREADY_ANSWERED, lookup_id=lookup_id, outcome=outcome)

    def _forget(self, claim: Claim, ended: "asyncio.Task[Disclosure]") -> None:
        del self._in_flight[claim.key_digest]
        # An exception is looked at here, in case every caller went away.
        if not ended.cancelled() and ended.exception() is None:
            told = ended.result()
            self._answered[claim.key_digest] = claim.request_digest, told.lookup_id, told.outcome.value
            if len(self._answered) > self._remembers:
                self._answered.popitem(last=False)

    async def _first(self, look_up: Callable[[], Coroutine[None, None, Disclosure]]) -> Disclosure:
        try:
            return await look_up()
        except ClaimTakenError as taken:
            if not taken.is_same_request:
                raise InvalidRequestError(ProblemCode.IDEMPOTENCY_KEY_REUSED) from None
            outcome = await self._outcome(taken.lookup_id)
            raise ConflictError(
                ProblemCode.ALREADY_ANSWERED, lookup_id=taken.lookup_id, outcome=outcome
            ) from None

    async def _outcome(self, lookup_id: UUID) -> str | None:
        """Wait for another process's lookup to end, at most as long as one may take."""
        for _ in range(max(1, round(self._wait_seconds / _POLL_SECONDS))):
            state = await self._store.find(lookup_id)
            if state is not None and state.outcome is not None:
                return state.outcome.value
            await asyncio.sleep(_POLL_SECONDS)
        return None

    def _digest(self, text: bytes) -> bytes:
        return hmac.digest(self._secret, text, hashlib.sha256)
