"""Looks in a citizen's words: units by their names, results as they were, holes said aloud."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app.auditing.subject_evidence import RawLook, kept_months
from app.auditing.subject_looks import Look, Names, described
from app.auditing.subject_texts import field_title, reason_text, result_text
from app.units.history import History
from app.units.store import UnitRegister
from app.units.values import Succession, SuccessionKind, UnitDetails, UnitKind, UnitLevel, UnitVersion

BEFORE, SINCE, TODAY = date(2024, 1, 1), date(2026, 7, 1), date(2026, 11, 22)
FORMER, EAST, WEST = (UUID(str(uuid7())) for _ in range(3))
AT = datetime(2026, 6, 30, 16, 59, tzinfo=UTC)


def a_version(unit_id: UUID, name: str, since: date, until: date | None = None) -> UnitVersion:
    details = UnitDetails(name, "H19.1", UnitKind.COMMUNE, UnitLevel.COMMUNE)
    return UnitVersion(unit_id, since, until, details)


def names(*successions: Succession, **more: Any) -> Names:
    history = History(
        {
            FORMER: (
                a_version(FORMER, "UBND xã Xưa", BEFORE, date(2025, 7, 1)),
                a_version(FORMER, "UBND xã Cũ", date(2025, 7, 1), SINCE),
            ),
            EAST: (a_version(EAST, "UBND xã Đông", SINCE),),
            WEST: (a_version(WEST, "UBND xã Tây", SINCE),),
        },
        successions,
    )
    procedures = {"1.004194": [(BEFORE, SINCE, "Tên cũ"), (SINCE, None, "Tên mới")]}
    return Names(UnitRegister({}, successions, history), procedures, more.get("officers", {}), TODAY)


def split(unit_id: UUID, on: date = SINCE) -> Succession:
    return Succession(FORMER, unit_id, on, SuccessionKind.SPLIT, "1/NQ")


def a_look(
    facts: dict[str, Any] | None = None, outcome: dict[str, Any] | None = None, **more: Any
) -> RawLook:
    usual: dict[str, Any] = {"unit_id": str(FORMER), "unit_code": "H19.1", "procedure_code": "1.004194"}
    values: dict[str, Any] = {"at": AT, "is_readable": True} | more
    return RawLook(
        UUID(str(uuid7())),
        number="099190000017",
        facts=usual if facts is None else usual | facts,
        outcome=outcome,
        link=None,
        purpose=None,
        records=(),
        **values,
    )


def told(facts: dict[str, Any] | None = None, outcome: dict[str, Any] | None = None, **more: Any) -> Look:
    return described(a_look(facts, outcome, **more), names())


def test_a_unit_that_was_divided_is_named_as_then_and_by_all_that_have_its_place() -> None:
    look = described(a_look(), names(split(WEST), split(EAST)))
    assert (look.unit.name_then, look.unit.names_today) == ("UBND xã Cũ", ("UBND xã Tây", "UBND xã Đông"))


def test_names_are_those_of_the_day_in_vietnam() -> None:
    later = described(a_look(at=AT + timedelta(minutes=1)), names())
    earlier = described(a_look(at=datetime(2025, 6, 30, 16, tzinfo=UTC)), names())
    assert (described(a_look(), names()).procedure_name, later.procedure_name) == ("Tên cũ", "Tên mới")
    assert (earlier.unit.name_then, later.unit.name_then) == ("UBND xã Xưa", None)


def test_a_successor_of_days_to_come_has_no_place_yet_and_a_unit_without_one_is_said_to_be_gone() -> None:
    look = described(a_look(), names(split(EAST, TODAY + timedelta(days=1))))
    assert look.unit.names_today == ()


def test_a_record_without_readable_unit_is_told_all_the_same() -> None:
    look = told({"unit_id": "none"}, is_readable=False)
    assert (look.unit.code, look.unit.name_then) == ("H19.1", None)
    assert "không đọc được" in result_text(look)


RESULTS: list[tuple[dict[str, Any], dict[str, Any] | None, bool, str]] = [
    ({}, None, False, "đang được thực hiện"),
    ({}, {"outcome": "found", "fields_disclosed": "full_name"}, True, "Đã hiển thị dữ liệu."),
    ({}, {"outcome": "found", "fields_disclosed": ""}, False, "không hiển thị dữ liệu nào"),
    (
        {"claims_asked": "household_head"},
        {"outcome": "found", "fields_disclosed": "", "claims_answered": 1},
        True,
        "1 câu hỏi đúng hay sai",
    ),
    ({}, {"outcome": "not_found"}, False, "Không có người khớp"),
    ({}, {"outcome": "mismatch"}, False, "không khớp với dữ liệu quốc gia"),
    ({}, {"outcome": "upstream_unavailable"}, False, "không trả lời"),
    ({}, {"outcome": "upstream_confused"}, False, "không đọc được"),
    ({}, {"outcome": "unknown"}, False, "bị gián đoạn"),
    ({}, {"outcome": "of another day"}, False, "of another day"),
    ({"problem_code": "procedure_not_granted"}, None, False, "Bị từ chối: "),
    ({"problem_code": "of another day"}, None, False, "không đủ điều kiện"),
    ({}, {"outcome": "not_permitted", "problem_code": "officer_suspended"}, False, "Bị từ chối: "),
]


@pytest.mark.parametrize(("facts", "outcome", "is_released", "said"), RESULTS)
def test_a_result_says_whether_data_were_shown(
    facts: dict[str, Any],
    outcome: dict[str, Any] | None,
    is_released: bool,  # noqa: FBT001 - a column of the table
    said: str,
) -> None:
    look = told(facts, outcome)
    assert look.is_released is is_released
    assert said in result_text(look)


def test_names_of_fields_and_reasons_that_are_none_of_ours_stand_as_they_are() -> None:
    assert (field_title("sex"), field_title("shoe_size")) == ("Giới tính", "shoe_size")
    assert reason_text("completing_papers").startswith("Công dân")
    assert reason_text("of another day") == "of another day"


@pytest.mark.parametrize(
    ("months", "found_from", "complete_from"),
    [
        ([("2026-09", True), ("2026-10", True), ("2026-11", True)], "2026-09-01T00", "2026-09-01T00"),
        ([("2026-09", True), ("2026-10", False), ("2026-11", True)], "2026-09-01T00", "2026-11-01T01"),
        ([("2026-10", False), ("2026-11", True)], "2026-11-01T00", "2026-11-01T01"),
        ([("2026-10", True), ("2026-11", False)], "2026-10-01T00", None),
        ([], "2026-11-22T05", None),
    ],
)
def test_a_report_is_complete_from_the_last_month_whose_keys_are_gone(
    months: list[tuple[str, bool]], found_from: str, complete_from: str | None
) -> None:
    kept = kept_months(months, datetime(2026, 11, 22, 5, tzinfo=UTC))
    assert kept.found_from.isoformat()[:13] == found_from
    assert (kept.complete_from.isoformat()[:13] if kept.complete_from else None) == complete_from
