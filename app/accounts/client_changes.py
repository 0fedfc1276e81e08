"""What one change of client software comes to, and what may be asked about at all."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.clients import Client, CredentialKind
from app.audit.record import Value
from app.errors import InvalidRequestError, ProblemCode

_CLIENT_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


class CredentialRefusedError(InvalidRequestError):
    """This key or certificate cannot be registered."""

    def __init__(self, reason: str) -> None:
        """Say why, in words of our own that quote nothing of it."""
        super().__init__(ProblemCode.CREDENTIAL_REFUSED)
        self._reason = reason

    def members(self, language: str) -> dict[str, object]:  # noqa: ARG002 - for the software's makers
        """Return why."""
        return {"reason": self._reason}


@dataclass(frozen=True, slots=True)
class Said:
    """What a piece of work tells the record, and what only the administrator."""

    facts: dict[str, Value]
    secret: str | None = field(default=None, repr=False)
    credential_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ClientDone:
    """A client after a change, and what is shown this once."""

    client: Client
    version: int
    secret: str | None = field(default=None, repr=False)
    credential_id: UUID | None = None


Work = Callable[[AsyncConnection, Client, datetime], Awaitable[Said]]


def is_client_id(text: str) -> bool:
    """Whether client software could be registered under this id."""
    return _CLIENT_ID.fullmatch(text) is not None


def credential_id_in(text: str) -> UUID | None:
    """Return a credential's id out of a path; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def has_credential(client: Client, kind: CredentialKind, digest: bytes) -> bool:
    """Whether nobody has ended this very key or certificate of the client."""
    return any(one.kind is kind and one.digest == digest for one in client.credentials)
