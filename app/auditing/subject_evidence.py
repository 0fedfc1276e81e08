"""Reads everything the evidence says of looks at one citizen; nothing can be left out by whoever asks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal_column, or_, select

from app.audit.keyring import month_of
from app.audit.partitions import first_id
from app.audit.record import RecordKind, Value
from app.audit.retention_table import AUDIT_OUTCOME
from app.audit.table import AUDIT_MONTH_KEY, AUDIT_MONTH_SECRET, AUDIT_RECORD
from app.auditing.criteria import Position, Search
from app.auditing.proofs import proofs_of
from app.auditing.queries import says
from app.auditing.reader import AuditReader, OpenedRecord
from app.auditing.subject_values import AUDIT_LOOKS
from app.clock import local_day

_PAGE: Final = 200
_PROVEN_TOGETHER: Final = 50
_DAY: Final = timedelta(days=1)
_TURN: Final = timedelta(hours=1)  # a record may bear the former month's key as a month turns
_KIND: Final[ColumnElement[str]] = literal_column("audit_record.kind")
# Written out, so that the planner finds the partial indexes.
_IS_AUDIT_LOOK: Final = _KIND.in_([literal_column(f"'{kind}'") for kind in AUDIT_LOOKS])
_IS_LINK: Final = literal_column(f"'{RecordKind.DOSSIER_LINKED.value}'") == _KIND


@dataclass(frozen=True, slots=True)
class Proven:
    """A record with its exact bytes, and the proof that it is in the log once a checkpoint covers it."""

    record_id: UUID
    kind: str
    leaf: bytes = field(repr=False)
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class RawLook:
    """A lookup or a refused one as its records say it, and under which of the citizen's numbers."""

    lookup_id: UUID
    at: datetime
    number: str = field(repr=False)
    facts: Mapping[str, Value] = field(repr=False)
    outcome: Mapping[str, Value] | None = field(repr=False)
    link: Mapping[str, Value] | None = field(repr=False)
    purpose: str | None = field(repr=False)
    is_readable: bool
    records: tuple[Proven, ...]


@dataclass(frozen=True, slots=True)
class AuditLook:
    """A search, unmasking, export or report by which auditing looked at this citizen's lookups."""

    at: datetime
    kind: str
    case_number: str | None
    report_number: str | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """All there is, oldest first, and since when that is all there was; None where no month is whole."""

    looks: tuple[RawLook, ...]
    audits: tuple[AuditLook, ...]
    complete_from: datetime | None


@dataclass(frozen=True, slots=True)
class Registration:
    """What the log says of a request: whose numbers, and which officer registered it."""

    numbers: tuple[str, ...] = field(repr=False)
    registered_by: UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """Since when persons can be found at all, and since when without a hole."""

    found_from: datetime
    complete_from: datetime | None


class SubjectEvidence:
    """Reads with the auditing role."""

    def __init__(self, reader: AuditReader) -> None:
        """Read with *reader*."""
        self._reader = reader

    async def registration(self, report_id: UUID, number: str) -> Registration | None:
        """Return how the request of this number was registered, by its own record.

        None where that no longer opens or says something else: a changed row of the book names nobody.
        Raises AuditUnavailableError.
        """
        requested = RecordKind.SUBJECT_REPORT_REQUESTED.value
        for one in await self._reader.records(AUDIT_RECORD.c.record_id == report_id):
            said, numbers = one.facts, _numbers(one.person)
            if numbers and (said.get("kind"), said.get("report_number")) == (requested, number):
                return Registration(numbers, UUID(str(said["officer_id"])))
        return None

    async def gather(self, numbers: Sequence[str], case_number: str, now: datetime) -> Gathered:
        """Return every look at who has *numbers*, through *now*; AuditUnavailableError."""
        kept = await self._kept(now)
        looks = [
            look
            for number in numbers
            for look in await self._looks(number, case_number, kept.found_from, now)
        ]
        looks = await self._with_proofs(sorted(looks, key=lambda look: (look.at, look.lookup_id)))
        audits = await self._audits(frozenset(numbers), {str(look.lookup_id) for look in looks}, kept)
        return Gathered(tuple(looks), audits, kept.complete_from)

    async def _kept(self, now: datetime) -> Kept:
        query = (
            select(AUDIT_MONTH_KEY.c.month, AUDIT_MONTH_SECRET.c.key_id.is_not(None))
            .select_from(AUDIT_MONTH_KEY.outerjoin(AUDIT_MONTH_SECRET))
            .where(AUDIT_MONTH_KEY.c.month <= month_of(now))
            .order_by(AUDIT_MONTH_KEY.c.month)
        )
        async with self._reader.reading() as connection:
            months = [(month, bool(opens)) for month, opens in await connection.execute(query)]
        return kept_months(months, now)

    async def _looks(self, number: str, case_number: str, since: datetime, now: datetime) -> list[RawLook]:
        first, last = local_day(since) - _DAY, local_day(now) + _DAY
        search = Search(case_number, number, None, first, last, _PAGE)
        looks = list[RawLook]()
        while True:
            page = await self._reader.find(search)
            opened = await self._opened([found.record_id for found in page])
            for found in page:
                records = opened[found.record_id]
                person = next((one.person for one in records if one.record_id == found.record_id), None)
                purpose = person.get("purpose") if person is not None else None
                looks.append(
                    RawLook(
                        found.record_id,
                        found.recorded_at,
                        number,
                        found.facts,
                        found.outcome,
                        found.link,
                        str(purpose) if purpose is not None else None,
                        found.is_readable,
                        tuple(Proven(one.record_id, str(one.facts.get("kind")), one.leaf) for one in records),
                    )
                )
            if len(page) < _PAGE:
                return looks
            search = replace(search, after=Position(page[-1].recorded_at, page[-1].record_id))

    async def _opened(self, lookup_ids: Sequence[UUID]) -> Mapping[UUID, list[OpenedRecord]]:
        """Return all records of each lookup: that it was asked, how it ended, the dossier that came later."""
        record, of_lookup = AUDIT_RECORD.c, defaultdict[UUID, list[OpenedRecord]](list)
        query = select(AUDIT_OUTCOME).where(AUDIT_OUTCOME.c.lookup_id.in_(lookup_ids))
        async with self._reader.reading() as connection:
            ended = {row.record_id: row.lookup_id for row in await connection.execute(query)}
        for one in await self._reader.records(record.record_id.in_([*lookup_ids, *ended])):
            of_lookup[ended.get(one.record_id, one.record_id)].append(one)
        asked = {str(lookup_id): lookup_id for lookup_id in lookup_ids}
        for link in await self._reader.records(_IS_LINK, record.lookup_id.in_(lookup_ids)):
            if (linked := asked.get(str(link.facts.get("lookup_id")))) is not None:
                of_lookup[linked].append(link)
        return of_lookup

    async def _with_proofs(self, looks: Sequence[RawLook]) -> list[RawLook]:
        proven = list[RawLook]()
        async with self._reader.reading() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            for start in range(0, len(looks), _PROVEN_TOGETHER):
                some = looks[start : start + _PROVEN_TOGETHER]
                proofs = await proofs_of(raw, [one.record_id for look in some for one in look.records])
                texts = {record_id: proof.text() for record_id, proof in proofs.items()}
                proven += [_proven(look, texts) for look in some]
        return proven

    async def _audits(
        self, numbers: frozenset[str], lookup_ids: set[str], kept: Kept
    ) -> tuple[AuditLook, ...]:
        looks = list[AuditLook]()
        since = first_id(kept.found_from, -_DAY)
        while ids := await self._reader.scalars(_audit_look_ids(since)):
            # Opened a few at a time: there may be hundreds of thousands, and lookups wait for this process.
            records = await self._reader.records(_IS_AUDIT_LOOK, AUDIT_RECORD.c.record_id.in_(ids))
            looks += [
                AuditLook(
                    one.recorded_at,
                    str(one.facts.get("kind")),
                    _text(one.facts.get("case_number")),
                    _text(one.facts.get("report_number")),
                )
                for one in records
                if not numbers.isdisjoint(_numbers(one.person)) or one.facts.get("lookup_id") in lookup_ids
            ]
            since = UUID(int=ids[-1].int + 1)
        return tuple(sorted(looks, key=lambda look: look.at))


def _audit_look_ids(since: UUID) -> Select[Any]:
    """Return the query for the next ids from *since* on, of the records that name somebody."""
    record = AUDIT_RECORD.c
    names = or_(says(record.leaf, b'"subject":"'), says(record.leaf, b'"lookup_id":"'))
    query: Select[Any] = select(record.record_id).where(_IS_AUDIT_LOOK, record.record_id >= since, names)
    return query.order_by(record.record_id).limit(_PAGE)


def _proven(look: RawLook, proofs: Mapping[UUID, str]) -> RawLook:
    records = (replace(one, proof=proofs.get(one.record_id)) for one in look.records)
    return replace(look, records=tuple(records))


def kept_months(months: Iterable[tuple[str, bool]], now: datetime) -> Kept:
    """Return what months with keys, and without, mean; *months* through the present one, in their order."""
    found_from: datetime | None = None
    complete_from: datetime | None = None
    is_after_hole = False
    for month, opens in months:
        start = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
        if not opens:
            complete_from, is_after_hole = None, True
            continue
        found_from = found_from or start
        complete_from = complete_from or (start + _TURN if is_after_hole else start)
    return Kept(found_from or now, complete_from)


def _numbers(person: Mapping[str, object] | None) -> tuple[str, ...]:
    """Return the numbers sealed in a record: a lookup's or search's one, a request's all."""
    if person is None:
        return ()
    others = person.get("other_numbers")
    numbers = [person.get("id_number"), *(others if isinstance(others, list) else [])]
    return tuple(str(number) for number in numbers if number)


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
