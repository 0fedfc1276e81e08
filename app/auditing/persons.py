"""Persons of records, opened with the months' private keys; and why there is none to be shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.audit.record import Value
from app.audit.sealing import DataKey, MonthSecret, SealBrokenError, SealedSubject, sealed_bytes

KeyName = tuple[UUID, str]
"""A writer's data key of a month: writer id and the month key's id."""
_SHOWN_DIGITS: Final = 3


class WhyNobody(StrEnum):
    """Why a record's person cannot be shown."""

    KEY_DESTROYED = "key_destroyed"
    """The month's key was destroyed at the end of retention: nobody will ever read it again."""
    KEY_NOT_AT_HAND = "key_not_at_hand"
    """Auditing has no key of the month, or the writer's record that has its key is not there."""
    SEAL_BROKEN = "seal_broken"
    """The keys are there and do not open it: what is stored was changed."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """No person, because of this; when the key was destroyed, where it was."""

    because: WhyNobody
    destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """What there is to open persons with, and the months whose keys were destroyed, with when.

    A writer's key that is None did not open; one that is missing has no record.
    """

    months: Mapping[str, MonthSecret] = field(default_factory=dict, repr=False)
    data_keys: Mapping[KeyName, DataKey | None] = field(default_factory=dict, repr=False)
    destroyed: Mapping[str, datetime] = field(default_factory=dict)

    def person_of(
        self, record_id: UUID, writer_id: UUID, facts: Mapping[str, Value]
    ) -> Mapping[str, Any] | Nobody | None:
        """Return whom a record is about, or why that cannot be said; None where it is about nobody."""
        if "subject" not in facts:
            return None
        name = key_name(writer_id, facts)
        month = name[1].rpartition("/")[2]
        if name[1] not in self.months:
            if month in self.destroyed:
                return Nobody(WhyNobody.KEY_DESTROYED, self.destroyed[month])
            return Nobody(WhyNobody.KEY_NOT_AT_HAND)
        if name not in self.data_keys:
            return Nobody(WhyNobody.KEY_NOT_AT_HAND)
        return _opened(self.data_keys[name], record_id, facts)


def key_name(writer_id: UUID, facts: Mapping[str, Value]) -> KeyName:
    """Return which writer's key of which month a record was sealed with."""
    return writer_id, str(facts.get("key_id"))


def open_data_key(secret: MonthSecret, facts: Mapping[str, Value], writer_id: UUID) -> DataKey | None:
    """Return the key that a writer's record has, None where it does not open."""
    try:
        return DataKey(secret.open_data_key(sealed_bytes(str(facts.get("sealed_key"))), writer_id))
    except SealBrokenError:
        return None


def masked(person: Mapping[str, Any]) -> str | None:
    """Return a person's number with its last digits only; None where none is recorded."""
    number = str(person.get("id_number") or "")
    return "*" * (len(number) - _SHOWN_DIGITS) + number[-_SHOWN_DIGITS:] if number else None


def _opened(
    data_key: DataKey | None, record_id: UUID, facts: Mapping[str, Value]
) -> Mapping[str, Any] | Nobody:
    sealed = SealedSubject(str(facts.get("subject")), str(facts.get("subject_commitment")))
    try:
        if data_key is not None:
            person = json.loads(data_key.open(record_id, sealed))
            if isinstance(person, dict):
                return person
    except (SealBrokenError, ValueError):
        pass
    return Nobody(WhyNobody.SEAL_BROKEN)
