"""What somebody does who owns the database's server, and for some of it stole a key as well."""

# ruff: noqa: S608 - every statement is written here

from app.audit.keyring import Keyring
from app.audit.sealing import RootKey
from tests.tampering.scene import Scene
from tests.world import ROOT_KEY

_LEAF = "(select record_id from audit_leaf where leaf_index = {})"
_ANOTHER_DOSSIER = "convert_to(replace(convert_from(leaf, 'UTF8'), 'H19-1', 'H19-2'), 'UTF8')"
_HASH = "sha256('\\x00'::bytea || leaf)"
_LIVING = "(select writer_id from audit_record order by record_id desc limit 1)"
_IN_TREE = "select record_id from audit_leaf"


async def edit_a_record(scene: Scene) -> None:
    """Say that the first lookup was for another dossier, in the record and in its columns."""
    await scene.do(
        f"update audit_record set leaf = {_ANOTHER_DOSSIER}, dossier_code = 'H19-2'"
        f" where record_id = {_LEAF.format(1)}"
    )


async def edit_a_record_and_its_hash(scene: Scene) -> bool:
    await edit_a_record(scene)
    await scene.do(
        f"update audit_record set leaf_hash = {_HASH} where record_id = {_LEAF.format(1)}",
        "update audit_leaf l set leaf_hash = r.leaf_hash from audit_record r"
        " where r.record_id = l.record_id and l.leaf_index = 1",
    )
    return await scene.sign_again()


async def delete_a_record(scene: Scene) -> None:
    await scene.do(f"delete from audit_record where record_id = {_LEAF.format(3)}")


async def delete_a_record_and_close_the_ranks(scene: Scene) -> bool:
    await delete_a_record(scene)
    await scene.do(
        "delete from audit_leaf where leaf_index = 3",
        "update audit_leaf set leaf_index = leaf_index + 1000 where leaf_index > 3",
        "update audit_leaf set leaf_index = leaf_index - 1001 where leaf_index > 1000",
    )
    return await scene.sign_again()


async def reorder_records_of_two_chains(scene: Scene) -> bool:
    first = await scene.value(
        "select min(leaf_index) from audit_leaf join audit_record using (record_id)"
        f" where writer_id = {_LIVING}"
    )
    await scene.do(
        f"update audit_leaf set leaf_index = leaf_index + 1000 where leaf_index in ({first - 1}, {first})",
        f"update audit_leaf set leaf_index = {first} where leaf_index = {first + 999}",
        f"update audit_leaf set leaf_index = {first - 1} where leaf_index = {first + 1000}",
    )
    return await scene.sign_again()


async def forge_a_record_outside_the_tree(scene: Scene) -> None:
    await scene.forge()


async def forge_a_record_at_the_tail(scene: Scene) -> bool:
    await scene.add_leaves(await scene.forge())
    return await scene.sign_again()


async def forge_a_record_that_nothing_signs(scene: Scene) -> bool:
    records = await scene.forge()
    await scene.add_leaves(records)
    await scene.do(f"delete from audit_batch where newest_record_id = '{records[-1].draft.record_id}'")
    return await scene.sign_again()


async def forge_a_record_with_the_writers_key(scene: Scene) -> bool:
    """What a gateway's machine, or whoever took its root key, can do: nothing tells it from a true record."""
    key = await Keyring(RootKey.from_text(ROOT_KEY)).load_writer_key(scene.superuser, None)
    assert key is not None
    await scene.add_leaves(await scene.forge(key))
    return await scene.sign_again()


async def cut_the_tail_off(scene: Scene) -> bool:
    """Take the newest five leaves away, with all that stands beside them."""
    size = await scene.value("select count(*) from audit_leaf")
    await scene.do(
        f"delete from audit_leaf where leaf_index >= {size - 5}",
        f"delete from audit_search_tag where record_id not in ({_IN_TREE})",
        f"delete from audit_record where record_id not in ({_IN_TREE})",
        f"delete from audit_batch where newest_record_id not in ({_IN_TREE})",
    )
    return await scene.sign_again()


async def drop_what_waits_amid_a_chain(scene: Scene) -> None:
    """Take the first of two records away that are not in the tree yet, and what was signed of it."""
    first = f"(select record_id from audit_record where record_id not in ({_IN_TREE}) order by 1 limit 1)"
    await scene.do(
        f"delete from audit_batch where newest_record_id = {first}",
        f"delete from audit_record where record_id = {first}",
    )


async def drop_what_waits_at_a_dead_chains_end(scene: Scene) -> None:
    """Take both away: nothing follows that could miss them."""
    await scene.do(
        f"delete from audit_batch where newest_record_id not in ({_IN_TREE})",
        f"delete from audit_record where record_id not in ({_IN_TREE})",
    )


async def drop_what_waits_and_leave_its_signature(scene: Scene) -> None:
    await scene.do(f"delete from audit_record where record_id not in ({_IN_TREE})")


async def restore_an_older_copy_and_regrow(scene: Scene) -> bool:
    """Go back to what stood under the old checkpoint and let other records take the places of the rest."""
    old = int(scene.old_checkpoint.split("\n")[1])
    await scene.do(
        f"delete from audit_leaf where leaf_index >= {old}",
        f"delete from audit_search_tag where record_id not in ({_IN_TREE})",
        f"delete from audit_record where record_id not in ({_IN_TREE})",
        f"delete from audit_batch where newest_record_id not in ({_IN_TREE})",
    )
    await scene.write_a_chain()
    await scene.do(
        "insert into audit_leaf (leaf_index, record_id, leaf_hash)"
        f" select {old} - 1 + row_number() over (order by writer_sequence), record_id, leaf_hash"
        f" from audit_record where record_id not in ({_IN_TREE})"
    )
    return await scene.sign_again()


async def change_nothing(_scene: Scene) -> None:
    """Ask the national side past the gateway: nothing here ever hears of it."""


async def hide_a_record_from_searches(scene: Scene) -> None:
    """Leave the record as it is and say in a column that it was another officer's."""
    await scene.do(
        "update audit_record set officer_id = '00000000-0000-0000-0000-000000000008'"
        f" where record_id = {_LEAF.format(1)}"
    )


async def take_a_search_tag_away(scene: Scene) -> None:
    await scene.do(f"delete from audit_search_tag where record_id = {_LEAF.format(1)}")


async def exchange_two_search_tags(scene: Scene) -> None:
    await scene.do(
        f"update audit_search_tag set tag = sha256('another person') where record_id = {_LEAF.format(1)}"
    )


async def add_a_search_tag_of_nothing(scene: Scene) -> None:
    await scene.do(
        f"delete from audit_search_tag where record_id = {_LEAF.format(2)}",
        "insert into audit_search_tag (record_id, key_id, tag, recorded_at)"
        f" select {_LEAF.format(2)}, key_id, sha256('x'), recorded_at from audit_search_tag limit 1",
    )


async def take_a_signature_away(scene: Scene) -> None:
    await scene.do(f"delete from audit_batch where newest_record_id = {_LEAF.format(3)}")


async def put_a_key_of_ones_own_beside_the_writers(scene: Scene) -> bool:
    """Forge a record whose key stands in the table of writer keys, as if it had been made there."""
    records = await scene.forge()
    key = await scene.value("select writer_key_id from audit_batch order by newest_record_id desc limit 1")
    await scene.do(
        "update audit_writer_key set retired_at = now(), private_key = null",
        "insert into audit_writer_key (key_id, public_key, private_key)"
        f" values ('{key}', sha256('public'), sha256('private'))",
    )
    await scene.add_leaves(records)
    return await scene.sign_again()


async def show_another_checkpoint(scene: Scene) -> None:
    """Leave the records alone and publish the head of another tree, signed by nobody."""
    await scene.do(
        "update audit_checkpoint set root_hash = sha256('x'),"
        " note = replace(note, split_part(note, chr(10), 3), encode(sha256('x'), 'base64'))"
        " where tree_size = (select max(tree_size) from audit_checkpoint)"
    )


async def say_that_a_month_was_dropped(scene: Scene) -> None:
    """Delete a record and note its month as one that retention ended, without any order in the log."""
    await scene.do(
        "insert into audit_dropped_month (month, drop_record_id)"
        " values (to_char(now() at time zone 'UTC', 'YYYY-MM'), gen_random_uuid())",
        f"delete from audit_search_tag where record_id = {_LEAF.format(1)}",
        f"delete from audit_record where record_id = {_LEAF.format(1)}",
    )
