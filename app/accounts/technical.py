"""Technical client software at the one route it may call; it speaks for itself and for no officer."""

from app.accounts.authentication import bearer_token, refuse_client
from app.accounts.client_check import check_client
from app.accounts.clients import Client, GrantType
from app.accounts.request import Request
from app.accounts.store import Accounts
from app.accounts.tokens import ClientClaims, TokenMint
from app.audit.coalescing import Coalescer
from app.clock import Clock
from app.database.live import LiveView
from app.errors import GatewayError, NotAuthenticatedError, ProblemCode


class ClientAuthenticator:
    """Knows which technical client holds a token and whether it may still use it."""

    def __init__(
        self, mint: TokenMint, accounts: LiveView[Accounts], refusals: Coalescer, clock: Clock
    ) -> None:
        """Judge tokens of *mint* by the directory as it stands at each request."""
        self._mint = mint
        self._accounts = accounts
        self._refusals = refusals
        self._clock = clock

    async def authenticate(self, authorization: str | None, request: Request) -> Client | None:
        """Return the technical client behind an `Authorization` header; None where the token is another's.

        Raises NotAuthenticatedError, NotAllowedError and AuditUnavailableError; refusals are on record.
        """
        accounts = self._accounts.current
        claims = self._mint.read_client(bearer_token(authorization))
        if claims is None:
            return None
        try:
            return self._checked(accounts, claims, request)
        except GatewayError as error:
            await refuse_client(self._refusals, claims.client_id, error, request, self._clock.now())
            raise

    def _checked(self, accounts: Accounts, claims: ClientClaims, request: Request) -> Client:
        now, client = self._clock.now(), accounts.clients.get(claims.client_id)
        if claims.expires_at <= now:
            raise NotAuthenticatedError(ProblemCode.TOKEN_EXPIRED)
        if client is None or GrantType.CLIENT_CREDENTIALS not in client.grants:
            raise NotAuthenticatedError(ProblemCode.TOKEN_INVALID)
        check_client(client, claims.confirmation, request, now)
        return client
