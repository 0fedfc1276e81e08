"""Every column that holds something wrapped under a root key, and how what is in it is wrapped anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, RowMapping, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.compatible_credentials import compatible_secret_name
from app.accounts.compatible_table import COMPATIBLE_CREDENTIAL
from app.accounts.second_factor_desk import second_factor_name
from app.accounts.table import SECOND_FACTOR, TOKEN_KEY
from app.accounts.token_key_store import token_key_name
from app.audit.key_names import index_key_name, private_key_name
from app.audit.keyring import serving_name
from app.audit.sealing import RootKey, SealBrokenError
from app.audit.table import AUDIT_MONTH_KEY, AUDIT_MONTH_SECRET, AUDIT_WRITER_KEY
from app.audit.writer_keys import writer_key_name
from app.lookup.receipt_table import SIGNING_CERTIFICATE
from app.lookup.signing_store import signing_key_name


@dataclass(frozen=True, slots=True)
class WrappedColumn:
    """A column of wrapped keys, and the name that each is wrapped under."""

    column: Column[Any]
    name: Callable[[RowMapping], str]
    serving_writes: bool = False
    """Whether gateways that serve write to the table; all others only commands do."""

    @property
    def label(self) -> str:
        """Table and column, as the operator reads them."""
        return f"{self.column.table.name}.{self.column.name}"


UNDER_SERVING_ROOT: Final = (
    WrappedColumn(
        AUDIT_MONTH_KEY.c.serving_index_key, lambda row: serving_name(row["key_id"], row["public_key"])
    ),
    WrappedColumn(AUDIT_WRITER_KEY.c.private_key, lambda row: writer_key_name(row["key_id"])),
    WrappedColumn(TOKEN_KEY.c.wrapped_key, lambda row: token_key_name(row["kid"])),
    WrappedColumn(SIGNING_CERTIFICATE.c.wrapped_key, lambda row: signing_key_name(row["fingerprint"])),
    WrappedColumn(
        SECOND_FACTOR.c.wrapped_secret, lambda row: second_factor_name(row["officer_id"]), serving_writes=True
    ),
    WrappedColumn(
        COMPATIBLE_CREDENTIAL.c.wrapped_secret,
        lambda row: compatible_secret_name(row["credential_id"]),
        serving_writes=True,
    ),
)
"""What serving opens; a new table with such a column is one line here, or a rotation leaves it behind."""

UNDER_AUDITING_ROOT: Final = (
    WrappedColumn(AUDIT_MONTH_SECRET.c.private_key, lambda row: private_key_name(row["key_id"])),
    WrappedColumn(AUDIT_MONTH_SECRET.c.auditing_index_key, lambda row: index_key_name(row["key_id"])),
)
"""What auditing opens."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be wrapped anew in one column."""

    wrapped: WrappedColumn
    already: int
    """How many stand under the new key."""
    changes: Sequence[Mapping[str, object]] = field(repr=False)
    unopened: int
    """How many neither key opens."""


async def hold(connection: AsyncConnection, columns: Sequence[WrappedColumn]) -> None:
    """Let no other command write what is to be wrapped anew until the transaction ends; readers go on."""
    names = sorted({str(each.column.table.name) for each in columns if not each.serving_writes})
    await connection.execute(text(f"lock table {', '.join(names)} in share row exclusive mode"))


async def plan_rewrapping(
    connection: AsyncConnection, columns: Sequence[WrappedColumn], present: RootKey, new: RootKey
) -> list[Plan]:
    """Open everything in *columns* and return what has to be written; changes nothing."""
    return [await _plan_one(connection, wrapped, present, new) for wrapped in columns]


async def rewrap(connection: AsyncConnection, plans: Sequence[Plan]) -> None:
    """Carry *plans* out; what somebody else changed in the meantime stays as they left it."""
    for plan in plans:
        column = plan.wrapped.column
        statement = update(column.table).where(column == bindparam(_FORMER))
        for key in column.table.primary_key:
            statement = statement.where(key == bindparam(_KEY + key.name))
        if plan.changes:
            await connection.execute(statement.values({column: bindparam(_NEW)}), list(plan.changes))


_FORMER, _NEW, _KEY = "former_value", "new_value", "key_"


async def _plan_one(
    connection: AsyncConnection, wrapped: WrappedColumn, present: RootKey, new: RootKey
) -> Plan:
    column, already, unopened = wrapped.column, 0, 0
    changes: list[Mapping[str, object]] = []
    for row in (await connection.execute(select(column.table).where(column.is_not(None)))).mappings():
        name, former = wrapped.name(row), row[column.name]
        if opened_by(new, name, former) is not None:
            already += 1
            continue
        key = opened_by(present, name, former)
        if key is None:
            unopened += 1
            continue
        keys = {_KEY + each.name: row[each.name] for each in column.table.primary_key}
        changes.append({_FORMER: former, _NEW: new.wrap(name, key), **keys})
    return Plan(wrapped, already, changes, unopened)


def opened_by(root: RootKey, name: str, wrapped: bytes) -> bytes | None:
    """Return what *root* wrapped under *name*, or None where it did not."""
    try:
        return root.unwrap(name, wrapped)
    except SealBrokenError:
        return None
