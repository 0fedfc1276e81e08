"""What a gateway publishes, judged by Go's golang.org/x/mod/sumdb; more of it with `make outsiders`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from uuid_utils.compat import uuid7

from tests.audit.tree.ground import a_sequencer, a_signer, a_writer_id
from tests.audit.workbench import fetch
from tests.gateway import Gateway
from tests.logs.processes import free_port
from tests.outsiders.claims import all_claims
from tests.outsiders.fetching import CHECKPOINT, fetch_published
from tests.outsiders.judges import GO_MISSING, ask, build_go, find_go

_ADD_RECORDS = """
insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at)
select record_id, 'test.record', $1, sequence, leaf, sha256('\\x00'::bytea || leaf), now()
from unnest($2::uuid[]) with ordinality as given (record_id, sequence)
cross join lateral (select convert_to(format('{"number":%s}', sequence), 'UTF8') as leaf) as made
"""
"""More than a tile of them."""


@asynccontextmanager
async def _served(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the gateway on a port, for programs that are not ours."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(gateway.app, port=port, lifespan="off", log_config=None, ws="none")
    )
    serving = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            while not server.started:  # noqa: ASYNC110 - uvicorn tells it by nothing else
                await asyncio.sleep(0.01)
            yield http
    finally:
        server.should_exit = True
        await serving


async def test_go_verifies_checkpoint_proofs_and_tiles_and_refuses_each_with_one_thing_wrong(
    gateway: Gateway, tmp_path: Path
) -> None:
    go = find_go()
    if go is None:
        pytest.skip(GO_MISSING)
    program = await asyncio.to_thread(build_go, go, tmp_path)
    database, signer = gateway.world.database, a_signer(tmp_path)
    async with a_sequencer(database, signer) as sequencer, _served(gateway) as http:
        await gateway.look_up(await gateway.sign_in())
        await sequencer.sequence()
        earlier = (await http.get(CHECKPOINT)).text
        await fetch(database.owner_url, _ADD_RECORDS, a_writer_id(1), [uuid7() for _ in range(300)])
        await sequencer.sequence()
        published = await fetch_published(http, database.owner_url, signer, earlier, places=(0, 100, -1))
        claims = all_claims(published)
        verdicts = await ask("Go", program, published.verifier, claims, tmp_path)
    assert len(published.leaves) > 300
    assert [(each.claim.name, each.why) for each in verdicts if not each.is_right] == []
