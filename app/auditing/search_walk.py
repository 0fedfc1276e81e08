"""A walk over what a search finds, page by page, as it stood at one instant; two of them can be compared."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.audit.record import Value
from app.audit.verifying.search_lists import JsonLinesText
from app.audit.verifying.search_rows import LookupRecords
from app.auditing.criteria import Position, Search
from app.auditing.reader import AuditReader, Found
from app.clock import rfc3339

_LEAST_ID: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Walked:
    """A lookup, and its records by role, the newest first."""

    shown: LookupRecords
    records: Sequence[tuple[str, UUID]]


@dataclass(slots=True)
class Walk:
    """How many were met, and a digest of what they said: another walk must come to the same."""

    count: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def meet(self, walked: Walked) -> int:
        """Count a lookup and return its number."""
        self.count += 1
        self.digest.update(JsonLinesText().row(self.count, self.count, walked.shown))
        self.digest.update(json.dumps([(role, str(each)) for role, each in walked.records]).encode())
        return self.count

    def found_the_same(self, other: "Walk") -> bool:
        """Whether both met the same lookups, and these said the same."""
        return bool(self.digest.digest() == other.digest.digest())


async def pages(
    reader: AuditReader, search: Search, names: Mapping[str, str], as_of: datetime, page_size: int
) -> AsyncIterator[list[Walked]]:
    """Return what was on record before *as_of*, newest first, *page_size* lookups at a time.

    Nothing stays open between two pages. *names* are officers' login names by id. Raises
    AuditUnavailableError.
    """
    after: Position | None = Position(as_of, _LEAST_ID)
    while after is not None:
        found = await reader.find(replace(search, page_size=page_size, after=after, as_of=as_of))
        yield [_walked(each, names, rfc3339(as_of)) for each in found]
        last = found[-1] if len(found) == page_size else None
        after = Position(last.recorded_at, last.record_id) if last is not None else None


def records_of(found: Found, names: Mapping[str, str]) -> LookupRecords:
    """Return a found lookup as its rows say it; *names* are login names by officer."""
    return LookupRecords(
        lookup_id=str(found.record_id),
        recorded_at=rfc3339(found.recorded_at),
        lookup=found.facts,
        outcome=found.outcome,
        link=found.link,
        follow_up=found.follow_up,
        citizen=found.citizen,
        officer_login=names.get(str(found.facts.get("officer_id"))),
        is_readable=found.is_readable,
    )


def _walked(found: Found, names: Mapping[str, str], as_of: str) -> Walked:
    outcome, link, follow_up = (_until(each, as_of) for each in (found.outcome, found.link, found.follow_up))
    shown = replace(records_of(found, names), outcome=outcome, link=link, follow_up=follow_up)
    later = [("follow_up", follow_up), ("link", link), ("outcome", outcome)]
    records = [(role, UUID(str(facts["record_id"]))) for role, facts in later if facts]
    records.sort(key=lambda record: record[1], reverse=True)
    return Walked(shown, [*records, ("lookup", found.record_id)])


def _until(facts: Mapping[str, Value] | None, as_of: str) -> Mapping[str, Value] | None:
    return facts if facts is not None and str(facts.get("time", "")) < as_of else None
