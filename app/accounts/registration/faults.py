"""Everything that can be wrong with a row of a list, with its place; the texts stand in `fault_texts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.accounts.registration.form import Column


class FaultCode(StrEnum):
    """Stable codes; those in `WARNINGS` keep nothing from being done."""

    NOT_AN_OFFICER = "not_an_officer"
    LOGIN_MISSING = "login_missing"
    LOGIN_MALFORMED = "login_malformed"
    LOGIN_HOLDS_NUMBER = "login_holds_number"
    LOGIN_TWICE = "login_twice"
    LOGIN_ELSEWHERE = "login_elsewhere"
    LOGIN_OF_FORMER_OFFICER = "login_of_former_officer"
    NAME_MISSING = "name_missing"
    NAME_MALFORMED = "name_malformed"
    NAME_TOO_LONG = "name_too_long"
    NAME_OF_ANOTHER_PERSON = "name_of_another_person"
    UNIT_MISSING = "unit_missing"
    UNIT_UNKNOWN = "unit_unknown"
    UNIT_AMBIGUOUS = "unit_ambiguous"
    UNIT_OUTSIDE = "unit_outside"
    UNIT_CLOSED = "unit_closed"
    UNIT_ENDS = "unit_ends"
    UNIT_BEGINS_LATER = "unit_begins_later"
    UNIT_CODE_UNKNOWN = "unit_code_unknown"
    UNIT_CODE_CONTRADICTS = "unit_code_contradicts"
    ROLE_MISSING = "role_missing"
    ROLE_UNKNOWN = "role_unknown"
    ROLE_RAISED = "role_raised"
    PRIVILEGED_ACCOUNT = "privileged_account"
    UPSTREAM_CODE_MALFORMED = "upstream_code_malformed"
    UPSTREAM_CODE_TWICE = "upstream_code_twice"
    UPSTREAM_CODE_TAKEN = "upstream_code_taken"
    PERSON_CODE_MALFORMED = "person_code_malformed"
    PERSON_CODE_HOLDS_NUMBER = "person_code_holds_number"
    PERSON_CODE_TWICE = "person_code_twice"
    PERSON_CODE_TAKEN = "person_code_taken"
    PERSON_CODE_KEPT = "person_code_kept"
    OWN_ACCOUNT = "own_account"
    DOCUMENT_MISSING = "document_missing"
    DOCUMENT_MALFORMED = "document_malformed"
    DATE_MALFORMED = "date_malformed"
    DATE_IN_FUTURE = "date_in_future"
    DATE_TOO_OLD = "date_too_old"
    DATE_BEFORE_POSTING = "date_before_posting"
    # Warnings
    NUMBER_ODD = "number_odd"
    ROLE_KEPT = "role_kept"
    NAME_WITHOUT_ACCENTS = "name_without_accents"
    OFFICER_SUSPENDED = "officer_suspended"
    CODE_STORED_AS_NUMBER = "code_stored_as_number"


WARNINGS: Final = frozenset(
    {
        FaultCode.NUMBER_ODD,
        FaultCode.ROLE_KEPT,
        FaultCode.NAME_WITHOUT_ACCENTS,
        FaultCode.OFFICER_SUSPENDED,
        FaultCode.CODE_STORED_AS_NUMBER,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one cell; `details` fill its texts and may repeat what was typed: never log them."""

    code: FaultCode
    column: Column
    details: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_warning(self) -> bool:
        """Whether the row can be carried out all the same."""
        return self.code in WARNINGS
