"""From an access token to the officer behind a request; refusals of a known officer leave a record."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from app.accounts.activity import ActivityBook
from app.accounts.clients import Client, CredentialKind, GrantType
from app.accounts.judgements import Judgement, Judgements, facts_of
from app.accounts.password_policy import PasswordProfile, expires_at
from app.accounts.sessions import SessionRules
from app.accounts.store import Accounts
from app.accounts.tokens import TokenClaims, TokenExpiredError, TokenMint
from app.accounts.values import Network, Officer
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView
from app.errors import GatewayError, NotAllowedError, NotAuthenticatedError, ProblemCode
from app.quickly_made import quickly_made
from app.units.store import UnitRegister
from app.units.values import Unit
from app.web.certificates import PresentedCertificate
from app.web.proxies import parse_address

ASSURANCE_PASSWORD: Final = "password"  # noqa: S105 - how sure we are, not a secret
ASSURANCE_SECOND_FACTOR: Final = "password+otp"
ASSURANCE_ASSERTED: Final = "asserted"
"""The client software has signed the officer in and vouches for it."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


@quickly_made
@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a request before anybody is."""

    address: str
    request_id: str
    certificate: PresentedCertificate | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Caller:
    """A verified officer, in their unit, behind one client software, in one session."""

    officer: Officer
    unit: Unit
    client: Client
    session_id: UUID
    request: Request
    assurance: str = ASSURANCE_PASSWORD
    judged: Judgement | None = field(default=None, repr=False, compare=False)
    """What this was made from, if it was remembered."""

    def facts(self) -> dict[str, Value]:
        """Return who this is, as records say it: the unit and its level of the day included."""
        known, request = self.judged, self.request
        officer, unit, client, session_id = self.officer, self.unit, self.client, self.session_id
        if known is not None and known.is_of(officer, unit, client, session_id, self.assurance):
            who = known.facts
        else:
            who = facts_of(officer, unit, client, session_id, self.assurance)
        return {**who, "address": request.address, "request_id": request.request_id}


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What an officer needs before they may do more than change it: a password in force, a second factor."""

    profile: PasswordProfile
    sessions: SessionRules

    def restriction(
        self, officer: Officer, now: datetime, assurance: str = ASSURANCE_PASSWORD
    ) -> ProblemCode | None:
        """Return what the officer must do first, or None; whom software vouches for needs no password."""
        is_asserted = assurance == ASSURANCE_ASSERTED
        if not is_asserted and (officer.must_change_password or self.password_expires_at(officer) <= now):
            return ProblemCode.PASSWORD_CHANGE_NEEDED
        if officer.is_privileged and not officer.has_second_factor:
            return ProblemCode.SECOND_FACTOR_NEEDED
        return None

    def unrestricted_until(self, officer: Officer, assurance: str) -> datetime:
        """Return before when restriction is None for sure."""
        if officer.is_privileged and not officer.has_second_factor:
            return _NEVER
        if assurance == ASSURANCE_ASSERTED:
            return _ALWAYS
        return _NEVER if officer.must_change_password else self.password_expires_at(officer)

    def password_expires_at(self, officer: Officer) -> datetime:
        """Return when the password ends; at once where nobody knows when it began."""
        if officer.password_changed_at is None:
            return _NEVER
        return expires_at(officer.password_changed_at, self.profile, is_administrator=officer.is_privileged)


class Authenticator:
    """Knows who holds a token and whether they may still use it."""

    def __init__(
        self,
        mint: TokenMint,
        accounts: LiveView[Accounts],
        units: LiveView[UnitRegister],
        ended_sessions: LiveView[frozenset[UUID]],
        activity: ActivityBook,
        rules: AccessRules,
        refusals: Coalescer,
        clock: Clock,
    ) -> None:
        """Judge tokens of *mint* by the directory as it stands at each request."""
        self._ended_sessions = ended_sessions
        self._activity = activity
        self._rules = rules
        self._mint = mint
        self._accounts = accounts
        self._units = units
        self._refusals = refusals
        self._clock = clock
        self._judgements = Judgements()

    async def authenticate(
        self, authorization: str | None, request: Request, *, allows_restricted: bool = False
    ) -> Caller:
        """Return the officer behind an `Authorization` header (RFC 6750).

        With *allows_restricted* also one who must change their password, or set up a second factor, first.
        Raises NotAuthenticatedError (sign in again), NotAllowedError (account, unit, client software or
        address) and AuditUnavailableError; once the officer is known, the refusal is on record.
        """
        accounts, units, now = self._accounts.current, self._units.current, self._clock.now()
        try:
            claims = self._mint.read(bearer_token(authorization), now)
        except TokenExpiredError as error:
            await self._record(error, error.claims, request)
            raise
        except NotAuthenticatedError:
            await self._refuse_client(authorization, request)
            raise
        try:
            known = self._judgements.find(claims, request.address, now, accounts, units)
            if known is None or not self._is_in_session(known, now):
                known = await self._judge(
                    claims, accounts, units, request, now, allows_restricted=allows_restricted
                )
        except GatewayError as error:
            await self._record(error, claims, request)
            raise
        self._activity.note(claims.session_id, now)
        return Caller(
            known.officer, known.unit, known.client, claims.session_id, request, claims.assurance, known
        )

    def _is_in_session(self, known: Judgement, now: datetime) -> bool:
        """Whether the session of a remembered judgement surely goes on; else it is looked at anew."""
        claims = known.claims
        return claims.session_id not in self._ended_sessions.current and self._activity.is_seen(
            claims.session_id, claims.session_started_at, now, known.idle_for
        )

    async def _judge(
        self,
        claims: TokenClaims,
        accounts: Accounts,
        units: UnitRegister,
        request: Request,
        now: datetime,
        *,
        allows_restricted: bool,
    ) -> Judgement:
        """Return for whom the token speaks, or raise what is in their way; remember what lasts a while."""
        officer, unit, client = _bearer(claims, accounts, units, request, now)
        await self._check_session(claims, officer, now)
        restriction = self._rules.restriction(officer, now, claims.assurance)
        if restriction is not None and not allows_restricted:
            raise NotAllowedError(restriction)
        judgement = Judgement(
            claims,
            request.address,
            officer,
            unit,
            client,
            facts_of(officer, unit, client, claims.session_id, claims.assurance),
            self._rules.sessions.idle_for(is_privileged=officer.is_privileged),
            self._holds_until(claims, officer, client),
        )
        self._judgements.remember(judgement, accounts, units)
        return judgement

    def _holds_until(self, claims: TokenClaims, officer: Officer, client: Client) -> datetime:
        """Return before when the clock alone puts nothing in their way."""
        return min(
            claims.session_started_at + self._rules.sessions.longest,
            self._rules.unrestricted_until(officer, claims.assurance),
            _let_in_until(client, claims.confirmation),
        )

    async def _check_session(self, claims: TokenClaims, officer: Officer, now: datetime) -> None:
        sessions, started_at = self._rules.sessions, claims.session_started_at
        idle_for = sessions.idle_for(is_privileged=officer.is_privileged)
        if (
            claims.session_id in self._ended_sessions.current
            or claims.session_epoch != officer.session_epoch
            or now - started_at >= sessions.longest
            or await self._activity.is_idle(claims.session_id, started_at, now, idle_for)
        ):
            raise NotAuthenticatedError(ProblemCode.SESSION_ENDED)

    async def _refuse_client(self, authorization: str | None, request: Request) -> None:
        """Raise NotAllowedError for a technical client's token, on record; it speaks for no officer."""
        try:
            claims = self._mint.read_client(bearer_token(authorization))
        except NotAuthenticatedError:
            return
        if claims is None:
            return
        error = NotAllowedError(ProblemCode.OFFICER_NEEDED)
        await refuse_client(self._refusals, claims.client_id, error, request, self._clock.now())
        raise error

    async def _record(self, error: GatewayError, claims: TokenClaims, request: Request) -> None:
        facts: dict[str, Value] = {
            "officer_id": str(claims.officer_id),
            "unit_id": str(claims.unit_id),
            "client_id": claims.client_id,
            "session_id": str(claims.session_id),
            "address": request.address,
            "request_id": request.request_id,
            "problem_code": error.code.value,
        }
        mark = (str(claims.officer_id), error.code.value, request.address)
        await self._refusals.append(mark, Draft(RecordKind.TOKEN_REFUSED, self._clock.now(), facts))


async def refuse_client(
    refusals: Coalescer, client_id: str, error: GatewayError, request: Request, now: datetime
) -> None:
    """Put the refusal of a technical client's token on record; AuditUnavailableError."""
    facts: dict[str, Value] = {
        "client_id": client_id,
        "address": request.address,
        "request_id": request.request_id,
        "problem_code": error.code.value,
    }
    mark = (client_id, error.code.value, request.address)
    await refusals.append(mark, Draft(RecordKind.TOKEN_REFUSED, now, facts))


def bearer_token(authorization: str | None) -> str:
    """Return the token of an `Authorization` header; NotAuthenticatedError where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticatedError(ProblemCode.TOKEN_MISSING)
    return token


def _bearer(
    claims: TokenClaims, accounts: Accounts, units: UnitRegister, request: Request, now: datetime
) -> tuple[Officer, Unit, Client]:
    officer, client = accounts.officers.get(claims.officer_id), accounts.clients.get(claims.client_id)
    if officer is None or client is None:
        raise NotAuthenticatedError(ProblemCode.TOKEN_INVALID)
    if not officer.is_active:
        raise NotAllowedError(ProblemCode.OFFICER_SUSPENDED)
    check_client(client, claims.confirmation, request, now)
    grant = GrantType.JWT_BEARER if claims.assurance == ASSURANCE_ASSERTED else GrantType.PASSWORD
    if grant not in client.grants:
        raise NotAuthenticatedError(ProblemCode.SESSION_ENDED)
    if officer.unit_id != claims.unit_id:
        # A posting ended or changed since the token was issued: its rights were those of another desk.
        raise NotAuthenticatedError(ProblemCode.TOKEN_EXPIRED)
    unit = units.find(officer.unit_id)
    if unit is None:
        raise NotAllowedError(ProblemCode.UNIT_INACTIVE)
    if not client.serves(officer.unit_id, units):
        raise NotAllowedError(ProblemCode.CLIENT_UNIT_NOT_SERVED)
    return officer, unit, client


def _let_in_until(client: Client, confirmation: str | None) -> datetime:
    """Return until when check_client need not be asked again; a certificate is looked at every time."""
    if client.needs_certificate or confirmation is not None:
        return _NEVER
    return client.expires_at or _ALWAYS


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
