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


class AccountKind(StrEnum):
    """The four kinds of account that are kept apart (R20); technical and service are client software's."""

    ADMINISTRATOR = "administrator"
    BUSINESS = "business"
    TECHNICAL = "technical"
    SERVICE = "service"


KIND_OF_ROLE: Final[Mapping[Role, AccountKind]] = {
    Role.RECEPTION: AccountKind.BUSINESS,
    Role.PROCESSING: AccountKind.BUSINESS,
    Role.UNIT_ADMINISTRATOR: AccountKind.ADMINISTRATOR,
    Role.DEPARTMENT_ADMINISTRATOR: AccountKind.ADMINISTRATOR,
    Role.AUDITOR: AccountKind.ADMINISTRATOR,
}
"""An officer's account is a business or an administrator's one; what else there is has no officer."""


class Permission(StrEnum):
    """Everything a role may permit; who may call a route is named in its signature.

    Over whom an administrator has these is decided in app.accounts.administration.
    """

    LOOK_UP = "look_up"
    SEARCH_AUDIT = "search_audit"
    READ_STATUS = "read_status"
    VIEW_OFFICERS = "view_officers"
    """See an account, its state and its sessions."""
    EXPLAIN_DECISIONS = "explain_decisions"
    """Ask which fields an officer would be shown for a procedure, and which rule forbids it."""
    SUSPEND_OFFICERS = "suspend_officers"
    """Suspend an account, and lift the suspension."""
    CHANGE_ROLES = "change_roles"
    """Give another role, where one person may do so alone."""
    END_SESSIONS = "end_sessions"
    REGISTER_OFFICERS = "register_officers"
    """Register and change officers by list, within one's units."""
    APPROVE = "approve"
    """Ask for what two administrators do together, and decide what the other one asked for."""
    POST_OFFICERS = "post_officers"
    """Appoint, transfer, second and let leave by a written notice; note what units ask for."""
    ISSUE_CODES = "issue_codes"
    """Hand activation codes over on sealed slips."""
    OPEN_REVIEWS = "open_reviews"
    ANSWER_REVIEWS = "answer_reviews"
    READ_UNIT_NOTICES = "read_unit_notices"
    FOLLOW_DOSSIERS = "follow_dossiers"
    """See which lookups of one's units still have no dossier, and link them."""
    VIEW_UNITS = "view_units"
    """See the tree of units: one's own and below, the department all of it."""
    MANAGE_UNITS = "manage_units"
    """Change the tree of units."""
    VIEW_PAPER_ASKED = "view_paper_asked"
    """See where one's units asked citizens for paper, and why."""
    MANAGE_CLIENTS = "manage_clients"
    """Register client software, and change what it may do."""
    HANDLE_DATA_FAULTS = "handle_data_faults"
    """See the data-fault reports of one's units and follow them up; officers see their own."""
    VIEW_PROCEDURES = "view_procedures"
    """See the catalogue and grants: of one's own unit and below, the department all of it."""
    MANAGE_PROCEDURES = "manage_procedures"
    """Change the catalogue, grant procedures to units and withdraw them."""
    REPORT_TO_SUBJECTS = "report_to_subjects"
    """Register a citizen's request to know who looked them up, make the report and hand it over."""
    VIEW_USAGE = "view_usage"
    """See how much units use lookups: one's own and below, the department and auditors all of them."""


_ADMINISTERS: Final = frozenset(
    {
        Permission.VIEW_OFFICERS,
        Permission.EXPLAIN_DECISIONS,
        Permission.SUSPEND_OFFICERS,
        Permission.CHANGE_ROLES,
        Permission.END_SESSIONS,
        Permission.REGISTER_OFFICERS,
        Permission.APPROVE,
        Permission.POST_OFFICERS,
        Permission.ISSUE_CODES,
        Permission.ANSWER_REVIEWS,
        Permission.READ_UNIT_NOTICES,
        Permission.FOLLOW_DOSSIERS,
        Permission.VIEW_UNITS,
        Permission.HANDLE_DATA_FAULTS,
        Permission.VIEW_PAPER_ASKED,
        Permission.VIEW_PROCEDURES,
        Permission.VIEW_USAGE,
    }
)

ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.RECEPTION: frozenset({Permission.LOOK_UP}),
    Role.PROCESSING: frozenset({Permission.LOOK_UP}),
    Role.UNIT_ADMINISTRATOR: _ADMINISTERS,
    Role.DEPARTMENT_ADMINISTRATOR: _ADMINISTERS
    | {
        Permission.READ_STATUS,
        Permission.OPEN_REVIEWS,
        Permission.MANAGE_UNITS,
        Permission.MANAGE_CLIENTS,
        Permission.MANAGE_PROCEDURES,
        Permission.REPORT_TO_SUBJECTS,
    },
    Role.AUDITOR: frozenset({Permission.SEARCH_AUDIT, Permission.VIEW_USAGE, Permission.REPORT_TO_SUBJECTS}),
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
    person_code: str | None = None
    """The person's own staff number: who holds two accounts has it in both."""

    @property
    def kind(self) -> AccountKind:
        """Whether this is a business or an administrator's account."""
        return KIND_OF_ROLE[self.role]

    def is_same_person(self, other: "Officer") -> bool:
        """Whether both accounts are one person's, as far as is registered."""
        if self.officer_id == other.officer_id:
            return True
        return self.person_code is not None and self.person_code == other.person_code

    @property
    def is_privileged(self) -> bool:
        """Whether the role administers or audits."""
        return self.role in PRIVILEGED

    def may(self, permission: Permission) -> bool:
        """Whether the officer's role permits this."""
        return permission in ROLE_PERMISSIONS[self.role]
