"""Under which units a head finds what was done in units that are no more."""

from datetime import date
from uuid import UUID

import pytest

from app.accounts.units_in_reach import units_and_formers
from app.units.store import UnitRegister
from app.units.values import Succession, SuccessionKind, Unit, UnitKind, UnitLevel

HEAD, BELOW, OTHER, MERGED, EARLIER, STILL_THERE, ITS_FORMER = (UUID(int=number) for number in range(1, 8))
PARENTS = {HEAD: None, BELOW: HEAD, OTHER: None, STILL_THERE: None}


def merged(former: UUID, successor: UUID) -> Succession:
    return Succession(former, successor, date(2026, 7, 1), SuccessionKind.MERGE, "1/NQ")


REGISTER = UnitRegister(
    {
        unit_id: Unit(unit_id, "Đơn vị", "H99", UnitLevel.COMMUNE, UnitKind.COMMUNE, frozenset(), parent)
        for unit_id, parent in PARENTS.items()
    },
    (
        merged(EARLIER, MERGED),
        merged(MERGED, BELOW),
        merged(STILL_THERE, BELOW),  # planned: it is in force today
        merged(ITS_FORMER, STILL_THERE),
    ),
)


@pytest.mark.parametrize(
    ("unit_id", "expected"),
    [
        (HEAD, {HEAD, BELOW, MERGED, EARLIER}),
        (BELOW, {BELOW, MERGED, EARLIER}),
        (OTHER, {OTHER}),
        (STILL_THERE, {STILL_THERE, ITS_FORMER}),
    ],
)
def test_formers_come_with_their_successor_and_not_before_they_give_up_their_place(
    unit_id: UUID, expected: set[UUID]
) -> None:
    assert units_and_formers(REGISTER, unit_id) == expected
