"""What an outcome means for asking the citizen for paper (Decree 104/2022 Article 14; R38–R40)."""

from enum import StrEnum
from typing import Final, NamedTuple

from app.audit.record import Outcome


class PaperReason(StrEnum):
    """Why paper may or may not be asked for; the words stand in app.lookup.texts."""

    FOUND = "found"
    NOT_FOUND_ENTER_AGAIN = "not_found_enter_again"
    NOT_FOUND = "not_found"
    MISMATCH_ENTER_AGAIN = "mismatch_enter_again"
    MISMATCH = "mismatch"
    NUMBER_CHANGED_ENTER_AGAIN = "number_changed_enter_again"
    NUMBER_CHANGED = "number_changed"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UPSTREAM_CONFUSED = "upstream_confused"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN = "unknown"


class PaperRuling(NamedTuple):
    """Whether the desk may ask for paper, and why."""

    may_ask: bool
    because: PaperReason


_ALWAYS: Final = {
    Outcome.FOUND: PaperRuling(may_ask=False, because=PaperReason.FOUND),
    Outcome.UPSTREAM_UNAVAILABLE: PaperRuling(may_ask=True, because=PaperReason.UPSTREAM_UNAVAILABLE),
    Outcome.UPSTREAM_CONFUSED: PaperRuling(may_ask=True, because=PaperReason.UPSTREAM_CONFUSED),
    Outcome.NOT_PERMITTED: PaperRuling(may_ask=False, because=PaperReason.NOT_PERMITTED),
    Outcome.UNKNOWN: PaperRuling(may_ask=False, because=PaperReason.UNKNOWN),
}
_AFTER_SECOND_ENTRY: Final = {
    Outcome.NOT_FOUND: (PaperReason.NOT_FOUND_ENTER_AGAIN, PaperReason.NOT_FOUND),
    Outcome.MISMATCH: (PaperReason.MISMATCH_ENTER_AGAIN, PaperReason.MISMATCH),
}
_NUMBER_CHANGED: Final = (PaperReason.NUMBER_CHANGED_ENTER_AGAIN, PaperReason.NUMBER_CHANGED)


def rule_paper(
    outcome: Outcome, *, was_entered_again: bool, must_enter_again: bool, is_number_changed: bool = False
) -> PaperRuling:
    """Return the ruling for *outcome*.

    not_found and mismatch open the paper path only once the data was entered again, where the province
    demands it, so that a typing error never licenses paper. A mismatch in nothing but a number that changed
    is told as that (R81).
    """
    if (always := _ALWAYS.get(outcome)) is not None:
        return always
    before, after = _NUMBER_CHANGED if is_number_changed else _AFTER_SECOND_ENTRY[outcome]
    may_ask = was_entered_again or not must_enter_again
    return PaperRuling(may_ask=may_ask, because=after if may_ask else before)
