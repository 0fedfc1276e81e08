"""Who may administer whom: pure decisions over two accounts (R20, R28)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.accounts.values import Officer, Permission, Role
from app.errors import ProblemCode


class Action(StrEnum):
    """What an administrator does with somebody else's account."""

    VIEW = "view"
    SUSPEND = "suspend"
    RESUME = "resume"
    CHANGE_ROLE = "change_role"
    END_SESSIONS = "end_sessions"
    CANCEL_RESET = "cancel_reset"
    UNLOCK = "unlock"
    RESET_SECOND_FACTOR = "reset_second_factor"
    APPOINT = "appoint"
    POST = "post"
    ISSUE_CODE = "issue_code"
    ANSWER_REVIEW = "answer_review"
    DROP_MONTHS = "drop_months"


PERMISSION_FOR: Final[Mapping[Action, Permission]] = {
    Action.VIEW: Permission.VIEW_OFFICERS,
    Action.SUSPEND: Permission.SUSPEND_OFFICERS,
    Action.RESUME: Permission.SUSPEND_OFFICERS,
    Action.CHANGE_ROLE: Permission.CHANGE_ROLES,
    Action.END_SESSIONS: Permission.END_SESSIONS,
    Action.CANCEL_RESET: Permission.APPROVE,
    Action.UNLOCK: Permission.APPROVE,
    Action.RESET_SECOND_FACTOR: Permission.APPROVE,
    Action.APPOINT: Permission.APPROVE,
    Action.POST: Permission.POST_OFFICERS,
    Action.ISSUE_CODE: Permission.ISSUE_CODES,
    Action.ANSWER_REVIEW: Permission.ANSWER_REVIEWS,
    Action.DROP_MONTHS: Permission.APPROVE,
}

TWO_PERSON_ACTIONS: Final = frozenset({Action.UNLOCK, Action.RESET_SECOND_FACTOR, Action.APPOINT})
"""What one administrator asks for and another one decides."""

GRANTABLE_ROLES: Final[Mapping[Role, frozenset[Role]]] = {
    Role.RECEPTION: frozenset(),
    Role.PROCESSING: frozenset(),
    Role.UNIT_ADMINISTRATOR: frozenset({Role.RECEPTION, Role.PROCESSING}),
    Role.DEPARTMENT_ADMINISTRATOR: frozenset(
        {
            Role.RECEPTION,
            Role.PROCESSING,
            Role.UNIT_ADMINISTRATOR,
            Role.DEPARTMENT_ADMINISTRATOR,
            Role.AUDITOR,
        }
    ),
    Role.AUDITOR: frozenset(),
}
"""Which roles a role may give, and therefore over whose accounts it may decide."""

TWO_PERSON_ROLES: Final = frozenset({Role.DEPARTMENT_ADMINISTRATOR, Role.AUDITOR})
"""Roles that nobody gives, or takes, alone."""


def refusal(
    actor: Officer, subject: Officer, action: Action, *, is_in_reach: bool, role: Role | None = None
) -> ProblemCode | None:
    """Return why *actor* may not do this to *subject*'s account, or None.

    *is_in_reach* is whether the subject's unit is the actor's or stands below it, *role* the one to be given.
    """
    if not actor.may(PERMISSION_FOR[action]):
        return ProblemCode.ROLE_NOT_PERMITTED
    if not is_in_reach and actor.role is not Role.DEPARTMENT_ADMINISTRATOR:
        return ProblemCode.OUTSIDE_OWN_UNITS
    if action is Action.VIEW:
        return None
    if actor.is_same_person(subject):
        return ProblemCode.OWN_ACCOUNT
    if subject.role not in GRANTABLE_ROLES[actor.role]:
        return ProblemCode.ROLE_OUT_OF_REACH
    return _role_refusal(actor, subject, action, role)


def second_refusal(
    decider: Officer,
    requester: Officer | None,
    subject: Officer,
    action: Action,
    *,
    is_in_reach: bool,
    role: Role | None = None,
) -> ProblemCode | None:
    """Return why *decider* may not decide what *requester* asked for, or None; both need the same rights.

    Without *requester* the server's operator asked, who counts as the other person.
    """
    if requester is not None and decider.is_same_person(requester):
        return ProblemCode.SECOND_PERSON_NEEDED
    return refusal(decider, subject, action, is_in_reach=is_in_reach, role=role)


def drop_refusal(decider: Officer) -> ProblemCode | None:
    """Return why *decider* may not decide that evidence is dropped, or None; the operator asked for it."""
    may = decider.may(PERMISSION_FOR[Action.DROP_MONTHS]) and decider.role is Role.DEPARTMENT_ADMINISTRATOR
    return None if may else ProblemCode.ROLE_NOT_PERMITTED


def needs_two_persons(present: Role, wanted: Role) -> bool:
    """Whether a change from one role to the other is for two administrators."""
    return bool({present, wanted} & TWO_PERSON_ROLES)


def _role_refusal(actor: Officer, subject: Officer, action: Action, role: Role | None) -> ProblemCode | None:
    if action is Action.ISSUE_CODE and subject.role in TWO_PERSON_ROLES:
        # Who holds the code of such an account could become it alone; the operator prints these slips.
        return ProblemCode.SECOND_PERSON_NEEDED
    if role is None:
        return None
    if role not in GRANTABLE_ROLES[actor.role]:
        return ProblemCode.ROLE_OUT_OF_REACH
    if action is Action.CHANGE_ROLE and needs_two_persons(subject.role, role):
        return ProblemCode.SECOND_PERSON_NEEDED
    return None
