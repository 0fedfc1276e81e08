"""From an access token to the officer behind a request; refusals of a known officer leave a record."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.accounts.access_rules import ASSURANCE_ASSERTED, ASSURANCE_PASSWORD, AccessRules
from app.accounts.activity import ActivityBook
from app.accounts.client_check import check_client, let_in_until
from app.accounts.clients import Client, GrantType
from app.accounts.judgements import Judgement, Judgements, facts_of
from app.accounts.request import Request
from app.accounts.store import Accounts
from app.accounts.tokens import TokenClaims, TokenExpiredError, TokenMint
from app.accounts.values import Officer
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView
from app.errors import GatewayError, NotAllowedError, NotAuthenticatedError, ProblemCode
from app.quickly_made import quickly_made
from app.units.store import UnitRegister
from app.units.values import Unit


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
            let_in_until(client, claims.confirmation),
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
