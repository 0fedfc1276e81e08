"""The port to the National Population Database: what the lookup asks of an adapter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from app.lookup.values import Citizen, Household, Question
from app.quickly_made import quickly_made


@dataclass(slots=True)
class Journey:
    """What became of one question on its way, noted by whoever carries it, for the record.

    `road` is the road it was tried over last, `tries` how often it was tried, `passed_over` which roads
    did not carry it and why, such as `lgsp-soap:planned_stop`.
    """

    road: str | None = None
    tries: int = 0
    passed_over: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """A time during which some roads are not asked, and what officers are told, by language."""

    begins: datetime
    ends: datetime
    roads: frozenset[str]
    words: Mapping[Literal["vi", "en"], str]

    def is_in_force(self, now: datetime) -> bool:
        """Whether the stop has begun and is not over."""
        return self.begins <= now < self.ends


@dataclass(frozen=True, slots=True)
class RoadState:
    """How a road stands: `closed` (asked), `open` (not) or `half_open` (as a trial); since when, and why."""

    road: str
    state: str
    since: datetime
    why: str
    in_flight: int
    waiting: int
    planned_stop: PlannedStop | None


@dataclass(frozen=True, slots=True)
class RoadReport:
    """All roads in order of preference, and the stops to come."""

    roads: Sequence[RoadState] = ()
    planned_stops: Sequence[PlannedStop] = ()
    is_calendar_readable: bool = True


@quickly_made
@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One question to the national side, in the name of one officer and one procedure.

    `request_id` is the upstream request id (MaYeuCau, at most 40 characters, unique);
    `officer_code` the officer's own upstream code (MaCanBo); `service_code` the
    public-service code (MaDVC) of the procedure; `budget_seconds` all the time there is;
    `journey` where whoever carries the question notes what became of it; `wanted` the fields of the
    answer that are read at all beside who it is (None: all).
    """

    request_id: str
    officer_code: str
    service_code: str
    question: Question
    budget_seconds: float
    journey: Journey = field(default_factory=Journey, compare=False, repr=False)
    wanted: frozenset[str] | None = None


class PopulationSource(Protocol):
    """A road to the national side.

    Both questions may raise SourceSilentError (not reached, or too late), SourceConfusedError
    (not understood) and SourceRefusedError (this procedure or officer may not ask).
    """

    @property
    def road(self) -> str:
        """Short name of the road that would be asked now, for the record, such as `lgsp-soap`."""
        ...

    async def find(self, request: SourceRequest) -> Citizen | None:
        """Return the citizen's record (037), or None when the national side knows no such person."""
        ...

    async def confirm(self, request: SourceRequest) -> bool:
        """Return whether the national side knows this person (003 / 033), without any data."""
        ...


class HouseholdSource(Protocol):
    """A road that can also be asked who lives together (034).

    UNVERIFIED: of this service only its name is known; question and answer are guesses, built like
    those of 037. No call of the gateway asks it yet. May raise as PopulationSource does.
    """

    async def household(self, request: SourceRequest) -> Household:
        """Return the household of the person asked about, marked as unverified."""
        ...
