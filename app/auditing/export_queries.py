"""What an export of the evidence asks the database."""

from typing import Final

from app.audit.verifying.columns import PROJECTED

_UTC: Final = """coalesce(to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')"""
"""A time as text: somebody may have put one there that no program reads."""
_RECORD: Final = ", ".join(f"r.{name}" for name in PROJECTED if name != "recorded_at")
_ROW: Final = (
    f"r.record_id, r.leaf, r.leaf_hash as row_hash, {_RECORD}, {_UTC.format('r.recorded_at')} as recorded_at"
)
_TAG: Final = f"t.key_id as tag_key_id, t.tag, {_UTC.format('t.recorded_at')} as tagged_at"
READ_EVIDENCE: Final = "lock table audit_record, audit_search_tag, audit_leaf in access share mode"
LEAVES: Final = f"""
select l.leaf_index, l.record_id as leaf_record_id, l.leaf_hash as tree_hash, {_ROW}, {_TAG}
from audit_leaf l left join audit_record r using (record_id) left join audit_search_tag t using (record_id)
where l.leaf_index >= $1 and l.leaf_index < $2 order by l.leaf_index
"""  # noqa: S608 - names of columns that stand in this program
OUTSIDE: Final = f"""
select l.leaf_index, {_ROW}, {_TAG}
from audit_record r left join audit_leaf l using (record_id) left join audit_search_tag t using (record_id)
where l.leaf_index is null or l.leaf_index >= $1 order by r.writer_id, r.writer_sequence, r.record_id
"""  # noqa: S608 - as above
STRAY_TAGS: Final = f"""
select t.record_id, {_TAG} from audit_search_tag t
where not exists (select from audit_record r where r.record_id = t.record_id)
and not exists (select from audit_leaf l where l.record_id = t.record_id and l.leaf_index < $1)
order by t.record_id
"""  # noqa: S608 - as above
_BATCH: Final = (
    "b.newest_record_id, b.writer_id, b.first_sequence, b.last_sequence, b.chain_head, b.writer_key_id,"
    " b.signature"
)
ALL_BATCHES: Final = f"select {_BATCH} from audit_batch b order by newest_record_id"  # noqa: S608 - as above
BATCHES_OF: Final = f"""
select {_BATCH} from audit_batch b
where b.writer_id = $1 and b.last_sequence >= $2 and b.first_sequence <= $3
order by b.first_sequence, b.newest_record_id
"""  # noqa: S608 - as above
CHECKPOINTS: Final = """
select tree_size, note, signed_at,
    array(select line from audit_cosignature w where w.tree_size = c.tree_size order by witness_name)
        as cosignatures
from audit_checkpoint c
where tree_size in (select tree_size from audit_checkpoint order by tree_size desc limit 20)
or tree_size in (select distinct tree_size from audit_cosignature order by tree_size desc limit 20)
order by tree_size desc
"""
WRITER_KEYS: Final = "select key_id, created_at, retired_at from audit_writer_key order by created_at, key_id"
MONTH_KEYS: Final = """
select k.key_id, k.month, s.private_key, s.auditing_index_key
from audit_month_key k join audit_month_secret s using (key_id) order by k.month
"""
LATEST: Final = "select tree_size from audit_checkpoint order by tree_size desc limit 1"
