"""While evidence is not anchored nothing is asked; all that is no lookup goes on."""

import pytest

from app.audit.tree.anchoring import AnchorGuard
from app.cli import invented
from app.database.connect import open_engine
from app.errors import NotAnchoredError
from tests.gateway import an_upstream, bearer, running_gateway
from tests.lookup_fakes import Desk, StandingClock, a_citizen, a_command
from tests.world import World, a_lookup


async def test_nothing_is_asked_or_recorded_until_evidence_is_anchored_again() -> None:
    clock = StandingClock()
    engine = open_engine("postgresql://nobody:x@127.0.0.1:1/nothing", pool_size=1)
    desk = Desk(a_citizen(), anchors=AnchorGuard(engine, clock, warn_minutes=15, stop_minutes=240))
    await desk.service.look_up(desk.caller, a_command())
    clock.turn(minutes=241)
    for _ in range(2):
        with pytest.raises(NotAnchoredError):
            await desk.service.look_up(desk.caller, a_command())
    assert desk.journal == ["lookup.intent", "asked", "lookup.outcome"]


async def test_lookups_and_verifications_stop_and_sign_ins_and_audits_go_on(world: World) -> None:
    async with running_gateway(world, an_upstream(), anchor_stop_minutes=1e-6) as gateway:
        token = bearer(await gateway.sign_in())
        verification = a_lookup(procedure_code=invented.HOUSEHOLD_PROCEDURE) | {
            "claims": [{"kind": "household_head", "full_name": "Trần Văn Thử"}]
        }
        for path, body in (("lookups", a_lookup()), ("verifications", verification)):
            answer = await gateway.http.post(f"/v1/residence-{path}", json=body, headers=token)
            said = answer.json()
            assert (answer.status_code, said["code"]) == (503, "evidence_not_anchored")
            assert (said["origin"], said["paper"]["may_ask"]) == ("gateway", False)
            assert "Sở Khoa học và Công nghệ" in said["next_step"]
        ready = await gateway.http.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["anchoring"]) == (503, False)
        auditor = bearer(await gateway.sign_in(invented.AUDITOR, accept_notice=False))
        search = {"case_number": "TT-01", "officer_login": invented.RECEPTION}
        found = await gateway.http.post("/v1/audit/searches", json=search, headers=auditor)
        assert (found.status_code, found.json()["lookups"]) == (200, [])
