"""What came of asking the national side: whether it is the person asked about, and what may be shown."""

from typing import Final, NamedTuple

from app.audit.record import Outcome
from app.lookup.card_notices import card_notices
from app.lookup.claims import judge_claims
from app.lookup.command import LookupCommand
from app.lookup.comparison import compare
from app.lookup.data_faults import NUMBER_CHANGED, FaultNotice, find_faults, is_number_changed
from app.lookup.decision import Permit
from app.lookup.gazetteer import load_gazetteer
from app.lookup.narrowing import narrow
from app.lookup.texts import Notice
from app.lookup.values import Citizen
from app.lookup.verdicts import Verdict
from app.procedures.fields import Field

_FOUND: Final = Outcome.FOUND  # looked up once: an enum's members cost as much as a call


class Finding(NamedTuple):
    """`shown` is what may be shown, `differing` what the record contradicts.

    `verdicts` answer the claims of a verification, which shows nothing.
    """

    outcome: Outcome
    shown: dict[str, object] | None = None
    differing: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
    faults: tuple[FaultNotice, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def __repr__(self) -> str:
        # What may be shown is the citizen's, and so is which claims are true.
        return f"Finding(outcome={self.outcome!r}, differing={self.differing!r}, faults={self.faults!r})"

    @property
    def is_number_changed(self) -> bool:
        """Whether the record is that of the person asked about under another number (R81)."""
        return NUMBER_CHANGED in self.faults

    @property
    def claims_answered(self) -> int | None:
        """How many claims got a yes or a no, not which; None where it is no verification."""
        return sum(one is not Verdict.UNKNOWN for one in self.verdicts) if self.verdicts else None


def judge(command: LookupCommand, permit: Permit, citizen: Citizen | None) -> Finding:
    """Return what *citizen*, the national side's answer, is to the question, its card and its claims."""
    finding = _compared(command, permit, citizen)
    found = citizen if finding.outcome is _FOUND else None
    if command.citizen_claims:
        verdicts = judge_claims(command.citizen_claims, found, load_gazetteer())
        # A record's faults would tell what nobody claimed; that the number changed is about the question.
        faults = () if found is not None else finding.faults
        return finding._replace(shown=None, faults=faults, verdicts=verdicts)
    if command.card is not None and found is not None:
        notices = card_notices(command.card, found, permit.fields, load_gazetteer())
        return finding._replace(notices=notices)
    return finding


def _compared(command: LookupCommand, permit: Permit, citizen: Citizen | None) -> Finding:
    if citizen is None:
        return Finding(Outcome.NOT_FOUND)
    differing = compare(command.question, citizen)
    if command.second_number is not None and citizen.old_id_number != command.second_number.digits:
        differing |= {Field.OLD_ID_NUMBER.value}
    if differing:
        changed = is_number_changed(command.question, citizen, differing)
        return Finding(Outcome.MISMATCH, differing=differing, faults=(NUMBER_CHANGED,) if changed else ())
    shown, faults = narrow(citizen, permit.fields), find_faults(citizen, permit.fields)
    return Finding(_FOUND, shown, differing, (), faults)
