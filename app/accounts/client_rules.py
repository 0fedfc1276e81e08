"""What a department administrator may not do with client software alone: pure decisions."""

from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final

from app.accounts.authentication import Caller
from app.accounts.client_check import is_within
from app.accounts.clients import Client, GrantType, Limits
from app.errors import ProblemCode

_LEAST_LEFT: Final = timedelta(days=1)


def vouching_refusal(before: frozenset[GrantType], wanted: frozenset[GrantType]) -> ProblemCode | None:
    """Return why nobody may switch these grants on here, or None.

    Software that vouches for officers can act as any of them: an administrator who could register it would
    look people up in their names (R28).
    """
    return ProblemCode.OPERATOR_NEEDED if GrantType.JWT_BEARER in wanted - before else None


def key_refusal(client: Client) -> ProblemCode | None:
    """Return why the client gets no key here, or None: with one, whoever holds it vouches for officers."""
    return ProblemCode.OPERATOR_NEEDED if GrantType.JWT_BEARER in client.grants else None


def locks_out(caller: Caller, limits: Limits, now: datetime) -> bool:
    """Whether the client of this very session would serve it no more, at once or within a day."""
    is_over = limits.expires_at is not None and limits.expires_at < now + _LEAST_LEFT
    networks = tuple(map(ip_network, limits.networks))
    return (
        is_over or GrantType.PASSWORD not in limits.grants or not is_within(caller.request.address, networks)
    )
