"""What commands say of client software; of secrets only that there are some."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.client_facts import described, instant, joined
from app.accounts.clients import Client, Ending
from app.accounts.compatible_credentials import load_compatible
from app.accounts.expiring import KeyStanding, standing_of
from app.accounts.lookup_key_list import KeyFilter, every_key
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


def open_text(client: Client) -> str | None:
    """Return that a client in use may call from every address, None where it may not."""
    blocks = [str(block) for block in client.networks if block.prefixlen == 0]
    if not client.is_active or not blocks:
        return None
    return f"{client.client_id} may call from anywhere ({joined(blocks)}); dancu clients change --network"


async def old_ways_ending(connection: AsyncConnection, now: datetime) -> list[str]:
    """Return which credentials of old software end within 30 days, and how many officers' keys."""
    soon, said = (KeyStanding.ENDS_VERY_SOON, KeyStanding.ENDS_SOON), list[str]()
    for one in await load_compatible(connection):
        if (standing := standing_of(one.expires_at, now)) in soon:
            ends = f"ends {instant(one.expires_at)} ({standing.value})"
            said.append(f"{one.client_id} {one.profile.value} {one.name} {ends}")
    for standing in soon:
        keys = [one async for one in every_key(connection, KeyFilter(None, standing), now)]
        if keys:
            listing = f"dancu clients list-lookup-keys --standing {standing.value}"
            said.append(f"{len(keys)} officers' lookup keys ({standing.value}): {listing}")
    return said
