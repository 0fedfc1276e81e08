"""Accounts with fields missing (R5): which, and what is missing of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.values import PRIVILEGED, Role


class AccountField(StrEnum):
    """What an account should say."""

    POSTING = "posting"
    POSITION = "position"
    DOCUMENT = "document"
    UPSTREAM_OFFICER_CODE = "upstream_officer_code"
    PERSON_CODE = "person_code"


@dataclass(frozen=True, slots=True)
class IncompleteAccount:
    """An account in use or to come, and what it lacks, in the order of `AccountField`."""

    officer_id: UUID
    login_name: str
    full_name: str
    role: Role
    unit_id: UUID | None
    missing: tuple[AccountField, ...]


_NO_MORE: Final[Mapping[AccountField, ColumnElement[bool]]] = MappingProxyType({})
_WITHOUT_CODE: Final = sorted(role.value for role in PRIVILEGED)  # they look nobody up


async def incomplete_accounts(
    connection: AsyncConnection,
    today: date,
    also: Mapping[AccountField, ColumnElement[bool]] = _NO_MORE,
) -> list[IncompleteAccount]:
    """Return the accounts that lack something on *today*, by login name; suspended ones do not count.

    *also* adds fields with the condition under which each is missing.
    """
    conditions = dict(
        sorted((_conditions() | dict(also)).items(), key=lambda one: list(AccountField).index(one[0]))
    )
    posted = and_(
        OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id,
        OFFICER_POSTING.c.valid_from <= today,
        or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
    )
    query = (
        select(
            OFFICER.c.officer_id,
            OFFICER.c.login_name,
            OFFICER.c.full_name,
            OFFICER.c.role,
            OFFICER_POSTING.c.unit_id,
            *(condition.label(f"lacks_{name.value}") for name, condition in conditions.items()),
        )
        .select_from(OFFICER.outerjoin(OFFICER_POSTING, posted))
        .where(
            OFFICER.c.status == "active",
            or_(OFFICER.c.active_until.is_(None), OFFICER.c.active_until > today),
            or_(*conditions.values()),
        )
        .order_by(OFFICER.c.login_name)
    )
    return [
        IncompleteAccount(
            row.officer_id,
            row.login_name,
            row.full_name,
            Role(row.role),
            row.unit_id,
            tuple(name for name in conditions if row._mapping[f"lacks_{name.value}"]),  # noqa: SLF001 - SQLAlchemy's documented access
        )
        for row in await connection.execute(query)
    ]


def _conditions() -> dict[AccountField, ColumnElement[bool]]:
    return {
        AccountField.POSTING: OFFICER_POSTING.c.unit_id.is_(None),
        AccountField.POSITION: OFFICER.c.position.is_(None),
        AccountField.DOCUMENT: and_(
            OFFICER_POSTING.c.unit_id.is_not(None), OFFICER_POSTING.c.document_number.is_(None)
        ),
        AccountField.UPSTREAM_OFFICER_CODE: and_(
            OFFICER.c.upstream_officer_code.is_(None), OFFICER.c.role.not_in(_WITHOUT_CODE)
        ),
    }
