"""What happens in one stretch of an invented log, drafted as the gateway drafts it, of the past."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.audit.record import Draft, Outcome, RecordKind, Value
from app.clock import local_day
from app.errors import ProblemCode
from app.lookup.evidence import national_request_id
from bench.volume_world import Desk, World, birth_date_of, name_of, number_of

_REFUSED: Final = 0.03
_VERIFIED: Final = 0.05
_WAITING: Final = 0.03
_LINKED: Final = 0.6
_FOLLOWED: Final = {True: 0.01, False: 0.4}
"""How often an officer says what was asked for, where the person was found and where not."""
_OUTCOMES: Final = (
    (0.905, Outcome.FOUND),
    (0.935, Outcome.NOT_FOUND),
    (0.975, Outcome.MISMATCH),
    (0.995, Outcome.UPSTREAM_UNAVAILABLE),
    (0.998, Outcome.UPSTREAM_CONFUSED),
    (1.0, Outcome.UNKNOWN),
)
_REFUSALS: Final = (
    ProblemCode.DOSSIER_OF_ANOTHER_AGENCY,
    ProblemCode.PROCEDURE_NOT_GRANTED,
    ProblemCode.NOTICE_NOT_ACCEPTED,
)
_PROCEDURES: Final = 60
_DOSSIERS_A_DAY: Final = 40
_FIELDS: Final = "birth_date full_name id_number permanent_address temporary_address"
_BASIS: Final = "Nghị định 104/2022/NĐ-CP, Điều 14"
_CHANNELS: Final = ("counter", "counter", "online", "postal")
_RECORDS_A_LOOKUP: Final = 2
_DAYS_UNTIL_LINKED: Final = 10


@dataclass(frozen=True, slots=True)
class Stretch:
    """One of *count* equal parts of the log: which, and how many records it has, exactly."""

    number: int
    count: int
    records: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks about whom, when and for what; without a dossier where that comes later."""

    lookup_id: UUID
    at: datetime
    desk: Desk
    citizen: int
    procedure_code: str
    dossier_code: str | None


def record_id(draw: random.Random, at: datetime) -> UUID:
    """Return a UUIDv7 of that time (RFC 9562 section 5.7)."""
    milliseconds = int(at.timestamp() * 1000)
    high, low = draw.getrandbits(12), draw.getrandbits(62)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def procedure_code(at: int) -> str:
    """Return the code of one of the procedures, the first of them the most frequent."""
    return f"1.{4000 + at % _PROCEDURES:06d}"


def stream(world: World, number: int, name: str) -> random.Random:
    """Return the numbers drawn for *name* in a stretch, the same each time."""
    return random.Random(f"{world.size.seed}/{number}/{name}")  # noqa: S311 - invented


def events_of(world: World, stretch: Stretch, room: int) -> list[list[Draft]]:
    """Return at most *room* records of a stretch, those of each lookup together with its own.

    The same each time: keys, salts and hashes come later.
    """
    happened = _Happenings(world, stretch)
    events = [happened.link(ask) for ask in _linked_in(world, stretch)]
    left = room - len(events)
    for ask in _waiting_of(world, stretch):
        if left >= _RECORDS_A_LOOKUP:
            events.append(happened.lookup(ask, Outcome.FOUND))
            left -= _RECORDS_A_LOOKUP
    shapes = list(_shapes(happened.draw, left))
    for at, (outcome, is_followed) in enumerate(shapes):
        ask = happened.ask((stretch.number + (at + happened.draw.random()) / len(shapes)) / stretch.count)
        if outcome is Outcome.NOT_PERMITTED:
            events.append([happened.refusal(ask)])
        else:
            events.append(happened.lookup(ask, outcome))
            if is_followed:
                events[-1].append(happened.follow_up(ask, outcome))
    return events


def _shapes(draw: random.Random, room: int) -> Iterator[tuple[Outcome, bool]]:
    """Yield what comes of lookups, and whether there is a statement about paper, until *room* is used up."""
    while room >= _RECORDS_A_LOOKUP + 1:
        if draw.random() < _REFUSED:
            room -= 1
            yield Outcome.NOT_PERMITTED, False
            continue
        drawn = draw.random()
        outcome = next(outcome for limit, outcome in _OUTCOMES if drawn < limit)
        is_followed = draw.random() < _FOLLOWED[outcome is Outcome.FOUND]
        room -= _RECORDS_A_LOOKUP + is_followed
        yield outcome, is_followed


def _waiting_of(world: World, stretch: Stretch) -> Iterator[Ask]:
    """Yield the lookups of a stretch that have no dossier yet."""
    happened = _Happenings(world, stretch, "waiting")
    for _ in range(int(stretch.records * _WAITING / _RECORDS_A_LOOKUP)):
        share = (stretch.number + happened.draw.random()) / stretch.count
        yield happened.ask(share, has_dossier=False)


def _linked_in(world: World, stretch: Stretch) -> Iterator[Ask]:
    """Yield what was asked before and gets its dossier in this stretch, in the middle of it, all at once."""
    later = max(1, round(stretch.count * _DAYS_UNTIL_LINKED / len(world.days)))
    if stretch.number < later:
        return
    earlier = list(_waiting_of(world, Stretch(stretch.number - later, stretch.count, stretch.records)))
    yield from earlier[: int(len(earlier) * _LINKED)]


class _Happenings:
    """Drafts of records, with whatever they draw."""

    def __init__(self, world: World, stretch: Stretch, name: str = "lookups") -> None:
        self.draw = stream(world, stretch.number, name)
        self._world = world
        self._middle = world.instant((stretch.number + 0.5) / stretch.count)

    def ask(self, share: float, *, has_dossier: bool = True) -> Ask:
        at, draw = self._world.instant(share), self.draw
        desk, day = self._world.officer(draw), local_day(at)
        code = self._world.agency(desk, day).code
        return Ask(
            lookup_id=record_id(draw, at),
            at=at,
            desk=desk,
            citizen=self._world.citizen(draw),
            procedure_code=procedure_code(int(_PROCEDURES * draw.random() ** 2)),
            dossier_code=f"{code}-{day:%y%m%d}-{draw.randrange(_DOSSIERS_A_DAY):04d}"
            if has_dossier
            else None,
        )

    def lookup(self, ask: Ask, outcome: Outcome) -> list[Draft]:
        facts = self._asking(ask) | {
            "legal_basis": _BASIS,
            "fields_asked": _FIELDS,
            "national_request_id": national_request_id(ask.lookup_id),
            "road": "c06",
            "upstream_officer_code": f"C-{ask.desk.login_name}",
        }
        took = 0.15 + self.draw.expovariate(3)
        ended = ask.at + timedelta(seconds=took)
        is_found = outcome is Outcome.FOUND
        said: dict[str, Value] = {
            "lookup_id": str(ask.lookup_id),
            "outcome": outcome.value,
            "fields_disclosed": _FIELDS if is_found else "",
            "fields_differing": "full_name" if outcome is Outcome.MISMATCH else "",
            "paper_may_ask": int(not is_found),
            "paper_because": "found" if is_found else outcome.value,
            "duration_ms": int(took * 1000),
            "road": "c06",
        }
        return [
            self._of_person(RecordKind.LOOKUP_INTENT, ask, facts),
            Draft(RecordKind.LOOKUP_OUTCOME, ended, said, record_id=record_id(self.draw, ended)),
        ]

    def refusal(self, ask: Ask) -> Draft:
        code = self.draw.choice(_REFUSALS)
        facts = self._asking(ask) | {"problem_code": code.value, "fields_asked": _FIELDS}
        return self._of_person(RecordKind.LOOKUP_REFUSED, ask, facts)

    def follow_up(self, ask: Ask, outcome: Outcome) -> Draft:
        is_found = outcome is Outcome.FOUND
        asked = not is_found and self.draw.random() < 0.7  # noqa: PLR2004 - a share
        facts = self._caller(ask) | {
            "lookup_id": str(ask.lookup_id),
            "paper_asked": int(asked),
            "paper_may_ask": int(not is_found),
            "procedure_code": ask.procedure_code,
        }
        if ask.dossier_code is not None:
            facts["dossier_code"] = ask.dossier_code
        if asked:
            facts |= {"paper_which": "ct07_confirmation", "paper_why": "other"}
        at = ask.at + timedelta(seconds=30 + self.draw.random() * 300)
        return Draft(RecordKind.LOOKUP_FOLLOW_UP, at, facts, record_id=record_id(self.draw, at))

    def link(self, ask: Ask) -> list[Draft]:
        at = self._middle + timedelta(seconds=self.draw.random())
        day = local_day(at)
        code = self._world.agency(ask.desk, day).code
        facts = self._caller(ask) | {
            "lookup_id": str(ask.lookup_id),
            "dossier_code": f"{code}-{day:%y%m%d}-{self.draw.randrange(_DOSSIERS_A_DAY):04d}",
            "procedure_code": ask.procedure_code,
        }
        return [Draft(RecordKind.DOSSIER_LINKED, at, facts, record_id=record_id(self.draw, at))]

    def _of_person(self, kind: RecordKind, ask: Ask, facts: dict[str, Value]) -> Draft:
        number = number_of(ask.citizen)
        person = {
            "birth_date": birth_date_of(ask.citizen),
            "full_name": name_of(ask.citizen),
            "id_number": number,
        }
        subject = json.dumps(person, ensure_ascii=False, separators=(",", ":")).encode()
        return Draft(kind, ask.at, facts, subject=subject, searched_number=number, record_id=ask.lookup_id)

    def _asking(self, ask: Ask) -> dict[str, Value]:
        facts = self._caller(ask) | {
            "procedure_code": ask.procedure_code,
            "verification_method": "online_lookup",
            "reception_channel": self.draw.choice(_CHANNELS),
        }
        if ask.dossier_code is not None:
            facts["dossier_code"] = ask.dossier_code
        else:
            facts["no_dossier_reason"] = "one_stop_software_down"
        if self.draw.random() < _VERIFIED:
            facts |= {"question_type": "residence", "claims_asked": "permanent_address"}
        return facts

    def _caller(self, ask: Ask) -> dict[str, Value]:
        agency = self._world.agency(ask.desk, local_day(ask.at))
        return {
            "officer_id": str(ask.desk.officer_id),
            "unit_id": str(agency.unit_id),
            "unit_code": agency.code,
            "unit_level": agency.level,
            "role": ask.desk.role,
            "client_id": agency.client_id,
            "session_id": str(UUID(int=self.draw.getrandbits(128))),
            "address": f"10.{self.draw.randrange(256)}.{self.draw.randrange(256)}.7",
            "assurance": "password+otp",
            "request_id": f"{self.draw.getrandbits(64):016x}",
        }
