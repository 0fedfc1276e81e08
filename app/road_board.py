"""Which roads a running gateway asks, and how they stand."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from adapters.certificate_watch import CertificateWatch
from adapters.resilience.opening import open_roads
from adapters.resilience.roads import Roads
from app.accounts.status_routes import CertificateEnd
from app.clock import Clock, rfc3339
from app.lookup.source import PlannedStop, PopulationSource, RoadReport
from app.settings import Settings, UpstreamSettings
from app.web import roads as told


def opening_roads(
    settings: Settings, upstream: UpstreamSettings, clock: Clock
) -> Callable[[], AbstractAsyncContextManager[PopulationSource]]:
    """Return what opens the roads of *settings*, or the one of *upstream* where they name none."""
    upstreams = settings.upstreams or (upstream,)
    return lambda: open_roads(upstreams, clock, planned_stops_file=settings.planned_stops_file)


def road_board(source: PopulationSource) -> Callable[[], told.Roads]:
    """Return what says how the roads of *source* stand; of another source there is nothing to say."""
    if not isinstance(source, Roads):
        return told.Roads
    return lambda: _told(source.report())


def certificate_board(watch: CertificateWatch) -> list[CertificateEnd]:
    """Return when the certificates of the roads end, as *watch* saw them last."""
    return [
        CertificateEnd(road=one.road, what=one.what, ends_at=rfc3339(one.ends_at))
        for one in watch.certificates
    ]


def _told(report: RoadReport) -> told.Roads:
    return told.Roads(
        roads=[
            told.RoadStatus(
                road=each.road,
                state=each.state,
                since=rfc3339(each.since),
                why=each.why or None,
                in_flight=each.in_flight,
                waiting=each.waiting,
                planned_stop_until=rfc3339(each.planned_stop.ends) if each.planned_stop else None,
            )
            for each in report.roads
        ],
        planned_stops=[_stop(stop) for stop in report.planned_stops],
        planned_stops_readable=report.is_calendar_readable,
    )


def _stop(stop: PlannedStop) -> told.Stop:
    return told.Stop(
        begins=rfc3339(stop.begins),
        ends=rfc3339(stop.ends),
        roads=sorted(stop.roads),
        vi=stop.words["vi"],
        en=stop.words["en"],
    )
