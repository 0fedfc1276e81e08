"""What signing in, one's own account and activation consist of in a running gateway."""

from fastapi import APIRouter

from app.accounts.access_rules import AccessRules
from app.accounts.activation_desk import ActivationDesk
from app.accounts.activation_routes import ActivationDoor, activation_router
from app.accounts.asserted_sign_in import AssertedSignInDesk
from app.accounts.client_desk import ClientDesk
from app.accounts.client_store import AssertionStore
from app.accounts.credential_store import CredentialStore
from app.accounts.guarding import SignInGuards
from app.accounts.me_routes import own_account_router
from app.accounts.password_desk import PasswordDesk
from app.accounts.passwords import PasswordVault
from app.accounts.routes import (
    GetCaller,
    sign_in_router,
)
from app.accounts.second_factor_desk import SecondFactorDesk
from app.accounts.session_desk import SessionDesk
from app.accounts.sessions import SessionStore
from app.accounts.sign_in import SignInDesk
from app.accounts.throttling import SignInThrottle
from app.accounts.token_desk import TokenDesk
from app.accounts.tokens import TokenMint
from app.audit.coalescing import Coalescer
from app.lookup_parts import Shared


class AccountParts:
    """Builds the desks and routes by which somebody signs in and keeps their own account."""

    def __init__(
        self,
        shared: Shared,
        mint: TokenMint,
        guards: SignInGuards,
        sessions: SessionStore,
        rules: AccessRules,
    ) -> None:
        """Build from what is *shared*; tokens are of *mint*, tries are counted by *guards*."""
        self._shared = shared
        self._mint = mint
        self._guards = guards
        self._sessions = sessions
        self._rules = rules

    def routes(self, get_restricted: GetCaller, get_self: GetCaller) -> list[APIRouter]:
        """Return the routes; *get_self* lets pass who has signed in here."""
        shared = self._shared
        settings, clock, log = shared.settings, shared.clock, shared.log
        vault = shared.stack.enter_context(
            PasswordVault(workers=settings.password_hash_workers, max_waiting=settings.password_hash_queue)
        )
        credentials = CredentialStore(shared.engine)
        guards = self._guards
        second_factors = SecondFactorDesk(shared.root, settings.authority_code, credentials, log, clock)
        sessions = SessionDesk(
            shared.engine, self._sessions, shared.accounts, self._mint, self._rules.sessions, log, clock
        )
        throttle = SignInThrottle(clock, per_second=settings.sign_ins_per_second)
        desk = SignInDesk(
            shared.accounts,
            vault,
            guards,
            second_factors,
            credentials,
            sessions,
            log,
            clock,
            shared.units,
            throttle,
        )
        passwords = PasswordDesk(self._rules.profile, vault, credentials, guards, log, clock, shared.accounts)
        tokens = self._token_desk(desk, sessions)
        activations = ActivationDesk(
            shared.engine, shared.accounts, shared.units, vault, passwords, credentials, guards, log, clock
        )
        return [
            sign_in_router(tokens, self._mint, settings.public_url),
            activation_router(ActivationDoor(tokens, activations, throttle, Coalescer(log), clock)),
            own_account_router(
                passwords, second_factors, sessions, shared.rejections, get_restricted, get_self
            ),
        ]

    def _token_desk(self, passwords: SignInDesk, sessions: SessionDesk) -> TokenDesk:
        shared, clock, log = self._shared, self._shared.clock, self._shared.log
        clients = ClientDesk(
            shared.accounts, AssertionStore(shared.engine), shared.settings.public_url, clock
        )
        longest = self._rules.sessions.longest
        asserted = AssertedSignInDesk(shared.accounts, shared.units, clients, sessions, longest, log, clock)
        return TokenDesk(clients, passwords, asserted, sessions, self._mint, log, clock)
