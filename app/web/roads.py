"""What monitoring is told of the roads to the national side."""

from pydantic import BaseModel, Field


class Stop(BaseModel):
    """A planned stop: from when to when, of which roads, and what officers are told."""

    begins: str
    ends: str
    roads: list[str]
    vi: str
    en: str


class RoadStatus(BaseModel):
    """One road: `closed` (asked), `open` (not asked) or `half_open` (as a trial), since when and why."""

    road: str
    state: str
    since: str
    why: str | None
    in_flight: int
    waiting: int
    planned_stop_until: str | None


class Roads(BaseModel):
    """The roads in order of preference; stops in force or to come; whether their calendar can be read."""

    roads: list[RoadStatus] = Field(default_factory=list)
    planned_stops: list[Stop] = Field(default_factory=list)
    planned_stops_readable: bool = True
