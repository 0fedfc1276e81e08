"""Lists of grants: what a row comes to beside units, the catalogue and the grants there are."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum

import pytest
from uuid_utils.compat import uuid7

from app.procedures.grants.files import read_list, template_workbook, write_list
from app.procedures.grants.form import TITLES, Column, recognise
from app.procedures.grants.periods import Period
from app.procedures.grants.planning import Ground, plan_grants
from app.procedures.grants.records import grant_events
from app.procedures.grants.store import Allowed
from app.procedures.lists.fault_texts import what_is_wrong, what_mends_it
from app.procedures.lists.faults import FaultCode
from app.procedures.lists.values import Action, ListRow, list_rows
from app.sheets.reading import read_sheets
from app.units.history import History
from app.units.values import UnitDetails, UnitKind, UnitLevel, UnitVersion
from tests.procedures.lists import CODE, TERMS, TODAY, a_procedure, said

SINCE = date(2023, 1, 1)
ENDS = TODAY + timedelta(days=30)
COMMUNE, ENDING, OTHER = uuid7(), uuid7(), uuid7()
LOCAL = "1.011442.000.00.00.H38"


def a_unit(unit_id: object, code: str, ends: date | None = None, legacy: str | None = None) -> UnitVersion:
    details = UnitDetails("Xã", code, UnitKind.COMMUNE, UnitLevel.COMMUNE, legacy_agency_code=legacy)
    return UnitVersion(unit_id, SINCE, ends, details)  # type: ignore[arg-type]


HISTORY = History(
    {
        COMMUNE: (
            replace(a_unit(COMMUNE, "H19.9"), valid_to=date(2025, 7, 1)),
            replace(a_unit(COMMUNE, "H19.1", legacy="000.00.01.H19"), valid_from=date(2025, 7, 1)),
        ),
        ENDING: (a_unit(ENDING, "H19.2", ENDS, legacy="000.00.09.H19"),),
        OTHER: (a_unit(OTHER, "H19.3", legacy="000.00.09.H19"),),
    }
)
CATALOGUE = {
    CODE: [said(a_procedure(valid_from=SINCE), SINCE)],
    LOCAL: [said(a_procedure(LOCAL, valid_from=SINCE, valid_to=TODAY), SINCE)],
}
GRANTED = (Period(SINCE, None, "1/QĐ"),)
GROUND = Ground(HISTORY, CATALOGUE, {})


def a_row(number: int = 2, cells: Mapping[str, str] | None = None, **more: str) -> ListRow:
    usual = {"agency_code": "H19.1", "procedure_code": CODE}
    texts: dict[StrEnum, str] = {
        Column(name): text for name, text in (usual | {**(cells or {}), **more}).items() if text
    }
    return ListRow(number, texts, frozenset(Column))


def test_every_column_is_recognised_by_its_title() -> None:
    assert [recognise(TITLES[column]) for column in Column] == list(Column)


def test_a_row_grants_from_the_lists_day_on() -> None:
    (row,) = plan_grants([a_row()], GROUND, TERMS).rows
    assert row.action is Action.ADD
    assert row.work is not None
    assert row.work.after == (Period(TODAY, None, "12/QĐ-UBND"),)


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"agency_code": "", "procedure_code": ""}, FaultCode.NOT_A_ROW, "agency_code"),
        ({"agency_code": ""}, FaultCode.UNIT_MISSING, "agency_code"),
        ({"agency_code": "H19.77"}, FaultCode.UNIT_UNKNOWN, "agency_code"),
        ({"agency_code": "H19.9"}, FaultCode.UNIT_UNKNOWN, "agency_code"),
        ({"agency_code": "000.00.09.H19"}, FaultCode.UNIT_AMBIGUOUS, "agency_code"),
        ({"agency_code": "H19.2"}, FaultCode.UNIT_ENDS, "valid_to"),
        ({"procedure_code": ""}, FaultCode.CODE_MISSING, "procedure_code"),
        ({"procedure_code": "1.4194"}, FaultCode.CODE_MALFORMED, "procedure_code"),
        ({"procedure_code": "1.000001"}, FaultCode.PROCEDURE_UNKNOWN, "procedure_code"),
        ({"valid_from": "21/11/2026"}, FaultCode.DAY_PAST, "valid_from"),
        ({"valid_from": "hôm nay"}, FaultCode.DATE_MALFORMED, "valid_from"),
        ({"valid_to": "22/11/2026"}, FaultCode.DATES_REVERSED, "valid_to"),
        ({"deed": "mượn"}, FaultCode.WORD_UNKNOWN, "deed"),
        ({"deed": "cấp; thu hồi"}, FaultCode.WORD_UNKNOWN, "deed"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(cells: dict[str, str], code: FaultCode, column: str) -> None:
    (row,) = plan_grants([a_row(cells=cells)], GROUND, TERMS).rows
    assert (row.action, row.work) == (Action.REFUSED, None)
    assert (code, column) in [(fault.code, fault.column.value) for fault in row.faults]
    assert all("{" not in what_is_wrong(one, "vi") + what_mends_it(one, "en") for one in row.faults)


def test_nothing_is_granted_or_withdrawn_without_a_document() -> None:
    without = replace(TERMS, document_number="")
    ground = replace(GROUND, periods={(COMMUNE, CODE): GRANTED})
    rows = [a_row(deed="thu hồi"), a_row(3, agency_code="H19.3")]
    for row in plan_grants(rows, ground, without).rows:
        assert [fault.code for fault in row.faults] == [FaultCode.DOCUMENT_MISSING]


def test_a_unit_is_named_by_the_code_it_bears_now_also_for_a_grant_from_before() -> None:
    ground = replace(GROUND, periods={(COMMUNE, CODE): GRANTED})
    (row,) = plan_grants([a_row(valid_from="01/01/2023")], ground, TERMS).rows
    assert row.action is Action.UNCHANGED


def test_a_list_says_one_thing_of_a_unit_and_a_procedure() -> None:
    rows = plan_grants([a_row(2), a_row(3, deed="thu hồi"), a_row(4)], GROUND, TERMS).rows
    assert [row.action for row in rows] == [Action.ADD, Action.REFUSED, Action.REFUSED]


def test_two_periods_of_a_pair_stand_in_one_list() -> None:
    rows = [
        a_row(2, valid_from="22/11/2026", valid_to="01/12/2026"),
        a_row(3, valid_from="10/12/2026"),
    ]
    plan = plan_grants(rows, GROUND, TERMS)
    assert plan.may_be_applied
    assert len(plan.works[-1].after) == 2


def test_a_procedure_out_of_force_is_granted_with_a_warning() -> None:
    (row,) = plan_grants([a_row(procedure_code=LOCAL)], GROUND, TERMS).rows
    assert (row.action, [fault.code for fault in row.faults]) == (
        Action.ADD,
        [FaultCode.PROCEDURE_NOT_IN_FORCE],
    )


def test_a_withdrawal_carried_out_is_unchanged_the_day_after() -> None:
    ended = (replace(GRANTED[0], valid_to=TODAY),)
    tomorrow = TODAY + timedelta(days=1)
    ground = replace(GROUND, periods={(COMMUNE, CODE): ended})
    (row,) = plan_grants([a_row(deed="thu hồi")], ground, replace(TERMS, on=tomorrow, today=tomorrow)).rows
    assert row.action is Action.UNCHANGED


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_imported_again_changes_nothing(kind: str) -> None:
    periods = {(COMMUNE, CODE): GRANTED, (ENDING, CODE): (Period(SINCE, ENDS, None, "3/QĐ"),)}
    grants = [
        Allowed(unit_id, code, one, codes, "Xã", a_procedure())
        for ((unit_id, code), (one,)), codes in zip(periods.items(), ("H19.1", "H19.2"), strict=True)
    ]
    table = read_list(write_list(grants, is_xlsx=kind == "xlsx"), "")
    plan = plan_grants(list_rows(table), replace(GROUND, periods=periods), replace(TERMS, document_number=""))
    assert [row.action for row in plan.rows] == [Action.UNCHANGED] * 2


def test_the_template_holds_every_column() -> None:
    form, _ = read_sheets(template_workbook(), "")
    assert form.rows[0].cells == tuple(TITLES[column] for column in Column)


def test_what_one_document_gives_a_unit_on_a_day_is_one_record() -> None:
    catalogue = {f"1.{number:06}": [said(a_procedure(f"1.{number:06}"), SINCE)] for number in range(1200)}
    rows = [a_row(number, procedure_code=code) for number, code in enumerate(catalogue, start=2)]
    plan = plan_grants(rows, replace(GROUND, catalogue=catalogue), TERMS)
    events = grant_events(plan.works)
    assert [len(str(event.facts["after"]).split()) for event in events] == [500, 500, 200]
