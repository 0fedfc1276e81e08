"""What `dancu check` says of the addresses that tokens, papers and slips carry to other machines."""

from typing import Final

from app.cli.national_side import Finding
from app.settings import Settings
from app.web_addresses import is_loopback

_HERE: Final = "leads nowhere from another machine"


def told_address_findings(settings: Settings) -> list[Finding]:
    """Return a note for each address that leads nowhere from another machine."""
    found: list[Finding] = []
    if is_loopback(settings.public_url):
        found.append((None, f"settings: DANCU_PUBLIC_URL {_HERE}; tokens and signed papers carry it"))
    if settings.activation_url and is_loopback(settings.activation_url):
        found.append((None, f"settings: DANCU_ACTIVATION_URL {_HERE}; slips carry it"))
    return found
