"""What administrators send about officers, and what they are shown."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field

from app.accounts.reasons import MAX_LENGTH, parse_reason
from app.accounts.values import Role
from app.web.bodies import Body

_PERSONAL_NUMBER: Final = re.compile(r"[0-9]{9}")
Reason = Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(parse_reason)]


def _person_code(typed: str) -> str:
    """Return the code in capitals; ValueError for one that could be a citizen's number."""
    if _PERSONAL_NUMBER.search(typed):
        raise ValueError("a person's code holds no nine digits in a row")
    return typed.upper()


PersonCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9./-]{1,32}$"), AfterValidator(_person_code)]


class SuspensionRequest(Body):
    """Why the account is suspended; no personal data of citizens."""

    reason: Reason


class RoleChangeRequest(Body):
    """The new role; `person_code` where none is registered and the role needs one."""

    role: Annotated[Role, Field(strict=False)]
    person_code: PersonCode | None = None


class OfficerAnswer(BaseModel):
    """One officer's account; `version` is the number inside the ETag."""

    officer_id: str
    login_name: str
    full_name: str
    role: str
    kind: str
    unit_id: str | None
    unit_code: str | None
    unit_name: str | None
    status: str
    status_reason: str | None
    status_text: str | None
    """Why the account is suspended, in the caller's language."""
    person_code: str | None
    has_second_factor: bool
    locked_until: str | None
    last_sign_in_at: str | None
    version: int


class OfficerSession(BaseModel):
    """One of an officer's sessions that lasts."""

    session_id: str
    client_id: str
    address: str
    assurance: str
    started_at: str
    last_active_at: str


class OfficerSessions(BaseModel):
    """An officer's sessions, newest first."""

    sessions: list[OfficerSession]
