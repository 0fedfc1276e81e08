"""Record v1: the exact canonical bytes that stand as evidence, and the columns projected from them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NoReturn
from uuid import UUID

from app.audit.known_texts import LONGEST_REMEMBERED, KnownTexts
from app.audit.leaf import MAX_INTEGER, MAX_LEAF_BYTES, Value, canonical, is_clean, leaf_hash, read_leaf
from app.audit.record_ids import new_record_id, read_record_id
from app.clock import rfc3339
from app.quickly_made import quickly_made

__all__ = ["MAX_LEAF_BYTES", "Value", "canonical", "leaf_hash", "read_leaf"]  # beside what is below

VERSION: Final = 1
_WRITERS_SHARE: Final = 1024  # bytes of a leaf kept for what the writer adds
_AUTHENTICATION_BYTES: Final = 16  # by which a sealed subject is longer
_DIGEST_BYTES: Final = 32
_LONGEST_MARK: Final = 4  # bytes of one in UTF-8; escaped ones have two
_LONGEST_REST: Final = 64  # bytes of a field's name, its punctuation, and its integer or id
_PAST_THE_MILLISECOND: Final = tuple(timedelta(microseconds=number) for number in range(1000))


class RecordKind(StrEnum):
    """What happened; the word before the dot is the subject area."""

    WRITER_OPENED = "writer.opened"
    WRITER_KEY = "writer.key"
    WRITER_HEARTBEAT = "writer.heartbeat"
    WRITER_CLOSED = "writer.closed"
    LOOKUP_INTENT = "lookup.intent"
    LOOKUP_OUTCOME = "lookup.outcome"
    LOOKUP_REFUSED = "lookup.refused"
    REQUEST_REJECTED = "request.rejected"
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - an event's name
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    CLIENT_SIGNED_IN = "client.signed_in"
    SIGN_IN_THROTTLED = "sign_in.throttled"
    ACCOUNT_LOCKED = "account.locked"
    ACCOUNT_UNLOCKED = "account.unlocked"
    ADDRESS_LOCKED = "address.locked"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - an event's name
    SECOND_FACTOR_ADDED = "second_factor.added"
    SECOND_FACTOR_RESET = "second_factor.reset"
    SECOND_FACTOR_RESET_CANCELLED = "second_factor.reset_cancelled"
    SECOND_FACTOR_REMOVED = "second_factor.removed"
    SESSION_REFRESHED = "session.refreshed"
    SESSION_ENDED = "session.ended"
    NOTICE_ACCEPTED = "notice.accepted"
    AUDIT_SEARCHED = "audit.searched"
    SUBJECT_REPORT_REQUESTED = "subject_report.requested"
    SUBJECT_REPORT_ACKNOWLEDGED = "subject_report.acknowledged"
    SUBJECT_REPORT_EXTENDED = "subject_report.extended"
    SUBJECT_REPORT_MADE = "subject_report.made"
    SUBJECT_REPORT_ANSWERED = "subject_report.answered"
    AUDIT_UNMASK_ASKED = "audit.unmask_asked"
    AUDIT_UNMASK_DECIDED = "audit.unmask_decided"
    AUDIT_UNMASKED = "audit.unmasked"
    AUDIT_ALERTED = "audit.alerted"
    AUDIT_SEARCH_EXPORTED = "audit.search_exported"
    AUDIT_SEARCH_EXPORT_ENDED = "audit.search_export_ended"
    DECISION_EXPLAINED = "decision.explained"
    OFFICER_ADDED = "officer.added"
    OFFICER_CHANGED = "officer.changed"
    APPROVAL_REQUESTED = "approval.requested"
    APPROVAL_REFUSED = "approval.refused"
    ACCOUNT_NOTICE_READ = "account_notice.read"
    UNIT_ADDED = "unit.added"
    UNIT_CHANGED = "unit.changed"
    CLIENT_ADDED = "client.added"
    CLIENT_CHANGED = "client.changed"
    PROCEDURE_ADDED = "procedure.added"
    PROCEDURE_CHANGED = "procedure.changed"
    GRANT_ADDED = "grant.added"
    GRANT_CHANGED = "grant.changed"
    GRANT_WITHDRAWN = "grant.withdrawn"
    GRANT_MOVED = "grant.moved"
    KEYS_MADE = "keys.made"
    KEYS_ROTATED = "keys.rotated"
    KEYS_RESTORED = "keys.restored"
    CHANGE_FAILED = "change.failed"
    OFFICER_POSTED = "officer.posted"
    OFFICER_LEFT = "officer.left"
    OFFICER_TERM_SET = "officer.term_set"
    OFFICER_SUSPENDED = "officer.suspended"
    OFFICER_RESUMED = "officer.resumed"
    CODE_ISSUED = "activation_code.issued"
    HANDOVER_MADE = "handover.made"
    HANDOVER_RECEIVED = "handover.received"
    ACCOUNT_ACTIVATED = "account.activated"
    ACTIVATION_FAILED = "account.activation_failed"
    REVIEW_OPENED = "review.opened"
    REVIEW_ANSWERED = "review.answered"
    REVIEW_CLOSED = "review.closed"
    UNIT_DECLARED = "unit.declared"
    LIST_EXPORTED = "list.exported"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_RECONCILED = "audit.reconciled"
    DOSSIER_LINKED = "lookup.dossier_linked"
    DATA_FAULT_FILED = "data_fault.filed"
    DATA_FAULT_CHANGED = "data_fault.changed"
    LOOKUP_FOLLOW_UP = "lookup.follow_up"
    RECEIPT_ISSUED = "receipt.issued"
    APPROVAL_GIVEN = "approval.given"
    RETENTION_DROP = "retention.drop"
    MONTH_KEY_DESTROYED = "month_key.destroyed"
    LEGAL_HOLD_SET = "legal_hold.set"
    LEGAL_HOLD_LIFTED = "legal_hold.lifted"
    LOOKUP_KEY_MADE = "lookup_key.made"
    LOOKUP_KEY_WITHDRAWN = "lookup_key.withdrawn"
    UPSTREAM_CHECK_ASKED = "upstream.check_asked"
    UPSTREAM_CHECKED = "upstream.checked"


class Outcome(StrEnum):
    """How a lookup ended; `found` means released for delivery, `unknown` that nothing was released."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    MISMATCH = "mismatch"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UPSTREAM_CONFUSED = "upstream_confused"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN = "unknown"


LEAF_FIELDS: Final[Mapping[str, type]] = {
    # Set by the writer
    "version": int,
    "record_id": str,
    "kind": str,
    "salt": str,
    "authority_code": str,
    "writer_id": str,
    "writer_sequence": int,
    "previous_hash": str,
    "key_id": str,
    "time": str,
    # Who
    "officer_id": str,
    "unit_id": str,
    "unit_code": str,
    "unit_level": str,
    "role": str,
    "client_id": str,
    "session_id": str,
    "address": str,
    "assurance": str,
    "amr": str,
    "request_id": str,
    # Why
    "procedure_code": str,
    "dossier_code": str,
    "no_dossier_reason": str,
    "entered_by": str,
    "legal_basis": str,
    "verification_method": str,
    "reception_channel": str,
    "retry_of": str,
    "case_number": str,
    "notice_version": str,
    "reason": str,
    # About whom
    "subject": str,
    "subject_commitment": str,
    # With what result
    "lookup_id": str,
    "outcome": str,
    "problem_code": str,
    "question_type": str,
    "claims_asked": str,
    "claims_answered": int,
    "fields_asked": str,
    "fields_disclosed": str,
    "fields_differing": str,
    "notices": str,
    "data_faults": str,
    "paper_may_ask": int,
    "paper_because": str,
    "national_request_id": str,
    "upstream_officer_code": str,
    "road": str,
    "tries": int,
    "roads_passed_over": str,
    "duration_ms": int,
    "paper_asked": int,
    "paper_which": str,
    "paper_why": str,
    "receipt_kind": str,
    "receipt_digest": str,
    "receipt_id_digest": str,
    "certificate": str,
    "searched_by": str,
    "searched_officer_id": str,
    "searched_client_id": str,
    "searched_from": str,
    "searched_to": str,
    "search_results": int,
    "searched_about": str,
    "searched_unit_id": str,
    "searched_dossier_code": str,
    "searched_procedure_code": str,
    "searched_outcome": str,
    "searched_paper": str,
    "search_continued": int,
    "alert_days": int,
    "unmasking_id": str,
    "unmasking_decision": str,
    "looked_up_by": str,
    "readings_left": int,
    "exported_list": str,
    "exported_format": str,
    "exported_by": str,
    "exported_rows": int,
    "exported_range": str,
    "manifest_digest": str,
    "export_ending": str,
    "reconciled_file": str,
    "reconciled_counts": str,
    "report_number": str,
    "report_looks": int,
    "report_digest": str,
    "requester": str,
    "requested_numbers": int,
    "identity_check": str,
    "identity_reference": str,
    "received_on": str,
    "answer_by": str,
    "told_on": str,
    "told_through": str,
    # What was changed, and by whom beside the officer
    "operator": str,
    "change": str,
    "before": str,
    "after": str,
    "changed_officer_id": str,
    "changed_unit_id": str,
    "changed_client_id": str,
    "approval_id": str,
    "requested_by": str,
    "effective_at": str,
    "expires_at": str,
    "months": str,
    "hold_id": str,
    "drop_record_id": str,
    "dropped_records": int,
    "retention_months": int,
    "failed_record_id": str,
    "part_of": str,
    "data_fault_id": str,
    "document_number": str,
    "document_date": str,
    "effective_on": str,
    # The writer's own
    "sealed_key": str,
    "writer_key": str,
    "previous_writer_id": str,
    "previous_writer_sequence": int,
    "doubtful_records": str,
}
"""Every name a leaf may carry and its type; names are those of the projection's columns."""

WRITER_FIELDS: Final = frozenset(
    {
        "version",
        "record_id",
        "kind",
        "salt",
        "authority_code",
        "writer_id",
        "writer_sequence",
        "previous_hash",
        "key_id",
        "time",
        "subject",
        "subject_commitment",
        "sealed_key",
        "writer_key",
        "previous_writer_id",
        "previous_writer_sequence",
        "doubtful_records",
    }
)
"""What only the writer says; a draft that says it is refused."""

_WRITABLE: Final = {name: kind for name, kind in LEAF_FIELDS.items() if name not in WRITER_FIELDS}
_IDS: Final = frozenset({"officer_id", "unit_id", "lookup_id"})  # columns of type uuid
_ID: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RECURRING: Final = frozenset(
    {
        "officer_id",
        "unit_id",
        "unit_code",
        "unit_level",
        "role",
        "client_id",
        "assurance",
        "procedure_code",
        "legal_basis",
        "verification_method",
        "reception_channel",
        "question_type",
        "fields_asked",
        "fields_disclosed",
        "outcome",
        "paper_because",
        "road",
    }
)
"""What comes out of the directory and out of lists, and says the same in many records."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A promise that one key leads to one lookup only; both digests are keyed, neither names anybody."""

    key_digest: bytes
    request_digest: bytes

    def check(self) -> None:
        """Raise ValueError for anything but two digests of 32 bytes."""
        if not len(self.key_digest) == len(self.request_digest) == _DIGEST_BYTES:
            raise ValueError("a claim has two digests of 32 bytes")


@quickly_made
@dataclass(frozen=True, slots=True)
class Draft:
    """A record before it has its place in a chain.

    `subject` is the canonical plaintext of the person asked about and `searched_number` the
    normalised number its search tag is made of; neither leaves the writer unencrypted.
    """

    kind: RecordKind
    time: datetime
    facts: Mapping[str, Value]
    subject: bytes | None = field(default=None, repr=False)
    searched_number: str | None = field(default=None, repr=False)
    claim: Claim | None = None
    record_id: UUID = field(default_factory=new_record_id)

    def __post_init__(self) -> None:
        # Leaves write milliseconds; the projected column must say the same.
        whole = self.time - _PAST_THE_MILLISECOND[self.time.microsecond % 1000]
        object.__setattr__(self, "time", whole)

    @property
    def lookup_id(self) -> UUID | None:
        """The lookup this record belongs to: an intent or refusal is its own."""
        if self.kind in _OWN_LOOKUP:
            return self.record_id
        named = self.facts.get("lookup_id")
        return read_record_id(str(named)) if named is not None else None

    def check(self) -> None:
        """Raise ValueError where this could not be written; one bad draft must not fail a batch.

        The text names fields and never values.
        """
        longest_text = _longest_text(self.facts)
        self._check_lookup()
        if self.time.tzinfo is not UTC and self.time.utcoffset() is None:
            raise ValueError("a record's time needs its zone")
        if self.searched_number is not None and not is_clean(self.searched_number):
            raise ValueError("the searched number is not clean NFC text")
        if self.claim is not None:
            self.claim.check()
        sealed = len(self.subject) + _AUTHENTICATION_BYTES if self.subject is not None else 0
        as_text = (4 * sealed + 2) // 3  # base64 without padding
        room = MAX_LEAF_BYTES - _WRITERS_SHARE - as_text
        # What the canonical bytes cannot exceed is known without making them.
        longest = _LONGEST_MARK * longest_text + _LONGEST_REST * (len(self.facts) + 1)
        if longest > room and len(canonical(self.facts)) > room:
            raise ValueError("a record must not exceed 32 KiB")

    def _check_lookup(self) -> None:
        is_outcome = self.kind is _LOOKUP_OUTCOME
        if is_outcome is not (self.facts.get("outcome") in _OUTCOMES):
            raise ValueError("an outcome record, and no other, says one of the outcomes")
        if is_outcome and "lookup_id" not in self.facts:
            raise ValueError("an outcome record names its lookup")
        if self.kind in _OWN_LOOKUP and "lookup_id" in self.facts:
            raise ValueError("an intent or refusal is its own lookup")


_LOOKUP_OUTCOME: Final = RecordKind.LOOKUP_OUTCOME  # looked up once: an enum's members cost as much as a call
_OUTCOMES: Final = frozenset(Outcome)
_OWN_LOOKUP: Final = frozenset({RecordKind.LOOKUP_INTENT, RecordKind.LOOKUP_REFUSED})


def _longest_text(facts: Mapping[str, Value]) -> int:
    """Return how long the texts of *facts* are at most, without ids; ValueError for what cannot be written.

    What recurs is known to be in order, and short; the rest is looked at in one: everybody waits for this.
    """
    shape = _shape_of(tuple(facts))
    if tuple(map(type, facts.values())) != shape.types:  # a text equal to a known one may be none
        _refuse_types(facts)
    said: Any = facts.__getitem__  # of the types that were just looked at
    for name in shape.numbers:
        if not -MAX_INTEGER <= said(name) <= MAX_INTEGER:
            raise ValueError(f"field {name} is too large")
    passing = "".join(map(said, shape.passing))
    if not (passing.isascii() and passing.isprintable()):
        _check_each(facts, shape.passing)
    for name in shape.passing_ids:
        if _ID.fullmatch(said(name)) is None:
            _refuse_id(name)
    if _clean.has_all(map(said, shape.recurring)) and _ids.has_all(map(said, shape.recurring_ids)):
        return len(passing) + LONGEST_REMEMBERED * len(shape.recurring)
    return len(passing) + _met_length(facts, shape)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What facts of certain names must be, in their order, and which of them are what.

    Texts and ids are recurring or passing.
    """

    types: tuple[type, ...]
    numbers: tuple[str, ...]
    recurring: tuple[str, ...]
    recurring_ids: tuple[str, ...]
    passing: tuple[str, ...]
    passing_ids: tuple[str, ...]


@lru_cache(maxsize=1024)
def _shape_of(names: tuple[str, ...]) -> _Shape:
    """Return the shape of facts of these names; ValueError for a name that no draft may use."""
    for name in names:
        if name not in _WRITABLE:
            raise ValueError(f"a draft has no field {name}")
    texts = tuple(name for name in names if _WRITABLE[name] is str)
    return _Shape(
        types=tuple(_WRITABLE[name] for name in names),
        numbers=tuple(name for name in names if _WRITABLE[name] is int),
        recurring=tuple(name for name in texts if name in _RECURRING - _IDS),
        recurring_ids=tuple(name for name in texts if name in _RECURRING & _IDS),
        passing=tuple(name for name in texts if name not in _RECURRING | _IDS),
        passing_ids=tuple(name for name in texts if name in _IDS - _RECURRING),
    )


_clean: Final = KnownTexts(is_clean)
_ids: Final = KnownTexts(lambda text: _ID.fullmatch(text) is not None)


def _met_length(facts: Mapping[str, Value], shape: _Shape) -> int:
    """Return how long the recurring texts are; ValueError where one of them cannot be written."""
    for name in shape.recurring:
        if not _clean.passes(str(facts[name])):
            _refuse_text(name)
    for name in shape.recurring_ids:
        if not _ids.passes(str(facts[name])):
            _refuse_id(name)
    return sum(len(str(facts[name])) for name in shape.recurring)


def _refuse_types(facts: Mapping[str, Value]) -> NoReturn:
    wrong = next(name for name, value in facts.items() if type(value) is not _WRITABLE[name])
    raise ValueError(f"field {wrong} must be {_WRITABLE[wrong].__name__}")


def _check_each(facts: Mapping[str, Value], names: Iterable[str]) -> None:
    for name in names:
        if not is_clean(str(facts[name])):
            _refuse_text(name)


def _refuse_text(name: str) -> NoReturn:
    raise ValueError(f"field {name} is not clean NFC text")


def _refuse_id(name: str) -> NoReturn:
    raise ValueError(f"field {name} is not an id")


def instant_text(instant: datetime) -> str:
    """Return the time as leaves write it: RFC 3339 UTC with milliseconds."""
    return rfc3339(instant)
