"""`dancu clients …-compatible`: what software that calls like LGSP or VDXP proves itself with."""

from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.client_facts import instant
from app.accounts.client_store import is_registered
from app.accounts.compatible_credentials import (
    CompatibleCredential,
    CompatiblePolicy,
    CompatibleProfile,
    NewCompatible,
    add_compatible,
    compatible_described,
    end_compatible,
    load_compatible,
)
from app.accounts.compatible_desk import refuse_unsuitable
from app.accounts.compatible_routes import auth_header
from app.accounts.expiring import KeyStanding, standing_of
from app.accounts.lookup_key_list import KeyFilter, ListedKey, every_key
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.cli.console import done
from app.cli.recording import run_recorded
from app.cli.settings import read_settings
from app.cli.typed_values import ClientId, procedure_code_of
from app.cli.work import run
from app.clock import VIETNAM, SystemClock
from app.errors import ConfigurationError, GatewayError
from app.lookup.dossier import NoDossierReason
from app.serving_settings import serving_root_of

StandingOption = Annotated[
    KeyStanding | None,
    typer.Option(
        help="only those that stand so; ends_soon is within 30 days but not 7, ends_very_soon within 7"
    ),
]
_CHANGED = RecordKind.CLIENT_CHANGED


def add_compatible_credential(
    client_id: ClientId,
    profile: Annotated[CompatibleProfile, typer.Option(help="how it proves itself")],
    name: Annotated[
        str | None, typer.Option(help="an AccessKey or user to keep; else one is made up")
    ] = None,
    signed_address: Annotated[
        list[str] | None,
        typer.Option(help="vdxp: the address its software hashes, as it is configured there"),
    ] = None,
    procedure_without_code: Annotated[
        str | None, typer.Option(help="what calls count for whose MaDVC is empty or VPCP; else refused")
    ] = None,
    no_dossier_reason: Annotated[
        NoDossierReason | None, typer.Option(help="what stands for a call without a dossier; else refused")
    ] = None,
    repeats_request_ids: Annotated[
        bool, typer.Option("--repeats-request-ids", help="its MaYeuCau come again by themselves")
    ] = False,
    expires_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="last day it counts, such as 2027-06-30")
    ] = None,
) -> None:
    """Let client software call like LGSP or VDXP, and print its secret, once (docs/compat.md)."""
    root = serving_root_of(read_settings()[0])
    if root is None:
        raise ConfigurationError("DANCU_ROOT_KEY (or DANCU_ROOT_KEY_FILE) is not set")
    code = procedure_code_of(procedure_without_code) if procedure_without_code else None
    reason = no_dossier_reason.value if no_dossier_reason else None
    policy = CompatiblePolicy(code, reason, repeats_request_ids)
    new = NewCompatible(profile, name, policy, tuple(signed_address or ()), _end_of(expires_on))

    async def work(connection: AsyncConnection) -> Change[tuple[CompatibleCredential, str]]:
        await _hold(connection, client_id)
        try:
            await refuse_unsuitable(connection, client_id, new)
        except GatewayError:
            raise ConfigurationError(f"{client_id} is technical, or the name {name} is taken") from None
        made, secret = await add_compatible(connection, root, client_id, new, SystemClock().now())
        facts = {"change": "compatible credential added", "after": compatible_described(made)}
        return Change((made, secret), _CHANGED, {"changed_client_id": client_id, **facts})

    made, secret = run_recorded(work)
    auth = auth_header(made, secret)
    shown = f"; header Auth: {auth}" if auth else ""
    done(f"client {client_id}: {compatible_described(made)}; secret: {secret}{shown}")


def end_compatible_credential(
    client_id: ClientId,
    credential_id: Annotated[UUID, typer.Argument(help="the credential's id, as `list-compatible` names it")],
) -> None:
    """End such a credential at once; `list-compatible` names them."""

    async def work(connection: AsyncConnection) -> Change[None]:
        await _hold(connection, client_id)
        if not await end_compatible(connection, client_id, credential_id, SystemClock().now()):
            raise ConfigurationError(f"there is no such credential {credential_id} of {client_id}")
        facts = {"change": "compatible credential ended", "before": str(credential_id)}
        return Change(None, _CHANGED, {"changed_client_id": client_id, **facts})

    run_recorded(work)
    done(f"client {client_id}: credential {credential_id} ended")


def list_compatible_credentials(standing: StandingOption = None) -> None:
    """Print what software proves itself with where it calls like LGSP or VDXP; never a secret."""
    now = SystemClock().now()
    for one in run(load_compatible):
        stands = standing_of(one.expires_at, now)
        if standing in {None, stands}:
            ends = f"ends {instant(one.expires_at)} ({stands.value})"
            done(f"{one.client_id}: {compatible_described(one)}, {ends}")


def list_lookup_keys(standing: StandingOption = None) -> None:
    """Print officers' lookup-only keys, what ends first before all others; never a secret."""
    now = SystemClock().now()

    async def read(connection: AsyncConnection) -> list[ListedKey]:
        return [one async for one in every_key(connection, KeyFilter(None, standing), now)]

    for one in run(read):
        stands = standing_of(one.expires_at, now).value
        done(f"{one.login_name}: {one.name} for {one.client_id}, ends {instant(one.expires_at)} ({stands})")


async def _hold(connection: AsyncConnection, client_id: str) -> None:
    if not await is_registered(connection, client_id):
        raise ConfigurationError(f"there is no client {client_id}")


def _end_of(day: datetime | None) -> datetime | None:
    if day is None:
        return None
    end = datetime.combine(day.date() + timedelta(days=1), time(), tzinfo=VIETNAM)
    if end <= SystemClock().now():
        raise ConfigurationError("that day is over")
    return end
