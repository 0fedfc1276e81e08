"""Which kinds of record belong to what an auditor searches."""

from collections.abc import Mapping
from typing import Final

from app.audit.record import RecordKind
from app.auditing.criteria import About

_READING_PREFIXES: Final = ("audit.", "subject_report.", "list.exported", "decision.explained")
_CHANGING_PREFIXES: Final = (
    "officer.",
    "account.",
    "approval.",
    "activation_code.",
    "handover.",
    "review.",
    "password.",
    "second_factor.",
    "unit.",
    "client.added",
    "client.changed",
    "procedure.",
    "grant.",
    "keys.",
    "change.failed",
    "retention.",
    "month_key.",
    "legal_hold.",
)


def _kinds(*prefixes: str) -> tuple[RecordKind, ...]:
    return tuple(kind for kind in RecordKind if kind.value.startswith(prefixes))


KINDS_ABOUT: Final[Mapping[About, tuple[RecordKind, ...]]] = {
    About.LOOKUPS: (RecordKind.LOOKUP_INTENT, RecordKind.LOOKUP_REFUSED),
    About.AUDIT_READS: _kinds(*_READING_PREFIXES),
    About.ACCOUNT_CHANGES: _kinds(*_CHANGING_PREFIXES),
}
