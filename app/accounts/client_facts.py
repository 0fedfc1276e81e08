"""What records and answers say of client software; of secrets only that there are some."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from app.accounts.clients import Client, CredentialKind
from app.clock import rfc3339

_VERSION_BYTES: Final = 7  # as many as an entity tag's eighteen digits hold


def described(client: Client, now: datetime) -> str:
    """Return what a client may do, in one line."""
    counts = [f"{len(client.valid(kind, now))} {kind.value}" for kind in CredentialKind]
    return ", ".join(
        (
            client.kind.value,
            state_word(is_active=client.is_active),
            f"grants {joined(grant.value for grant in client.grants)}",
            f"unit {client.unit_id}" if client.unit_id else "the whole province",
            "every procedure" if client.procedures is None else f"{len(client.procedures)} procedures",
            f"from {joined(map(str, client.networks))}",
            f"ends {instant(client.expires_at)}",
            *counts,
        )
    )


def limits_described(client: Client) -> str:
    """Return everything that limits what a client may do, procedures one by one."""
    procedures = "every procedure" if client.procedures is None else f"procedures {joined(client.procedures)}"
    grants = joined(grant.value for grant in client.grants)
    networks = joined(map(str, client.networks))
    return f"grants {grants}, {procedures}, from {networks}, ends {instant(client.expires_at)}"


def state_word(*, is_active: bool) -> str:
    """Return how a client's state is called."""
    return "active" if is_active else "suspended"


def joined(words: Iterable[str]) -> str:
    """Return words in order, or that there are none."""
    return ", ".join(sorted(words)) or "none"


def instant(moment: datetime | None) -> str:
    """Return a moment as records write it."""
    return rfc3339(moment) if moment is not None else "never"


def version_number(client: Client) -> int:
    """Return a number that another one takes the place of whenever anything about the client changes.

    Made of what `GET /v1/clients/{client_id}` shows, so that it gives away nothing of a secret.
    """
    content = [
        client.name,
        client.kind.value,
        state_word(is_active=client.is_active),
        joined(grant.value for grant in client.grants),
        [str(network) for network in client.networks],
        str(client.unit_id),
        None if client.procedures is None else sorted(client.procedures),
        instant(client.expires_at),
        sorted([str(one.credential_id), instant(one.expires_at)] for one in client.credentials),
    ]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()
    return int.from_bytes(digest[:_VERSION_BYTES])
