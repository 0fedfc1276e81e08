"""Most lookups an hour and a day, for an officer, a unit and a client software, and most citizens a day.

Every process decides by its own count and by what all processes had counted when it last told them its
own (`app.lookup.limit_keeper`), about once a second: no lookup waits for a query. So a limit may be
overshot by what each process lets through between two tellings, about a second, and never by more.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from app.accounts.authentication import Caller
from app.audit.keyed_digest import KeyedDigest
from app.clock import VIETNAM, Clock
from app.errors import ProblemCode
from app.lookup.limit_rules import PROBLEM_OF, Limit, LimitReachedError, LimitRules, Per, Scope, limits_of
from app.lookup.values import IdNumber

_HOUR: Final = timedelta(hours=1)
_CITIZEN_DIGEST_BYTES: Final = 16


@dataclass(slots=True)
class Tally:
    """One count: `told` is what all processes had when last asked, `untold` what was counted here since."""

    name: str
    ends_at: datetime
    told: int = 0
    untold: int = 0


@dataclass(slots=True)
class Seen:
    """The citizens an officer asked about today, as digests; `told` is how many all processes know of."""

    name: str
    ends_at: datetime
    digests: set[bytes] = field(default_factory=set, repr=False)
    untold: set[bytes] = field(default_factory=set, repr=False)
    told: int = 0
    is_complete: bool = False
    """Whether `digests` holds those of other processes too; looked up once the limit is reached."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is about to be told: each count with how much of it, each officer with which new digests."""

    counts: tuple[tuple[Tally, int], ...]
    citizens: tuple[tuple[Seen, frozenset[bytes]], ...]


@dataclass(slots=True)
class _Period:
    begins: str
    ends_at: datetime
    tallies: dict[Scope, dict[Hashable, Tally]] = field(
        default_factory=lambda: {scope: {} for scope in Scope}
    )


@dataclass(frozen=True, slots=True)
class _Account:
    """Where the lookups of an officer are counted this hour; looked up once, not six times a lookup."""

    unit_id: UUID
    client_id: str
    counts: tuple[tuple[Tally, Limit], ...]
    seen: Seen | None


class LimitBook:
    """Counts lookups in memory; hours and days are those of Vietnam."""

    def __init__(self, rules: LimitRules, secret: bytes, clock: Clock) -> None:
        """Count under *rules*; citizens stand in it as digests keyed by *secret* only."""
        self._limits = limits_of(rules)
        self._most_citizens = rules.citizens_per_officer_per_day
        self._digests = KeyedDigest(secret)
        self._clock = clock
        self._periods: dict[Per, _Period] = {}
        self._seen: dict[UUID, Seen] = {}
        self._accounts: dict[UUID, _Account] = {}
        self._turns_at: datetime | None = None
        self._touched: list[Tally] = []
        self._touched_seen: list[Seen] = []

    def check(self, caller: Caller, id_number: IdNumber) -> None:
        """Raise LimitReachedError where a limit leaves no room for this lookup; counts nothing."""
        self._admitted(caller, id_number)

    def step(self, caller: Caller, id_number: IdNumber) -> None:
        """Count one lookup of *id_number*; LimitReachedError, saying when to come back, else."""
        account, digest = self._admitted(caller, id_number)
        for tally, _ in account.counts:
            if not tally.untold:
                self._touched.append(tally)
            tally.untold += 1
        seen = account.seen
        if seen is not None and digest not in seen.digests:
            if not seen.untold:
                self._touched_seen.append(seen)
            seen.untold.add(digest)
            seen.digests.add(digest)

    def take(self) -> Told:
        """Return what the other processes have not been told; `settle` or `put_back` must follow."""
        told = Told(
            tuple((tally, tally.untold) for tally in self._touched),
            tuple((seen, frozenset(seen.untold)) for seen in self._touched_seen),
        )
        self._touched, self._touched_seen = [], []
        return told

    def settle(self, told: Told, totals: Mapping[str, int]) -> None:
        """Learn what all processes have counted, by the names of counts and officers' days."""
        for tally, count in told.counts:
            tally.untold -= count
            tally.told = totals.get(tally.name, tally.told)
        for seen, digests in told.citizens:
            seen.untold -= digests
            seen.told = totals.get(seen.name, seen.told)
        self.put_back(told)

    def put_back(self, told: Told) -> None:
        """Let what is still untold be told next time."""
        self._touched += [tally for tally, _ in told.counts if tally.untold]
        self._touched_seen += [seen for seen, _ in told.citizens if seen.untold]

    def incomplete(self) -> list[Seen]:
        """Return whose citizens of today must be known to the last, because no new one may be added."""
        most = self._most_citizens
        return [seen for seen in self._seen.values() if seen.told >= most and not seen.is_complete]

    def _admitted(self, caller: Caller, id_number: IdNumber) -> tuple[_Account, bytes]:
        now = self._clock.now()
        if self._turns_at is None or now >= self._turns_at:
            self._turn(now)
        officer_id, client_id = caller.officer.officer_id, caller.client.client_id
        account = self._accounts.get(officer_id)
        if account is None or account.unit_id != caller.unit.unit_id or account.client_id != client_id:
            account = self._accounts[officer_id] = self._account(caller)
        for tally, limit in account.counts:
            if tally.told + tally.untold >= limit.most:
                raise LimitReachedError(PROBLEM_OF[limit.scope], limit.per, limit.most, tally.ends_at, now)
        seen = account.seen
        if seen is None:
            return account, b""
        digest = self._digests.of((seen.name + id_number.digits).encode())[:_CITIZEN_DIGEST_BYTES]
        if seen.told + len(seen.untold) >= self._most_citizens and digest not in seen.digests:
            code = ProblemCode.CITIZEN_LIMIT_REACHED
            raise LimitReachedError(code, Per.DAY, self._most_citizens, seen.ends_at, now)
        return account, digest

    def _account(self, caller: Caller) -> _Account:
        """Return the counts that lookups of this officer, unit and software go into for this hour."""
        subjects: dict[Scope, Hashable] = {
            Scope.OFFICER: caller.officer.officer_id,
            Scope.UNIT: caller.unit.unit_id,
            Scope.CLIENT: caller.client.client_id,
        }
        counts = tuple((self._tally(limit, subjects[limit.scope]), limit) for limit in self._limits)
        seen = self._seen_today(caller.officer.officer_id) if self._most_citizens else None
        return _Account(caller.unit.unit_id, caller.client.client_id, counts, seen)

    def _tally(self, limit: Limit, subject: Hashable) -> Tally:
        period = self._periods[limit.per]
        tallies = period.tallies[limit.scope]
        tally = tallies.get(subject)
        if tally is None:
            name = f"{limit.scope}|{subject}|{limit.per}|{period.begins}"
            tally = tallies[subject] = Tally(name, period.ends_at)
        return tally

    def _seen_today(self, officer_id: UUID) -> Seen:
        seen = self._seen.get(officer_id)
        if seen is None:
            today = self._periods[Per.DAY]
            seen = self._seen[officer_id] = Seen(f"citizens|{officer_id}|{today.begins}|", today.ends_at)
        return seen

    def _turn(self, now: datetime) -> None:
        """Begin the hour, and the day, that *now* lies in; what was counted before decides nothing more."""
        self._accounts = {}
        hour = now.astimezone(VIETNAM).replace(minute=0, second=0, microsecond=0)
        day = hour.replace(hour=0)
        self._turns_at = (hour + _HOUR).astimezone(UTC)
        self._periods[Per.HOUR] = _Period(hour.isoformat(), self._turns_at)
        today = self._periods.get(Per.DAY)
        if today is None or today.begins != day.isoformat():
            self._periods[Per.DAY] = _Period(day.isoformat(), (day + 24 * _HOUR).astimezone(UTC))
            self._seen = {}
