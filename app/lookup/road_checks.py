"""What a check of a road to the national side says, step by step: nothing secret, nothing about anybody."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.lookup.source import SourceRequest


class Step(StrEnum):
    """What is tried, in this order; a step that fails leaves those after it untried."""

    SETTINGS = "settings"
    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    CLOCK = "clock"
    TOKEN = "token"  # noqa: S105 - a step
    PERSON = "test_person"


class Verdict(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


class Finding(StrEnum):
    """What was found; each has its meaning and who can help in app.lookup.road_check_texts."""

    GOOD = "good"
    NOT_REACHED = "not_reached"
    NOT_NEEDED = "not_needed"
    NOT_SET_UP = "not_set_up"
    NOT_RECORDED = "not_recorded"
    SETTING_WRONG = "setting_wrong"
    NAME_UNKNOWN = "name_unknown"
    NO_CONNECTION = "no_connection"
    NO_TLS = "no_tls"
    NOT_TRUSTED = "not_trusted"
    CLIENT_NOT_TRUSTED = "client_not_trusted"
    CERTIFICATE_ENDS_SOON = "certificate_ends_soon"
    CERTIFICATE_ENDED = "certificate_ended"
    NO_TIME_TOLD = "no_time_told"
    CLOCKS_DIFFER = "clocks_differ"
    CREDENTIALS_REFUSED = "credentials_refused"
    NO_ANSWER = "no_answer"
    ANSWER_UNREADABLE = "answer_unreadable"
    PERMISSION_REFUSED = "permission_refused"
    PERSON_UNKNOWN = "person_unknown"
    PERSON_DIFFERS = "person_differs"


Detail = str | int | float


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of one road; *details* are names and figures, such as `tls_version` or `days_left`."""

    step: Step
    verdict: Verdict
    finding: Finding
    duration_ms: int = 0
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoadReport:
    """One road, wholly."""

    road: str
    host: str
    steps: Sequence[StepResult]

    @property
    def has_failed(self) -> bool:
        """Whether a lookup over this road is bound to fail."""
        return any(one.verdict is Verdict.FAILED for one in self.steps)

    @property
    def summary(self) -> str:
        """Every step and its finding, as the record says it."""
        return " ".join(f"{one.step.value}={one.finding.value}" for one in self.steps)


BeforeAsking = Callable[[str, SourceRequest], Awaitable[None]]
"""Called with the road's name before the test person is asked about; AuditUnavailableError: nobody is."""


class RoadCheck(Protocol):
    """Something that tries one road."""

    async def run(self, before_asking: BeforeAsking) -> RoadReport:
        """Return what was found; raises nothing of its own."""
        ...
