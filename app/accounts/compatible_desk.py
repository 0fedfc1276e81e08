"""Where the department makes and ends credentials of software that calls in the old way; on record."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.authentication import Caller
from app.accounts.client_changes import CredentialRefusedError, is_client_id
from app.accounts.client_store import is_registered, load_clients
from app.accounts.clients import ClientKind
from app.accounts.compatible_credentials import (
    CompatibleCredential,
    NewCompatible,
    add_compatible,
    compatible_described,
    end_compatible,
    is_name_taken,
    load_compatible,
)
from app.accounts.expiring import KeyStanding, standing_of
from app.accounts.refusals import Refusals
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.audit.sealing import RootKey
from app.clock import Clock
from app.errors import ConflictError, InvalidRequestError, NotFoundError, ProblemCode


class CompatibleDesk:
    """A secret is shown once; software whose last credential has ended can call in the old way no more."""

    def __init__(
        self, engine: AsyncEngine, root: RootKey, changes: ChangeLog, refusals: Refusals, clock: Clock
    ) -> None:
        """Wrap what must be recovered under *root*, change through *changes*."""
        self._engine = engine
        self._root = root
        self._changes = changes
        self._refusals = refusals
        self._clock = clock

    async def of_client(self, client_id: str) -> list[CompatibleCredential]:
        """Return a client's credentials that nobody has ended; NotFoundError(CLIENT_UNKNOWN)."""
        async with self._engine.connect() as connection:
            if client_id not in await load_clients(connection):
                raise NotFoundError(ProblemCode.CLIENT_UNKNOWN)
            return await load_compatible(connection, client_id)

    def standing(self, credential: CompatibleCredential) -> KeyStanding:
        """Return how a credential stands now."""
        return standing_of(credential.expires_at, self._clock.now())

    async def add(
        self, caller: Caller, client_id: str, new: NewCompatible
    ) -> tuple[CompatibleCredential, str]:
        """Register a credential and return it with its secret, which is shown this once.

        Raises NotFoundError(CLIENT_UNKNOWN), InvalidRequestError and AuditUnavailableError.
        """
        if new.expires_at is not None and new.expires_at <= self._clock.now():
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/expires_at",))

        async def work(connection: AsyncConnection) -> Change[tuple[CompatibleCredential, str]]:
            await _hold(connection, client_id)
            await refuse_unsuitable(connection, client_id, new)
            made, secret = await add_compatible(connection, self._root, client_id, new, self._clock.now())
            said: dict[str, Value] = {
                "change": "compatible credential added",
                "after": compatible_described(made),
            }
            facts = caller.facts() | {"changed_client_id": client_id} | said
            return Change((made, secret), RecordKind.CLIENT_CHANGED, facts)

        async with self._refusals(caller, changed_client_id=client_id):
            return await self._changes.make(work)

    async def end(self, caller: Caller, client_id: str, credential_id: UUID) -> None:
        """End a credential at once; NotFoundError, AuditUnavailableError."""

        async def work(connection: AsyncConnection) -> Change[None]:
            await _hold(connection, client_id)
            if not await end_compatible(connection, client_id, credential_id, self._clock.now()):
                raise NotFoundError(ProblemCode.CREDENTIAL_UNKNOWN)
            said: dict[str, Value] = {"change": "compatible credential ended", "before": str(credential_id)}
            facts = caller.facts() | {"changed_client_id": client_id} | said
            return Change(None, RecordKind.CLIENT_CHANGED, facts)

        async with self._refusals(caller, changed_client_id=client_id):
            await self._changes.make(work)


async def refuse_unsuitable(connection: AsyncConnection, client_id: str, new: NewCompatible) -> None:
    """Raise CredentialRefusedError, or ConflictError(CLIENT_TAKEN), where a client may not have *new*."""
    if (await load_clients(connection))[client_id].kind is not ClientKind.SERVICE:
        raise CredentialRefusedError("software that speaks for itself looks nobody up")
    if new.name is not None and await is_name_taken(connection, new.name):
        raise ConflictError(ProblemCode.CLIENT_TAKEN)


async def _hold(connection: AsyncConnection, client_id: str) -> None:
    if not is_client_id(client_id) or not await is_registered(connection, client_id):
        raise NotFoundError(ProblemCode.CLIENT_UNKNOWN)
