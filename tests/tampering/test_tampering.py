"""The tamper matrix: who notices what the database's superuser does, and what nobody here can notice.

`tree`, `chain`, `signature` and `other` are what the offline verifier finds in an export, by the keys and the
newest checkpoint that an outsider kept. Where the attacker signs the tree anew with the log's own key,
`witness` says whether a witness refuses that head. A cell that is empty is a promise, too: it is asserted as
not seen, and docs/evidence.md names it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.audit.verifying.findings import NOTICES, Kind, Ledger
from tests.tampering import attacks
from tests.tampering.scene import Scene, a_scene
from tests.world import Database

_TREE = {
    Kind.CHECKPOINT_UNSIGNED,
    Kind.CHECKPOINT_MISSING,
    Kind.BYTES_DIFFER,
    Kind.ROOT_DIFFERS,
    Kind.LEAF_MISSING,
    Kind.NOT_A_CONTINUATION,
    Kind.SHORTER_THAN_BEFORE,
    Kind.ROW_OUTSIDE,
    Kind.ROW_DROPPED,
}
_SIGNATURE = {
    Kind.SIGNATURE_MISSING,
    Kind.SIGNATURE_INVALID,
    Kind.SIGNATURE_HEAD,
    Kind.SIGNATURE_TWICE,
    Kind.SIGNED_RECORDS_MISSING,
    Kind.WRITER_KEY_UNKNOWN,
    Kind.WRITER_KEY_RETIRED,
}
_CHAIN = {kind for kind in Kind if kind.value.startswith("chain_")} - NOTICES

Attack = Callable[[Scene], Awaitable[bool | None]]
"""Does it; returns whether the witness takes the head signed anew, None where none is signed."""


def seen_by(ledger: Ledger) -> set[str]:
    """Return which checks found something wrong."""
    seen = set()
    for kind in set(ledger.totals) - NOTICES:
        for name, kinds in (("tree", _TREE), ("chain", _CHAIN), ("signature", _SIGNATURE)):
            if kind in kinds:
                seen.add(name)
                break
        else:
            seen.add("other")
    return seen


@dataclass(frozen=True)
class Row:
    """An attack and who notices it; `witness` only where a head is signed anew."""

    attack: Attack
    seen: str = ""
    witness: bool | None = None
    """Whether a witness refuses the head; None where the published tree is left alone."""


MATRIX = [
    Row(attacks.edit_a_record, "tree chain signature"),
    Row(attacks.edit_a_record_and_its_hash, "tree chain signature", witness=True),
    Row(attacks.delete_a_record, "tree chain"),
    Row(attacks.delete_a_record_and_close_the_ranks, "tree chain signature", witness=True),
    Row(attacks.reorder_records_of_two_chains, "tree", witness=True),
    Row(attacks.forge_a_record_outside_the_tree, "tree signature"),
    Row(attacks.forge_a_record_at_the_tail, "signature", witness=False),
    Row(attacks.forge_a_record_that_nothing_signs, "signature", witness=False),
    Row(attacks.forge_a_record_with_the_writers_key, "", witness=False),
    Row(attacks.put_a_key_of_ones_own_beside_the_writers, "signature", witness=False),
    Row(attacks.cut_the_tail_off, "tree", witness=True),
    Row(attacks.drop_what_waits_amid_a_chain, "chain"),
    Row(attacks.drop_what_waits_at_a_dead_chains_end, ""),
    Row(attacks.drop_what_waits_and_leave_its_signature, "signature"),
    Row(attacks.restore_an_older_copy_and_regrow, "tree", witness=True),
    Row(attacks.change_nothing, ""),
    Row(attacks.hide_a_record_from_searches, "other"),
    Row(attacks.take_a_search_tag_away, "other"),
    Row(attacks.exchange_two_search_tags, "other"),
    Row(attacks.add_a_search_tag_of_nothing, "other"),
    Row(attacks.take_a_signature_away, "signature"),
    Row(attacks.show_another_checkpoint, "tree"),
    Row(attacks.say_that_a_month_was_dropped, "tree chain"),
]


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.attack.__name__)
async def test_each_attack_is_noticed_by_those_who_can(database: Database, tmp_path: Path, row: Row) -> None:
    async with a_scene(database, tmp_path) as scene:
        is_taken = await row.attack(scene)
        ledger = await scene.verified()
    assert seen_by(ledger) == set(row.seen.split()), ledger.totals
    assert ledger.is_broken is bool(row.seen)
    assert is_taken is (None if row.witness is None else not row.witness)


async def test_a_cut_tail_is_seen_by_nobody_who_holds_only_an_older_checkpoint_and_asks_no_witness(
    database: Database, tmp_path: Path
) -> None:
    async with a_scene(database, tmp_path) as scene:
        is_taken = await attacks.cut_the_tail_off(scene)
        ledger = await scene.verified(since=scene.old_checkpoint)
    assert not ledger.is_broken, ledger.totals
    assert is_taken is False


async def test_a_log_that_nobody_touched_is_found_sound(database: Database, tmp_path: Path) -> None:
    async with a_scene(database, tmp_path) as scene:
        ledger = await scene.verified()
        assert await scene.witness.takes(scene.superuser, scene.witness.head)
    assert set(ledger.totals) <= {Kind.ROW_FRESH}
