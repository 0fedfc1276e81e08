"""How sure we are of an officer, and what they need before they may do more than change it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.accounts.password_policy import PasswordProfile, expires_at
from app.accounts.sessions import SessionRules
from app.accounts.values import Officer
from app.errors import ProblemCode

ASSURANCE_PASSWORD: Final = "password"  # noqa: S105 - how sure we are, not a secret
ASSURANCE_SECOND_FACTOR: Final = "password+otp"
ASSURANCE_ASSERTED: Final = "asserted"
"""The client software has signed the officer in and vouches for it."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What an officer needs before they may do more than change it: a password in force, a second factor."""

    profile: PasswordProfile
    sessions: SessionRules

    def restriction(
        self, officer: Officer, now: datetime, assurance: str = ASSURANCE_PASSWORD
    ) -> ProblemCode | None:
        """Return what the officer must do first, or None; whom software vouches for needs no password."""
        is_asserted = assurance == ASSURANCE_ASSERTED
        if not is_asserted and (officer.must_change_password or self.password_expires_at(officer) <= now):
            return ProblemCode.PASSWORD_CHANGE_NEEDED
        if officer.is_privileged and not officer.has_second_factor:
            return ProblemCode.SECOND_FACTOR_NEEDED
        return None

    def unrestricted_until(self, officer: Officer, assurance: str) -> datetime:
        """Return before when restriction is None for sure."""
        if officer.is_privileged and not officer.has_second_factor:
            return _NEVER
        if assurance == ASSURANCE_ASSERTED:
            return _ALWAYS
        return _NEVER if officer.must_change_password else self.password_expires_at(officer)

    def password_expires_at(self, officer: Officer) -> datetime:
        """Return when the password ends; at once where nobody knows when it began."""
        if officer.password_changed_at is None:
            return _NEVER
        return expires_at(officer.password_changed_at, self.profile, is_administrator=officer.is_privileged)
