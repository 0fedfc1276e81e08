"""All agencies on all days, as one value that decisions about the tree are made from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.units.codes import canonical_agency_code
from app.units.troubles import Trouble, refused
from app.units.values import Succession, SuccessionKind, Unit, UnitVersion

Versions = Mapping[UUID, tuple[UnitVersion, ...]]


@dataclass(frozen=True, slots=True)
class History:
    """Every version of every agency, oldest first, and who followed whom."""

    versions: Versions
    successions: tuple[Succession, ...] = ()

    def on(self, day: date) -> dict[UUID, UnitVersion]:
        """Return the tree of *day*: the version of each agency in force."""
        return {
            version.unit_id: version
            for versions in self.versions.values()
            for version in versions
            if version.holds_on(day)
        }

    def find(self, code: str, day: date) -> UUID:
        """Return the agency that bears *code*, new or old form, on *day*.

        Raises UnitRefusedError where there is none, or where an old code names more than one.
        """
        held = [version for version in self.on(day).values() if code in own_codes(version)]
        by_new_code = [version for version in held if version.details.agency_code == code]
        match by_new_code or held:
            case []:
                raise refused(Trouble.UNIT_UNKNOWN, value=code, on=day.isoformat())
            case [version]:
                return version.unit_id
            case _:
                raise refused(Trouble.UNIT_AMBIGUOUS, value=code)

    def units(self, day: date) -> dict[UUID, Unit]:
        """Return the agencies in force on *day* as lookups need them."""
        tree = self.on(day)
        borne = {canonical_agency_code(v.details.agency_code): unit_id for unit_id, v in tree.items()}
        merged = merged_into(succession for succession in self.successions if succession.on_date <= day)
        units = {}
        for unit_id, version in tree.items():
            codes = self._codes(unit_id, version, merged, day)
            foreign = {c for c in codes if borne.get(canonical_agency_code(c), unit_id) != unit_id}
            named = own_codes(version) | version.details.serves  # said of it in so many words
            units[unit_id] = _unit(version, frozenset(codes - (foreign - named)))
        return units

    def _codes(
        self, unit_id: UUID, version: UnitVersion, merged: Mapping[UUID, frozenset[UUID]], day: date
    ) -> set[str]:
        """Return the codes of its own up to *day*, those it serves, and those of what was merged into it."""
        codes = set(version.details.serves)
        for earlier in (unit_id, *merged.get(unit_id, ())):
            past = [one for one in self.versions.get(earlier, ()) if one.valid_from <= day]
            codes.update(code for one in past for code in own_codes(one))
            codes.update(past[-1].details.serves if past and earlier != unit_id else ())
        return codes


def own_codes(version: UnitVersion) -> frozenset[str]:
    """Return the code in its new and, if there is one, its old form."""
    codes = {version.details.agency_code, version.details.legacy_agency_code}
    return frozenset(code for code in codes if code is not None)


def merged_into(successions: Iterable[Succession]) -> dict[UUID, frozenset[UUID]]:
    """Return all agencies merged into each, those merged into these included."""
    merges = [one for one in successions if one.kind is SuccessionKind.MERGE]
    formers: dict[UUID, set[UUID]] = {}
    for one in merges:
        formers.setdefault(one.successor_unit_id, set()).add(one.former_unit_id)
    return {unit_id: reachable(unit_id, formers) for unit_id in formers}


def predecessors(unit_id: UUID, successions: Iterable[Succession]) -> frozenset[UUID]:
    """Return every agency, whether merged or split, whose place *unit_id* has taken."""
    links: dict[UUID, set[UUID]] = {}
    for one in successions:
        links.setdefault(one.successor_unit_id, set()).add(one.former_unit_id)
    return reachable(unit_id, links)


def successors(unit_id: UUID, successions: Iterable[Succession]) -> frozenset[UUID]:
    """Return every agency, whether by merger or split, that has taken the place of *unit_id*."""
    links: dict[UUID, set[UUID]] = {}
    for one in successions:
        links.setdefault(one.former_unit_id, set()).add(one.successor_unit_id)
    return reachable(unit_id, links)


def reachable(start: UUID, links: Mapping[UUID, Iterable[UUID]]) -> frozenset[UUID]:
    """Return what can be reached from *start*, itself left out; links may run in a circle."""
    found: set[UUID] = set()
    waiting = [start]
    while waiting:
        fresh = set(links.get(waiting.pop(), ())) - found
        found |= fresh
        waiting.extend(fresh)
    return frozenset(found - {start})


def children(versions: Versions, unit_id: UUID, day: date) -> Iterator[UnitVersion]:
    """Yield the versions that stand below *unit_id* on some day from *day* on."""
    for dated in versions.values():
        yield from (v for v in dated if v.details.parent_id == unit_id and v.holds_after(day))


def _unit(version: UnitVersion, agency_codes: frozenset[str]) -> Unit:
    details = version.details
    return Unit(
        unit_id=version.unit_id,
        name=details.name,
        agency_code=details.agency_code,
        level=details.level,
        kind=details.kind,
        agency_codes=agency_codes,
        parent_id=details.parent_id,
        ward_code=details.ward_code,
        legacy_ward_code=details.legacy_ward_code,
    )
