"""Where department administrators register client software and change what it may do; all on record."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.authentication import Caller
from app.accounts.client_changes import (
    ClientDone,
    CredentialRefusedError,
    Said,
    Work,
    credential_id_in,
    has_credential,
    is_client_id,
)
from app.accounts.client_facts import described, limits_described, state_word, version_number
from app.accounts.client_keys import KeyRefusedError, read_public_key
from app.accounts.client_list import ClientFilter, client_table
from app.accounts.client_rules import key_refusal, locks_out, vouching_refusal
from app.accounts.client_store import (
    NewClient,
    TooManySecretsError,
    add_certificate,
    add_key,
    add_secret,
    end_credential,
    is_registered,
    load_clients,
    register_client,
    rotate_secret,
    set_client_active,
    set_limits,
)
from app.accounts.clients import Client, CredentialKind, Ending, Limits, endings
from app.accounts.expiring import Expiring
from app.accounts.exports import ExportedTable
from app.accounts.refusals import Refusals
from app.accounts.store import Accounts
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView
from app.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, ProblemCode
from app.units.store import UnitRegister
from app.web.certificates import read_pem_certificate


class ClientAdministration:
    """Answers from the directory; each change names the version it was decided on."""

    def __init__(
        self,
        accounts: LiveView[Accounts],
        units: LiveView[UnitRegister],
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
        expiring: Callable[[], Expiring],
    ) -> None:
        """See by *accounts* and *units*, change through *changes*; *expiring* is what of old ways ends."""
        self._accounts = accounts
        self._units = units
        self._changes = changes
        self._refusals = refusals
        self._clock = clock
        self._expiring = expiring

    def chosen(self, wanted: ClientFilter) -> list[Client]:
        """Return the clients of a list, by id."""
        return wanted.chosen(self._accounts.current.clients)

    def page(self, wanted: ClientFilter, after: str | None, size: int) -> tuple[list[Client], bool]:
        """Return up to *size* of them whose ids come after *after*, and whether there are more."""
        following = [one for one in self.chosen(wanted) if after is None or one.client_id > after]
        return following[:size], len(following) > size

    def table(self, clients: list[Client]) -> ExportedTable:
        """Return clients as a table to export."""
        return client_table(clients, self._units.current)

    def ending_soon(self) -> tuple[list[Ending], Expiring]:
        """Return what ends within 30 days, or has ended; and what of old ways, as of the last hour."""
        return endings(self._accounts.current.clients.values(), self._clock.now()), self._expiring()

    def find(self, client_id: str) -> Client:
        """Return a client; NotFoundError."""
        client = self._accounts.current.clients.get(client_id)
        if client is None:
            raise NotFoundError(ProblemCode.CLIENT_UNKNOWN)
        return client

    async def add(self, caller: Caller, new: NewClient, *, with_secret: bool) -> ClientDone:
        """Register client software.

        Raises ConflictError(CLIENT_TAKEN), NotAllowedError(OPERATOR_NEEDED; on record), InvalidRequestError
        where its kind may not have this, the unit is none, or it is over already; AuditUnavailableError.
        """
        self._check_new(new)

        async def work(connection: AsyncConnection) -> Change[ClientDone]:
            if await is_registered(connection, new.client_id):
                raise ConflictError(ProblemCode.CLIENT_TAKEN)
            now = self._clock.now()
            await register_client(connection, new)
            secret = await add_secret(connection, new.client_id, now) if with_secret else None
            client = (await load_clients(connection))[new.client_id]
            said: dict[str, Value] = {"change": "added", "after": described(client, now)}
            facts = caller.facts() | {"changed_client_id": new.client_id} | said
            done = ClientDone(client, version_number(client), secret)
            return Change(done, RecordKind.CLIENT_ADDED, facts)

        async with self._refusals(caller, changed_client_id=new.client_id):
            if (code := vouching_refusal(frozenset(), new.chosen_grants())) is not None:
                raise NotAllowedError(code)
            return await self._changes.make(work)

    async def change_limits(self, caller: Caller, client_id: str, version: int, limits: Limits) -> ClientDone:
        """Change what a client may do and from where; raises as `_change`, InvalidRequestError."""

        async def work(connection: AsyncConnection, client: Client, now: datetime) -> Said:
            if not limits.suit(client.kind):
                raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/grants", "/procedures"))
            if (code := vouching_refusal(client.grants, limits.grants)) is not None:
                raise NotAllowedError(code)
            if caller.client.client_id == client_id and locks_out(caller, limits, now):
                raise NotAllowedError(ProblemCode.OWN_CLIENT)
            await set_limits(connection, client_id, limits)
            after = (await load_clients(connection))[client_id]
            if version_number(after) == version_number(client):
                raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
            before_said, after_said = limits_described(client), limits_described(after)
            return Said({"change": "limits", "before": before_said, "after": after_said})

        self._check_future(limits.expires_at)
        return await self._change(caller, client_id, version, work)

    async def set_active(
        self, caller: Caller, client_id: str, version: int, *, is_active: bool, reason: str | None = None
    ) -> ClientDone:
        """Suspend a client or lift its suspension; raises as `_change`."""

        async def work(connection: AsyncConnection, client: Client, _: datetime) -> Said:
            _refuse_own(caller, client_id)
            if client.is_active is is_active:
                raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
            await set_client_active(connection, client_id, is_active=is_active)
            facts: dict[str, Value] = {
                "change": "resumed" if is_active else "suspended",
                "before": state_word(is_active=client.is_active),
                "after": state_word(is_active=is_active),
            }
            return Said(facts | ({"reason": reason} if reason is not None else {}))

        return await self._change(caller, client_id, version, work)

    async def rotate(self, caller: Caller, client_id: str, version: int, overlap: timedelta) -> ClientDone:
        """Give a client a new secret; without overlap every older one ends at once.

        Raises as `_change`, and ConflictError(TOO_MANY_SECRETS).
        """

        async def work(connection: AsyncConnection, client: Client, now: datetime) -> Said:
            if not overlap:
                _refuse_own(caller, client_id)
            try:
                secret = await rotate_secret(connection, client_id, now, overlap or None)
            except TooManySecretsError:
                raise ConflictError(ProblemCode.TOO_MANY_SECRETS) from None
            after = (await load_clients(connection))[client_id]
            said = {"before": described(client, now), "after": described(after, now)}
            return Said({"change": "secret rotated", **said}, secret=secret)

        return await self._change(caller, client_id, version, work)

    async def add_key(
        self, caller: Caller, client_id: str, version: int, text: str, until: datetime | None
    ) -> ClientDone:
        """Register a public key; raises as `_change`, and CredentialRefusedError."""
        self._check_future(until)
        try:
            key = read_public_key(text)
        except KeyRefusedError as error:
            raise CredentialRefusedError(str(error)) from None

        async def work(connection: AsyncConnection, client: Client, now: datetime) -> Said:
            if (code := key_refusal(client)) is not None:
                raise NotAllowedError(code)
            kids = {one.key.kid for one in client.credentials if one.key is not None}
            if key.kid in kids or has_credential(client, CredentialKind.KEY, key.thumbprint):
                raise CredentialRefusedError("a key with this kid, or this very key, is registered already")
            credential_id = await add_key(connection, client_id, key, now, until)
            after = f"{credential_id} kid {key.kid} {key.algorithm}"
            return Said({"change": "key added", "after": after}, credential_id=credential_id)

        return await self._change(caller, client_id, version, work)

    async def add_certificate(
        self, caller: Caller, client_id: str, version: int, text: str, until: datetime | None
    ) -> ClientDone:
        """Register a certificate, which the client must show from now on; raises as `add_key`."""
        certificate = read_pem_certificate(text.encode())
        if certificate is None:
            raise CredentialRefusedError("this is no PEM certificate")
        end = min(certificate.not_after, until or certificate.not_after)
        self._check_future(end)

        async def work(connection: AsyncConnection, client: Client, now: datetime) -> Said:
            _refuse_own(caller, client_id)
            if has_credential(client, CredentialKind.CERTIFICATE, certificate.thumbprint):
                raise CredentialRefusedError("this certificate is registered already")
            credential_id = await add_certificate(connection, client_id, certificate.thumbprint, now, end)
            after = f"{credential_id} x5t#S256 {certificate.confirmation}"
            return Said({"change": "certificate added", "after": after}, credential_id=credential_id)

        return await self._change(caller, client_id, version, work)

    async def end_credential(
        self, caller: Caller, client_id: str, version: int, credential: str
    ) -> ClientDone:
        """End a secret, key or certificate at once; raises as `_change`."""

        async def work(connection: AsyncConnection, _: Client, now: datetime) -> Said:
            _refuse_own(caller, client_id)
            kind = None
            if (credential_id := credential_id_in(credential)) is not None:
                kind = await end_credential(connection, client_id, credential_id, now)
            if kind is None:
                raise NotFoundError(ProblemCode.CREDENTIAL_UNKNOWN)
            return Said({"change": f"{kind.value} ended", "before": str(credential_id)})

        return await self._change(caller, client_id, version, work)

    async def _change(self, caller: Caller, client_id: str, version: int, work: Work) -> ClientDone:
        """Do *work* on the held client, where the version and the rules allow it.

        Raises NotFoundError, NotAllowedError (OWN_CLIENT, OPERATOR_NEEDED; on record), ConflictError
        (VERSION_OUTDATED, NOTHING_TO_CHANGE) and AuditUnavailableError; nothing has changed then.
        """

        async def on_record(connection: AsyncConnection) -> Change[ClientDone]:
            if not is_client_id(client_id) or not await is_registered(connection, client_id):
                raise NotFoundError(ProblemCode.CLIENT_UNKNOWN)
            client = (await load_clients(connection))[client_id]
            if version_number(client) != version:
                raise ConflictError(ProblemCode.VERSION_OUTDATED)
            said = await work(connection, client, self._clock.now())
            after = (await load_clients(connection))[client_id]
            facts = caller.facts() | {"changed_client_id": client_id} | said.facts
            done = ClientDone(after, version_number(after), said.secret, said.credential_id)
            return Change(done, RecordKind.CLIENT_CHANGED, facts)

        async with self._refusals(caller, changed_client_id=client_id):
            return await self._changes.make(on_record)

    def _check_new(self, new: NewClient) -> None:
        if not new.is_consistent():
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/grants", "/procedures"))
        if new.unit_id is not None and self._units.current.find(new.unit_id) is None:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/unit_id",))
        self._check_future(new.expires_at)

    def _check_future(self, moment: datetime | None) -> None:
        if moment is not None and moment <= self._clock.now():
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/expires_at",))


def _refuse_own(caller: Caller, client_id: str) -> None:
    if caller.client.client_id == client_id:
        raise NotAllowedError(ProblemCode.OWN_CLIENT)
