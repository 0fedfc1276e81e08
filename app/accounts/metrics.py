"""The gateway's status as Prometheus reads it: states, no counts; nothing in it is about a person.

What many processes count is in `/v1/reports/usage`; each process's own would say little behind one port.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.routes import GetCaller, authorization_of, request_of
from app.accounts.status_routes import Status, StatusBoard
from app.accounts.technical import ClientAuthenticator
from app.errors import ProblemCode
from app.web.openapi import problems

_TEXT: Final = CONTENT_TYPE_LATEST
_ROAD_STATES: Final = ("closed", "half_open", "open")
_ANCHORING: Final = ("current", "late", "stopped")


def metrics_router(board: StatusBoard, clients: ClientAuthenticator, get_reader: GetCaller) -> APIRouter:
    """Return `GET /metrics` for whoever may read the status; Prometheus signs in by OAuth 2 itself."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        summary="The status in Prometheus' text format, for technical clients and department administrators",
        response_model=None,
        responses={
            200: {"description": "gauges", "content": {"text/plain": {}}},
            **problems(ProblemCode.ROLE_NOT_PERMITTED),
        },
    )
    async def metrics(request: Request) -> Response:
        if await clients.authenticate(authorization_of(request), request_of(request)) is None:
            await get_reader(request)
        return Response(metrics_of(await board.read()), headers={"Content-Type": _TEXT})

    return router


def metrics_of(status: Status) -> bytes:
    """Return *status* in Prometheus' text format; what is not known is left out, not zero."""
    registry = CollectorRegistry()
    registry.register(_Reading(status))
    return generate_latest(registry)


class _Reading(Collector):
    """One reading of the status."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge."""
        status = self._status
        yield _one("dancu_ready", "1 where lookups are served", float(status.ready))
        yield _many("dancu_check", "1 where the check passes", "check", status.checks)
        for name, meaning, value in (
            ("dancu_directory_age_seconds", "since who is who was confirmed", status.directory_age_seconds),
            ("dancu_checkpoint_age_seconds", "since the last checkpoint", status.checkpoint_age_seconds),
            ("dancu_anchor_age_seconds", "since the last witnessed checkpoint", status.anchor_age_seconds),
            ("dancu_audit_standbys", "synchronous standbys that stream", status.audit_standbys),
        ):
            if value is not None:
                yield _one(name, meaning, float(value))
        yield _state("dancu_anchoring", "1 for the state it is in", {"": status.anchoring}, _ANCHORING)
        yield from self._about_roads()
        yield from self._about_room()
        yield from self._about_endings()

    def _about_roads(self) -> Iterator[Metric]:
        roads = self._status.roads
        states = {one.road: one.state for one in roads}
        yield _state("dancu_road", "1 for the state the road is in", states, _ROAD_STATES)
        waiting = {one.road: one.waiting for one in roads}
        yield _many(
            "dancu_road_in_flight", "questions asked now", "road", {r.road: r.in_flight for r in roads}
        )
        yield _many("dancu_road_waiting", "lookups that wait for a place", "road", waiting)

    def _about_room(self) -> Iterator[Metric]:
        used = {one.path: one.used_percent for one in self._status.headroom if one.used_percent is not None}
        yield _many("dancu_volume_used_percent", "of volumes this process watches", "path", used)

    def _about_endings(self) -> Iterator[Metric]:
        certificates = GaugeMetricFamily(
            "dancu_certificate_ends_seconds", "when it ends, Unix time", labels=("road", "what")
        )
        for one in self._status.certificates:
            certificates.add_metric((one.road, one.what), _unix(one.ends_at))
        yield certificates
        credentials = GaugeMetricFamily(
            "dancu_client_ends_seconds",
            "when client software or its credential ends, within 30 days, Unix time",
            labels=("client_id", "what", "credential_id"),
        )
        for ending in self._status.ending_soon:
            labels = (ending.client_id, ending.what, ending.credential_id or "")
            credentials.add_metric(labels, _unix(ending.ends_at))
        yield credentials
        keys = self._status.lookup_keys_ending
        within = {"30": keys.within_30_days, "7": keys.within_7_days}
        yield _many("dancu_lookup_keys_ending", "officers' lookup-only keys that end", "within_days", within)
        if (requests := self._status.subject_requests) is not None:
            counts = {"open": requests.open, "overdue": requests.overdue}
            yield _many("dancu_subject_requests", "citizens' requests", "state", counts)


def _one(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _many(name: str, meaning: str, label: str, values: dict[str, bool] | dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), float(value))
    return family


def _state(name: str, meaning: str, states: dict[str, str], known: tuple[str, ...]) -> GaugeMetricFamily:
    """Return one gauge for each state there is, 1 for the one it is in."""
    family = GaugeMetricFamily(
        name, meaning, labels=("road", "state") if states.keys() != {""} else ("state",)
    )
    for key, now in states.items():
        for state in known:
            labels = (key, state) if key else (state,)
            family.add_metric(labels, float(state == now))
    return family


def _unix(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
