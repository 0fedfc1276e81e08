"""What was asked of the national side, once the wire form is read."""

from dataclasses import dataclass, field
from enum import StrEnum

from mock_c06.citizen import BirthDate


class AnswerShape(StrEnum):
    """In which form an operation answers; that of the household (034) is a guess."""

    RECORDS = "records"
    COUNT = "count"
    EXISTS = "exists"
    HOUSEHOLD = "household"


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one citizen; of the two numbers at least one is not empty."""

    operation: str
    shape: AnswerShape
    # The caller's prefix for the request namespace: the live side repeats it in its answer.
    prefix: str | None
    upstream_request_id: str
    service_code: str
    # MaTichHop, or what goes without saying where a form has none.
    integration_code: str
    upstream_officer_code: str
    citizen_id: str = field(repr=False)
    old_id_number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: BirthDate | None = field(repr=False)
