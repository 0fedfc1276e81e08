"""`dancu clients`: client software and what it proves itself with, for whoever runs the server."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.client_facts import described, limits_described, state_word
from app.accounts.client_keys import KeyRefusedError, read_public_key
from app.accounts.client_list import ClientFilter, client_table
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
from app.accounts.clients import Client, ClientKind, CredentialKind, GrantType, Limits, endings
from app.accounts.exports import Conditions, ExportedTable, ListName
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.cli.client_texts import details, ending_text
from app.cli.console import done
from app.cli.exporting import NewFile, export_to
from app.cli.inputs import today, unit_id_of, worded
from app.cli.recording import run_recorded
from app.cli.typed_values import ClientId, networks_of, new_client_id, procedure_code_of
from app.cli.work import run
from app.clock import VIETNAM, SystemClock
from app.errors import ConfigurationError
from app.units.store import load_units
from app.web.certificates import read_pem_certificate

commands = typer.Typer(help="Client software and its credentials.", no_args_is_help=True)

_OVERLAP: Final = re.compile(r"([1-9][0-9]{0,2})([dh])")
_STATES: Final = {"suspended": "is suspended", "resumed": "is active"}
_LONGEST_OVERLAP: Final = timedelta(days=90)

CredentialId = Annotated[UUID, typer.Argument(help="the credential's id, as `show` names it")]
LastDay = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="last day it counts, such as 2027-06-30")
]


@dataclass(frozen=True, slots=True)
class ClientChange:
    """What a command has changed; `shown_once` is for the operator and for no record."""

    client_id: str
    change: str
    before: str = ""
    after: str = ""
    shown_once: str | None = field(default=None, repr=False)


FromAnywhere = Annotated[
    bool,
    typer.Option("--from-anywhere", help="it may call from every address: allow 0.0.0.0/0 and ::/0"),
]


@commands.command("add")
def clients_add(
    client_id: Annotated[str, typer.Argument(help="its id: 2 to 63 of a-z, 0-9, hyphen")],
    name: Annotated[str, typer.Argument(help="what people call it")],
    network: Annotated[list[str], typer.Option(help="address block it may call from, such as 10.1.0.0/16")],
    kind: Annotated[ClientKind, typer.Option(help="whom it speaks for")] = ClientKind.SERVICE,
    grant: Annotated[
        list[GrantType] | None, typer.Option(help="a way to a token; password, or client_credentials")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="agency code of the unit whose officers alone it serves")
    ] = None,
    procedure: Annotated[list[str] | None, typer.Option(help="a procedure it may use; all")] = None,
    expires_on: LastDay = None,
    without_secret: Annotated[
        bool, typer.Option("--without-secret", help="it will sign with a key (add-key)")
    ] = False,
    from_anywhere: FromAnywhere = False,
) -> None:
    """Register client software and print its secret, once."""
    networks = networks_of(network, from_anywhere=from_anywhere)
    new_id = new_client_id(client_id)

    async def work(connection: AsyncConnection) -> ClientChange:
        new = NewClient(
            client_id=new_id,
            name=worded(name),
            networks=networks,
            kind=kind,
            grants=frozenset(grant) if grant else None,
            unit_id=await unit_id_of(connection, unit) if unit is not None else None,
            procedures=frozenset(map(procedure_code_of, procedure)) if procedure else None,
            expires_at=_end_of(expires_on),
        )
        if not new.is_consistent():
            raise ConfigurationError(f"a {kind.value} client may not have these grants or procedures")
        await register_client(connection, new)
        moment = SystemClock().now()
        secret = None if without_secret else await add_secret(connection, client_id, moment)
        after = described(await _client(connection, client_id), moment)
        return ClientChange(client_id, "added", after=after, shown_once=secret)

    _change(work)


@commands.command("rotate")
def clients_rotate(
    client_id: ClientId,
    overlap: Annotated[
        str, typer.Option(help="how long the old secret still counts, such as 7d or 12h")
    ] = "7d",
    now: Annotated[bool, typer.Option("--now", help="end every older secret at once")] = False,
) -> None:
    """Give a client a new secret and print it, once; the old one ends after the overlap."""
    lasting = None if now else _duration(overlap)

    async def work(connection: AsyncConnection) -> ClientChange:
        moment = SystemClock().now()
        before = described(await _client(connection, client_id), moment)
        try:
            secret = await rotate_secret(connection, client_id, moment, lasting)
        except TooManySecretsError:
            raise ConfigurationError(
                f"{client_id} has two valid secrets already; end one of them first, or all with --now"
            ) from None
        after = described(await _client(connection, client_id), moment)
        return ClientChange(client_id, "secret rotated", before, after, secret)

    _change(work)


@commands.command("add-key")
def clients_add_key(
    client_id: ClientId,
    file: Annotated[Path, typer.Argument(help="its public key: a JWK or PEM (P-256, or RSA from 2048 bits)")],
    expires_on: LastDay = None,
) -> None:
    """Register a public key that the client signs assertions with."""

    async def work(connection: AsyncConnection) -> ClientChange:
        await _client(connection, client_id)
        try:
            key = read_public_key(file.read_text(encoding="utf-8"))
        except KeyRefusedError as error:
            raise ConfigurationError(str(error)) from None
        except UnicodeDecodeError:
            raise ConfigurationError("this is neither a JWK nor a PEM public key") from None
        now = SystemClock().now()
        credential_id = await add_key(connection, client_id, key, now, _end_of(expires_on))
        return ClientChange(client_id, "key added", after=f"{credential_id} kid {key.kid} {key.algorithm}")

    _change(work)


@commands.command("add-certificate")
def clients_add_certificate(
    client_id: ClientId,
    file: Annotated[Path, typer.Argument(help="its certificate, PEM")],
    expires_on: LastDay = None,
) -> None:
    """Register a certificate; from now on the client must show one of its certificates at every call."""

    async def work(connection: AsyncConnection) -> ClientChange:
        await _client(connection, client_id)
        certificate, now = read_pem_certificate(file.read_bytes()), SystemClock().now()
        if certificate is None:
            raise ConfigurationError("this is no PEM certificate")
        until = min(certificate.not_after, _end_of(expires_on) or certificate.not_after)
        if until <= now:
            raise ConfigurationError("this certificate is over")
        credential_id = await add_certificate(connection, client_id, certificate.thumbprint, now, until)
        return ClientChange(
            client_id, "certificate added", after=f"{credential_id} x5t#S256 {certificate.confirmation}"
        )

    _change(work)


@commands.command("end-credential")
def clients_end_credential(client_id: ClientId, credential_id: CredentialId) -> None:
    """End a secret, key or certificate at once; `show` names them."""

    async def work(connection: AsyncConnection) -> ClientChange:
        await _client(connection, client_id)
        kind = await end_credential(connection, client_id, credential_id, SystemClock().now())
        if kind is None:
            raise ConfigurationError(f"there is no credential {credential_id} of {client_id}")
        left = await _client(connection, client_id)
        is_freed = kind is CredentialKind.CERTIFICATE and not left.needs_certificate
        change = f"{kind.value} ended" + ("; it needs no certificate any more" if is_freed else "")
        return ClientChange(client_id, change, before=str(credential_id))

    _change(work)


@commands.command("suspend")
def clients_suspend(client_id: ClientId) -> None:
    """Suspend client software; every gateway process refuses it within a second."""
    _switch(client_id, is_active=False)


@commands.command("resume")
def clients_resume(client_id: ClientId) -> None:
    """Lift a client's suspension."""
    _switch(client_id, is_active=True)


@commands.command("change")
def clients_change(
    client_id: ClientId,
    network: Annotated[
        list[str] | None, typer.Option(help="address block it may call from; those of before end")
    ] = None,
    grant: Annotated[
        list[GrantType] | None, typer.Option(help="a way to a token; those of before end")
    ] = None,
    procedure: Annotated[
        list[str] | None, typer.Option(help="a procedure it may use; those of before end")
    ] = None,
    every_procedure: Annotated[
        bool, typer.Option("--every-procedure", help="it may use every procedure")
    ] = False,
    expires_on: LastDay = None,
    never_expires: Annotated[bool, typer.Option("--never-expires", help="it has no last day")] = False,
    from_anywhere: FromAnywhere = False,
) -> None:
    """Change what client software may do; what is not named stays."""
    if (procedure and every_procedure) or (expires_on is not None and never_expires):
        raise ConfigurationError("give procedures or --every-procedure, a last day or --never-expires")
    blocks = networks_of(network, from_anywhere=from_anywhere) if network else []

    async def work(connection: AsyncConnection) -> ClientChange:
        before = await _client(connection, client_id)
        codes = frozenset(map(procedure_code_of, procedure)) if procedure else before.procedures
        limits = Limits(
            networks=tuple(blocks) or tuple(map(str, before.networks)),
            grants=frozenset(grant) if grant else before.grants,
            procedures=None if every_procedure else codes,
            expires_at=None if never_expires else _end_of(expires_on) or before.expires_at,
        )
        if not limits.suit(before.kind):
            raise ConfigurationError(f"a {before.kind.value} client may not have these grants or procedures")
        await set_limits(connection, client_id, limits)
        after = await _client(connection, client_id)
        return ClientChange(client_id, "changed", limits_described(before), limits_described(after))

    _change(work)


@commands.command("list")
def clients_list() -> None:
    """Print every client, and what of it ends within 30 days."""
    now = SystemClock().now()
    for client in run(load_clients).values():
        done(f"{client.client_id}: {described(client, now)}")
        for ending in endings([client], now):
            done(f"  attention: {ending_text(ending, now)}")


@commands.command("export")
def clients_export(file: NewFile) -> None:
    """Write every client to a new file (.xlsx or .csv); nothing of secrets."""

    async def read(connection: AsyncConnection) -> tuple[ExportedTable, Conditions]:
        clients = ClientFilter().chosen(await load_clients(connection))
        return client_table(clients, await load_units(connection, today())), {}

    done(f"{export_to(file, ListName.CLIENTS, read)} clients written to {file}")


@commands.command("show")
def clients_show(client_id: ClientId) -> None:
    """Print one client with its credentials; secrets are never shown again."""

    async def work(connection: AsyncConnection) -> Client:
        return await _client(connection, client_id)

    client, now = run(work), SystemClock().now()
    for line in details(client, now):
        done(line)


def _change(work: Callable[[AsyncConnection], Awaitable[ClientChange]]) -> None:
    """Do *work* in one transaction with its record, and say what it changed."""

    async def recorded(connection: AsyncConnection) -> Change[ClientChange]:
        made = await work(connection)
        kind = RecordKind.CLIENT_ADDED if made.change == "added" else RecordKind.CLIENT_CHANGED
        facts = {"change": made.change, "before": made.before, "after": made.after}
        said = {name: text for name, text in facts.items() if text}
        return Change(made, kind, {"changed_client_id": made.client_id, **said})

    change = run_recorded(recorded)
    shown = f"; secret: {change.shown_once}" if change.shown_once else ""
    named = f" ({change.after})" if change.change.endswith("added") and change.change != "added" else ""
    said = _STATES.get(change.change, change.change)
    done(f"client {change.client_id} {said}{named}{shown}")


def _switch(client_id: str, *, is_active: bool) -> None:
    async def work(connection: AsyncConnection) -> ClientChange:
        before = await _client(connection, client_id)
        await set_client_active(connection, client_id, is_active=is_active)
        state = state_word(is_active=is_active)
        change = "resumed" if is_active else "suspended"
        return ClientChange(client_id, change, state_word(is_active=before.is_active), state)

    _change(work)


async def _client(connection: AsyncConnection, client_id: str) -> Client:
    """Return the client, held until the transaction ends; ConfigurationError where there is none."""
    if not await is_registered(connection, client_id):
        raise ConfigurationError(f"there is no client {client_id}")
    return (await load_clients(connection))[client_id]


def _end_of(day: datetime | None) -> datetime | None:
    """Return the end of a day in Vietnam; ConfigurationError where it is over."""
    if day is None:
        return None
    end = datetime.combine(day.date() + timedelta(days=1), time(), tzinfo=VIETNAM)
    if end <= SystemClock().now():
        raise ConfigurationError("that day is over")
    return end


def _duration(text: str) -> timedelta:
    match = _OVERLAP.fullmatch(text)
    if match is None:
        raise ConfigurationError("an overlap is written as days or hours, such as 7d or 12h")
    lasting = timedelta(**{"days" if match[2] == "d" else "hours": int(match[1])})
    if lasting > _LONGEST_OVERLAP:
        raise ConfigurationError(f"an overlap lasts at most {_LONGEST_OVERLAP.days} days")
    return lasting
