"""Record v1: the exact canonical bytes that stand as evidence, and the columns projected from them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NoReturn
from uuid import UUID

from app.audit.known_texts import LONGEST_REMEMBERED, KnownTexts
from app.audit.leaf import MAX_INTEGER, MAX_LEAF_BYTES, Value, canonical, is_clean, leaf_hash, read_leaf
from app.audit.record_fields import ID_FIELDS, LEAF_FIELDS, RECURRING_FIELDS, WRITER_FIELDS
from app.audit.record_ids import new_record_id, read_record_id
from app.audit.record_kinds import Outcome, RecordKind
from app.clock import rfc3339
from app.quickly_made import quickly_made

__all__ = [  # beside what is below
    "MAX_LEAF_BYTES",
    "Outcome",
    "RecordKind",
    "Value",
    "canonical",
    "leaf_hash",
    "read_leaf",
]

VERSION: Final = 1
_WRITERS_SHARE: Final = 1024  # bytes of a leaf kept for what the writer adds
_AUTHENTICATION_BYTES: Final = 16  # by which a sealed subject is longer
_DIGEST_BYTES: Final = 32
_LONGEST_MARK: Final = 4  # bytes of one in UTF-8; escaped ones have two
_LONGEST_REST: Final = 64  # bytes of a field's name, its punctuation, and its integer or id
_PAST_THE_MILLISECOND: Final = tuple(timedelta(microseconds=number) for number in range(1000))

_WRITABLE: Final = {name: kind for name, kind in LEAF_FIELDS.items() if name not in WRITER_FIELDS}
_ID: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


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
        recurring=tuple(name for name in texts if name in RECURRING_FIELDS - ID_FIELDS),
        recurring_ids=tuple(name for name in texts if name in RECURRING_FIELDS & ID_FIELDS),
        passing=tuple(name for name in texts if name not in RECURRING_FIELDS | ID_FIELDS),
        passing_ids=tuple(name for name in texts if name in ID_FIELDS - RECURRING_FIELDS),
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
