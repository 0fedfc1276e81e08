"""JSON in and out of the routes about data faults."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.clock import rfc3339
from app.lookup.data_fault_texts import fault_text
from app.lookup.data_fault_values import FaultReport, FaultResult, FaultStatus
from app.lookup.data_faults import CLASS_OF, FaultClass, FaultNotice
from app.lookup.evidence import national_request_id
from app.procedures.fields import Field as CitizenField
from app.units.store import UnitRegister
from app.web.bodies import Body
from app.web.problem_texts import Language

MOST_PER_PAGE: Final = 200
_MOST_FIELDS: Final = len(CitizenField)
_LONGEST_UNIT: Final = 64


class DataFaultRequest(Body):
    """A fault that a lookup showed: its class, and the names of the fields it lies in; never a value."""

    lookup_id: UUID
    fault_class: FaultClass = Field(alias="class")
    fields: list[CitizenField] = Field(default_factory=list, max_length=_MOST_FIELDS)

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        if self.fault_class is FaultClass.MISSING_FIELDS and not self.fields:
            raise ValueError("missing_fields names at least one field")
        return self


class DataFaultStatusRequest(Body):
    """How far the report has come; `result` goes with `answered`, and only with it."""

    status: FaultStatus
    result: FaultResult | None = None


class DataFaultQuery(BaseModel):
    """What a list is narrowed to, and which page of it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    status: FaultStatus | None = None
    fault_class: FaultClass | None = None
    unit: Annotated[str, Field(max_length=_LONGEST_UNIT)] | None = None
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: UUID | None = None
    format: Literal["xlsx", "csv"] = "xlsx"


class DataFaultAnswer(BaseModel):
    """One report; the police find the person by `national_request_id` (MaYeuCau)."""

    fault_id: str
    lookup_id: str
    national_request_id: str
    fault_class: str = Field(serialization_alias="class")
    fields: list[str]
    officer_id: str
    unit_id: str
    unit_code: str | None
    status: str
    result: str | None
    version: int
    filed_at: str
    sent_at: str | None
    answered_at: str | None
    closed_at: str | None


class DataFaultPage(BaseModel):
    """Some reports, newest first; `next_cursor` leads to older ones."""

    data_faults: list[DataFaultAnswer]
    next_cursor: str | None


def report_said(report: FaultReport, units: UnitRegister) -> DataFaultAnswer:
    """Return a report as it is shown."""
    unit = units.find(report.unit_id)
    return DataFaultAnswer(
        fault_id=str(report.fault_id),
        lookup_id=str(report.lookup_id),
        national_request_id=national_request_id(report.lookup_id),
        fault_class=report.fault_class.value,
        fields=[field.value for field in report.fields],
        officer_id=str(report.officer_id),
        unit_id=str(report.unit_id),
        unit_code=unit.agency_code if unit else None,
        status=report.status.value,
        result=report.result.value if report.result else None,
        version=report.version,
        filed_at=rfc3339(report.filed_at),
        sent_at=_instant(report.sent_at),
        answered_at=_instant(report.answered_at),
        closed_at=_instant(report.closed_at),
    )


def fault_notices_said(faults: Iterable[FaultNotice], language: Language) -> list[dict[str, object]]:
    """Return what is wrong with a record as members of a lookup's `notices`."""
    return [
        {
            "code": notice.fault.value,
            "text": fault_text(notice.fault, language),
            "fault_class": CLASS_OF[notice.fault].value,
            "fields": [field.value for field in notice.fields],
        }
        for notice in faults
    ]


def _instant(instant: datetime | None) -> str | None:
    return rfc3339(instant) if instant is not None else None
