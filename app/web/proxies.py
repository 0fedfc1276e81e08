"""What a proxy says of whom it speaks for; believed of the proxies an operator has named only."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.certificates import CertificateReader, PresentedCertificate

CERTIFICATE_STATE: Final = "client_certificate"
_FORWARDED_FOR: Final = "x-forwarded-for"
_MAX_FORWARDED: Final = 2048

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TrustedProxies:
    """Pure ASGI middleware: of a request through a named proxy, sets the client's address and certificate."""

    def __init__(self, app: ASGIApp, *, networks: tuple[Network, ...], certificate_header: str) -> None:
        """Believe peers in *networks*; the certificate comes in *certificate_header*."""
        self._app = app
        self._networks = networks
        self._certificate_header = certificate_header
        self._certificates = CertificateReader()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as it was where it does not come from a proxy of ours."""
        peer = _peer(scope) if scope["type"] == "http" else None
        if peer is not None and self._is_proxy(peer):
            headers = Headers(scope=scope)
            scope["client"] = (self._client_address(peer, headers.getlist(_FORWARDED_FOR)), 0)
            scope.setdefault("state", {})[CERTIFICATE_STATE] = self._certificate(headers)
        await self._app(scope, receive, send)

    def _client_address(self, peer: Address, written: Iterable[str]) -> str:
        """Return the right-most address that is no proxy of ours: left of it, anybody may write anything.

        Without a header it is the proxy itself; with something there that is no address, nobody's.
        """
        hops = ",".join(written)[-_MAX_FORWARDED:]
        address = peer
        for hop in reversed(hops.split(",") if hops else []):
            before = parse_address(hop.strip())
            if before is None:
                return ""
            address = before
            if not self._is_proxy(address):
                break
        return str(address)

    def _certificate(self, headers: Headers) -> PresentedCertificate | None:
        given = headers.getlist(self._certificate_header)
        # With several, one of them was not written by the proxy.
        return self._certificates.read(given[0]) if len(given) == 1 else None

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """Return an address, an IPv4 one also where it is written as IPv6; None for anything else."""
    try:
        parsed = ip_address(text.partition("%")[0])  # a zone is this machine's matter, and free text
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _peer(scope: Scope) -> Address | None:
    client = scope.get("client")
    return parse_address(client[0]) if client else None
