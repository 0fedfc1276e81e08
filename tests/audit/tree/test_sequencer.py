"""The sequencer: every record into the tree exactly once, whatever is late, missing or killed."""

# ruff: noqa: S608 - table names are written here, not received
import asyncio
from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.audit.keyring import month_of
from app.audit.tree.merkle import TreeHead
from app.audit.tree.policy import read_policy
from app.audit.tree.remote_signer import SignerUnreachableError
from app.audit.tree.sequencer import DoubtfulCommitError, Sequencer
from app.audit.tree.signer import FileSigner, SignerRefusedError
from app.audit.tree.store import TreeBrokenError
from app.audit.tree.taking import MOST_AT_ONCE, Gap, Untaken, progress, take
from app.audit.tree.witness import Witnesses
from app.cli import invented
from app.clock import SystemClock
from app.database.connect import connector
from app.logs import configure_logging
from tests.audit.tree.fake_witness import FakeWitness, Town
from tests.audit.tree.ground import (
    ADD_CHAIN,
    BusyConnection,
    DyingConnection,
    a_sequencer,
    a_signer,
    a_writer_id,
    add_chain,
    check_tree,
    sequenced,
)
from tests.audit.workbench import a_draft, a_writer, execute, fetch, until, until_found
from tests.world import Database, TurnableClock


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return a_signer(tmp_path)


async def covered(database: Database) -> bool:
    (row,) = await fetch(database.owner_url, "select covered_at is not null as is_so from audit_sequencing")
    return bool(row["is_so"])


async def as_superuser(database: Database, statement: str) -> None:
    """Change evidence, as who owns the server can."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        async with connection.transaction():
            for table in ("audit_leaf", "audit_subtree", "audit_checkpoint"):
                await connection.execute(f"alter table {table} disable trigger all")
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_records_of_writers_stand_in_the_tree_once_and_under_a_checkpoint(
    database: Database, signer: FileSigner
) -> None:
    async with a_writer(database) as one, a_writer(database) as other:
        await asyncio.gather(*(writer.append(a_draft()) for writer in (one, other) for _ in range(5)))
        async with a_sequencer(database, signer) as sequencer:
            first = await sequencer.sequence()
            await one.append(a_draft())
            second = await sequencer.sequence()
            third = await sequencer.sequence()

    assert first is not None
    assert second is not None
    assert (first.size, second.size, third) == (12, 13, second)
    assert len(set(await sequenced(database))) == 13
    assert await check_tree(database, signer) == 13
    assert await signer.last() == second
    assert await covered(database)


async def test_while_records_keep_coming_what_is_there_gets_its_checkpoint(
    database: Database, signer: FileSigner
) -> None:
    sequences = count(1)

    async def arrive() -> None:
        if (sequence := next(sequences)) < 50:  # a round without an end would take them all
            await add_chain(database, 1, sequence)

    async def connect() -> Any:
        return BusyConnection(await connector(database.sequencing_url)(), arrive)

    await arrive()
    async with a_sequencer(connect, signer) as sequencer:
        heads = [await sequencer.sequence() for _ in range(3)]
    sizes = [head.size for head in heads if head is not None]

    assert len(sizes) == 3
    assert 0 < sizes[0] < sizes[1] < sizes[2] < 50
    assert await covered(database)


async def test_a_backlog_is_not_called_covered_before_it_is(database: Database, signer: FileSigner) -> None:
    clock = TurnableClock()

    async def arrive() -> None:
        clock.ahead += timedelta(seconds=6)  # each step takes so long

    async def connect() -> Any:
        return BusyConnection(await connector(database.sequencing_url)(), arrive)

    await add_chain(database, 1, *range(1, 3 * MOST_AT_ONCE + 1))
    async with a_sequencer(connect, signer, clock=clock) as sequencer:
        first = await sequencer.sequence()
        assert not await covered(database)
        second = await sequencer.sequence()

    assert first is not None
    assert second is not None
    assert (first.size, second.size) == (2 * MOST_AT_ONCE, 3 * MOST_AT_ONCE)
    assert await covered(database)


async def test_an_empty_log_has_a_checkpoint_too(database: Database, signer: FileSigner) -> None:
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
    assert await check_tree(database, signer) == 0


async def test_what_commits_late_gets_a_later_place(database: Database, signer: FileSigner) -> None:
    late = await asyncpg.connect(database.owner_url)
    transaction = late.transaction()
    await transaction.start()
    await late.execute(ADD_CHAIN, a_writer_id(1), [1, 2], SystemClock().now())
    await add_chain(database, 2, 1)
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
        await transaction.commit()
        await late.close()
        await add_chain(database, 2, 2)
        await sequencer.sequence()
    assert await sequenced(database) == [(2, 1), (1, 1), (1, 2), (2, 2)]


async def test_a_gap_is_told_does_not_hold_the_chain_up_and_is_filled_when_it_can_be(
    database: Database, signer: FileSigner
) -> None:
    configure_logging(said := StringIO())
    await add_chain(database, 1, 1, 4)
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
        assert said.getvalue().count("audit.chain_gap") == 1
        await add_chain(database, 1, 3, 5)
        await sequencer.sequence()
        await add_chain(database, 1, 2)
        await sequencer.sequence()
        await sequencer.sequence()
    assert await sequenced(database) == [(1, 1), (1, 4), (1, 3), (1, 5), (1, 2)]
    assert await check_tree(database, signer) == 5
    assert not await fetch(database.owner_url, "select from audit_gap")
    assert said.getvalue().count("audit.chain_gap") == 1


async def test_a_false_record_at_the_end_of_all_sequences_stops_nothing(
    database: Database, signer: FileSigner
) -> None:
    await add_chain(database, 1, 1, 2**63 - 1)
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
        for sequences in ((2, 3), (4,)):
            await add_chain(database, 1, *sequences)
            await sequencer.sequence()
    assert await sequenced(database) == [(1, 1), (1, 2**63 - 1), (1, 2), (1, 3), (1, 4)]
    (gap,) = await fetch(database.owner_url, "select first_sequence, last_sequence from audit_gap")
    assert tuple(gap) == (5, 2**63 - 2)


async def test_more_than_one_transaction_takes_is_taken_in_one_round(
    database: Database, signer: FileSigner
) -> None:
    count = MOST_AT_ONCE + 700
    await add_chain(database, 1, *range(1, count + 1))
    async with a_sequencer(database, signer) as sequencer:
        head = await sequencer.sequence()
    assert head is not None
    assert head.size == count
    assert await sequenced(database) == [(1, sequence) for sequence in range(1, count + 1)]
    assert await check_tree(database, signer) == count
    subtrees = await fetch(database.owner_url, "select level, count(*) from audit_subtree group by level")
    assert [tuple(row) for row in subtrees] == [(1, count // 256)]


async def test_a_kill_after_any_statement_leaves_what_the_next_leader_goes_on_from(
    database: Database, signer: FileSigner
) -> None:
    left, killed = [0], 0

    async def connect() -> DyingConnection:
        return DyingConnection(await connector(database.sequencing_url)(), left)

    await add_chain(database, 1, *range(1, 250))
    for statements in range(1, 100):
        await add_chain(database, 1, *range(249 + 3 * statements - 2, 250 + 3 * statements))
        left[0] = statements
        async with a_sequencer(connect, signer) as sequencer:
            try:
                await sequencer.sequence()
            except ConnectionResetError:
                killed += 1
            else:
                break
        for size in await fetch(database.owner_url, "select 1 from audit_checkpoint limit 1"):
            assert size
            await check_tree(database, signer)
    assert killed > 15
    expected = 249 + 3 * (killed + 1)
    assert await sequenced(database) == [(1, sequence) for sequence in range(1, expected + 1)]
    assert await check_tree(database, signer) == expected


async def test_one_leads_and_the_next_follows_when_it_ends(database: Database, signer: FileSigner) -> None:
    async with a_sequencer(database, signer) as other:
        async with a_sequencer(database, signer) as leader:
            assert await leader.sequence() is not None
            assert await other.sequence() is None
            assert await leader.sequence() is not None
        await until_found(
            database.owner_url,
            "select 1 where not exists (select from pg_locks where locktype = 'advisory' and database ="
            " (select oid from pg_database where datname = current_database()))",
        )
        assert await other.sequence() is not None


async def test_two_leaders_at_once_take_nothing_twice(database: Database) -> None:
    await add_chain(database, 1, 1, 2, 3)
    one, other = [await connector(database.sequencing_url)() for _ in range(2)]
    await one.execute("begin")
    await take(one, thoroughly=True)
    await other.execute("begin")
    second = asyncio.create_task(take(other, thoroughly=True))
    await until_found(
        database.owner_url,
        "select 1 from pg_stat_activity where usename = 'sequencer' and wait_event_type = 'Lock'",
    )
    await one.execute("commit")
    with pytest.raises(asyncpg.UniqueViolationError):
        await second
    for connection in (one, other):
        await connection.close()
    assert await sequenced(database) == [(1, 1), (1, 2), (1, 3)]


@pytest.mark.parametrize("also", ["", "delete from audit_subtree;"], ids=["leaves", "subtrees too"])
async def test_an_older_copy_of_the_database_is_not_grown_over(
    database: Database, signer: FileSigner, also: str
) -> None:
    await add_chain(database, 1, *range(1, 301))
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
        await as_superuser(
            database,
            "delete from audit_leaf where leaf_index >= 200; delete from audit_checkpoint;"
            f" update audit_chain set last_sequence = 200; {also}",
        )
        await add_chain(database, 2, 1)
        for _ in range(2):
            with pytest.raises(SignerRefusedError):
                await sequencer.sequence()
    assert len(await sequenced(database)) == 200
    assert not await fetch(database.owner_url, "select from audit_checkpoint")


@pytest.mark.parametrize("grows", [False, True])
async def test_a_rewritten_leaf_is_never_signed_over(
    database: Database, signer: FileSigner, *, grows: bool
) -> None:
    await add_chain(database, 1, 1, 2, 3)
    async with a_sequencer(database, signer) as sequencer:
        signed = await sequencer.sequence()
        await as_superuser(
            database, "update audit_leaf set leaf_hash = sha256('another') where leaf_index = 1"
        )
        if grows:
            await add_chain(database, 1, 4)
        with pytest.raises(SignerRefusedError):
            await sequencer.sequence()
    assert await signer.last() == signed
    assert len(await fetch(database.owner_url, "select from audit_checkpoint")) == 1


async def test_a_tree_with_missing_hashes_is_not_signed(database: Database, signer: FileSigner) -> None:
    await add_chain(database, 1, *range(1, 301))
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
        await as_superuser(database, "delete from audit_subtree")
        with pytest.raises(TreeBrokenError):
            await sequencer.sequence()


async def test_a_commit_with_a_warning_is_not_signed_before_a_certain_one(
    database: Database, signer: FileSigner
) -> None:
    await add_chain(database, 1, 1)
    await execute(
        database.owner_url,
        "create function warn() returns trigger language plpgsql as"
        " $$ begin raise warning 'canceling the wait for synchronous replication'; return null; end $$",
    )
    await execute(
        database.owner_url,
        "create constraint trigger warn after insert on audit_leaf deferrable initially deferred"
        " for each row execute function warn()",
    )
    async with a_sequencer(database, signer) as sequencer:
        with pytest.raises(DoubtfulCommitError):
            await sequencer.sequence()
        assert (await signer.last()).size == 0
        head = await sequencer.sequence()
    assert head is not None
    assert head.size == await check_tree(database, signer) == 1


async def test_records_of_months_ago_are_found_when_all_are_looked_at(
    database: Database, signer: FileSigner
) -> None:
    clock = TurnableClock()
    long_ago = clock.now() - timedelta(days=100)
    months = [month_of(long_ago + timedelta(days=days)) for days in (0, 35, 70)]
    for month in months:
        await execute(database.owner_url, f"select audit_make_month('{month}-01')")
    await add_chain(database, 1, 1)
    async with a_sequencer(database, signer, clock=clock) as sequencer:
        await sequencer.sequence()
        await add_chain(database, 3, 1, at=long_ago)
        await add_chain(database, 2, 1)
        head = await sequencer.sequence()
        assert head is not None
        assert head.size == 2
        clock.ahead += timedelta(minutes=10)
        await sequencer.sequence()
    assert await sequenced(database) == [(1, 1), (2, 1), (3, 1)]


async def test_a_chain_silent_for_long_is_found_at_once(database: Database, signer: FileSigner) -> None:
    await add_chain(database, 1, 1)
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
        await execute(database.owner_url, "update audit_chain set advanced_at = now() - interval '400 days'")
        await add_chain(database, 1, 2)
        await sequencer.sequence()
    assert await sequenced(database) == [(1, 1), (1, 2)]


async def test_what_a_month_left_behind_is_taken_in_the_order_of_its_chain(
    database: Database, signer: FileSigner
) -> None:
    """A draft of the old month may be written behind one of the new month."""
    now = SystemClock().now()
    turn = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    await execute(database.owner_url, f"select audit_make_month('{month_of(turn - timedelta(days=1))}-01')")
    await add_chain(database, 1, 1, 3, at=turn - timedelta(milliseconds=5))
    await add_chain(database, 1, 2, 4, at=turn + timedelta(milliseconds=5))
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
    assert await sequenced(database) == [(1, 1), (1, 2), (1, 3), (1, 4)]


async def test_in_the_background_it_goes_on_after_what_it_meets(
    database: Database, signer: FileSigner
) -> None:
    configure_logging(said := StringIO())
    await add_chain(database, 1, 1)
    await execute(database.owner_url, "revoke select on audit_leaf from dancu_sequencing")
    sequencer = Sequencer(connector(database.sequencing_url), signer, SystemClock(), every_seconds=0.02)
    async with asyncio.timeout(20), sequencer:
        await until(lambda: "InsufficientPrivilegeError" in said.getvalue())
        await execute(database.owner_url, "grant select on audit_leaf to dancu_sequencing")
        await until_found(database.owner_url, "select 1 from audit_checkpoint where tree_size = 1")
        await as_superuser(database, "delete from audit_leaf")
        await until(lambda: "audit.checkpoint_refused" in said.getvalue())
    assert "audit.sequencer_failed" in said.getvalue()


def test_progress_of_chains_and_their_gaps() -> None:
    one, other = UUID(int=1), UUID(int=2)
    tail, start, gap = Gap(one, 15, None), Gap(other, 1, None), Gap(one, 2, 9)
    found = [(4, gap), (5, gap), (15, tail), (18, tail), (3, start), (4, start)]
    made = progress([Untaken(UUID(int=9), sequence, bytes(32), place) for sequence, place in found])
    assert made.ends == {one: 18, other: 4}
    assert made.entered == [gap]
    assert made.left == [Gap(one, 2, 3), Gap(one, 6, 9), Gap(one, 16, 17), Gap(other, 1, 2)]
    assert made.opened == 2


async def test_the_sequencing_role_sees_no_record_and_takes_nothing_back(database: Database) -> None:
    for statement in (
        "select leaf from audit_record",
        "select officer_id from audit_record",
        "select * from audit_search_tag",
        "select * from audit_month_secret",
        "delete from audit_record",
        "update audit_leaf set leaf_hash = leaf_hash",
        "delete from audit_leaf",
        "delete from audit_checkpoint",
        "delete from audit_cosignature",
        "update audit_gap set last_sequence = 1",
        "delete from audit_chain",
        "truncate audit_subtree",
        "insert into audit_sequencing values (1)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(database.sequencing_url, statement)


async def test_the_serving_role_adds_nothing_to_the_tree_and_triggers_hold_its_owner_off(
    database: Database,
) -> None:
    for statement in (
        "insert into audit_leaf values (0, gen_random_uuid(), sha256(''))",
        "insert into audit_checkpoint values (0, sha256(''), '', now())",
        "insert into audit_cosignature values (0, 'w', '', now())",
        "update audit_sequencing set anchored_at = now()",
        "update audit_sequencing set covered_at = now()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(database.serving_url, statement)
    for table in ("audit_leaf", "audit_subtree", "audit_checkpoint", "audit_cosignature"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(database.owner_url, f"delete from {table}")


class SilentSigner:
    """A signer that does not answer while `is_away`."""

    def __init__(self, signer: FileSigner) -> None:
        self._signer = signer
        self.is_away = False

    async def last(self) -> TreeHead:
        self._listen()
        return await self._signer.last()

    async def sign(self, head: TreeHead, proof: Sequence[bytes]) -> str:
        self._listen()
        return await self._signer.sign(head, proof)

    def _listen(self) -> None:
        if self.is_away:
            raise SignerUnreachableError("ConnectError")


async def test_while_the_signer_is_silent_records_are_taken_and_signed_when_it_is_back(
    database: Database, signer: FileSigner
) -> None:
    silent = SilentSigner(signer)
    await add_chain(database, 1, 1)
    async with a_sequencer(database, silent) as sequencer:
        await sequencer.sequence()
        silent.is_away = True
        await add_chain(database, 1, 2, 3)
        for _ in range(2):
            with pytest.raises(SignerUnreachableError):
                await sequencer.sequence()
        assert len(await sequenced(database)) == 3
        assert await check_tree(database, signer) == 1
        silent.is_away = False
        await sequencer.sequence()
    assert await check_tree(database, signer) == 3


async def test_nothing_is_taken_in_before_the_signer_said_what_it_signed_last(
    database: Database, signer: FileSigner
) -> None:
    silent = SilentSigner(signer)
    silent.is_away = True
    await add_chain(database, 1, 1)
    async with a_sequencer(database, silent) as sequencer:
        with pytest.raises(SignerUnreachableError):
            await sequencer.sequence()
        assert not await sequenced(database)
        silent.is_away = False
        await sequencer.sequence()
    assert await check_tree(database, signer) == 1


async def anchors(database: Database) -> tuple[bool, bool]:
    """Whether the evidence is covered, and anchored, at the same time."""
    (row,) = await fetch(
        database.owner_url,
        "select covered_at is not null as covered, coalesce(anchored_at = covered_at, false) as anchored"
        " from audit_sequencing",
    )
    return row["covered"], row["anchored"]


async def test_without_witnesses_a_signed_checkpoint_anchors(database: Database, signer: FileSigner) -> None:
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()
    assert await anchors(database) == (True, True)


async def test_a_checkpoint_is_published_with_its_cosignatures_and_anchors_with_a_quorum(
    database: Database, signer: FileSigner
) -> None:
    witness = FakeWitness("w1.example", SystemClock(), {f"dancu/{invented.AUTHORITY}": signer.verifier})
    policy = read_policy(f"witness w1 {witness.vkey} https://w1/prefix\nquorum w1\n".encode())
    witnesses = Witnesses(policy, httpx.AsyncClient(transport=Town(w1=witness)), SystemClock())
    await add_chain(database, 1, 1)
    known, witness.logs = witness.logs, {}
    async with a_sequencer(database, signer, witnesses=witnesses) as sequencer:
        await sequencer.sequence()
        assert await anchors(database) == (True, False)
        witness.logs = known
        await sequencer.sequence()
        assert await anchors(database) == (True, True)
        await sequencer.sequence()
        assert witness.asked == [0, 0]
        await add_chain(database, 1, *range(2, 20))
        await sequencer.sequence()
        assert witness.asked == [0, 0, 1]
        witness.logs = {}
        await add_chain(database, 1, 20)
        await sequencer.sequence()
    assert await anchors(database) == (True, False)
    rows = await fetch(database.owner_url, "select * from audit_cosignature order by tree_size")
    assert [row["tree_size"] for row in rows] == [1, 19]
    assert rows[0]["line"].startswith("— w1.example ")
