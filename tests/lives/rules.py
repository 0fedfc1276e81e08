"""What is judged: rights, and rules that a life may break."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts.values import Role


class RuleBrokenError(AssertionError):
    """A rule does not hold; its text is the rule."""


def hold(rule: str, *, is_kept: bool, **about: object) -> None:
    """Raise RuleBrokenError unless the rule is kept; *about* says where it broke."""
    if not is_kept:
        raise RuleBrokenError(f"{rule}: {about}")


@dataclass(frozen=True)
class Right:
    """What somebody may do on a day: act for a unit, in a role, in the procedures that both give."""

    unit_id: UUID
    unit_code: str
    role: Role
    procedures: frozenset[str]


@dataclass(frozen=True)
class Place:
    """A unit on a day on which it exists."""

    code: str
    parent_id: UUID | None
