"""The writer on a database that works: batches, chains, projections."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.audit import waiting
from app.audit.log import AlreadyClosedError
from app.audit.record import Claim, Draft, Outcome, RecordKind, Value, read_leaf
from app.audit.sealing import DataKey, SealedSubject, sealed_bytes
from app.audit.verifying.columns import projected_columns
from app.audit.waiting import MAX_BATCH
from app.audit.writer import AuditWriter
from app.auditing.export import export_time
from app.clock import rfc3339
from app.errors import AuditUnavailableError
from tests.audit.workbench import (
    NUMBER,
    Line,
    a_claim,
    a_draft,
    a_writer,
    an_intent,
    an_outcome,
    chains,
    execute,
    fetch,
    leaves,
    month_secret,
    until,
    writes_held,
)
from tests.world import Database, TurnableClock

PROJECTED = (
    "officer_id",
    "unit_id",
    "client_id",
    "procedure_code",
    "dossier_code",
    "outcome",
    "problem_code",
)


async def test_records_of_concurrent_callers_share_statements(database: Database) -> None:
    line = Line(database.serving_url)
    async with a_writer(line) as writer:
        await asyncio.gather(*(writer.append(a_draft()) for _ in range(600)))

    assert line.inserts <= 6
    (chain,) = await chains(database)
    assert len(chain) == 601


async def test_whoever_waits_while_a_commit_runs_shares_the_next(database: Database) -> None:
    line = Line(database.serving_url)
    async with a_writer(line) as writer:
        async with writes_held(database) as is_held:
            first = asyncio.create_task(writer.append(a_draft()))
            await is_held()
            others = [asyncio.create_task(writer.append(a_draft())) for _ in range(20)]
        await asyncio.gather(first, *others)

    assert line.inserts == 2


async def test_batch_has_its_bound(database: Database) -> None:
    line = Line(database.serving_url)
    async with a_writer(line) as writer:
        waiting = asyncio.gather(*(writer.append(a_draft()) for _ in range(MAX_BATCH + 1)))
        await asyncio.sleep(0)
        assert writer.crowding() > 1
        await waiting

    assert writer.crowding() == 0
    assert line.inserts == 2


async def test_what_is_reported_durable_is_in_the_table_already(database: Database) -> None:
    async with a_writer(database) as writer:
        for _ in range(3):
            draft = a_draft()
            await writer.append(draft)
            query = "select 1 from audit_record where record_id = $1"
            assert await fetch(database.owner_url, query, draft.record_id)


async def test_nothing_is_reported_durable_before_its_commit(database: Database) -> None:
    async with a_writer(database) as writer:
        async with writes_held(database) as is_held:
            append = asyncio.create_task(writer.append(a_draft()))
            await is_held()
            assert not append.done()
        await append


async def test_caller_that_gives_up_before_its_turn_is_not_written(database: Database) -> None:
    gone = a_draft()
    async with a_writer(database) as writer:
        async with writes_held(database) as is_held:
            first = asyncio.create_task(writer.append(a_draft()))
            await is_held()
            second = asyncio.create_task(writer.append(gone))
            await asyncio.sleep(0)
            second.cancel()
        await first
        await writer.append(a_draft())

    assert str(gone.record_id) not in {facts["record_id"] for facts in await leaves(database)}


async def test_outcome_is_written_though_its_caller_gives_up_before_its_turn(database: Database) -> None:
    intent = an_intent()
    outcome = an_outcome(intent.record_id)
    async with a_writer(database) as writer:
        await writer.append(intent)
        async with writes_held(database) as is_held:
            first = asyncio.create_task(writer.append(a_draft()))
            await is_held()
            second = asyncio.create_task(writer.append(outcome))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.wait([second])
        await first

    assert second.cancelled()
    assert str(outcome.record_id) in {facts["record_id"] for facts in await leaves(database)}
    assert not await fetch(database.owner_url, "select 1 from audit_open_intent")


async def test_columns_say_what_the_leaf_says_whatever_its_marks(database: Database) -> None:
    odd = "a\"b\\c{d,e}'f [null] Điều “14” \U0001f600"
    draft = a_draft(client_id=odd, dossier_code="null", procedure_code="")
    async with a_writer(database) as writer:
        await asyncio.gather(writer.append(an_intent(a_claim(1))), writer.append(draft))

    query = "select * from audit_record where record_id = $1"
    (row,) = await fetch(database.owner_url, query, draft.record_id)
    assert (row["client_id"], row["dossier_code"], row["procedure_code"]) == (odd, "null", "")
    assert row["lookup_id"] is None
    assert read_leaf(row["leaf"])["client_id"] == odd


async def test_caller_that_gives_up_during_its_commit_harms_nobody(database: Database) -> None:
    async with a_writer(database) as writer:
        async with writes_held(database) as is_held:
            gone, stays = (asyncio.create_task(writer.append(a_draft())) for _ in range(2))
            await is_held()
            gone.cancel()
        await stays

    assert len((await chains(database))[0]) == 3


async def test_caller_that_gives_up_while_conflicts_are_sorted_out_is_not_written(database: Database) -> None:
    gone = an_intent(a_claim(2))
    async with a_writer(database) as writer:
        await writer.append(an_intent(a_claim(1)))
        async with writes_held(database) as is_held:
            taken, second = (asyncio.create_task(writer.append(d)) for d in (an_intent(a_claim(1)), gone))
            await is_held()
            second.cancel()
        await asyncio.wait([taken])

    assert taken.exception() is not None
    assert str(gone.record_id) not in {facts["record_id"] for facts in await leaves(database)}


async def test_closing_writes_what_still_waits_and_takes_no_more(database: Database) -> None:
    async with a_writer(database) as writer:
        async with writes_held(database) as is_held:
            first = asyncio.create_task(writer.append(a_draft()))
            await is_held()
            others = [asyncio.create_task(writer.append(a_draft())) for _ in range(300)]
            await asyncio.sleep(0)
            closing = asyncio.create_task(writer.__aexit__(None, None, None))
            await asyncio.sleep(0)
            assert not writer.is_ready
            with pytest.raises(AuditUnavailableError):
                await writer.append(a_draft())
        await asyncio.gather(first, *others, closing)

    assert len((await chains(database))[0]) == 302


async def test_writer_that_never_started_closes(database: Database) -> None:
    writer = AuditWriter(
        Line(database.serving_url).connect,
        None,  # type: ignore[arg-type]
        TurnableClock(),
        authority_code="H19",
        wait_seconds=1,
    )

    await writer.__aexit__(None, None, None)

    assert not writer.is_ready


async def test_queue_has_its_bound(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_WAITING", 3)
    async with a_writer(database) as writer:
        async with writes_held(database) as is_held:
            first = asyncio.create_task(writer.append(a_draft()))
            await is_held()
            others = [asyncio.create_task(writer.append(a_draft())) for _ in range(3)]
            await asyncio.sleep(0)
            assert not writer.is_ready
            with pytest.raises(AuditUnavailableError):
                await writer.append(a_draft())
        await asyncio.gather(first, *others)


async def test_month_turn_brings_a_new_key_in_the_same_chain(database: Database) -> None:
    clock = TurnableClock()
    async with a_writer(database, clock=clock) as writer:
        await writer.append(a_draft())
        clock.ahead = timedelta(days=31)
        await writer.append(a_draft())

    (chain,) = await chains(database)
    assert [facts["kind"] for facts in chain] == [
        "writer.opened",
        "sign_in.failed",
        "writer.key",
        "sign_in.failed",
    ]
    assert chain[1]["key_id"] != chain[3]["key_id"]


async def test_intent_and_outcome_at_once_leave_no_open_intent(database: Database) -> None:
    intent = an_intent()
    async with a_writer(database) as writer:
        await asyncio.gather(writer.append(intent), writer.append(an_outcome(intent.record_id)))

    assert not await fetch(database.owner_url, "select * from audit_open_intent")


async def test_two_outcomes_of_one_lookup_at_once_leave_the_first(database: Database) -> None:
    lookup_id = uuid4()
    async with a_writer(database) as writer:
        answers = await asyncio.gather(
            writer.append(an_outcome(lookup_id, Outcome.FOUND)),
            writer.append(an_outcome(lookup_id, Outcome.UNKNOWN)),
            return_exceptions=True,
        )

    assert answers[0] is None
    assert isinstance(answers[1], AlreadyClosedError)
    assert [facts["outcome"] for facts in await leaves(database) if "outcome" in facts] == ["found"]


async def test_same_draft_again_is_doubtful_and_fails_nobody_else(database: Database) -> None:
    draft = a_draft()
    async with a_writer(database) as writer:
        await writer.append(draft)
        again, other = await asyncio.gather(
            writer.append(draft), writer.append(a_draft()), return_exceptions=True
        )

    assert isinstance(again, AuditUnavailableError)
    assert other is None
    assert len((await chains(database))[0]) == 3


async def test_two_writers_at_once_on_the_same_keys_and_lookups_do_not_deadlock(database: Database) -> None:
    lookups = [uuid4() for _ in range(200)]
    claims = [Claim(bytes([number]) * 32, bytes(32)) for number in range(50)]
    async with a_writer(database) as one, a_writer(database) as other:
        for writer in (one, other):
            await writer.append(a_draft())
        async with writes_held(database):
            appends = [
                asyncio.create_task(writer.append(draft))
                for writer, turned in ((one, 1), (other, -1))
                for draft in [*map(an_outcome, lookups[::turned]), *map(an_intent, claims[::turned])]
            ]
            await asyncio.sleep(0.05)
        answers = await asyncio.gather(*appends, return_exceptions=True)

    assert not [answer for answer in answers if isinstance(answer, AuditUnavailableError)]
    assert answers.count(None) == 250
    await chains(database)


async def test_random_crowd_leaves_gapless_chains(database: Database) -> None:
    lookups = [uuid4() for _ in range(10)]

    async def behave(writer: AuditWriter, number: int) -> bool:
        drafts = (a_draft(), an_intent(a_claim(number % 7)), an_outcome(lookups[number % 10]))
        try:
            await writer.append(drafts[number % 3])
        except Exception:  # noqa: BLE001 - conflicts are part of it
            return False
        return True

    async with a_writer(database) as one, a_writer(database) as other:
        rounds = [
            await asyncio.gather(*(behave(w, n + r) for n in range(30) for w in (one, other)))
            for r in range(5)
        ]

    written = sum(sum(answers) for answers in rounds)
    two = await chains(database)
    assert [chain[0]["kind"] for chain in two] == ["writer.opened"] * 2
    assert sum(map(len, two)) == written + 2


def _a_full_draft(kind: RecordKind) -> Draft:
    facts: dict[str, Value] = {
        "officer_id": str(uuid4()),
        "unit_id": str(uuid4()),
        "client_id": "phan-mem",
        "procedure_code": "1.004194",
        "dossier_code": "000.12.34.H19-230301-0001",
        "problem_code": "too_many_lookups",
    }
    if kind is RecordKind.LOOKUP_OUTCOME:
        facts |= {"lookup_id": str(uuid4()), "outcome": "mismatch"}
    elif kind is RecordKind.AUDIT_SEARCHED:
        facts |= {"lookup_id": str(uuid4())}
    return Draft(kind, datetime(2026, 5, 6, 7, 8, 9, 123_456, tzinfo=UTC), facts, searched_number=NUMBER)


async def test_projection_of_every_kind_says_what_the_leaf_says(database: Database) -> None:
    written_by_callers = {kind for kind in RecordKind if not kind.startswith("writer.")}
    bare = [a_draft(kind) for kind in written_by_callers - {RecordKind.LOOKUP_OUTCOME}]
    async with a_writer(database) as writer:
        await asyncio.gather(*(writer.append(_a_full_draft(kind)) for kind in written_by_callers))
        await asyncio.gather(*map(writer.append, bare))

    rows = await fetch(database.owner_url, "select * from audit_record")
    opened_and_closed = 2
    assert len(rows) == len(written_by_callers) + len(bare) + opened_and_closed
    for row in rows:
        facts = read_leaf(row["leaf"])
        own = facts["kind"] in {"lookup.intent", "lookup.refused"}
        expected = {name: facts.get(name) for name in PROJECTED} | {
            "record_id": facts["record_id"],
            "kind": facts["kind"],
            "writer_id": facts["writer_id"],
            "lookup_id": facts["record_id"] if own else facts.get("lookup_id"),
        }
        stored = {name: str(row[name]) if row[name] is not None else None for name in expected}
        assert stored == expected
        assert rfc3339(row["recorded_at"]) == facts["time"]
        assert row["writer_sequence"] == facts["writer_sequence"]
        derived = projected_columns(facts)  # as the verifier does
        assert derived["recorded_at"] == export_time(row["recorded_at"])
        assert {name: derived.get(name, facts["record_id"]) for name in expected} == expected


async def test_tags_and_open_intents_stand_beside_their_records(database: Database) -> None:
    intent, search = an_intent(), a_draft(RecordKind.AUDIT_SEARCHED)
    async with a_writer(database) as writer:
        await asyncio.gather(writer.append(intent), writer.append(search))

    secret = await month_secret(database)
    (tag,) = await fetch(database.owner_url, "select * from audit_search_tag")
    assert tag["record_id"] == intent.record_id
    assert tag["tag"] == secret.search_tag(NUMBER)
    assert (tag["key_id"], tag["recorded_at"]) == (secret.key_id, intent.time)
    (opened,) = await fetch(database.owner_url, "select lookup_id from audit_open_intent")
    assert opened["lookup_id"] == intent.record_id


async def test_auditing_reads_the_person_that_a_writer_sealed(database: Database) -> None:
    async with a_writer(database) as writer:
        await writer.append(an_intent())

    opening, record = await leaves(database)
    secret = await month_secret(database)
    sealed_key = sealed_bytes(str(opening["sealed_key"]))
    data_key = DataKey(secret.open_data_key(sealed_key, UUID(str(opening["writer_id"]))))
    sealed = SealedSubject(str(record["subject"]), str(record["subject_commitment"]))
    assert NUMBER.encode() in data_key.open(UUID(str(record["record_id"])), sealed)


async def test_fresh_writer_is_ready_without_being_asked(database: Database) -> None:
    async with a_writer(database) as writer:
        await until(lambda: writer.is_ready, seconds=0.9)

    assert not await leaves(database)


async def test_idle_writer_looks_again(database: Database) -> None:
    line = Line(database.serving_url)
    async with a_writer(line) as writer:
        await until(lambda: writer.is_ready)
        await execute(database.owner_url, "select pg_terminate_backend($1)", line.pid)
        await until(lambda: len(line.opened) == 2)
        await until(lambda: writer.is_ready)
        await writer.append(a_draft())

    (chain,) = await chains(database)
    assert chain[0].get("previous_writer_id") is None
