"""Records that retention dropped: only their hashes are left, and a record must have named their month."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from app.audit.leaf import Value
from app.audit.verifying.export_files import Entry
from app.audit.verifying.findings import Check, Gap, Kind, Ledger
from app.audit.verifying.kinds import MONTH_KEY_DESTROYED, RETENTION_DROP
from app.audit.verifying.spill import Spill

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_MOST_PLACES: Final = 20  # named of one month
_TIMED: Final = 7  # the version of UUID whose first 48 bits are a time


class RetentionChecker:
    """Is told of every leaf without its record, and of every record that drops some."""

    def __init__(self, spill: Spill, ledger: Ledger) -> None:
        """Remember in *spill* whose records are gone."""
        self._spill = spill
        self._ledger = ledger
        self._dropped = Counter[str]()
        self._places = dict[str, list[str]]()
        self._named = set[str]()
        self._ended = dict[str, int | None]()

    def dropped(self, entry: Entry) -> None:
        """Take note of a leaf whose record is gone."""
        self._ledger.looked_at[Check.RETENTION] += 1
        month = month_of_id(entry.record_id)
        self._dropped[month] += 1
        self._places[month] = [*self._places.get(month, ()), f"#{entry.index}"][:_MOST_PLACES]
        self._spill.put("insert or ignore into dropped (hash, month) values (?, ?)", entry.leaf_hash, month)
        self._spill.put("insert or ignore into dropped_record (record) values (?)", entry.record_id.bytes)

    def meet(self, facts: Mapping[str, Value]) -> None:
        """Take note of the months that a record orders to be dropped, or says are, and of how many leaves."""
        kind, months = facts.get("kind"), _MONTH.findall(str(facts.get("months")))
        if kind == RETENTION_DROP:
            self._named.update(months)
        elif kind == MONTH_KEY_DESTROYED:
            count = facts.get("dropped_records")
            self._ended |= {month: count if isinstance(count, int) else None for month in months}

    def has_ended(self, month: str) -> bool:
        """Whether records order the end of *month* and say that it came."""
        return month in self._named and month in self._ended

    def finish(self, now: datetime, *, is_whole: bool) -> None:
        """Say which months' records are gone although no record says so, or more than it says.

        Which month a leaf was of is the export's own word: what the order's record counted is not.
        """
        for month, count in sorted(self._dropped.items()):
            most = self._ended.get(month)
            if self.has_ended(month) and (most is None or count <= most):
                self._ledger.leave_out(Gap.RECORDS_DROPPED, count)
            elif not is_whole and most is None and _may_have_ended(month, now):
                self._ledger.leave_out(Gap.PART_OF_THE_LOG, count)
            else:
                limit = f" > {most}" if most is not None else ""
                places = ", ".join(self._places[month]) + ", …" * (count > _MOST_PLACES)
                self._ledger.find(Kind.ROW_DROPPED, detail=f"{month}: {count}{limit} ({places})")


def _may_have_ended(month: str, now: datetime) -> bool:
    """Whether retention may have taken *month*: not before a year after it, whatever is configured."""
    here = now.astimezone(UTC)
    return month < f"{here.year - 1:04d}-{here.month:02d}" and _MONTH.fullmatch(month) is not None


def month_of_id(record_id: UUID) -> str:
    """Return the month in which an id was made, as `yyyy-mm` (UUIDv7, UTC); `?` for an id that says none."""
    if record_id.version != _TIMED:
        return "?"
    try:
        made = datetime.fromtimestamp((record_id.int >> 80) / 1000, tz=UTC)
    except (ValueError, OverflowError):
        return "?"
    return made.strftime("%Y-%m")
