"""What commands say of client software; of secrets only that there are some."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.accounts.clients import Client, CredentialKind, Ending
from app.clock import rfc3339


def described(client: Client, now: datetime) -> str:
    """Return what a client may do, in one line."""
    counts = [f"{len(client.valid(kind, now))} {kind.value}" for kind in CredentialKind]
    return ", ".join(
        (
            client.kind.value,
            state_word(is_active=client.is_active),
            f"grants {_joined(grant.value for grant in client.grants)}",
            f"unit {client.unit_id}" if client.unit_id else "the whole province",
            "every procedure" if client.procedures is None else f"{len(client.procedures)} procedures",
            f"from {_joined(map(str, client.networks))}",
            f"ends {_instant(client.expires_at)}",
            *counts,
        )
    )


def details(client: Client, now: datetime) -> Iterator[str]:
    """Return everything there is to know of a client, line by line."""
    yield f"{client.client_id}: {client.name}"
    yield f"  {described(client, now)}"
    yield f"  networks {_joined(map(str, client.networks))}"
    if client.procedures is not None:
        yield f"  procedures {_joined(client.procedures)}"
    for credential in client.credentials:
        named = f" kid {credential.key.kid}" if credential.key else ""
        state = "" if credential.is_valid(now) else " (over)"
        yield (
            f"  {credential.kind.value} {credential.credential_id}{named}, since"
            f" {rfc3339(credential.created_at)}, ends {_instant(credential.expires_at)}{state}"
        )


def ending_text(ending: Ending, now: datetime) -> str:
    """Return who or what ends, or has ended, and when."""
    credential = ending.credential
    named = f" {credential.kind.value} {credential.credential_id}" if credential else ""
    verb = "ends" if now < ending.ends_at else "ended"
    return f"{ending.client_id}{named} {verb} {rfc3339(ending.ends_at)}"


def state_word(*, is_active: bool) -> str:
    """Return how a client's state is called."""
    return "active" if is_active else "suspended"


def _joined(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _instant(instant: datetime | None) -> str:
    return rfc3339(instant) if instant is not None else "never"
