"""What commands say of client software; of secrets only that there are some."""

from collections.abc import Iterator
from datetime import datetime

from app.accounts.client_facts import described, instant, joined
from app.accounts.clients import Client, Ending
from app.clock import rfc3339


def details(client: Client, now: datetime) -> Iterator[str]:
    """Return everything there is to know of a client, line by line."""
    yield f"{client.client_id}: {client.name}"
    yield f"  {described(client, now)}"
    yield f"  networks {joined(map(str, client.networks))}"
    if client.procedures is not None:
        yield f"  procedures {joined(client.procedures)}"
    for credential in client.credentials:
        named = f" kid {credential.key.kid}" if credential.key else ""
        state = "" if credential.is_valid(now) else " (over)"
        yield (
            f"  {credential.kind.value} {credential.credential_id}{named}, since"
            f" {rfc3339(credential.created_at)}, ends {instant(credential.expires_at)}{state}"
        )


def ending_text(ending: Ending, now: datetime) -> str:
    """Return who or what ends, or has ended, and when."""
    credential = ending.credential
    named = f" {credential.kind.value} {credential.credential_id}" if credential else ""
    verb = "ends" if now < ending.ends_at else "ended"
    return f"{ending.client_id}{named} {verb} {rfc3339(ending.ends_at)}"
