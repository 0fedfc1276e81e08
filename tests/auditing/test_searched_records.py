"""What each criterion finds in the evidence, newest first, page by page; the auditor's own is left out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app.audit.record import Draft, Outcome, RecordKind
from app.audit.sealing import RootKey
from app.auditing.criteria import About, Position, Search
from app.auditing.kinds import KINDS_ABOUT
from app.auditing.reader import AuditReader, windows
from app.clock import SystemClock, local_day
from app.database.connect import open_engine
from tests.audit.workbench import NUMBER, a_draft, a_writer, an_intent, an_outcome
from tests.world import AUDIT_ROOT_KEY, Database

TODAY = local_day(SystemClock().now())
WEEK = Search("TTr-1", None, None, TODAY - timedelta(days=6), TODAY + timedelta(days=1), 50)
OFFICER, OTHER, AUDITOR, UNIT, FORMER = (uuid7() for _ in range(5))
DOSSIER = "H19.34.12-230301-0001"


@dataclass
class Evidence:
    """Records of one province, by the name a test calls them."""

    reader: AuditReader
    drafts: dict[str, Draft] = field(default_factory=dict)

    async def find(self, **criteria: Any) -> list[str]:
        """Return the names of what is found."""
        names = {draft.record_id: name for name, draft in self.drafts.items()}
        return [names[found.record_id] for found in await self.reader.find(replace(WEEK, **criteria))]


def a_refusal(**facts: Any) -> Draft:
    return Draft(
        RecordKind.LOOKUP_REFUSED, SystemClock().now(), {"problem_code": "field_not_permitted", **facts}
    )


def about(draft: Draft, kind: RecordKind, **facts: Any) -> Draft:
    return a_draft(kind, lookup_id=str(draft.record_id), **facts)


def ruled(draft: Draft, outcome: Outcome, *, may_ask: bool) -> Draft:
    told = an_outcome(draft.record_id, outcome)
    return replace(told, facts={**told.facts, "paper_may_ask": int(may_ask)})


@pytest.fixture
async def evidence(database: Database) -> AsyncIterator[Evidence]:
    """Eight lookups, the oldest first, and what auditors and administrators did."""
    made = {
        "plain": an_intent(
            officer_id=str(OFFICER), unit_id=str(FORMER), client_id="mot-cua", dossier_code=DOSSIER
        ),
        "linked": an_intent(officer_id=str(OFFICER), unit_id=str(UNIT)),
        "absent": an_intent(officer_id=str(OTHER), unit_id=str(UNIT), procedure_code="1.004194"),
        "unclear": an_intent(officer_id=str(OTHER), client_id="cong-khac"),
        "running": an_intent(officer_id=str(OTHER)),
        "refused": a_refusal(officer_id=str(OFFICER), unit_id=str(UNIT)),
        "refused there": an_intent(officer_id=str(OTHER)),
        "own": an_intent(officer_id=str(AUDITOR), unit_id=str(UNIT)),
    }
    changes = {
        "own search": a_draft(RecordKind.AUDIT_SEARCHED, officer_id=str(AUDITOR)),
        "search of oneself": a_draft(
            RecordKind.AUDIT_SEARCHED, officer_id=str(OTHER), searched_officer_id=str(AUDITOR)
        ),
        "search": a_draft(RecordKind.AUDIT_SEARCHED, officer_id=str(OTHER), searched_officer_id=str(OFFICER)),
        "suspended": a_draft(
            RecordKind.OFFICER_SUSPENDED, officer_id=str(OTHER), changed_officer_id=str(OFFICER)
        ),
        "own change": a_draft(
            RecordKind.OFFICER_CHANGED, officer_id=str(OTHER), changed_officer_id=str(AUDITOR)
        ),
    }
    after = [
        ruled(made["plain"], Outcome.FOUND, may_ask=False),
        ruled(made["linked"], Outcome.FOUND, may_ask=False),
        ruled(made["absent"], Outcome.NOT_FOUND, may_ask=True),
        ruled(made["unclear"], Outcome.UNKNOWN, may_ask=True),
        ruled(made["refused there"], Outcome.NOT_PERMITTED, may_ask=False),
        ruled(made["own"], Outcome.FOUND, may_ask=False),
        about(made["linked"], RecordKind.DOSSIER_LINKED, dossier_code=DOSSIER),
        about(made["plain"], RecordKind.LOOKUP_FOLLOW_UP, paper_asked=1, paper_why='"paper_asked":0'),
        about(made["absent"], RecordKind.LOOKUP_FOLLOW_UP, paper_asked=0, paper_why='"paper_asked":1'),
    ]
    async with a_writer(database) as writer:
        for draft in (*made.values(), *changes.values(), *after):
            await writer.append(draft)
    engine = open_engine(database.auditing_url, pool_size=1)
    yield Evidence(AuditReader(engine, RootKey.from_text(AUDIT_ROOT_KEY)), made | changes)
    await engine.dispose()


FOUND_BY: dict[str, tuple[dict[str, Any], list[str]]] = {
    "everything of the period": (
        {},
        ["own", "refused there", "refused", "running", "unclear", "absent", "linked", "plain"],
    ),
    "citizen": ({"number": NUMBER, "officer_id": OFFICER}, ["linked", "plain"]),
    "unit": ({"unit_ids": frozenset({UNIT})}, ["own", "refused", "absent", "linked"]),
    "unit and its former": ({"unit_ids": frozenset({UNIT, FORMER}), "officer_id": OFFICER},
                            ["refused", "linked", "plain"]),
    "client": ({"client_id": "mot-cua"}, ["plain"]),
    "procedure": ({"procedure_code": "1.004194"}, ["absent"]),
    "dossier, also a later one": ({"dossier_code": DOSSIER}, ["linked", "plain"]),
    "found": ({"outcome": "found"}, ["own", "linked", "plain"]),
    "not found": ({"outcome": "not_found"}, ["absent"]),
    "not found by an officer": ({"outcome": "not_found", "officer_id": OFFICER}, []),
    "unknown": ({"outcome": "unknown"}, ["unclear"]),
    "refused here and there": ({"outcome": "not_permitted"}, ["refused there", "refused"]),
    "refused of one officer": ({"outcome": "not_permitted", "officer_id": OTHER}, ["refused there"]),
    "running": ({"outcome": "running"}, ["running"]),
    "paper was allowed": ({"paper_may_ask": True}, ["unclear", "absent"]),
    "paper was asked": ({"paper_asked": True}, ["plain"]),
    "paper was asked in vain": ({"paper_asked": True, "paper_may_ask": True}, []),
    "paper was not asked": ({"paper_asked": False, "officer_id": OTHER},
                            ["refused there", "running", "unclear", "absent"]),
    "not the auditor's own": ({"unit_ids": frozenset({UNIT}), "hidden_officer_id": AUDITOR},
                              ["refused", "absent", "linked"]),
    "not their other account's": ({"unit_ids": frozenset({UNIT}), "further_hidden_ids": frozenset({AUDITOR})},
                                  ["refused", "absent", "linked"]),
    "what auditors read": ({"about": About.AUDIT_READS, "hidden_officer_id": AUDITOR}, ["search"]),
    "what auditors read, to another": ({"about": About.AUDIT_READS},
                                       ["search", "search of oneself", "own search"]),
    "what was changed": ({"about": About.ACCOUNT_CHANGES, "hidden_officer_id": AUDITOR}, ["suspended"]),
    "what one changed": ({"about": About.ACCOUNT_CHANGES, "officer_id": OTHER}, ["own change", "suspended"]),
}  # fmt: skip


async def test_each_criterion_finds_its_records_newest_first(evidence: Evidence) -> None:
    found = {name: await evidence.find(**criteria) for name, (criteria, _) in FOUND_BY.items()}
    assert found == {name: names for name, (_, names) in FOUND_BY.items()}


@pytest.mark.parametrize("criteria", [{}, {"outcome": "found"}, {"number": NUMBER}])
async def test_pages_go_on_where_the_last_one_ended(evidence: Evidence, criteria: dict[str, Any]) -> None:
    whole, paged, after = await evidence.find(**criteria), list[str](), None
    for _ in range(len(whole)):
        (found,) = await evidence.reader.find(replace(WEEK, **criteria, page_size=1, after=after))
        after = Position(found.recorded_at, found.record_id)
        paged += [name for name, draft in evidence.drafts.items() if draft.record_id == found.record_id]
    assert paged == whole
    assert await evidence.reader.find(replace(WEEK, **criteria, after=after)) == []


async def test_what_came_of_a_lookup_stands_with_it(evidence: Evidence) -> None:
    linked, plain = await evidence.reader.find(replace(WEEK, dossier_code=DOSSIER))
    assert linked.link is not None
    assert (linked.link["dossier_code"], linked.follow_up) == (DOSSIER, None)
    assert plain.follow_up is not None
    assert (plain.link, plain.follow_up["paper_asked"]) == (None, 1)


SEARCH = Search("TTr-1", None, None, date(2026, 1, 1), date(2026, 3, 31), 50)


def test_a_period_without_a_name_is_read_in_windows_from_the_newest_on() -> None:
    found = list(windows(SEARCH))
    assert (found[0].ends_at, found[-1].starts_at) == (SEARCH.ends_at, SEARCH.starts_at)
    assert all(later.starts_at == earlier.ends_at for later, earlier in pairwise(found))
    assert [one.ends_at - one.starts_at for one in found[:3]] == [timedelta(days=days) for days in (1, 4, 16)]


def test_who_is_named_is_read_in_one_window() -> None:
    (whole,) = windows(replace(SEARCH, officer_id=OFFICER))
    assert (whole.starts_at, whole.ends_at) == (SEARCH.starts_at, SEARCH.ends_at)


def test_the_next_page_begins_where_the_last_one_ended() -> None:
    at = datetime(2026, 2, 1, tzinfo=UTC)
    found = list(windows(replace(SEARCH, after=Position(at, UUID(int=1)))))
    assert found[0].ends_at - at == timedelta(microseconds=1)
    assert not list(windows(replace(SEARCH, after=Position(at - timedelta(days=365), UUID(int=1)))))


def test_a_cursor_of_the_last_instant_there_is_begins_at_the_newest() -> None:
    last = Position(datetime.max.replace(tzinfo=UTC), UUID(int=1))
    assert next(windows(replace(SEARCH, after=last))) == next(windows(SEARCH))


async def test_what_came_of_lookups_since_an_instant_is_as_if_it_were_not_there(evidence: Evidence) -> None:
    as_of = evidence.drafts["plain"].time
    intents = ["own", "refused there", "running", "unclear", "absent", "linked", "plain"]
    found = {
        "running": await evidence.find(outcome="running", as_of=as_of),
        "found": await evidence.find(outcome="found", as_of=as_of),
        "not found": await evidence.find(outcome="not_found", as_of=as_of),
        "asked": await evidence.find(paper_asked=True, as_of=as_of),
        "dossier": await evidence.find(dossier_code=DOSSIER, as_of=as_of),
    }
    assert found == {"running": intents, "found": [], "not found": [], "asked": [], "dossier": []}
    later = await evidence.reader.find(replace(WEEK, as_of=as_of))
    assert {(one.link, one.follow_up) for one in later} == {(None, None)}
    for days in (1, 3):
        later_on = as_of + timedelta(days=days)
        assert await evidence.find(outcome="running", as_of=later_on) == ["running"]
        assert await evidence.find(paper_asked=True, as_of=later_on) == ["plain"]


def test_every_reading_of_the_audit_can_be_found_and_no_kind_belongs_to_two() -> None:
    readings = {kind for kind in RecordKind if kind.value.startswith(("audit.", "subject_report."))}
    assert readings <= set(KINDS_ABOUT[About.AUDIT_READS])
    listed = [kind for kinds in KINDS_ABOUT.values() for kind in kinds]
    assert len(listed) == len(set(listed))
    assert {RecordKind.OFFICER_SUSPENDED, RecordKind.KEYS_ROTATED} <= set(KINDS_ABOUT[About.ACCOUNT_CHANGES])
