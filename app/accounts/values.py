"""Officers as the gateway holds them in memory, and what their roles permit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Final
from uuid import UUID

Network = IPv4Network | IPv6Network


class Role(StrEnum):
    """What an officer's position makes of them (Công văn 159; R4, R28)."""

    RECEPTION = "reception"
    PROCESSING = "processing"
    UNIT_ADMINISTRATOR = "unit_administrator"
    DEPARTMENT_ADMINISTRATOR = "department_administrator"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """Everything a role may permit; who may call a route is named in its signature."""

    LOOK_UP = "look_up"
    SEARCH_AUDIT = "search_audit"
    READ_STATUS = "read_status"


ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.RECEPTION: frozenset({Permission.LOOK_UP}),
    Role.PROCESSING: frozenset({Permission.LOOK_UP}),
    Role.UNIT_ADMINISTRATOR: frozenset(),
    Role.DEPARTMENT_ADMINISTRATOR: frozenset({Permission.READ_STATUS}),
    Role.AUDITOR: frozenset({Permission.SEARCH_AUDIT}),
}
"""Who provisions, who looks up and who audits are never the same (R28)."""


PRIVILEGED: Final = frozenset({Role.UNIT_ADMINISTRATOR, Role.DEPARTMENT_ADMINISTRATOR, Role.AUDITOR})
"""Roles that need a second factor, and whose sessions idle for a shorter time (R10, R15, R16)."""


@dataclass(frozen=True, slots=True)
class Officer:
    """One person with one account; `upstream_officer_code` is their own code on the national side (R22)."""

    officer_id: UUID
    login_name: str
    full_name: str
    role: Role
    unit_id: UUID | None
    upstream_officer_code: str | None
    is_active: bool
    password_hash: str | None = field(default=None, repr=False)
    password_changed_at: datetime | None = None
    must_change_password: bool = False
    first_password_until: datetime | None = None
    session_epoch: int = 0
    has_second_factor: bool = False

    @property
    def is_privileged(self) -> bool:
        """Whether the role administers or audits."""
        return self.role in PRIVILEGED

    def may(self, permission: Permission) -> bool:
        """Whether the officer's role permits this."""
        return permission in ROLE_PERMISSIONS[self.role]
