"""`dancu officers unlock | reset-second-factor`: what an operator asks for and an administrator decides."""

from typing import Annotated, Final
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.administration import Action
from app.accounts.approvals import Approval, add_approval
from app.accounts.guarding import ADDRESS_RULES, GUARDS_KEY, SignInGuards
from app.accounts.lockout import LockRules
from app.accounts.reasons import parse_reason
from app.accounts.resets import has_second_factor, pending_reset
from app.accounts.sign_in import login_name_of
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.cli.console import done
from app.cli.officers import officer_id_of
from app.cli.operator import operator_name
from app.cli.recording import run_recorded
from app.cli.settings import read_settings
from app.cli.typed_values import LoginName
from app.clock import SystemClock
from app.errors import ConfigurationError
from app.serving_settings import serving_root_of

Reason = Annotated[str, typer.Option(help="why; no citizens' data")]
_NOTHING: Final = "nothing to change, no request was made: "


def officers_unlock(login_name: LoginName, reason: Reason) -> None:
    """Ask for an officer's lock to be taken off; it happens where one administrator approves."""
    _ask_for(Action.UNLOCK, login_name, reason)


def officers_reset_second_factor(login_name: LoginName, reason: Reason) -> None:
    """Ask for an officer's second factor to be taken off; it happens where one administrator approves."""
    _ask_for(Action.RESET_SECOND_FACTOR, login_name, reason)


def _ask_for(action: Action, login_name: str, reason: str) -> None:
    name, root = login_name_of(login_name), serving_root_of(read_settings()[0])
    try:
        why = parse_reason(reason)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    if root is None:
        raise ConfigurationError("DANCU_ROOT_KEY (or DANCU_ROOT_KEY_FILE) is not set")

    async def work(connection: AsyncConnection) -> Change[Approval]:
        officer_id = await officer_id_of(connection, name)
        if action is Action.UNLOCK:
            await _refuse_unlocked(connection, root, name)
        else:
            await _refuse_without_factor(connection, officer_id, name)
        now = SystemClock().now()
        approval = Approval.new(action, officer_id, why, now, operator=operator_name())
        await add_approval(connection, approval)
        return Change(approval, RecordKind.APPROVAL_REQUESTED, approval.requested_facts())

    approval = run_recorded(work)
    done(f"request {approval.approval_id}: an administrator decides within 24 hours (POST /v1/approvals/…)")


async def _refuse_unlocked(connection: AsyncConnection, root: RootKey, name: str) -> None:
    key = root.derive(GUARDS_KEY)
    guards = SignInGuards(connection.engine, key, SystemClock(), LockRules(), ADDRESS_RULES)
    if await guards.locked_until(connection, name) is None:
        raise ConfigurationError(f"{_NOTHING}the account {name} is not locked")


async def _refuse_without_factor(connection: AsyncConnection, officer_id: UUID, name: str) -> None:
    if not await has_second_factor(connection, officer_id):
        raise ConfigurationError(f"{_NOTHING}{name} has no second factor")
    if await pending_reset(connection, officer_id) is not None:
        raise ConfigurationError(f"{_NOTHING}a reset of {name}'s second factor is under way already")
