"""Whatever is decided in whatever order: every day of the tree holds, and no decision reaches back."""

from collections import Counter

from hypothesis import given, settings

from app.units.history import History
from app.units.troubles import UnitRefusedError
from app.units.values import UnitVersion
from tests.units.deeds import LAST_DAY, Deed, mostly_forward
from tests.units.trees import EMPTY, a_day, check_day, versions_on

DAYS = range(-1, LAST_DAY + 3)


def day_by_day(history: History, until: int) -> list[list[UnitVersion]]:
    """Return what held on each day before *until*, without the days on which it will end."""
    return [
        sorted(
            (UnitVersion(v.unit_id, v.valid_from, None, v.details, v.deciding_document) for v in versions),
            key=lambda version: version.unit_id,
        )
        for versions in (versions_on(history, a_day(number)) for number in range(-1, until))
    ]


@given(mostly_forward)
@settings(deadline=None, max_examples=200)
def test_every_day_holds_and_no_day_before_a_decision_changes(drawn: list[Deed]) -> None:
    history = EMPTY
    for deed in drawn:
        try:
            plan = deed.plan(history)
        except UnitRefusedError:
            continue
        after = plan.applied_to(history)
        assert day_by_day(after, deed.day) == day_by_day(history, deed.day)
        for number in DAYS:
            check_day(after, a_day(number))
        gone = {unit_id for unit_id in plan.closed if unit_id in after.on(a_day(deed.day))}
        assert not gone
        history = after


@given(mostly_forward)
@settings(deadline=None, max_examples=100)
def test_a_code_leads_to_one_desk_only_by_what_was_decided(drawn: list[Deed]) -> None:
    """A code in force leads to its bearer; one of the past to whoever took the bearer's place, or nobody."""
    history = EMPTY
    for deed in drawn:
        try:
            history = deed.plan(history).applied_to(history)
        except UnitRefusedError:
            continue
    for number in DAYS:
        units = history.units(a_day(number))
        bearers = {unit.agency_code: unit.unit_id for unit in units.values()}
        reached = Counter(code for unit in units.values() for code in unit.agency_codes if code in bearers)
        assert all(unit.agency_code in unit.agency_codes for unit in units.values())
        assert set(reached.values()) <= {1}
