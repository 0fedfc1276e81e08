"""What must hold at every stock-taking, beside what tests/crash/evidence.py looks at."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from itertools import groupby
from typing import Final
from uuid import UUID

from app.audit.record import RecordKind
from app.audit.tree.merkle import TreeHead
from app.audit.tree.tiles import TILE_WIDTH, root_of
from app.logs import LogEvent
from tests.audit.tree.plain import plain_root
from tests.crash.clients import Receipt
from tests.crash.evidence import Evidence, Row
from tests.siege.books import Tree

_OPENED: Final = RecordKind.WRITER_OPENED.value
_ALARMS: Final = (
    LogEvent.CHECKPOINT_REFUSED.value,
    LogEvent.CHAIN_GAP.value,
    "TreeBrokenError",
    "SignerStateError",
    "Traceback",
)


def wrong_tree(evidence: Evidence, tree: Tree, seen: TreeHead) -> Iterator[str]:
    """Yield where leaves, subtrees and checkpoints are not what the records make; *seen* by the witness."""
    hashes = [leaf_hash for _, _, leaf_hash in tree.leaves]
    if [index for index, _, _ in tree.leaves] != list(range(len(hashes))):
        yield "I4 the tree's leaves are not contiguous"
    yield from _wrong_leaves(evidence, tree)
    if tree.subtrees != _subtrees(hashes):
        yield "I4 subtrees are not those of the leaves"
    if tree.gaps:
        yield f"I4 {tree.gaps} chains have a gap"
    for head in {*tree.heads[-1:], seen}:
        if head.size > len(hashes) or plain_root(hashes[: head.size]) != head.root:
            yield f"I5 the checkpoint of {head.size} leaves is not that of the tree"


def _wrong_leaves(evidence: Evidence, tree: Tree) -> Iterator[str]:
    stored = {UUID(str(row.facts["record_id"])): row.leaf_hash for row in evidence.rows}
    times = Counter(record_id for _, record_id, _ in tree.leaves)
    for record_id in stored.keys() - times.keys():
        yield f"I4 record {record_id} is not in the tree"
    for record_id, count in times.items():
        if count != 1:
            yield f"I4 record {record_id} is in the tree {count} times"
    for index, record_id, leaf_hash in tree.leaves:
        if stored.get(record_id) != leaf_hash:
            yield f"I4 leaf {index} is not the record that it names"


def _subtrees(hashes: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Return the roots of all perfect trees of 256, 256 squared … leaves."""
    found, level, below = dict[tuple[int, int], bytes](), 1, list(hashes)
    while len(below) >= TILE_WIDTH:
        full = range(0, len(below) - TILE_WIDTH + 1, TILE_WIDTH)
        below = [root_of(below[at : at + TILE_WIDTH]) for at in full]
        found |= {(level, position): each for position, each in enumerate(below)}
        level += 1
    return found


def wrong_succession(evidence: Evidence) -> Iterator[str]:
    """Yield where a chain names a predecessor that is not as it says, or two name the same one."""
    chains = {
        str(writer_id): list(rows)
        for writer_id, rows in groupby(evidence.rows, key=lambda row: row.facts["writer_id"])
    }
    named = Counter[str]()
    for writer_id, rows in chains.items():
        first = rows[0]
        if first.facts["kind"] != _OPENED:
            yield f"I4 chain {writer_id} does not begin by being opened"
        predecessor = first.facts.get("previous_writer_id")
        if predecessor is not None:
            named[str(predecessor)] += 1
            yield from _wrong_end(writer_id, first, chains.get(str(predecessor), []))
    for predecessor, times in named.items():
        if times > 1:
            yield f"I4 {times} chains follow chain {predecessor}"


def _wrong_end(writer_id: str, opened: Row, predecessor: Sequence[Row]) -> Iterator[str]:
    """What was certain of the predecessor is there, and what else is there was named as doubtful."""
    certain = int(opened.facts["previous_writer_sequence"])
    if len(predecessor) < certain:
        yield f"I4 chain {writer_id} follows one of which {certain} records were certain; some are gone"
    doubtful = str(opened.facts["doubtful_records"]).split()
    for row in predecessor[certain:]:
        if row.facts["record_id"] not in doubtful and row.facts["kind"] != _OPENED:
            yield f"I4 chain {writer_id} does not name record {row.facts['record_id']} as doubtful"


def alarms(name: str, written: str) -> Iterator[str]:
    """Yield what a program of ours said that no crash may lead to."""
    for alarm in _ALARMS:
        if alarm in written:
            yield f"I5 {name} said {alarm}"


def wrong_answers(evidence: Evidence, receipts: Iterable[Receipt]) -> Iterator[str]:
    """Yield where what a desk was told is not what is on record."""
    for receipt in receipts:
        if not receipt.is_whole or receipt.status is None:
            continue
        body = json.loads(receipt.body)
        told, lookup_id = body.get("outcome"), body.get("lookup_id")
        if told is None or lookup_id is None:
            if receipt.status == HTTPStatus.OK:
                yield "I2 an answer says no outcome"
            continue
        recorded = evidence.outcomes.get(UUID(lookup_id))
        if recorded != told:
            yield f"I2 lookup {lookup_id} was answered as {told} and is on record as {recorded}"
