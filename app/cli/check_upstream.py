"""`dancu check upstream`: every road to the national side, step by step; and `dancu check` beside it."""

import asyncio
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.diagnosis import Diagnosis
from app.audit.changes import Change
from app.audit.record import RecordKind, Value
from app.cli.check import check
from app.cli.console import out
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.cli.trouble import MENDABLE
from app.clock import SystemClock
from app.errors import AuditUnavailableError
from app.lookup.road_check_desk import asked_facts, asked_subject, checked_facts
from app.lookup.road_check_routes import CheckedStep, said
from app.lookup.road_check_texts import STEP_TEXTS
from app.lookup.road_checks import RoadReport, Step
from app.lookup.source import SourceRequest
from app.settings import Settings, UpstreamSettings

commands = typer.Typer(help="Whether this gateway could serve.", invoke_without_command=True)
_MARKS: Final = {"passed": "[green]ok  [/green]", "warned": "[yellow]note[/yellow]",
                 "failed": "[red]FAIL[/red]", "skipped": "[dim]–   [/dim]"}  # fmt: skip


@commands.callback()
def check_all(context: typer.Context) -> None:
    """Say what works and what does not: settings, database, evidence, keys, national side, clock."""
    if context.invoked_subcommand is None:
        check()


@commands.command("upstream")
def check_upstream(
    *, as_json: Annotated[bool, typer.Option("--json", help="for programs: the API's answer")] = False
) -> None:
    """Try every road to the national side; asks nobody but an agreed test person. Exit code 1: one fails."""
    settings, _ = read_settings()
    reports = asyncio.run(_run(settings))
    answer = said(reports)
    if as_json:
        print(answer.model_dump_json(indent=2))
    else:
        for road in answer.roads:
            out.print(f"{road.road} ({road.host})", markup=False, highlight=False)
            for step in road.steps:
                out.print(f"{_MARKS[step.verdict]} ", end="")
                out.print(_line(step), markup=False, highlight=False, soft_wrap=True)
    if not answer.ok:
        raise typer.Exit(1)


async def _run(settings: Settings) -> list[RoadReport]:
    return [await _one(settings, upstream) for upstream in settings.upstreams]


async def _one(settings: Settings, upstream: UpstreamSettings) -> RoadReport:
    asked: list[SourceRequest] = []

    async def note(road: str, request: SourceRequest) -> None:
        try:
            facts = asked_facts(road, request)
            await _record(settings, RecordKind.UPSTREAM_CHECK_ASKED, facts, asked_subject(request))
        except MENDABLE:
            # The road is what is looked into here; why nothing can be recorded, `dancu check` says.
            raise AuditUnavailableError from None
        asked.append(request)

    report = await Diagnosis(upstream, SystemClock()).run(note)
    if asked:
        facts = checked_facts(report) | {"national_request_id": asked[0].request_id}
        await _record(settings, RecordKind.UPSTREAM_CHECKED, facts)
    return report


async def _record(
    settings: Settings, kind: RecordKind, facts: dict[str, Value], subject: bytes | None = None
) -> None:
    async def work(_: AsyncConnection) -> Change[None]:
        return Change(None, kind, facts, subject=subject)

    await make_recorded(settings, work)


def _line(step: CheckedStep) -> str:
    texts = STEP_TEXTS[Step(step.step)]
    told = " ".join(f"{name}={value}" for name, value in step.details.items())
    parts = [f"{texts['vi']} | {texts['en']}: {step.meaning.vi} | {step.meaning.en}"]
    parts += [f"({told})"] if told else []
    parts += [f"→ {step.help.vi} | {step.help.en}"] if step.help.vi and step.verdict != "skipped" else []
    return " ".join([*parts, f"[{step.duration_ms} ms]"])
