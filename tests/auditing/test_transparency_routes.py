"""The transparency log as an outsider meets it: checkpoint, tiles and proofs, without a sign-in."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.audit.record import leaf_hash
from app.audit.tree.checkpoint import checkpoint_text
from app.audit.tree.merkle import TreeHead, continues, includes
from app.audit.tree.policy import read_policy
from app.audit.tree.reader import TreeReader
from app.audit.tree.sequencer import Sequencer
from app.audit.tree.witness import Witnesses
from app.cli import invented
from app.clock import SystemClock
from app.database.connect import open_engine
from tests.audit.tree.fake_witness import FakeWitness, Town
from tests.audit.tree.ground import a_sequencer, a_signer, add_chain, sequenced
from tests.audit.workbench import fetch
from tests.gateway import Gateway, bearer

CHECKPOINT, TILE = "/v1/audit/checkpoint", "/v1/audit/tile/"
TAKE_ONE = (
    "insert into audit_leaf select $1, record_id, leaf_hash from audit_record r"
    " where not exists (select from audit_leaf l where l.record_id = r.record_id) limit 1 returning record_id"
)
"""A leaf that is in the tree and under no checkpoint."""
PROOFS, CONSISTENCY = "/v1/audit/proofs/", "/v1/audit/consistency"


@pytest.fixture
async def sequencer(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Sequencer]:
    async with a_sequencer(gateway.world.database, a_signer(tmp_path)) as sequencer:
        yield sequencer


async def sequence(sequencer: Sequencer) -> TreeHead:
    head = await sequencer.sequence()
    assert head is not None
    return head


async def get(gateway: Gateway, path: str, **query: Any) -> dict[str, Any]:
    return dict((await gateway.http.get(path, params=query)).raise_for_status().json())


async def code_of(gateway: Gateway, path: str, **query: Any) -> tuple[int, str]:
    answer = await gateway.http.get(path, params=query)
    return answer.status_code, answer.json()["code"]


def hashes_in(answer: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(text) for text in answer["hashes"]]


async def test_a_lookup_is_proven_to_be_in_the_log_by_its_id_and_record_alone(
    gateway: Gateway, sequencer: Sequencer
) -> None:
    lookup_id = (await gateway.look_up(await gateway.sign_in())).json()["lookup_id"]
    assert await code_of(gateway, PROOFS + lookup_id) == (404, "proof_not_ready")
    head = await sequence(sequencer)

    proof = await get(gateway, PROOFS + lookup_id)

    query = "select leaf from audit_record where record_id = $1::text::uuid"
    (row,) = await fetch(gateway.world.database.owner_url, query, lookup_id)
    assert base64.b64decode(proof["leaf_hash"]) == leaf_hash(row["leaf"])
    assert (proof["record_id"], proof["tree_size"]) == (lookup_id, head.size)
    _, size, root = proof["checkpoint"].splitlines()[:3]
    told = TreeHead(int(size), base64.b64decode(root))
    assert told == head
    assert includes(told, proof["leaf_index"], leaf_hash(row["leaf"]), hashes_in(proof))
    assert not includes(told, proof["leaf_index"], leaf_hash(row["leaf"] + b" "), hashes_in(proof))


async def test_two_checkpoints_are_proven_to_be_of_one_log(gateway: Gateway, sequencer: Sequencer) -> None:
    await gateway.sign_in()
    earlier = await sequence(sequencer)
    await gateway.look_up(await gateway.sign_in())
    later = await sequence(sequencer)

    proof = await get(gateway, CONSISTENCY, **{"from": earlier.size})
    assert (proof["from_size"], proof["to_size"]) == (earlier.size, later.size)
    assert earlier.size < later.size
    assert continues(earlier, later, hashes_in(proof))
    named = await get(gateway, CONSISTENCY, **{"from": 1, "to": earlier.size})
    tile = (await gateway.http.get(f"{TILE}0/000.p/1")).content
    assert continues(TreeHead(1, tile), earlier, hashes_in(named))


async def test_a_tree_made_from_tiles_has_the_checkpoints_root(
    gateway: Gateway, sequencer: Sequencer, tmp_path: Path
) -> None:
    database = gateway.world.database
    await add_chain(database, 1, *range(1, 601))
    head = await sequence(sequencer)
    assert len(await sequenced(database)) == head.size

    full = await gateway.http.get(f"{TILE}0/000")
    rest = await gateway.http.get(f"{TILE}0/002.p/{head.size % 256}")
    above = await gateway.http.get(f"{TILE}1/000.p/2")

    assert full.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in full.headers["Cache-Control"]
    rows = await fetch(database.owner_url, "select leaf_hash from audit_leaf order by leaf_index")
    hashes = [row["leaf_hash"] for row in rows]
    assert full.content == b"".join(hashes[:256])
    assert rest.content == b"".join(hashes[512:])
    assert len(above.content) == 64
    answer = await gateway.http.get(CHECKPOINT)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "immutable" not in answer.headers["Cache-Control"]
    (row,) = await fetch(database.owner_url, "select note from audit_checkpoint")
    assert answer.content.decode() == row["note"]
    beyond = ("0/002", f"0/002.p/{head.size % 256 + 1}", "1/000", "2/000.p/1")
    for path in (*beyond, "entries/000", "0/0", "x/000"):
        assert await code_of(gateway, TILE + path) == (404, "tile_unknown"), path


async def test_what_no_checkpoint_covers_is_not_shown(gateway: Gateway, sequencer: Sequencer) -> None:
    await add_chain(gateway.world.database, 1, 1, 2)
    for path in (CHECKPOINT, f"{TILE}0/000.p/1", f"{PROOFS}{uuid4()}"):
        assert await code_of(gateway, path) == (404, "proof_not_ready")
    assert await code_of(gateway, CONSISTENCY, **{"from": 0}) == (404, "proof_not_ready")
    head = await sequence(sequencer)
    await add_chain(gateway.world.database, 1, 3)
    (row,) = await fetch(gateway.world.database.owner_url, TAKE_ONE, head.size)
    assert await code_of(gateway, f"{PROOFS}{row['record_id']}") == (404, "proof_not_ready")
    assert await code_of(gateway, f"{TILE}0/000.p/{head.size + 1}") == (404, "tile_unknown")
    for unknown in (uuid4(), "099190000017", f"{uuid4()}".upper(), uuid4().hex):
        assert await code_of(gateway, f"{PROOFS}{unknown}") == (404, "proof_not_ready")


async def test_the_checkpoint_and_what_leads_to_it_carry_cosignatures_and_say_whether_they_suffice(
    gateway: Gateway, tmp_path: Path
) -> None:
    signer = a_signer(tmp_path)
    witness = FakeWitness("w1.example", SystemClock(), {f"dancu/{invented.AUTHORITY}": signer.verifier})
    policy = read_policy(f"witness w1 {witness.vkey} https://w1/prefix\nquorum w1\n".encode())
    witnesses = Witnesses(policy, httpx.AsyncClient(transport=Town(w1=witness)), SystemClock())
    database = gateway.world.database
    async with a_sequencer(database, signer, witnesses=witnesses) as sequencer:
        earlier = await sequence(sequencer)
        await add_chain(database, 1, 1)
        later = await sequence(sequencer)
    engine = open_engine(database.serving_url, pool_size=1)
    reader = TreeReader(engine, policy)
    try:
        latest = await reader.checkpoint()
        (row,) = await fetch(
            database.owner_url, "select record_id from audit_leaf order by leaf_index limit 1"
        )
        inclusion = await reader.inclusion(row["record_id"])
        whole, before = (
            await reader.consistency(earlier.size, None),
            await reader.consistency(0, earlier.size),
        )
        await add_chain(database, 1, 2, 3)
        async with a_sequencer(database, signer) as alone:
            await sequence(alone)
        bare, between = await reader.checkpoint(), await reader.consistency(0, later.size + 1)
    finally:
        await engine.dispose()
    text = checkpoint_text(f"dancu/{invented.AUTHORITY}", later)
    assert latest.note.startswith(f"{text}\n— dancu/{invented.AUTHORITY} ")
    assert policy.cosigners(latest.note) == {"w1"}
    assert latest.is_witnessed
    assert latest == inclusion.checkpoint == whole.checkpoint
    assert before.checkpoint is not None
    assert policy.is_witnessed(before.checkpoint.note)
    assert not bare.is_witnessed
    assert between.checkpoint is None


async def test_what_stands_in_the_place_of_a_checkpoint_is_never_witnessed(gateway: Gateway) -> None:
    policy = read_policy(f"witness w {FakeWitness('w', SystemClock(), {}).vkey}\nquorum w\n".encode())
    statement = "insert into audit_checkpoint values (0, sha256(''), 'no note', now())"
    await gateway.execute(statement)
    engine = open_engine(gateway.world.database.serving_url, pool_size=1)
    try:
        assert not (await TreeReader(engine, policy).checkpoint()).is_witnessed
    finally:
        await engine.dispose()


async def test_sizes_of_no_tree_are_refused(gateway: Gateway, sequencer: Sequencer) -> None:
    beyond = (await sequence(sequencer)).size + 1
    await get(gateway, CONSISTENCY, **{"from": 0, "to": 0})
    unfit: list[dict[str, Any]] = [{}, {"from": -1}, {"from": "x"}, {"from": beyond}, {"from": 2, "to": 1}]
    for sizes in (*unfit, {"from": 0, "to": beyond}, {"from": 0, "to": 10**30}):
        assert await code_of(gateway, CONSISTENCY, **sizes) == (422, "invalid_value"), sizes


async def test_the_status_says_how_old_the_last_checkpoint_is(gateway: Gateway, sequencer: Sequencer) -> None:
    headers = bearer(await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False))
    before = (await gateway.http.get("/v1/status", headers=headers)).raise_for_status().json()
    assert before["checkpoint_age_seconds"] is None
    assert (before["anchoring"], before["checks"]["anchoring"]) == ("current", True)
    assert 0 <= before["anchor_age_seconds"] < 60
    assert before["audit_standbys"] is None
    await sequence(sequencer)
    after = (await gateway.http.get("/v1/status", headers=headers)).json()
    assert 0 <= after["checkpoint_age_seconds"] < 60
    await gateway.execute("update audit_sequencing set covered_at = now() - interval '1 hour'")
    later = (await gateway.http.get("/v1/status", headers=headers)).json()
    assert 3600 <= later["checkpoint_age_seconds"] < 3700


async def test_a_log_out_of_reach_is_said_to_be_and_nothing_else_fails(
    gateway: Gateway, sequencer: Sequencer
) -> None:
    await sequence(sequencer)
    headers = bearer(await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False))
    await gateway.execute("revoke select on audit_checkpoint, audit_sequencing from dancu_serving")
    assert await code_of(gateway, CHECKPOINT) == (503, "audit_unavailable")
    status = (await gateway.http.get("/v1/status", headers=headers)).json()
    assert status["checkpoint_age_seconds"] is None
