"""JSON of reports of use."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.exports import FileFormat
from app.clock import rfc3339
from app.reports.values import Part, Period, Standing, Tally, Trend, UnitUsage, UsageReport
from app.units.values import UnitLevel

_FIRST_DAY: Final = date(2000, 1, 1)  # within these, no reckoning with days leaves the calendar
_LAST_DAY: Final = date(2199, 12, 31)
_Day = Annotated[date, Field(ge=_FIRST_DAY, le=_LAST_DAY)]


class Sheet(StrEnum):
    """Which part of a report stands in a file."""

    UNITS = "units"
    TREND = "trend"
    PROCEDURES = "procedures"
    CHANNELS = "channels"


class UsageQuery(BaseModel):
    """Which days in Vietnam (the last year's by default), units and periods, and what is little."""

    model_config = ConfigDict(hide_input_in_errors=True)

    from_day: _Day | None = None
    to_day: _Day | None = None
    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    level: UnitLevel | None = None
    trend: Trend = Trend.MONTH
    few: int = Field(default=30, ge=0, le=1_000_000)


class UsageExportQuery(UsageQuery):
    """The same, and which file."""

    sheet: Sheet = Sheet.UNITS
    format: FileFormat = FileFormat.XLSX


class TallyAnswer(BaseModel):
    """Counts; `uses` are lookups and verifications, `departments` and `localities` split them by level.

    The level is the unit's on the day of the question; `localities` are districts and communes.
    """

    uses: int
    lookups: int
    verifications: int
    refused: int
    departments: int
    localities: int
    outcomes: dict[str, int]


class UnitUsageAnswer(TallyAnswer):
    """One unit; `merged` of its uses are those of units merged into it."""

    unit_id: str
    unit_code: str | None
    unit_name: str | None
    level: str | None = Field(description="today's, or the last it had")
    officers: int = Field(description="who may look up there today")
    merged: int
    standing: Standing


class PeriodAnswer(TallyAnswer):
    """One period of the trend."""

    first_day: date
    last_day: date


class ProcedureAnswer(TallyAnswer):
    """One procedure."""

    procedure_code: str


class ChannelAnswer(TallyAnswer):
    """One way in which dossiers reached the desk; empty where the record says none."""

    reception_channel: str


class UsageAnswer(BaseModel):
    """The report; units that used nothing though they have officers stand first, then those of few uses.

    `counted_at` is when figures were last counted, null where they never were; `uncounted_records` of the
    log wait for it, and nothing of them is in here yet.
    """

    from_day: date
    to_day: date
    counted_at: str | None
    uncounted_records: int
    few: int
    total: TallyAnswer
    units: list[UnitUsageAnswer]
    trend: list[PeriodAnswer]
    procedures: list[ProcedureAnswer]
    channels: list[ChannelAnswer]


def usage_said(report: UsageReport) -> UsageAnswer:
    """Return the report as it is answered."""
    return UsageAnswer(
        from_day=report.wanted.first_day,
        to_day=report.wanted.last_day,
        counted_at=rfc3339(report.counted_at) if report.counted_at is not None else None,
        uncounted_records=report.uncounted_records,
        few=report.few,
        total=TallyAnswer.model_validate(_counts(report.total)),
        units=[_unit(one) for one in report.units],
        trend=[_period(one) for one in report.periods],
        procedures=[_procedure(one) for one in report.procedures],
        channels=[_channel(one) for one in report.channels],
    )


def _counts(tally: Tally) -> dict[str, int | dict[str, int]]:
    return {
        "uses": tally.uses,
        "lookups": tally.lookups,
        "verifications": tally.verifications,
        "refused": tally.refused,
        "departments": tally.departments,
        "localities": tally.localities,
        "outcomes": dict(tally.outcomes),
    }


def _unit(one: UnitUsage) -> UnitUsageAnswer:
    return UnitUsageAnswer.model_validate(
        {
            "unit_id": str(one.unit_id),
            "unit_code": one.code,
            "unit_name": one.name,
            "level": one.level,
            "officers": one.officers,
            "merged": one.merged,
            "standing": one.standing,
            **_counts(one.tally),
        }
    )


def _period(one: Period) -> PeriodAnswer:
    return PeriodAnswer.model_validate(
        {"first_day": one.first_day, "last_day": one.last_day, **_counts(one.tally)}
    )


def _procedure(one: Part) -> ProcedureAnswer:
    return ProcedureAnswer.model_validate({"procedure_code": one.name, **_counts(one.tally)})


def _channel(one: Part) -> ChannelAnswer:
    return ChannelAnswer.model_validate({"reception_channel": one.name, **_counts(one.tally)})
