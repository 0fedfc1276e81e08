"""One statement for one batch: records, signature, tags, open intents and claims become durable together.

A trigger notes the outcomes among them in `audit_outcome`, as part of the same statement: the one place that
decides, whoever inserts, that a lookup has one outcome.
"""

from collections.abc import Sequence
from typing import Final

from app.audit.batches import SignedBatch
from app.audit.chain import Record
from app.audit.record import RecordKind

INSERT_BATCH: Final = """
with recorded as (
    insert into audit_record (
        record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at, officer_id, unit_id,
        client_id, procedure_code, dossier_code, lookup_id, outcome, problem_code)
    select record_id, kind, $1::uuid, writer_sequence, leaf, leaf_hash, recorded_at, officer_id, unit_id,
        client_id, procedure_code, dossier_code, lookup_id, outcome, problem_code
    from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bytea[], $6::bytea[], $7::timestamptz[],
        $8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::text[], $15::text[])
        as row (record_id, kind, writer_sequence, leaf, leaf_hash, recorded_at, officer_id, unit_id,
            client_id, procedure_code, dossier_code, lookup_id, outcome, problem_code)
), tagged as (
    insert into audit_search_tag (record_id, key_id, tag, recorded_at)
    select record_id, $16, tag, recorded_at
    from unnest($17::uuid[], $18::bytea[], $19::timestamptz[]) as row (record_id, tag, recorded_at)
), opened as (
    insert into audit_open_intent (lookup_id) select unnest($20::uuid[])
), claimed as (
    insert into audit_claim (key_digest, request_digest, lookup_id)
    select * from unnest($21::bytea[], $22::bytea[], $23::uuid[])
), signed as (
    insert into audit_batch (
        writer_id, newest_record_id, first_sequence, last_sequence, chain_head, writer_key_id, signature)
    values ($1::uuid, $25, $26, $27, $28, $29, $30)
)
delete from audit_open_intent where lookup_id = any ($24::uuid[])
"""
# Columns that are facts as the leaf says them; ids are read by asyncpg, from their text.
_BEFORE_THE_LOOKUP: Final = ("officer_id", "unit_id", "client_id", "procedure_code", "dossier_code")
_AFTER_THE_LOOKUP: Final = ("outcome", "problem_code")


def batch_arguments(batch: SignedBatch, key_id: str, records: Sequence[Record]) -> list[object]:
    """Return the arguments of INSERT_BATCH; every projection column comes from the leaf's own facts.

    What two writers may both want stands in one order everywhere, so that they cannot deadlock: keys by
    their digest, outcomes by their lookup.
    """
    records = sorted(records, key=_wanted_lookup)
    drafts = [record.draft for record in records]
    facts = [draft.facts for draft in drafts]
    lookups = [draft.lookup_id for draft in drafts]
    tagged = [record for record in records if record.tag is not None]
    claims = sorted(
        (draft.claim.key_digest, draft.claim.request_digest, draft.record_id)
        for draft in drafts
        if draft.claim is not None
    )
    return [
        batch.writer_id,
        [draft.record_id for draft in drafts],
        [draft.kind.value for draft in drafts],
        [record.sequence for record in records],
        [record.leaf for record in records],
        [record.leaf_hash for record in records],
        [draft.time for draft in drafts],
        *([one.get(name) for one in facts] for name in _BEFORE_THE_LOOKUP),
        lookups,
        *([one.get(name) for one in facts] for name in _AFTER_THE_LOOKUP),
        key_id,
        [record.draft.record_id for record in tagged],
        [record.tag for record in tagged],
        [record.draft.time for record in tagged],
        [draft.record_id for draft in drafts if draft.kind is RecordKind.LOOKUP_INTENT],
        [key_digest for key_digest, _, _ in claims],
        [request_digest for _, request_digest, _ in claims],
        [lookup_id for _, _, lookup_id in claims],
        [
            lookup
            for draft, lookup in zip(drafts, lookups, strict=True)
            if draft.kind is RecordKind.LOOKUP_OUTCOME
        ],
        batch.newest_record_id,
        batch.first_sequence,
        batch.last_sequence,
        batch.chain_head,
        batch.writer_key_id,
        batch.signature,
    ]


def _wanted_lookup(record: Record) -> str:
    draft = record.draft
    return str(draft.facts.get("lookup_id")) if draft.kind is RecordKind.LOOKUP_OUTCOME else ""
