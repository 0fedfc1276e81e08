"""Officers as administrators list them: filtered, in the order of their login names, page by page."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, any_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import ExportedTable
from app.accounts.incomplete_accounts import AccountField, incomplete_accounts
from app.accounts.registration.form import TITLES, Column
from app.accounts.registration.positions import POSITIONS
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.values import Role
from app.sheets.writing import Heading
from app.units.store import UnitRegister

_PAGE: Final = 1_000
_COLUMNS: Final = (
    Column.NUMBER,
    Column.LOGIN_NAME,
    Column.FULL_NAME,
    Column.UNIT,
    Column.POSITION,
    Column.AGENCY_CODE,
    Column.UPSTREAM_OFFICER_CODE,
    Column.PERSON_CODE,
)
_ADMINISTRATORS: Final = {
    Role.UNIT_ADMINISTRATOR: "quản trị đơn vị",
    Role.DEPARTMENT_ADMINISTRATOR: "quản trị của Sở",
    Role.AUDITOR: "kiểm tra nhật ký",
}
EXPORT_HEADINGS: Final = (*(Heading(TITLES[column]) for column in _COLUMNS), Heading("Trạng thái"))
"""The official form's first columns: what officers' rows of an export say changes nothing when imported."""


class Status(StrEnum):
    """Whether an account is suspended."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


_MISSING_TEXTS: Final = {
    AccountField.POSTING: "đơn vị",
    AccountField.POSITION: "chức vụ",
    AccountField.DOCUMENT: "số văn bản",
    AccountField.UPSTREAM_OFFICER_CODE: "mã cán bộ trên CSDLQG",
    AccountField.PERSON_CODE: "số hiệu công chức",
}
_STATUS_TEXTS: Final = {Status.ACTIVE: "Đang hoạt động", Status.SUSPENDED: "Tạm khóa"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which officers; None leaves a condition out, `unit_ids` None those of every unit and of none."""

    unit_ids: frozenset[UUID] | None = None
    role: Role | None = None
    status: Status | None = None
    text: str | None = None
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class ListedOfficer:
    """One officer of a list; `missing` is looked at only where incomplete accounts are asked for."""

    officer_id: UUID
    login_name: str
    full_name: str
    role: Role
    unit_id: UUID | None
    status: Status
    upstream_officer_code: str | None
    person_code: str | None
    missing: tuple[AccountField, ...] = ()


async def list_officers(
    connection: AsyncConnection, wanted: Filter, today: date, *, after: str = "", most: int
) -> list[ListedOfficer]:
    """Return at most *most* officers whose login names come after *after*."""
    missing: dict[UUID, tuple[AccountField, ...]] = {}
    query = _query(wanted, today)
    if wanted.incomplete:
        missing = {one.officer_id: one.missing for one in await incomplete_accounts(connection, today)}
        query = query.where(OFFICER.c.officer_id == any_(literal(list(missing), ARRAY(Uuid))))
    login_name = OFFICER.c.login_name.collate("C")
    rows = await connection.execute(query.where(login_name > after).order_by(login_name).limit(most))
    return [
        ListedOfficer(
            row.officer_id,
            row.login_name,
            row.full_name,
            Role(row.role),
            row.unit_id,
            Status(row.status),
            row.upstream_officer_code,
            row.person_code,
            missing.get(row.officer_id, ()),
        )
        for row in rows
    ]


async def every_officer(
    connection: AsyncConnection, wanted: Filter, today: date
) -> AsyncIterator[ListedOfficer]:
    """Yield all of them, read page by page."""
    after = ""
    while page := await list_officers(connection, wanted, today, after=after, most=_PAGE):
        for officer in page:
            yield officer
        after = page[-1].login_name


def export_row(number: int, officer: ListedOfficer, units: UnitRegister) -> tuple[str, ...]:
    """Return an officer's cells under EXPORT_HEADINGS."""
    unit = units.find(officer.unit_id)
    return (
        str(number),
        officer.login_name,
        officer.full_name,
        unit.name if unit is not None else "",
        POSITIONS.get(officer.role) or _ADMINISTRATORS[officer.role],
        unit.agency_code if unit is not None else "",
        officer.upstream_officer_code or "",
        officer.person_code or "",
        _STATUS_TEXTS[officer.status],
    )


def within(units: UnitRegister, root_id: UUID) -> frozenset[UUID]:
    """Return the unit and all below it that are in force."""
    return frozenset(unit_id for unit_id in units.units if units.is_within(unit_id, root_id))


def narrowed(wanted: Filter, unit_ids: frozenset[UUID]) -> Filter:
    """Return the filter for officers of these units only."""
    return replace(wanted, unit_ids=unit_ids if wanted.unit_ids is None else wanted.unit_ids & unit_ids)


def officer_table(
    officers: Sequence[ListedOfficer], units: UnitRegister, *, is_incomplete: bool = False
) -> ExportedTable:
    """Return officers as a table under EXPORT_HEADINGS; of incomplete accounts also what is missing."""
    rows = [export_row(number, officer, units) for number, officer in enumerate(officers, start=1)]
    headings = list(EXPORT_HEADINGS)
    if is_incomplete:
        headings.append(Heading("Còn thiếu", 40))
        lacks = (", ".join(_MISSING_TEXTS[one] for one in officer.missing) for officer in officers)
        rows = [(*row, lacking) for row, lacking in zip(rows, lacks, strict=True)]
    return ExportedTable("can-bo", "Cán bộ", headings, rows)


def _query(wanted: Filter, today: date) -> Select[tuple[UUID, str, str, str, str, str, str, UUID]]:
    posted = and_(
        OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id,
        OFFICER_POSTING.c.valid_from <= today,
        or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
    )
    query = select(
        OFFICER.c.officer_id,
        OFFICER.c.login_name,
        OFFICER.c.full_name,
        OFFICER.c.role,
        OFFICER.c.status,
        OFFICER.c.upstream_officer_code,
        OFFICER.c.person_code,
        OFFICER_POSTING.c.unit_id,
    ).select_from(OFFICER.outerjoin(OFFICER_POSTING, posted))
    if wanted.unit_ids is not None:
        units = literal(sorted(wanted.unit_ids), ARRAY(Uuid))
        query = query.where(OFFICER_POSTING.c.unit_id == any_(units))
    if wanted.role is not None:
        query = query.where(OFFICER.c.role == wanted.role.value)
    if wanted.status is not None:
        query = query.where(OFFICER.c.status == wanted.status.value)
    if wanted.text:
        # Not "like": what stands for any letter there is a letter here.
        asked = wanted.text.lower()
        found = [
            func.strpos(name, asked) > 0 for name in (OFFICER.c.login_name, func.lower(OFFICER.c.full_name))
        ]
        # As typed, too: without a Vietnamese locale the database does not know the small letter of Đ.
        query = query.where(or_(*found, func.strpos(OFFICER.c.full_name, wanted.text) > 0))
    return query
