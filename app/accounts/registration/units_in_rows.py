"""Decides which unit a row means, by name and agency code together."""

from app.accounts.registration.cells import echo
from app.accounts.registration.faults import Fault, FaultCode
from app.accounts.registration.form import Column
from app.accounts.registration.unit_names import KnownUnit, UnitNames
from app.accounts.registration.values import ListRow, Terms

_NOTHING = "—"
_MOST_CANDIDATES = 5
_MOST_SUGGESTED = 300


class UnitFinder:
    """Finds units for one importer; the same text is looked up once however many rows bear it."""

    def __init__(self, names: UnitNames, terms: Terms) -> None:
        """Choose among the units in the importer's scope only."""
        self._names = names
        self._terms = terms
        self._suggestions_left = _MOST_SUGGESTED
        self._found: dict[tuple[str, str], KnownUnit | Fault] = {}

    def find(self, row: ListRow) -> KnownUnit | Fault:
        """Return the open unit inside the scope that the row means, or what is wrong."""
        key = (row.text(Column.UNIT), row.text(Column.AGENCY_CODE))
        if key not in self._found:
            self._found[key] = self._decide(*key)
        return self._found[key]

    def _decide(self, name: str, code: str) -> KnownUnit | Fault:
        if not name and not code:
            return Fault(FaultCode.UNIT_MISSING, Column.UNIT)
        if not code:
            return self._choose(self._names.find(name), name, Column.UNIT)
        coded = self._names.by_code(code)
        if not coded:
            return Fault(FaultCode.UNIT_CODE_UNKNOWN, Column.AGENCY_CODE, {"typed": echo(code)})
        if name:
            named = {unit.unit_id for unit in self._names.find(name)}
            agreeing = tuple(unit for unit in coded if unit.unit_id in named)
            if not agreeing:
                details = {"known": self._shown(coded[0])}
                return Fault(FaultCode.UNIT_CODE_CONTRADICTS, Column.AGENCY_CODE, details)
            coded = agreeing
        return self._choose(coded, name or code, Column.UNIT if name else Column.AGENCY_CODE)

    def _choose(self, found: tuple[KnownUnit, ...], typed: str, column: Column) -> KnownUnit | Fault:
        """Return the one that may be meant; a namesake outside the scope is never a candidate."""
        shown = {"typed": echo(typed)}
        if not found:
            names = "; ".join(map(self._described, self._suggested(typed))) or _NOTHING
            return Fault(FaultCode.UNIT_UNKNOWN, column, shown | {"suggestions": names})
        inside = [unit for unit in found if unit.unit_id in self._terms.scope]
        if not inside:
            return Fault(FaultCode.UNIT_OUTSIDE, column, shown)
        opened = [unit for unit in inside if unit.is_open]
        if not opened:
            successors = "; ".join(name for unit in inside for name in unit.successors) or _NOTHING
            return Fault(FaultCode.UNIT_CLOSED, column, shown | {"successors": successors})
        if len(opened) > 1:
            candidates = "; ".join(map(self._described, opened[:_MOST_CANDIDATES]))
            return Fault(FaultCode.UNIT_AMBIGUOUS, column, shown | {"candidates": candidates})
        return opened[0]

    def _suggested(self, typed: str) -> tuple[KnownUnit, ...]:
        # Looking for what is like a name is dear, and a list full of wrong names is helped by none.
        self._suggestions_left -= 1
        return self._names.suggestions(typed, self._terms.scope) if self._suggestions_left >= 0 else ()

    def _shown(self, unit: KnownUnit) -> str:
        # A unit outside the scope is not described: its code was typed, its name is not given away.
        return unit.name if unit.unit_id in self._terms.scope else _NOTHING

    def _described(self, unit: KnownUnit) -> str:
        code = f" [{min(unit.codes, key=len)}]" if unit.codes else ""
        parent = self._names.by_id.get(unit.parent_id) if unit.parent_id is not None else None
        below = f", {parent.name}" if parent is not None else ""
        return f"{unit.name}{below}{code}"
