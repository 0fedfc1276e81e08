"""What is known of a request before anybody is."""

from dataclasses import dataclass

from app.quickly_made import quickly_made
from app.web.certificates import PresentedCertificate


@quickly_made
@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a request before anybody is."""

    address: str
    request_id: str
    certificate: PresentedCertificate | None = None
