"""aics-witness, which nobody here wrote, over real HTTP: it cosigns our log and refuses every other past."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.audit.sealing import RootKey
from app.audit.tree.merkle import TreeHead
from app.audit.tree.notes import VerifierKey, verified_head
from app.audit.tree.policy import TrustPolicy, read_policy
from app.audit.tree.signer import FileSigner
from app.audit.tree.witness import Answer, Witnesses
from app.cli import invented
from app.clock import SystemClock
from tests.audit.tree.ground import a_sequencer, a_signer, add_chain
from tests.audit.workbench import fetch
from tests.cli.commands import free_port
from tests.world import ROOT_KEY, Database

PROGRAM = os.environ.get("DANCU_AICS_WITNESS")
ORIGIN = f"dancu/{invented.AUTHORITY}"
LATEST = (
    "select note || coalesce((select string_agg(line, '') from audit_cosignature s"
    " where s.tree_size = c.tree_size), '') as note from audit_checkpoint c order by tree_size desc limit 1"
)

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="DANCU_AICS_WITNESS names no witness; `make witness` installs one"
)


class Witness:
    """The witness as a process of its own, with its configuration and memory in a folder."""

    def __init__(self, folder: Path, log_verifier: str) -> None:
        self.config = folder / "witness.json"
        self.url = f"http://127.0.0.1:{free_port()}"
        listen = self.url.removeprefix("http://")
        self.vkey = self.said("init", "--name", "thanh-tra.example/w1", "--listen", listen).strip()
        self.said("add-log", "--origin", ORIGIN, "--vkey", log_verifier)

    def said(self, command: str, *options: str) -> str:
        run = [str(PROGRAM), command, "--config", str(self.config), *options]
        return subprocess.run(run, check=True, capture_output=True, text=True).stdout  # noqa: S603 - named above

    def serve(self) -> "subprocess.Popen[bytes]":
        run = [str(PROGRAM), "serve", "--config", str(self.config)]
        return subprocess.Popen(run, stderr=subprocess.DEVNULL)  # noqa: S603 - named above

    @property
    def policy(self) -> TrustPolicy:
        return read_policy(f"witness w1 {self.vkey} {self.url}\nquorum w1\n".encode())

    def size(self) -> int | None:
        (log,) = json.loads(self.said("status", "--json"))["logs"]
        size: int | None = log["size"]
        return size


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return a_signer(tmp_path)


@pytest.fixture
def witness(tmp_path: Path, signer: FileSigner) -> Iterator[Witness]:
    (tmp_path / "witness").mkdir()
    witness = Witness(tmp_path / "witness", signer.verifier)
    with witness.serve() as process:
        retrying = httpx.HTTPTransport(retries=8)  # it needs a moment to listen; waits double up to 25 s
        with httpx.Client(transport=retrying) as http:
            http.get(witness.url)
        yield witness
        process.terminate()


class Round:
    """Rounds of a sequencer that knows nothing of earlier ones, and the statuses its witness answered."""

    def __init__(self, database: Database, signer: FileSigner, witness: Witness) -> None:
        self.database, self.signer, self.witness = database, signer, witness
        self.statuses = list[int]()
        self.answer: Answer | None = None

    async def run(self, *, again: bool = False) -> TreeHead:
        async with self._witnesses() as witnesses:
            async with a_sequencer(self.database, self.signer, witnesses=witnesses) as sequencer:
                head = await sequencer.sequence()
                if again:
                    await add_chain(self.database, 7, 1)
                    head = await sequencer.sequence()
            self.answer = witnesses._asked[0].last_answer
        assert head is not None
        return head

    @asynccontextmanager
    async def _witnesses(self) -> AsyncIterator[Witnesses]:
        self.statuses.clear()

        async def note(response: httpx.Response) -> None:
            self.statuses.append(response.status_code)

        async with httpx.AsyncClient(event_hooks={"response": [note]}, trust_env=False) as http:
            yield Witnesses(self.witness.policy, http, SystemClock())

    async def published(self) -> str:
        (row,) = await fetch(self.database.owner_url, LATEST)
        return str(row["note"])


@pytest.fixture
def rounds(database: Database, signer: FileSigner, witness: Witness) -> Round:
    return Round(database, signer, witness)


async def as_superuser(database: Database, *statements: str) -> None:
    connection = await asyncpg.connect(database.owner_url)
    try:
        async with connection.transaction():
            for table in ("audit_leaf", "audit_subtree", "audit_checkpoint", "audit_cosignature"):
                await connection.execute(f"alter table {table} disable trigger all")
            for statement in statements:
                await connection.execute(statement)
    finally:
        await connection.close()


def older_signer(folder: Path, backup: Path) -> FileSigner:
    """Put an older copy of the signer's folder in its place, as who owns it can."""
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    return FileSigner(folder, RootKey.from_text(ROOT_KEY), invented.AUTHORITY)


async def test_it_cosigns_a_running_log_and_its_cosignature_verifies(rounds: Round) -> None:
    await add_chain(rounds.database, 1, *range(1, 300))
    await rounds.run(again=True)
    assert rounds.statuses == [200, 200]
    await add_chain(rounds.database, 1, *range(300, 900))
    head = await rounds.run()  # a process that knows nothing is told the size, and proves from there
    assert rounds.statuses == [409, 200]
    note = await rounds.published()
    assert rounds.witness.policy.is_witnessed(note)
    assert verified_head(note, [VerifierKey.from_text(rounds.signer.verifier)]) == head
    assert head.size == rounds.witness.size() == 900


async def test_it_refuses_a_log_that_was_forked_cut_off_or_restored_and_regrown(
    rounds: Round, tmp_path: Path
) -> None:
    folder, backup = tmp_path / "signer", tmp_path / "older"
    await add_chain(rounds.database, 1, *range(1, 101))
    await rounds.run()
    shutil.copytree(folder, backup)
    await add_chain(rounds.database, 1, *range(101, 201))
    await rounds.run()
    assert rounds.witness.size() == 200
    # Who owns database and signer takes both back to an older copy.
    await as_superuser(
        rounds.database,
        "delete from audit_leaf where leaf_index >= 100",
        "delete from audit_cosignature where tree_size > 100",
        "delete from audit_checkpoint where tree_size > 100",
        "update audit_chain set last_sequence = 1000",
    )
    rounds.signer = older_signer(folder, backup)
    await add_chain(rounds.database, 2, 1, 2, 3)
    await rounds.run()
    assert (rounds.statuses, rounds.answer) == ([409], Answer.SAW_MORE)

    # Grown anew beyond what the witness saw, with the log's own key.
    await add_chain(rounds.database, 2, *range(4, 201))
    head = await rounds.run()
    assert head.size == 300
    assert (rounds.statuses, rounds.answer) == ([409, 422], Answer.SAW_ANOTHER_PAST)

    # Rewritten from the first leaf on, and just as long as what the witness saw.
    rounds.signer = older_signer(folder, backup)
    (folder / "signed.json").write_text(
        json.dumps({"size": 0, "root": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}), encoding="utf-8"
    )
    await as_superuser(
        rounds.database,
        "delete from audit_leaf where leaf_index >= 200",
        "update audit_leaf set leaf_hash = sha256('another') where leaf_index = 0",
        "delete from audit_subtree",
        "delete from audit_checkpoint",
        "update audit_chain set last_sequence = 1000",
    )
    head = await rounds.run()
    assert head.size == 200
    # The specification has a second 409 here, which would be Answer.SAW_ANOTHER_ROOT.
    assert (rounds.statuses, rounds.answer) == ([409, 422], Answer.SAW_ANOTHER_PAST)
    assert not rounds.witness.policy.is_witnessed(await rounds.published())
    assert len(json.loads(rounds.witness.said("evidence"))) >= 2
