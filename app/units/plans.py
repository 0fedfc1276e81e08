"""A change of the tree before it is made: what to write, what moves, and what the records of it say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.units.checking import details_faults, tree_faults
from app.units.history import History
from app.units.names import is_presentable
from app.units.troubles import Fault, Trouble, UnitRefusedError, refused
from app.units.values import Decision, Succession, SuccessionKind, UnitDetails, UnitVersion

_LONGEST_DOCUMENT: Final = 100
_CODES: Final = frozenset({"agency_code", "legacy_agency_code"})


class UnitEvent(StrEnum):
    """What happened to an agency, as records name it."""

    ADDED = "unit.added"
    RENAMED = "unit.renamed"
    RECODED = "unit.recoded"
    MOVED = "unit.moved"
    LEVEL_CHANGED = "unit.level_changed"
    CHANGED = "unit.changed"
    CLOSED = "unit.closed"
    MERGED = "unit.merged"
    SPLIT = "unit.split"


@dataclass(frozen=True, slots=True)
class UnitFact:
    """One thing that a plan does to one agency: what its audit record has to say.

    `changes` are name, value before and value after; `others` the agencies that take its place, itself among
    them where it was divided and goes on.
    """

    event: UnitEvent
    unit_id: UUID
    unit_code: str
    decision: Decision
    changes: tuple[tuple[str, str, str], ...] = ()
    others: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """From the decision's day on, officers and grants of one agency are another's."""

    former_unit_id: UUID
    successor_unit_id: UUID


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one decision changes; `moves` and `closed` are for whoever keeps officers and grants."""

    decision: Decision
    new_units: tuple[UUID, ...]
    versions: tuple[UnitVersion, ...]
    successions: tuple[Succession, ...]
    moves: tuple[Move, ...]
    closed: tuple[UUID, ...]
    facts: tuple[UnitFact, ...]

    def applied_to(self, history: History) -> History:
        """Return the history as it is once the plan has been carried out."""
        versions = {unit_id: {v.valid_from: v for v in dated} for unit_id, dated in history.versions.items()}
        for version in self.versions:
            versions.setdefault(version.unit_id, {})[version.valid_from] = version
        return History(
            {unit_id: tuple(dated[day] for day in sorted(dated)) for unit_id, dated in versions.items()},
            (*history.successions, *self.successions),
        )


class Draft:
    """A plan in the making: a history that is changed from one day on and never before it."""

    def __init__(self, history: History, decision: Decision) -> None:
        """Start from *history*; raises UnitRefusedError for a document's number that cannot be one."""
        document = decision.document
        if document is not None and (not is_presentable(document) or len(document) > _LONGEST_DOCUMENT):
            raise refused(Trouble.DOCUMENT_UNFIT, column="document")
        self.history = history
        self.decision = decision
        self.versions = dict(history.versions)
        self._touched: dict[tuple[UUID, Any], UnitVersion] = {}
        self._new_units: list[UUID] = []
        self._successions: list[Succession] = []
        self._moves: list[Move] = []
        self._closed: list[UUID] = []
        self._facts: list[UnitFact] = []

    def add(self, unit_id: UUID, details: UnitDetails) -> None:
        """Register an agency under an id that none has had."""
        self._new_units.append(unit_id)
        version = UnitVersion(unit_id, self.decision.on, None, details, self.decision.document)
        self._write(version)
        changes = differences(None, details, self.versions)
        self._note(UnitFact(UnitEvent.ADDED, unit_id, details.agency_code, self.decision, changes))

    def amend(self, unit_id: UUID, details: UnitDetails) -> None:
        """Let *details* hold from the decision's day on; where they hold already nothing changes."""
        last, on = self.changeable(unit_id), self.decision.on
        if last.details == details:
            return
        if last.valid_from == on:
            document = _joined(last.deciding_document, self.decision.document)
            self._write(replace(last, details=details, deciding_document=document))
        else:
            self._write(replace(last, valid_to=on, ending_document=None))
            self._write(
                replace(last, valid_from=on, details=details, deciding_document=self.decision.document)
            )
        self._note(self._fact_of_change(unit_id, last.details, details))

    def end(self, unit_id: UUID) -> UnitVersion:
        """Let an agency end on the decision's day and return its last version."""
        last, on = self.changeable(unit_id), self.decision.on
        if last.valid_to is not None:
            raise refused(Trouble.UNIT_CLOSED, unit=last.details.agency_code, since=str(last.valid_to))
        if last.valid_from == on:
            raise refused(Trouble.BEGINS_THAT_DAY, unit=last.details.agency_code, since=str(on))
        ended = replace(last, valid_to=on, ending_document=self.decision.document)
        self._write(ended)
        self._closed.append(unit_id)
        return ended

    def succeed(self, kind: SuccessionKind, former_id: UUID, successor_id: UUID) -> None:
        """Note that one agency takes the place of another; with a merger its officers and grants move."""
        document = self.decision.document
        if document is None:
            raise refused(Trouble.DOCUMENT_UNFIT, column="document")
        known = {(one.former_unit_id, one.successor_unit_id, one.on_date) for one in self.history.successions}
        if (former_id, successor_id, self.decision.on) in known:
            former, successor = (
                self.versions[one][-1].details.agency_code for one in (former_id, successor_id)
            )
            since = self.decision.on.isoformat()
            raise refused(Trouble.SUCCEEDED_ALREADY, unit=former, value=successor, since=since)
        self._successions.append(Succession(former_id, successor_id, self.decision.on, kind, document))
        if kind is SuccessionKind.MERGE:
            self._moves.append(Move(former_id, successor_id))

    def note_end(self, event: UnitEvent, unit_id: UUID, others: Iterable[UUID] = ()) -> None:
        """Say that an agency ended, or gave a part away, and who takes its place."""
        code = self.versions[unit_id][-1].details.agency_code
        self._note(UnitFact(event, unit_id, code, self.decision, others=tuple(others)))

    def changeable(self, unit_id: UUID) -> UnitVersion:
        """Return the last version, which must be the one of the decision's day."""
        dated, on = self.versions[unit_id], self.decision.on
        last = dated[-1]
        code, since = last.details.agency_code, str(last.valid_from)
        if on < dated[0].valid_from:
            raise refused(Trouble.NOT_YET_IN_FORCE, unit=code, since=str(dated[0].valid_from))
        if on < last.valid_from:
            raise refused(Trouble.LATER_CHANGE, unit=code, since=since)
        if not last.holds_after(on):
            raise refused(Trouble.UNIT_CLOSED, unit=code, since=str(last.valid_to))
        return last

    def faults(self) -> list[Fault]:
        """Return what would be wrong from the decision's day on, new words and codes included."""
        if not self._touched:
            return []
        worded = [
            replace(fault, unit_id=version.unit_id)
            for version in self._touched.values()
            if version.valid_from == self.decision.on
            for fault in details_faults(version.details)
        ]
        return worded or tree_faults(self.versions, self.decision.on)

    def plan(self) -> Plan:
        """Return the plan; raises UnitRefusedError where the tree would be wrong on any day."""
        if faults := self.faults():
            changed = {unit_id for unit_id, _ in self._touched}
            raise UnitRefusedError(min(faults, key=lambda fault: fault.unit_id not in changed))
        return Plan(
            self.decision,
            tuple(self._new_units),
            tuple(self._touched.values()),
            tuple(self._successions),
            tuple(self._moves),
            tuple(self._closed),
            tuple(self._facts),
        )

    def _write(self, version: UnitVersion) -> None:
        others = (v for v in self.versions.get(version.unit_id, ()) if v.valid_from != version.valid_from)
        dated = sorted((*others, version), key=lambda one: one.valid_from)
        self.versions[version.unit_id] = tuple(dated)
        self._touched[version.unit_id, version.valid_from] = version

    def _note(self, fact: UnitFact) -> None:
        self._facts.append(fact)

    def _fact_of_change(self, unit_id: UUID, before: UnitDetails, after: UnitDetails) -> UnitFact:
        changes = differences(before, after, self.versions)
        return UnitFact(_event(changes), unit_id, after.agency_code, self.decision, changes)


def differences(
    before: UnitDetails | None, after: UnitDetails, versions: Mapping[UUID, tuple[UnitVersion, ...]]
) -> tuple[tuple[str, str, str], ...]:
    """Return name, value before and after of all that differs from *before*; a parent by its code."""

    def text(value: object) -> str:
        match value:
            case None:
                return ""
            case UUID():
                return versions[value][-1].details.agency_code if value in versions else str(value)
            case frozenset():
                return " ".join(sorted(value))
            case _:
                return str(value)

    pairs = ((f.name, getattr(before, f.name, None), getattr(after, f.name)) for f in fields(UnitDetails))
    return tuple((name, text(old), text(new)) for name, old, new in pairs if old != new and (old or new))


def _event(changes: tuple[tuple[str, str, str], ...]) -> UnitEvent:
    names = {name for name, _, _ in changes}
    if names <= _CODES:
        return UnitEvent.RECODED
    alone = {"name": UnitEvent.RENAMED, "parent_id": UnitEvent.MOVED, "level": UnitEvent.LEVEL_CHANGED}
    return alone.get(names.pop(), UnitEvent.CHANGED) if len(names) == 1 else UnitEvent.CHANGED


def _joined(earlier: str | None, document: str | None) -> str | None:
    """Return both documents of one day."""
    if earlier is None or document is None or document in earlier.split("; "):
        return earlier or document
    return f"{earlier}; {document}"
