"""`dancu audit reconcile`: the national side's own log against our records, by MaYeuCau."""

import asyncio
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.record import RecordKind, Value
from app.auditing.reconciliation import reconcile as compared
from app.auditing.reconciliation_reading import NationalLog
from app.auditing.reconciliation_records import Taken, take_records
from app.auditing.reconciliation_report import Report, ReportFormat, local_iso
from app.auditing.reconciliation_spill import Spill, open_spill
from app.auditing.reconciliation_texts import FAULT_TEXTS, KIND_TEXTS, local_time, summary_lines
from app.auditing.reconciliation_times import read_instant
from app.auditing.reconciliation_values import MILLISECONDS, Finding, Period, Rules
from app.cli.auditing import auditing_connection
from app.cli.console import done, err
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.settings import Settings

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN: Final = 20
_LONGEST_UNASKED_DAYS: Final = 93
_DAY_MILLISECONDS: Final = 86_400 * MILLISECONDS


@dataclass(frozen=True, slots=True)
class _Wanted:
    file: Path
    starts: int | None
    ends: int | None

    def period(self, span: tuple[int, int] | None) -> Period:
        """Return the period: as asked, else that of the log's rows; ConfigurationError for none."""
        if span is None and (self.starts is None or self.ends is None):
            raise ConfigurationError("no row of the log has a time; name --from and --to")
        first, last = span or (0, 0)
        start = first if self.starts is None else self.starts
        end = last + 1 if self.ends is None else self.ends
        if start >= end:
            raise ConfigurationError(f"{local_time(start)} does not lie before {local_time(end)}")
        is_asked = self.starts is not None and self.ends is not None
        if not is_asked and end - start > _LONGEST_UNASKED_DAYS * _DAY_MILLISECONDS:
            raise ConfigurationError(
                f"the log's rows are of {local_time(start)} to {local_time(end)}: name --from and --to"
            )
        return Period(start, end)


def reconcile(
    file: Annotated[Path, typer.Argument(help="the national side's access log, CSV")],
    starts: Annotated[
        str | None, typer.Option("--from", help="a day or time (+07:00); by default the log's first row")
    ] = None,
    ends: Annotated[
        str | None, typer.Option("--to", help="the day or time after the last one; by default the log's end")
    ] = None,
    tolerance: Annotated[int, typer.Option(min=1, max=86_400, help="seconds by which times may differ")] = 60,
    out: Annotated[Path | None, typer.Option(help="write the report here: .xlsx, .csv or .json")] = None,
    shared_code: Annotated[
        list[str] | None, typer.Option(help="a MaCanBo or account that is no single officer's; repeatable")
    ] = None,
) -> None:
    """Find looks without a record and records without a look; exit code 0 none, 1 some, 2 could not."""
    settings, _ = read_settings()
    report_format = _format_of(out) if out is not None else None
    wanted = _Wanted(file, _instant(starts, "--from"), _instant(ends, "--to"))
    with open_spill() as spill:
        report = asyncio.run(_reconcile(settings, wanted, spill, tolerance, frozenset(shared_code or ())))
        if report_format is not None and out is not None:
            report.check(report_format)
        asyncio.run(_record(settings, report))
        if report_format is not None and out is not None:
            _write(report, out, report_format)
        _tell(report)
    if not report.totals.is_clean:
        raise typer.Exit(1)


async def _reconcile(
    settings: Settings, wanted: _Wanted, spill: Spill, tolerance: int, shared_codes: frozenset[str]
) -> Report:
    """Return what both sides together come to; `spill` holds it."""
    connection = await auditing_connection(settings)
    try:
        with Progress(console=err, disable=not err.is_terminal) as bar:
            log = _read_log(wanted.file, spill, bar)
            period = wanted.period(spill.span())
            rules = Rules(
                period, tolerance * MILLISECONDS, frozenset(each.strip().casefold() for each in shared_codes)
            )
            taken, reading = Taken(), bar.add_task("nhật ký | records", total=None)
            async for taken in take_records(connection, spill, period):
                bar.update(reading, completed=taken.records)
            comparing = bar.add_task("đối soát | comparing", total=max(taken.records, spill.count("look")))
            totals = compared(
                spill,
                rules,
                unreadable_records=taken.unreadable,
                progress=lambda count: bar.update(comparing, completed=count),
            )
    finally:
        connection.terminate()
    return Report(wanted.file.name, log.digest, totals, spill)


def _read_log(file: Path, spill: Spill, bar: Progress) -> NationalLog:
    log = NationalLog(file)
    task = bar.add_task("tệp | file", total=log.size)
    for _ in spill.take_rows(log.rows()):
        bar.update(task, completed=log.bytes_read)
    return log


async def _record(settings: Settings, report: Report) -> None:
    """Put on record that this was compared, before anybody sees what came of it."""
    counts = " ".join(f"{name}={count}" for name, count in report.totals.said.items())
    facts: dict[str, Value] = {
        "reconciled_file": report.file_digest,
        "reconciled_counts": counts,
        "searched_from": str(local_iso(report.totals.period.start)),
        "searched_to": str(local_iso(report.totals.period.end)),
    }

    async def work(_: AsyncConnection) -> Change[None]:
        return Change(None, RecordKind.AUDIT_RECONCILED, facts)

    await make_recorded(settings, work)


def _tell(report: Report) -> None:
    for vietnamese, english in summary_lines(report.totals):
        done(f"{vietnamese} | {english}")
    done(f"SHA-256 ({report.file_name}): {report.file_digest}")
    for finding in itertools.islice(report.spill.findings(differences=True), _SHOWN):
        done(_line(finding))
    for row in itertools.islice(report.spill.broken(), _SHOWN):
        texts = FAULT_TEXTS[row.fault]
        done(f"dòng | line {row.line}: {texts['vi']} | {texts['en']}")
    left_out = max(0, report.totals.differences - _SHOWN) + max(0, report.totals.broken_rows - _SHOWN)
    if left_out:
        done(f"… {left_out} dòng nữa, xem --out | {left_out} more, see --out")


def _line(finding: Finding) -> str:
    look, record = finding.look, finding.recorded
    parts = [local_time(finding.at), finding.request_id or "(không mã | no id)"]
    if look is not None:
        parts.append(f"dòng | line {look.line} {look.officer_code} {look.road}".rstrip())
    if record is not None:
        parts.append(f"bản ghi | record {local_time(record.at)} {record.road} {record.outcome}".rstrip())
    texts = KIND_TEXTS[finding.kind]
    return f"{texts['vi']} | {texts['en']}: {', '.join(parts)}"


def _write(report: Report, out: Path, report_format: ReportFormat) -> None:
    """Write the report to a new file for its owner's eyes; what cannot be finished does not stay."""
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            report.write(file, report_format)
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    done(f"{out}: báo cáo đã ghi | report written")


def _format_of(out: Path) -> ReportFormat:
    if out.exists():
        raise ConfigurationError(f"{out} exists already")
    try:
        return ReportFormat(out.suffix.lower().removeprefix("."))
    except ValueError:
        raise ConfigurationError(f"{out}: the name must end in .xlsx, .csv or .json") from None


def _instant(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        return read_instant(f"{text} 00:00" if _DAY.fullmatch(text) else text)
    except ValueError:
        raise ConfigurationError(
            f"{option} must be a day (2026-11-01) or a time (2026-11-01T08:00)"
        ) from None
