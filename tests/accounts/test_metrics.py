"""What Prometheus reads: every state there is, nothing that is not known, nothing of a person."""

from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from app.accounts.clients import ClientKind
from app.accounts.metrics import metrics_of
from app.accounts.status_routes import (
    CertificateEnd,
    EndingSoon,
    LookupKeysEnding,
    Status,
    SubjectRequestsStatus,
    VolumeRoom,
)
from app.audit.headroom import Room
from app.web.roads import RoadStatus
from tests.accounts.client_software import some_software
from tests.gateway import Gateway, bearer

ENDS = "2027-03-01T00:00:00.000Z"
UNIX = datetime(2027, 3, 1, tzinfo=UTC).timestamp()


def a_status() -> Status:
    return Status(
        version="0.1.0",
        ready=False,
        checks={"audit": True, "anchoring": False},
        directory_age_seconds=0.4,
        checkpoint_age_seconds=None,
        headroom=[
            VolumeRoom(path="/var/lib/a", used_percent=41, room=Room.ENOUGH),
            VolumeRoom(path="/var/lib/b", used_percent=None, room=Room.UNREADABLE),
        ],
        anchor_age_seconds=6.1,
        anchoring="late",
        audit_standbys=None,
        roads=[
            RoadStatus(
                road="lgsp-soap",
                state="open",
                since=ENDS,
                why="silent",
                in_flight=3,
                waiting=1,
                planned_stop_until=None,
            )
        ],
        planned_stops=[],
        planned_stops_readable=True,
        certificates=[CertificateEnd(road="lgsp-soap", what="server", ends_at=ENDS)],
        ending_soon=[EndingSoon(client_id="mot-cua", what="client", credential_id=None, ends_at=ENDS)],
        lookup_keys_ending=LookupKeysEnding(within_30_days=5, within_7_days=2),
        subject_requests=SubjectRequestsStatus(open=3, overdue=1, registered_today=2),
    )


def read(text: bytes) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_every_state_is_a_gauge_and_what_is_not_known_is_none() -> None:
    assert read(metrics_of(a_status())) == {
        ("dancu_ready",): 0,
        ("dancu_check", "audit"): 1,
        ("dancu_check", "anchoring"): 0,
        ("dancu_directory_age_seconds",): 0.4,
        ("dancu_anchor_age_seconds",): 6.1,
        ("dancu_anchoring", "current"): 0,
        ("dancu_anchoring", "late"): 1,
        ("dancu_anchoring", "stopped"): 0,
        ("dancu_road", "lgsp-soap", "closed"): 0,
        ("dancu_road", "lgsp-soap", "half_open"): 0,
        ("dancu_road", "lgsp-soap", "open"): 1,
        ("dancu_road_in_flight", "lgsp-soap"): 3,
        ("dancu_road_waiting", "lgsp-soap"): 1,
        ("dancu_volume_used_percent", "/var/lib/a"): 41,
        ("dancu_certificate_ends_seconds", "lgsp-soap", "server"): UNIX,
        ("dancu_client_ends_seconds", "mot-cua", "", "client"): UNIX,
        ("dancu_lookup_keys_ending", "30"): 5,
        ("dancu_lookup_keys_ending", "7"): 2,
        ("dancu_subject_requests", "open"): 3,
        ("dancu_subject_requests", "overdue"): 1,
    }


async def test_monitoring_software_reads_a_running_gateway(gateway: Gateway) -> None:
    software = await some_software(gateway, "giam-sat", kind=ClientKind.TECHNICAL)
    answer = await software.with_secret({"grant_type": "client_credentials"})
    token = str(answer.raise_for_status().json()["access_token"])
    metrics = await gateway.http.get("/metrics", headers=bearer(token))
    assert metrics.headers["content-type"].startswith("text/plain; version=")
    assert read(metrics.content)["dancu_ready",] == 1
