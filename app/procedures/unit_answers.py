"""Units, their history and what was done to them, as the API says it."""

from uuid import UUID

from app.procedures.unit_desk import UnitDone
from app.procedures.unit_problems import administrator_said
from app.procedures.unit_schemas import (
    ChangedValue,
    FormerWardAnswer,
    MovedAnswer,
    MovingAdministratorAnswer,
    SuccessionAnswer,
    UnitAnswer,
    UnitChangeAnswer,
    UnitFactAnswer,
    WardAnswer,
    WholeUnitAnswer,
)
from app.units.divisions import Division, Divisions, Successors
from app.units.history import History
from app.units.values import Succession, UnitVersion
from app.units.viewing import version_number, version_shown


def unit_said(version: UnitVersion) -> UnitAnswer:
    """Return what one version says."""
    details = version.details
    return UnitAnswer(
        unit_id=str(version.unit_id),
        name=details.name,
        agency_code=details.agency_code,
        legacy_agency_code=details.legacy_agency_code,
        kind=details.kind.value,
        level=details.level.value,
        parent_id=str(details.parent_id) if details.parent_id else None,
        ward_code=details.ward_code,
        legacy_ward_code=details.legacy_ward_code,
        serves=sorted(details.serves),
        valid_from=version.valid_from.isoformat(),
        valid_to=version.valid_to.isoformat() if version.valid_to else None,
        deciding_document=version.deciding_document,
        ending_document=version.ending_document,
    )


def whole_unit_said(
    history: History, unit_id: UUID, version: UnitVersion, *, is_in_force: bool
) -> WholeUnitAnswer:
    """Return a unit by its *version*, with all its days and whom it followed."""
    former = [one for one in history.successions if one.successor_unit_id == unit_id]
    following = [one for one in history.successions if one.former_unit_id == unit_id]
    return WholeUnitAnswer(
        **unit_said(version).model_dump(),
        is_in_force=is_in_force,
        history=[unit_said(one) for one in history.versions[unit_id]],
        predecessors=[_succession_said(one, one.former_unit_id, history) for one in former],
        successors=[_succession_said(one, one.successor_unit_id, history) for one in following],
        version=version_number(history, unit_id),
    )


def change_said(done: UnitDone) -> UnitChangeAnswer:
    """Return what a decision did."""
    change = done.change
    return UnitChangeAnswer(
        unit_id=str(done.unit_id),
        version=done.version,
        is_dry_run=done.is_dry_run,
        facts=[
            UnitFactAnswer(
                event=fact.event.value,
                unit_id=str(fact.unit_id),
                agency_code=fact.unit_code,
                changes=[ChangedValue(name=name, before=old, after=new) for name, old, new in fact.changes],
                successors=list(map(str, fact.others)),
            )
            for fact in change.plan.facts
        ],
        moved=[
            MovedAnswer(unit_id=str(unit_id), officers=held.officers, grants=held.grants)
            for unit_id, held in change.moved.items()
        ],
        administrators=[
            MovingAdministratorAnswer(**administrator_said(one)) for one in change.administrators
        ],
    )


def former_ward_said(former: Division, divisions: Divisions) -> FormerWardAnswer:
    """Return where a ward of before July 2025 lies today."""
    present = divisions.present_wards(former.code)
    wards = []
    for ward in present.wards:
        province = divisions.province_of(ward.code)
        answer = WardAnswer(
            code=ward.code,
            name=ward.name,
            province_code=province.code if province else None,
            province_name=province.name if province else None,
            is_confirmed=ward.code not in present.unconfirmed,
        )
        wards.append(answer)
    return FormerWardAnswer(
        code=former.code,
        name=former.name,
        successors=present.successors.value,
        is_ambiguous=present.successors is Successors.DIVIDED,
        is_confirmed=present.is_confirmed,
        present=wards,
    )


def _succession_said(one: Succession, other: UUID, history: History) -> SuccessionAnswer:
    details = version_shown(history, other, one.on_date).details
    return SuccessionAnswer(
        unit_id=str(other),
        name=details.name,
        agency_code=details.agency_code,
        kind=one.kind.value,
        on=one.on_date.isoformat(),
        document_number=one.deciding_document,
    )
