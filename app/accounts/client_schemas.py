"""What administrators send about client software, and what they are shown."""

import re
from ipaddress import ip_network
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from app.accounts.administration_schemas import SuspensionRequest
from app.accounts.client_changes import is_client_id
from app.accounts.clients import Client, ClientKind, GrantType, Limits
from app.accounts.exports import FileFormat
from app.accounts.status_routes import EndingSoon
from app.clock import rfc3339
from app.units.names import is_presentable, tidied
from app.web.bodies import Body

MOST_PER_PAGE: Final = 200
MOST_LETTERS: Final = 100
_LIST_ROUTE: Final = "export"  # stands where a client's id does in paths
_PERSONAL_NUMBER: Final = re.compile(r"[0-9]{9}")


def _name(text: str) -> str:
    name = tidied(text)
    if not is_presentable(name):
        raise ValueError("a name stands on one line")
    return name


class EveryAddressError(ValueError):
    """A block of every address limits nobody."""


def checked_network(text: str, *, from_anywhere: bool = False) -> str:
    """Return an address block as it is kept; ValueError, which pydantic turns into a refusal.

    Every address (0.0.0.0/0, ::/0) is an EveryAddressError, unless *from_anywhere* says that it is meant.
    """
    block = ip_network(text)
    if block.prefixlen == 0 and not from_anywhere:
        raise EveryAddressError("a block of every address limits nobody")
    return str(block)


def checked_client_id(text: str) -> str:
    """Return an id under which client software can be registered; ValueError."""
    if not is_client_id(text) or _PERSONAL_NUMBER.search(text) or text == _LIST_ROUTE:
        raise ValueError("a client id is 2 to 63 of a-z, 0-9, hyphen, no number of a person's, not export")
    return text


ClientId = Annotated[str, Field(max_length=63), AfterValidator(checked_client_id)]
Network = Annotated[str, Field(max_length=64), AfterValidator(checked_network)]
Networks = Annotated[list[Network], Field(min_length=1, max_length=100)]
Grant = Annotated[GrantType, Field(strict=False)]
ProcedureCode = Annotated[
    str, Field(pattern=r"^[0-9]\.[0-9]{6}(?:\.[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Y][0-9]{2})?$")
]
Procedures = Annotated[list[ProcedureCode], Field(min_length=1, max_length=2000)]


class NewClientRequest(Body):
    """Client software to register; without `unit_id` for all units, without `procedures` for all."""

    client_id: ClientId
    name: Annotated[str, Field(max_length=300), AfterValidator(_name)]
    networks: Networks
    kind: Annotated[ClientKind, Field(strict=False)] = ClientKind.SERVICE
    grants: Annotated[list[Grant], Field(max_length=3)] | None = None
    unit_id: UUID | None = None
    procedures: Procedures | None = None
    expires_at: AwareDatetime | None = None
    without_secret: bool = False


class LimitsRequest(Body):
    """What the software may do from now on, all of it: what is null limits nothing."""

    networks: Networks
    grants: Annotated[list[Grant], Field(max_length=3)]
    procedures: Procedures | None
    expires_at: AwareDatetime | None

    def limits(self) -> Limits:
        """Return them as values."""
        procedures = None if self.procedures is None else frozenset(self.procedures)
        return Limits(tuple(self.networks), frozenset(self.grants), procedures, self.expires_at)


class RotationRequest(Body):
    """How long the old secret still counts; 0 ends every older secret at once."""

    overlap_hours: int = Field(default=168, ge=0, le=90 * 24)


class KeyRequest(Body):
    """A public key, JWK or PEM, and until when it counts."""

    public_key: Annotated[str, Field(max_length=8192)]
    expires_at: AwareDatetime | None = None


class CertificateRequest(Body):
    """A certificate, PEM, and until when it counts: at most as long as itself."""

    certificate: Annotated[str, Field(max_length=16 * 1024)]
    expires_at: AwareDatetime | None = None


CLIENT_BODIES: Final = (
    NewClientRequest,
    LimitsRequest,
    RotationRequest,
    KeyRequest,
    CertificateRequest,
    SuspensionRequest,
)


class ClientQuery(BaseModel):
    """Which clients, and which page of the list."""

    model_config = ConfigDict(hide_input_in_errors=True)

    kind: ClientKind | None = None
    status: Literal["active", "suspended"] | None = None
    unit_id: UUID | None = None
    text: Annotated[str, Field(max_length=MOST_LETTERS)] | None = None
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: Annotated[str, Field(max_length=63)] | None = None


class ClientExportQuery(BaseModel):
    """Which clients, and which file."""

    model_config = ConfigDict(hide_input_in_errors=True)

    kind: ClientKind | None = None
    status: Literal["active", "suspended"] | None = None
    unit_id: UUID | None = None
    text: Annotated[str, Field(max_length=MOST_LETTERS)] | None = None
    format: FileFormat = FileFormat.XLSX


class CredentialAnswer(BaseModel):
    """A secret, key or certificate that nobody has ended; never what it is."""

    credential_id: str
    kind: str
    kid: str | None
    created_at: str
    expires_at: str | None


class ClientAnswer(BaseModel):
    """Client software and its credentials; `version` is the number inside the ETag."""

    client_id: str
    name: str
    kind: str
    status: str
    grants: list[str]
    networks: list[str]
    unit_id: str | None
    procedures: list[str] | None
    expires_at: str | None
    needs_certificate: bool
    credentials: list[CredentialAnswer]
    version: int


class ClientsAnswer(BaseModel):
    """A page of client software, and what of all of it ends within 30 days or has ended."""

    clients: list[ClientAnswer]
    ending_soon: list[EndingSoon]
    next_cursor: str | None


class SecretAnswer(ClientAnswer):
    """The client with its new secret, which is shown this once; left out where none was asked for."""

    secret: str | None = None


class CredentialAdded(ClientAnswer):
    """The client with the credential that was registered."""

    credential_id: str


def client_said(client: Client, version: int) -> ClientAnswer:
    """Return what administrators see of a client."""
    return ClientAnswer(
        client_id=client.client_id,
        name=client.name,
        kind=client.kind.value,
        status="active" if client.is_active else "suspended",
        grants=sorted(grant.value for grant in client.grants),
        networks=[str(network) for network in client.networks],
        unit_id=str(client.unit_id) if client.unit_id else None,
        procedures=None if client.procedures is None else sorted(client.procedures),
        expires_at=rfc3339(client.expires_at) if client.expires_at else None,
        needs_certificate=client.needs_certificate,
        credentials=[
            CredentialAnswer(
                credential_id=str(one.credential_id),
                kind=one.kind.value,
                kid=one.key.kid if one.key else None,
                created_at=rfc3339(one.created_at),
                expires_at=rfc3339(one.expires_at) if one.expires_at else None,
            )
            for one in client.credentials
        ],
        version=version,
    )
