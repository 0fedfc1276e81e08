"""Rows whose unit begins too late or ends: named with the day, and with what takes the unit's place."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from app.accounts.posting_plan import Posting
from app.accounts.registration.fault_texts import what_is_wrong, what_mends_it
from app.accounts.registration.faults import FaultCode
from app.accounts.registration.form import Column
from app.accounts.registration.ground import known_units
from app.accounts.registration.unit_days import unit_day_fault
from app.accounts.registration.unit_names import KnownUnit
from app.units.history import History
from app.units.values import Succession, SuccessionKind
from tests.accounts.registration.test_ground import a_version

UNIT, SUCCESSOR = UUID(int=1), UUID(int=2)
BEGINS, ENDS = date(2025, 7, 1), date(2027, 1, 1)
KNOWN = KnownUnit(UNIT, "xã Mẫu", begins_on=BEGINS, ends_on=ENDS, successors=("xã Mới",))
DAY = timedelta(days=1)


def a_posting(since: date = BEGINS, until: date | None = ENDS, unit_id: UUID = UNIT) -> Posting:
    return Posting(since, until, unit_id)


@pytest.mark.parametrize(
    "posting", [a_posting(), a_posting(ENDS - DAY), a_posting(BEGINS - DAY, None, SUCCESSOR)]
)
def test_a_posting_within_the_units_days_is_right(posting: Posting) -> None:
    assert unit_day_fault(KNOWN, [posting]) is None


@pytest.mark.parametrize("until", [None, ENDS + DAY])
def test_a_posting_beyond_the_units_end_names_its_last_day_and_successor(until: date | None) -> None:
    fault = unit_day_fault(KNOWN, [a_posting(until=until)])
    assert fault is not None
    assert (fault.code, fault.column) == (FaultCode.UNIT_ENDS, Column.UNIT)
    assert (
        what_is_wrong(fault) == "Đơn vị “xã Mẫu” sẽ kết thúc từ ngày 01/01/2027, nên không nhận thêm cán bộ"
    )
    assert "xã Mới" in what_mends_it(fault)


def test_a_posting_before_the_units_beginning_names_its_first_day() -> None:
    fault = unit_day_fault(KNOWN, [a_posting(BEGINS - DAY)])
    assert fault is not None
    assert (fault.code, fault.column) == (FaultCode.UNIT_BEGINS_LATER, Column.EFFECTIVE_DATE)
    assert "01/07/2025" in what_mends_it(fault)


def test_the_register_knows_a_units_days_and_who_is_to_follow_it() -> None:
    versions = {
        UNIT: (a_version(UNIT, "xã Mẫu", "H99.1", since=BEGINS, until=ENDS),),
        SUCCESSOR: (a_version(SUCCESSOR, "xã Mới", "H99.2", since=ENDS),),
    }
    succession = Succession(UNIT, SUCCESSOR, ENDS, SuccessionKind.MERGE, "1/NQ")
    assert known_units(History(versions, (succession,)), BEGINS) == [
        KnownUnit(
            UNIT, "xã Mẫu", frozenset({"H99.1"}), begins_on=BEGINS, ends_on=ENDS, successors=("xã Mới",)
        )
    ]
