"""What `dancu check` says of the calendar of planned stops."""

from adapters.resilience.planned_stops import read_planned_stops
from app.cli.national_side import Finding
from app.clock import VIETNAM, Clock
from app.errors import ConfigurationError
from app.lookup.source import PlannedStop
from app.settings import Settings


def planned_stop_findings(settings: Settings, clock: Clock) -> list[Finding]:
    """Return whether the calendar can be read, and each stop that is not over; nothing without a calendar."""
    if settings.planned_stops_file is None:
        return []
    try:
        stops = read_planned_stops(settings.planned_stops_file, [each.road for each in settings.upstreams])
    except ConfigurationError as error:
        return [(False, f"planned stops: {error}")]
    coming = [stop for stop in stops if stop.ends > clock.now()]
    return [(True, f"planned stops: {len(coming)} to come"), *((None, _told(stop)) for stop in coming)]


def _told(stop: PlannedStop) -> str:
    begins, ends = (f"{at.astimezone(VIETNAM):%Y-%m-%d %H:%M}" for at in (stop.begins, stop.ends))
    return f"planned stop: {begins} to {ends}, {', '.join(sorted(stop.roads))}: {stop.words['en']}"
