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
from app.audit.verifying.kinds import RETENTION_DROP
from app.audit.verifying.spill import Spill

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_TIMED: Final = 7  # the version of UUID whose first 48 bits are a time


class RetentionChecker:
    """Is told of every leaf without its record, and of every record that drops some."""

    def __init__(self, spill: Spill, ledger: Ledger) -> None:
        """Remember in *spill* whose records are gone."""
        self._spill = spill
        self._ledger = ledger
        self._dropped = Counter[str]()
        self.named = set[str]()
        """The months that records of the log say are dropped."""

    def dropped(self, entry: Entry) -> None:
        """Take note of a leaf whose record is gone."""
        self._ledger.looked_at[Check.RETENTION] += 1
        month = month_of_id(entry.record_id)
        self._dropped[month] += 1
        self._spill.put("insert or ignore into dropped (hash, month) values (?, ?)", entry.leaf_hash, month)
        self._spill.put("insert or ignore into dropped_record (record) values (?)", entry.record_id.bytes)

    def meet(self, facts: Mapping[str, Value]) -> None:
        """Take note of the months that a record says are dropped."""
        if facts.get("kind") == RETENTION_DROP:
            self.named.update(_MONTH.findall(str(facts.get("months"))))

    def finish(self, *, is_whole: bool) -> None:
        """Say which months' records are gone although no record says so."""
        for month, count in sorted(self._dropped.items()):
            if month in self.named:
                self._ledger.leave_out(Gap.RECORDS_DROPPED, count)
            elif not is_whole:
                self._ledger.leave_out(Gap.PART_OF_THE_LOG, count)
            else:
                self._ledger.find(Kind.ROW_DROPPED, detail=f"{month}: {count}")


def month_of_id(record_id: UUID) -> str:
    """Return the month in which an id was made, as `yyyy-mm` (UUIDv7, UTC); `?` for an id that says none."""
    if record_id.version != _TIMED:
        return "?"
    try:
        made = datetime.fromtimestamp((record_id.int >> 80) / 1000, tz=UTC)
    except (ValueError, OverflowError):
        return "?"
    return made.strftime("%Y-%m")
