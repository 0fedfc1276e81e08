"""`dancu officers codes`: activation codes for a unit, as sealed slips and a handover record on paper."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.activation import Batch, HandoverFault, HandoverRefusedError, IssuedCodes, issue_codes
from app.accounts.handover_papers import Heading, record_of, slips_of
from app.accounts.handover_store import HandoverView, find_handover, named_officers, not_activated
from app.accounts.posting_plan import Document
from app.accounts.sign_in import login_name_of
from app.audit.changes import Change, Event
from app.cli.console import done
from app.cli.inputs import today, unit_id_of, worded
from app.cli.life_words import document_number, told
from app.cli.officers import officer_id_of
from app.cli.recording import run_recorded
from app.cli.settings import read_settings
from app.clock import SystemClock, local_day
from app.errors import ConfigurationError
from app.units.store import load_units

_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class _Issued:
    codes: IssuedCodes = field(repr=False)
    batch: Batch
    handover: HandoverView
    unit_name: str


def officers_codes(
    unit: Annotated[str, typer.Argument(help="the unit's agency code")],
    directory: Annotated[Path, typer.Option("--into", help="directory for both PDF files")],
    authority: Annotated[str, typer.Option(help="the authority's name at the top of the papers")],
    officer: Annotated[
        list[str] | None,
        typer.Option(help="login name of an officer of the unit; without it all not activated yet"),
    ] = None,
    document: Annotated[str | None, typer.Option(help="number of the letter behind it")] = None,
) -> None:
    """Issue activation codes and write slips and handover record; only the owner of the files reads them."""
    settings, _ = read_settings()
    if not settings.activation_url and "public_url" not in settings.model_fields_set:
        raise ConfigurationError(
            "DANCU_ACTIVATION_URL or DANCU_PUBLIC_URL is needed: every slip names where officers activate"
        )
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is no directory")
    letter = Document(document_number(document)) if document is not None else None
    lasts = timedelta(days=settings.activation_code_days)

    async def work(connection: AsyncConnection) -> Change[_Issued]:
        issued = await _issue(connection, unit, officer or [], letter, lasts)
        events = [Event(one.kind, one.leaf()) for one in issued.codes.facts]
        return Change(issued, events[0].kind, events[0].facts, events[1:])

    with told():
        issued = run_recorded(work)
    heading, batch_id = Heading(worded(authority)), issued.codes.batch_id
    draw = slips_of(
        batch_id,
        issued.codes.codes,
        issued.handover.holders,
        issued.unit_name,
        issued.batch.expires_at,
        heading,
        settings.activation_url or settings.public_url,
    )
    slips = _write(directory / f"phieu-{batch_id}.pdf", draw())
    record = _write(
        directory / f"bien-ban-{batch_id}.pdf", record_of(issued.handover, issued.unit_name, heading)()
    )
    done(f"handover {batch_id}: {len(issued.handover.holders)} slips in {slips}, the record in {record}")


async def _issue(
    connection: AsyncConnection,
    unit: str,
    login_names: list[str],
    letter: Document | None,
    lasts: timedelta,
) -> _Issued:
    now, unit_id = SystemClock().now(), await unit_id_of(connection, unit)
    if login_names:
        ids = [await officer_id_of(connection, login_name_of(name)) for name in sorted(login_names)]
        holders = await named_officers(connection, ids, local_day(now))
    else:
        holders = await not_activated(connection, unit_id, local_day(now))
    if not holders:
        raise HandoverRefusedError(HandoverFault.NOBODY)
    elsewhere = [one.officer.login_name for one in holders if one.officer.unit_id != unit_id]
    if elsewhere:
        raise ConfigurationError(f"not posted to {unit}: {', '.join(elsewhere)}")
    batch = Batch(unit_id, [one.officer.officer_id for one in holders], now, now + lasts, None, letter)
    codes = await issue_codes(connection, batch)
    handover = await find_handover(connection, codes.batch_id, today())
    found = (await load_units(connection, today())).find(unit_id)
    return _Issued(codes, batch, handover, found.name if found else unit)


def _write(path: Path, content: bytes) -> Path:
    """Write a new file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file:
        file.write(content)
    return path
