"""Decides what a list would do: each row alone, then beside the other rows and the officers known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from app.accounts.registration import cells
from app.accounts.registration.comparing import Comparison, compare
from app.accounts.registration.faults import Fault, FaultCode
from app.accounts.registration.form import Column
from app.accounts.registration.unit_names import KnownUnit, UnitNames
from app.accounts.registration.units_in_rows import UnitFinder
from app.accounts.registration.values import (
    Action,
    KnownOfficer,
    ListRow,
    Plan,
    PlannedRow,
    Terms,
    Wish,
)
from app.accounts.values import Role

_OLDEST: Final = timedelta(days=366)
_CODES: Final = (Column.AGENCY_CODE, Column.UPSTREAM_OFFICER_CODE, Column.PERSON_CODE)
_FILLED_IN_AN_OFFICERS_ROW: Final = 2
_MOST_ROWS_NAMED: Final = 5


def plan_list(
    rows: Sequence[ListRow], officers: Iterable[KnownOfficer], units: UnitNames, terms: Terms
) -> Plan:
    """Return what each row would do, or all that is wrong with it.

    *officers* are all of them, not only those in the scope: a login name and a code belong to one person
    wherever they work. Pure: the same list against what it made is unchanged in every row.
    """
    planner = _Planner(rows, officers, units, terms)
    return Plan(tuple(map(planner.plan, rows)))


class _Planner:
    def __init__(
        self, rows: Sequence[ListRow], officers: Iterable[KnownOfficer], units: UnitNames, terms: Terms
    ) -> None:
        self._terms = terms
        self._units = units
        self._finder = UnitFinder(units, terms)
        known = tuple(officers)
        self._by_login: Mapping[str, KnownOfficer] = {officer.login_name: officer for officer in known}
        self._by_upstream = {each.upstream_officer_code: each for each in known if each.upstream_officer_code}
        # A person may hold a business account beside a unit administrator's; suspended ones do not count.
        self._by_person = {
            each.person_code: each
            for each in known
            if each.person_code and each.is_active and each.role is not Role.UNIT_ADMINISTRATOR
        }
        self._suggested: dict[str, int] = {}
        self._same_login = _rows_by(rows, Column.LOGIN_NAME)
        self._same_upstream = _rows_by(rows, Column.UPSTREAM_OFFICER_CODE)
        self._same_person = _rows_by(rows, Column.PERSON_CODE)
        self._same_number = _rows_by(rows, Column.NUMBER)

    def plan(self, row: ListRow) -> PlannedRow:
        """Return one row's plan."""
        if _is_no_officer(row):
            fault = Fault(FaultCode.NOT_AN_OFFICER, Column.NUMBER)
            return PlannedRow(row.number, Action.REFUSED, faults=(fault,))
        wish, faults = self._read(row)
        login = row.text(Column.LOGIN_NAME).lower()
        officer = self._by_login.get(login)
        faults += self._among_rows(row) + self._numbering(row) + _lost_zeros(row)
        faults += self._ownership(row, officer) + (numbers := cells.personal_numbers(row, officer))
        if any(fault.column is Column.LOGIN_NAME for fault in numbers):
            login = ""  # nor is it repeated as the row's name
        if wish is None or any(not fault.is_warning for fault in faults):
            return PlannedRow(row.number, Action.REFUSED, login, faults=_in_order(faults))
        return self._decide(row, wish, officer, faults)

    def _decide(
        self, row: ListRow, wish: Wish, officer: KnownOfficer | None, faults: list[Fault]
    ) -> PlannedRow:
        comparison = compare(wish, officer) if officer is not None else Comparison(Action.ADD, (), ())
        faults = faults + list(comparison.faults)
        if comparison.action in {Action.ADD, Action.TRANSFER}:
            faults += self._dates(wish)
        if comparison.action is Action.TRANSFER and officer is not None:
            faults += self._papers(wish, officer)
        if comparison.action is not Action.UNCHANGED and self._is_own(wish, officer):
            faults.append(Fault(FaultCode.OWN_ACCOUNT, Column.LOGIN_NAME))
        if any(not fault.is_warning for fault in faults):
            return PlannedRow(row.number, Action.REFUSED, wish.login_name, faults=_in_order(faults))
        officer_id: UUID | None = officer.officer_id if officer is not None else None
        return PlannedRow(
            row.number,
            comparison.action,
            wish.login_name,
            officer_id,
            comparison.changes,
            wish,
            _in_order(faults),
        )

    def _is_own(self, wish: Wish, officer: KnownOfficer | None) -> bool:
        """Whether it is an account of the person who sends the list."""
        own = self._terms.own_person_code
        known = officer.person_code if officer is not None else None
        return own is not None and own in {wish.person_code, known}

    def _read(self, row: ListRow) -> tuple[Wish | None, list[Fault]]:
        """Return what the row asks for, or None with all that is wrong in its cells."""
        unit = self._finder.find(row)
        unit_name = unit.name if isinstance(unit, KnownUnit) else row.text(Column.UNIT)
        login = self._free_suggestion(cells.login_name(row, unit_name))
        name, role = cells.full_name(row), cells.role(row)
        upstream, person = cells.upstream_code(row), cells.person_code(row)
        document, day = cells.document_number(row), cells.effective_date(row)
        parts = (login, name, unit, role, upstream, person, document, day)
        faults = [part for part in parts if isinstance(part, Fault)]
        if (
            isinstance(login, Fault)
            or isinstance(name, Fault)
            or isinstance(unit, Fault)
            or isinstance(role, Fault)
            or isinstance(upstream, Fault)
            or isinstance(person, Fault)
            or isinstance(document, Fault)
            or isinstance(day, Fault)
        ):
            return None, faults
        document = document or self._terms.document_number or None
        return Wish(login, name, unit.unit_id, role, upstream, person, document, day), faults

    def _free_suggestion(self, login: str | Fault) -> str | Fault:
        """Return the fault with a login name that nobody has, neither here nor in the list."""
        if not isinstance(login, Fault):
            return login
        wanted = login.details["suggestion"]
        number = self._suggested.get(wanted, 0) + 1
        free = wanted if number == 1 else f"{wanted[:58]}{number}"
        while free in self._by_login or free in self._same_login:
            number += 1
            free = f"{wanted[:58]}{number}"
        self._suggested[wanted] = number
        return Fault(login.code, login.column, {**login.details, "suggestion": free})

    def _among_rows(self, row: ListRow) -> list[Fault]:
        """Return what contradicts other rows of the list."""
        faults = []
        for column, rows, code in (
            (Column.LOGIN_NAME, self._same_login, FaultCode.LOGIN_TWICE),
            (Column.UPSTREAM_OFFICER_CODE, self._same_upstream, FaultCode.UPSTREAM_CODE_TWICE),
            (Column.PERSON_CODE, self._same_person, FaultCode.PERSON_CODE_TWICE),
        ):
            typed = _key(row, column)
            # A few are enough: a list may hold one login name in every row.
            some = rows.get(typed, [])[: _MOST_ROWS_NAMED + 2] if typed else []
            if others := [number for number in some if number != row.number]:
                faults.append(Fault(code, column, {"rows": _some(others)}))
        return faults

    def _ownership(self, row: ListRow, officer: KnownOfficer | None) -> list[Fault]:
        """Return what belongs to somebody else already; who that is, is not said."""
        faults = []
        if officer is not None and officer.unit_id is None:
            faults.append(Fault(FaultCode.LOGIN_OF_FORMER_OFFICER, Column.LOGIN_NAME))
        elif officer is not None and officer.unit_id not in self._terms.scope:
            faults.append(Fault(FaultCode.LOGIN_ELSEWHERE, Column.LOGIN_NAME))
        upstream = self._by_upstream.get(row.text(Column.UPSTREAM_OFFICER_CODE))
        if upstream is not None and upstream is not officer:
            faults.append(Fault(FaultCode.UPSTREAM_CODE_TAKEN, Column.UPSTREAM_OFFICER_CODE))
        person = self._by_person.get(row.text(Column.PERSON_CODE))
        is_new = officer is None or officer.person_code is None
        if person is not None and person is not officer and is_new:
            faults.append(Fault(FaultCode.PERSON_CODE_TAKEN, Column.PERSON_CODE))
        return faults

    def _numbering(self, row: ListRow) -> list[Fault]:
        typed = row.text(Column.NUMBER)
        is_odd = bool(typed) and (not typed.isdecimal() or len(self._same_number[typed]) > 1)
        return [Fault(FaultCode.NUMBER_ODD, Column.NUMBER)] if is_odd else []

    def _dates(self, wish: Wish) -> list[Fault]:
        day, today = wish.effective_on, self._terms.today
        if day is None or today - _OLDEST <= day <= today:
            return []
        details = {
            "typed": _written(day),
            "today": _written(today),
            "earliest": _written(today - _OLDEST),
        }
        code = FaultCode.DATE_IN_FUTURE if day > today else FaultCode.DATE_TOO_OLD
        return [Fault(code, Column.EFFECTIVE_DATE, details)]

    def _papers(self, wish: Wish, officer: KnownOfficer) -> list[Fault]:
        if wish.document_number is not None or officer.unit_id is None:
            return []
        unit = self._units.by_id.get(officer.unit_id)
        details = {"known": unit.name if unit is not None else "?"}
        return [Fault(FaultCode.DOCUMENT_MISSING, Column.DOCUMENT_NUMBER, details)]


def _rows_by(rows: Iterable[ListRow], column: Column) -> Mapping[str, list[int]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if typed := _key(row, column):
            numbers[typed].append(row.number)
    return dict(numbers)


def _key(row: ListRow, column: Column) -> str:
    typed = row.text(column)
    return typed.lower() if column is Column.LOGIN_NAME else typed


def _is_no_officer(row: ListRow) -> bool:
    """Whether the row is a group's title, a total or a signature."""
    filled = [column for column in row.texts if column is not Column.NUMBER]
    has_login = bool(row.text(Column.LOGIN_NAME))
    return not has_login and len(filled) < _FILLED_IN_AN_OFFICERS_ROW


def _lost_zeros(row: ListRow) -> list[Fault]:
    return [Fault(FaultCode.CODE_STORED_AS_NUMBER, column) for column in _CODES if column in row.numeric]


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults as the eye meets them, errors before warnings."""
    places = {column: place for place, column in enumerate(Column)}
    return tuple(sorted(faults, key=lambda fault: (fault.is_warning, places[fault.column])))


def _some(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:_MOST_ROWS_NAMED]))
    return f"{named}, …" if len(numbers) > _MOST_ROWS_NAMED else named


def _written(day: object) -> str:
    return f"{day:%d/%m/%Y}"
