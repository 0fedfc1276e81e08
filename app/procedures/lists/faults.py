"""Everything that can be wrong with a row of a list, with its place; the texts stand in `fault_texts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class FaultCode(StrEnum):
    """Stable codes; those in `WARNINGS` keep nothing from being done."""

    NOT_A_ROW = "not_a_row"
    CODE_MISSING = "code_missing"
    CODE_MALFORMED = "code_malformed"
    CODE_TWICE = "code_twice"
    TEXT_MISSING = "text_missing"
    TEXT_UNFIT = "text_unfit"
    SERVICE_CODE_MALFORMED = "service_code_malformed"
    WORD_UNKNOWN = "word_unknown"
    DATE_MALFORMED = "date_malformed"
    DATES_REVERSED = "dates_reversed"
    FIELD_BASIS_MISSING = "field_basis_missing"
    BASES_TOO_LONG = "bases_too_long"
    LATER_VERSION = "later_version"
    DAY_PAST = "day_past"
    DOCUMENT_MALFORMED = "document_malformed"
    DOCUMENT_MISSING = "document_missing"
    UNIT_MISSING = "unit_missing"
    UNIT_UNKNOWN = "unit_unknown"
    UNIT_AMBIGUOUS = "unit_ambiguous"
    UNIT_ENDS = "unit_ends"
    PROCEDURE_UNKNOWN = "procedure_unknown"
    PAIR_TWICE = "pair_twice"
    PERIOD_OVERLAPS = "period_overlaps"
    # Warnings
    SERVICE_CODE_MISSING = "service_code_missing"
    PROCEDURE_NOT_IN_FORCE = "procedure_not_in_force"


WARNINGS: Final = frozenset({FaultCode.SERVICE_CODE_MISSING, FaultCode.PROCEDURE_NOT_IN_FORCE})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one cell; `details` fill its texts and may repeat what was typed: never log them."""

    code: FaultCode
    column: StrEnum
    details: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_warning(self) -> bool:
        """Whether the row can be carried out all the same."""
        return self.code in WARNINGS
