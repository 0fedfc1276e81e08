"""What a comparison can say of a claim: yes, no, or that it cannot be told."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a claim holds; `UNKNOWN` where the record says nothing of it or does not decide it."""

    YES = "true"
    NO = "false"
    UNKNOWN = "unknown"


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return whether all hold: one NO refutes them, one UNKNOWN leaves them open, none say nothing."""
    said = frozenset(verdicts)
    if Verdict.NO in said:
        return Verdict.NO
    return Verdict.YES if said == {Verdict.YES} else Verdict.UNKNOWN


def agreed(verdicts: Iterable[Verdict]) -> Verdict:
    """Return what all readings of a question say, UNKNOWN where they differ or there are none."""
    said = frozenset(verdicts)
    return next(iter(said)) if len(said) == 1 else Verdict.UNKNOWN
