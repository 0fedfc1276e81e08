"""The stock-taking of a siege sees what it is there to see."""

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.record import Value, canonical, leaf_hash
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.merkle import EMPTY_TREE, TreeHead
from app.audit.tree.tiles import root_of
from tests.audit.tree.plain import plain_root
from tests.audit.workbench import a_draft, a_writer, execute
from tests.crash.clients import Receipt, Request
from tests.crash.evidence import Evidence, Row
from tests.siege.books import Books, Tree
from tests.siege.checks import alarms, wrong_answers, wrong_succession, wrong_tree
from tests.siege.desk import Journal
from tests.siege.witness import Witness
from tests.world import Database

LOOKUP = UUID(int=1)


def a_row(writer: int, sequence: int, kind: str = "test.record", **facts: Value) -> Row:
    placed = {"record_id": str(uuid4()), "kind": kind, "writer_id": str(UUID(int=writer))}
    leaf = canonical(placed | {"writer_sequence": sequence} | facts)
    return Row(placed | {"writer_sequence": sequence} | facts, leaf, leaf_hash(leaf))


def a_chain(writer: int, count: int, **opened: Value) -> list[Row]:
    return [a_row(writer, 1, "writer.opened", **opened), *(a_row(writer, n) for n in range(2, count + 1))]


def follows(predecessor: int, certain: int, doubtful: Iterable[Row] = ()) -> dict[str, Value]:
    return {
        "previous_writer_id": str(UUID(int=predecessor)),
        "previous_writer_sequence": certain,
        "doubtful_records": " ".join(str(row.facts["record_id"]) for row in doubtful),
    }


def a_tree(rows: list[Row]) -> Tree:
    hashes = [row.leaf_hash for row in rows]
    leaves = [(at, UUID(str(row.facts["record_id"])), row.leaf_hash) for at, row in enumerate(rows)]
    full = {(1, at): root_of(hashes[256 * at : 256 * at + 256]) for at in range(len(rows) // 256)}
    return Tree(leaves, full, [TreeHead(len(rows), plain_root(hashes))], gaps=0)


ROWS = a_chain(1, 300)
EVIDENCE, TREE = Evidence(ROWS), a_tree(ROWS)


def broken(tree: Tree, seen: TreeHead = EMPTY_TREE) -> set[str]:
    return {words[:2] for words in wrong_tree(EVIDENCE, tree, seen)}


def test_a_whole_tree_breaks_nothing() -> None:
    assert broken(TREE, TREE.heads[-1]) == set()


@pytest.mark.parametrize(
    "tree",
    [
        replace(TREE, leaves=TREE.leaves[:-1], heads=[]),
        replace(TREE, leaves=[*TREE.leaves, (300, *TREE.leaves[0][1:])], heads=[]),
        replace(TREE, leaves=[*TREE.leaves[:-1], (301, *TREE.leaves[-1][1:])]),
        replace(TREE, leaves=[(0, TREE.leaves[0][1], bytes(32)), *TREE.leaves[1:]]),
        replace(TREE, subtrees={}),
        replace(TREE, subtrees={(1, 0): bytes(32)}),
        replace(TREE, gaps=1),
    ],
    ids=["a record left out", "one twice", "a hole", "another hash", "no subtree", "a wrong one", "a gap"],
)
def test_a_tree_that_is_not_that_of_the_records_is_broken(tree: Tree) -> None:
    assert "I4" in broken(tree)


def test_heads_are_those_of_the_leaves() -> None:
    assert broken(replace(TREE, heads=[TreeHead(300, bytes(32))])) == {"I5"}
    assert broken(TREE, TreeHead(10, bytes(32))) == {"I5"}
    assert broken(TREE, TreeHead(301, TREE.heads[0].root)) == {"I5"}


def test_a_chain_names_what_was_certain_and_doubtful_of_the_one_before() -> None:
    first = a_chain(1, 5)
    named = [*first, *a_chain(2, 2, **follows(1, 3, first[3:]))]
    assert list(wrong_succession(Evidence(named))) == []
    assert list(wrong_succession(Evidence([*first, *a_chain(2, 1, **follows(1, 5))]))) == []
    assert len(list(wrong_succession(Evidence([*first, *a_chain(2, 1, **follows(1, 6))])))) == 1
    assert len(list(wrong_succession(Evidence([*first, *a_chain(2, 1, **follows(1, 4))])))) == 1


def test_one_chain_alone_follows_another_and_begins_by_being_opened() -> None:
    first = a_chain(1, 1)
    twice = [*first, *a_chain(2, 1, **follows(1, 1)), *a_chain(3, 1, **follows(1, 1))]
    assert len(list(wrong_succession(Evidence(twice)))) == 1
    assert len(list(wrong_succession(Evidence([a_row(1, 1)])))) == 1


def a_receipt(status: int, **body: Value) -> Receipt:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(content)}\r\n\r\n".encode()
    return Receipt(Request("D", b""), head + content)


def test_an_alarm_that_no_crash_may_lead_to_is_heard() -> None:
    assert list(alarms("worker-1", '{"event":"audit.sequencer_failed","error":"ConnectionResetError"}')) == []
    assert len(list(alarms("worker-1", '{"event":"audit.checkpoint_refused"}'))) == 1


def test_what_a_desk_was_told_is_on_record() -> None:
    recorded = Evidence([a_row(1, 1, "lookup.outcome", lookup_id=str(LOOKUP), outcome="found")])
    told = a_receipt(200, lookup_id=str(LOOKUP), outcome="found")
    other = a_receipt(409, lookup_id=str(LOOKUP), outcome="mismatch", code="already_answered")
    assert list(wrong_answers(recorded, [told])) == []
    assert len(list(wrong_answers(recorded, [other]))) == 1
    assert len(list(wrong_answers(Evidence([]), [told]))) == 1
    assert len(list(wrong_answers(recorded, [a_receipt(200)]))) == 1


def test_only_documented_answers_may_be_given() -> None:
    journal = Journal()
    for receipt in (
        a_receipt(200, outcome="found"),
        a_receipt(503, code="audit_unavailable"),
        a_receipt(409, code="already_answered"),
        Receipt(Request("D", b"")),
    ):
        journal.note(receipt, 0.1)
    assert list(journal.wrong) == []
    journal.note(a_receipt(500, code="internal_error"), 0.1)
    assert len(journal.wrong) == 1


def a_witness(key: NoteKey) -> Witness:
    return Witness(key.verifier, [], random.Random(1))  # noqa: S311 - not secrecy


def test_the_witness_refuses_another_past_and_another_hand() -> None:
    key, other = (NoteKey("dancu/H19", Ed25519PrivateKey.generate()) for _ in range(2))
    hashes = [row.leaf_hash for row in ROWS[:2]]
    one, two = TreeHead(1, hashes[0]), TreeHead(2, plain_root(hashes))
    witness = a_witness(key)
    note = key.sign(checkpoint_text(key.name, one))
    assert witness.read(note) == one
    witness.judge(one, [])
    witness.judge(two, [hashes[1]])
    assert (witness.last, witness.heads, witness.wrong) == (two, 2, {})
    witness.judge(one, [])
    witness.judge(TreeHead(2, one.root), [])
    assert len(witness.wrong) == 2
    assert witness.read(other.sign(checkpoint_text(key.name, two))) is None
    assert witness.last == two


async def test_a_record_that_is_gone_or_another_is_seen_and_a_tree_that_changed(database: Database) -> None:
    async with a_writer(database) as writer:
        for _ in range(2):
            await writer.append(a_draft())
    await execute(
        database.owner_url, "insert into audit_leaf select 0, record_id, leaf_hash from audit_record limit 1"
    )
    books = Books()
    assert (await books.read(database.owner_url))[2] == []
    for statement in (
        "alter table audit_record disable trigger all",
        "alter table audit_leaf disable trigger all",
        "delete from audit_record where writer_sequence = 2",
        "update audit_record set leaf_hash = sha256('') where writer_sequence = 3",
        "update audit_leaf set leaf_hash = sha256('')",
    ):
        await execute(database.owner_url, statement)
    _, _, broken = await books.read(database.owner_url)
    assert len(broken) == 3
