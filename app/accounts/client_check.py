"""Whether client software may use a token from where a request comes from, with the certificate it shows."""

from datetime import UTC, datetime
from typing import Final

from app.accounts.clients import Client, CredentialKind
from app.accounts.request import Request
from app.accounts.values import Network
from app.errors import NotAllowedError, ProblemCode
from app.web.certificates import PresentedCertificate
from app.web.proxies import parse_address

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


def check_client(client: Client, confirmation: str | None, request: Request, now: datetime) -> None:
    """Raise NotAllowedError where *client* may not use a token from here, or without its certificate.

    A bound token needs the very certificate it is bound to (RFC 8705 section 3).
    """
    if (refusal := client.refusal(now)) is not None:
        raise NotAllowedError(refusal)
    if not is_within(request.address, client.networks):
        raise NotAllowedError(ProblemCode.CLIENT_ADDRESS_NOT_ALLOWED)
    if client.needs_certificate or confirmation is not None:
        shown = shown_certificate(client, request, now)
        if shown is None or shown.confirmation != confirmation:
            raise NotAllowedError(ProblemCode.CLIENT_CERTIFICATE_NEEDED)


def let_in_until(client: Client, confirmation: str | None) -> datetime:
    """Return until when check_client need not be asked again; a certificate is looked at every time."""
    if client.needs_certificate or confirmation is not None:
        return _NEVER
    return client.expires_at or _ALWAYS


def shown_certificate(client: Client, request: Request, now: datetime) -> PresentedCertificate | None:
    """Return the certificate of the request where it is one of the client's and in force, else None."""
    shown = request.certificate
    if shown is None or not shown.is_in_force(now):
        return None
    is_known = any(one.digest == shown.thumbprint for one in client.valid(CredentialKind.CERTIFICATE, now))
    return shown if is_known else None


def bound_certificate(client: Client, request: Request) -> str | None:
    """Return what a new token is to be bound to; None for a client without certificates."""
    shown = request.certificate if client.needs_certificate else None
    return shown.confirmation if shown is not None else None


def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether *address* lies in one of *networks*; what is no address lies nowhere."""
    parsed = parse_address(address)
    return parsed is not None and any(parsed in network for network in networks)
