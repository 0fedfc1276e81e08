"""What a change of an account is on record as: enough to say, years later, who was active where."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from app.accounts.posting_plan import Document, Posting, PostingChange
from app.audit.record import RecordKind, Value
from app.clock import rfc3339

Fact = str | int | None | Sequence["Fact"] | Mapping[str, "Fact"]


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """One change: what it is, whose, by which document, and how things stood before and after.

    Whoever records it adds who did it, from where and when. Never a password, a code or a hash.
    """

    kind: RecordKind
    officer_id: UUID | None = None
    unit_id: UUID | None = None
    reason: str | None = None
    document: Document | None = None
    before: Mapping[str, Fact] = field(default_factory=dict)
    after: Mapping[str, Fact] = field(default_factory=dict)

    def leaf(self) -> dict[str, Value]:
        """Return the fields of a record; before and after as JSON with sorted keys."""
        number = self.document.number if self.document else None
        signed_on = self.document.signed_on if self.document else None
        fields: dict[str, str | None] = {
            "changed_officer_id": str(self.officer_id) if self.officer_id else None,
            "changed_unit_id": str(self.unit_id) if self.unit_id else None,
            "reason": self.reason,
            "document_number": unicodedata.normalize("NFC", number) if number else None,
            "document_date": signed_on.isoformat() if signed_on else None,
            "before": _json(self.before) if self.before else None,
            "after": _json(self.after) if self.after else None,
        }
        return {name: value for name, value in fields.items() if value is not None}


def posting_facts(
    postings: Sequence[Posting], change: PostingChange
) -> tuple[dict[str, Fact], dict[str, Fact]]:
    """Return the rows a change touches as they stood, and what becomes of them."""
    touched = {posting.valid_from for posting in (*change.ended, *change.removed)}
    before: dict[str, Fact] = {
        "postings": [posting_fact(posting) for posting in postings if posting.valid_from in touched]
    }
    after: dict[str, Fact] = {
        "ended": [posting_fact(posting) for posting in change.ended],
        "removed": [posting.valid_from.isoformat() for posting in change.removed],
        "added": [posting_fact(posting) for posting in change.added],
    }
    return before, after


def posting_fact(posting: Posting) -> dict[str, Fact]:
    """Return a posting's row; its document stands in the record that made it."""
    return {
        "from": posting.valid_from.isoformat(),
        "to": day_text(posting.valid_to),
        "unit_id": str(posting.unit_id),
        "kind": posting.kind.value,
    }


def day_text(day: date | None) -> str | None:
    """Return a day as records write it."""
    return day.isoformat() if day is not None else None


def time_text(instant: datetime | None) -> str | None:
    """Return an instant as records write it."""
    return rfc3339(instant) if instant is not None else None


def _json(facts: Mapping[str, Fact]) -> str:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return unicodedata.normalize("NFC", text)
