"""One statement for one batch: records, signature, tags, open intents and claims become durable together.

A trigger notes the outcomes among them in `audit_outcome`, as part of the same statement: the one place that
decides, whoever inserts, that a lookup has one outcome.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

import orjson

from app.audit.batches import SignedBatch
from app.audit.chain import Record
from app.audit.record import RecordKind, Value

# Columns come as JSON, one list of texts each, and the leaves in one piece: the driver would spend ten times
# as long on arrays, of every lookup's time.
INSERT_BATCH: Final = """
with made as materialized (
    select record_id::uuid, kind, writer_sequence::bigint,
        substring($2::bytea from first_byte::integer for bytes::integer) as leaf,
        decode(leaf_hash, 'hex') as leaf_hash, recorded_at::timestamptz, officer_id::uuid, unit_id::uuid,
        client_id, procedure_code, dossier_code, outcome, problem_code, decode(tag, 'hex') as tag,
        case when kind in ('lookup.intent', 'lookup.refused') then record_id else lookup_id end::uuid
            as lookup_id
    from rows from (
        json_array_elements_text($3::json), json_array_elements_text($4::json),
        json_array_elements_text($5::json), json_array_elements_text($6::json),
        json_array_elements_text($7::json), json_array_elements_text($8::json),
        json_array_elements_text($9::json), json_array_elements_text($10::json),
        json_array_elements_text($11::json), json_array_elements_text($12::json),
        json_array_elements_text($13::json), json_array_elements_text($14::json),
        json_array_elements_text($15::json), json_array_elements_text($16::json),
        json_array_elements_text($17::json), json_array_elements_text($18::json))
        as said (writer_sequence, first_byte, bytes, leaf_hash, tag, record_id, kind, recorded_at,
            officer_id, unit_id, client_id, procedure_code, dossier_code, lookup_id, outcome, problem_code)
), recorded as (
    insert into audit_record (
        record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at, officer_id, unit_id,
        client_id, procedure_code, dossier_code, lookup_id, outcome, problem_code)
    select record_id, kind, $1::uuid, writer_sequence, leaf, leaf_hash, recorded_at, officer_id, unit_id,
        client_id, procedure_code, dossier_code, lookup_id, outcome, problem_code
    from made
), tagged as (
    insert into audit_search_tag (record_id, key_id, tag, recorded_at)
    select record_id, $19, tag, recorded_at from made where tag is not null
), opened as (
    insert into audit_open_intent (lookup_id) select record_id from made where kind = 'lookup.intent'
), claimed as (
    insert into audit_claim (key_digest, request_digest, lookup_id)
    select decode(key_digest, 'hex'), decode(request_digest, 'hex'), lookup_id::uuid
    from rows from (
        json_array_elements_text($20::json), json_array_elements_text($21::json),
        json_array_elements_text($22::json)) as said (key_digest, request_digest, lookup_id)
), signed as (
    insert into audit_batch (
        writer_id, newest_record_id, first_sequence, last_sequence, chain_head, writer_key_id, signature)
    values ($1::uuid, $23, $24, $25, $26, $27, $28)
)
delete from audit_open_intent
where lookup_id = any (array(select lookup_id from made where kind = 'lookup.outcome'))
"""

# What the leaf itself says, by the names it has there.
_SAID: Final = (
    "record_id",
    "kind",
    "time",
    "officer_id",
    "unit_id",
    "client_id",
    "procedure_code",
    "dossier_code",
    "lookup_id",
    "outcome",
    "problem_code",
)
_LOOKUP_OUTCOME: Final = RecordKind.LOOKUP_OUTCOME
_NO_CLAIMS: Final[Sequence[tuple[str, ...]]] = ((), (), ())


def batch_arguments(batch: SignedBatch, key_id: str, records: Sequence[Record]) -> list[object]:
    """Return the arguments of INSERT_BATCH; every projection column comes from the leaf's own facts.

    What two writers may both want stands in one order everywhere, so that they cannot deadlock: keys by
    their digest, outcomes by their lookup.
    """
    records = _in_one_order(records)
    claims = sorted(
        (claim.key_digest.hex(), claim.request_digest.hex(), str(record.draft.record_id))
        for record in records
        if (claim := record.draft.claim) is not None
    )
    return [
        batch.writer_id,
        b"".join([record.leaf for record in records]),
        *map(_json, _columns(records)),
        key_id,
        *map(_json, zip(*claims, strict=True) if claims else _NO_CLAIMS),
        batch.newest_record_id,
        batch.first_sequence,
        batch.last_sequence,
        batch.chain_head,
        batch.writer_key_id,
        batch.signature,
    ]


def _columns(records: Sequence[Record]) -> Iterator[Sequence[Value | None]]:
    """Yield what the statement is told of *records*, in the order in which it reads it."""
    yield [record.sequence for record in records]
    sizes = [len(record.leaf) for record in records]
    yield list(accumulate(sizes[:-1], initial=1))
    yield sizes
    yield [record.leaf_hash.hex() for record in records]
    yield [tag.hex() if (tag := record.tag) is not None else None for record in records]
    yield from zip(*[map(record.facts.get, _SAID) for record in records], strict=True)


def _in_one_order(records: Sequence[Record]) -> list[Record]:
    """Return *records* with the outcomes last, by their lookup."""
    outcomes = [one for one in records if one.draft.kind is _LOOKUP_OUTCOME]
    outcomes.sort(key=lambda one: str(one.facts.get("lookup_id")))
    return [one for one in records if one.draft.kind is not _LOOKUP_OUTCOME] + outcomes


def _json(column: Sequence[Value | None]) -> str:
    return orjson.dumps(column).decode()
