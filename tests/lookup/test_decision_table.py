"""The decision table that a lawyer reads (decision_table.csv), row by row; its words are explained beside it.

Rows 1–81 change one thing at a time, 82–140 break two rules at once and show which one is answered,
141–229 go through every pair of values of two different columns.
"""

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.accounts.values import Role
from app.lookup.decision import CONSEQUENCES, Permit, Rule, Standing, decide, judge
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.values import Procedure, QuestionType
from tests.lookup.deciding import (
    HOUSEHOLD,
    OTHER_PROCEDURE,
    OTHER_UNIT_ID,
    PROCEDURE,
    TODAY,
    TOMORROW,
    a_client,
    a_dossier,
    a_grant,
    a_procedure,
    a_unit,
    an_officer,
    bases_of,
    judged_as,
)

FOLDER = Path(__file__).parent
QUESTION_COLUMNS = 8

LOOKUP, VERIFICATION, HOUSEHOLD_QUESTION = QuestionType
EVERY_TYPE = frozenset(QuestionType)
RICH = bases_of(DEFAULT_FIELDS | HOUSEHOLD | {Field.MARITAL_STATUS}) | {Field.ETHNICITY: " "}
PROCEDURES: dict[str, Procedure | None] = {
    "rich": a_procedure(fields=RICH, question_types=frozenset({LOOKUP, HOUSEHOLD_QUESTION})),
    "plain": a_procedure(),
    "unknown": None,
    "begins tomorrow": a_procedure(valid_from=TOMORROW, question_types=EVERY_TYPE),
    "ends today": a_procedure(valid_to=TODAY, question_types=EVERY_TYPE),
    "begins today": a_procedure(valid_from=TODAY),
    "last day": a_procedure(valid_to=TOMORROW),
    "unmapped": a_procedure(service_code=None, question_types=EVERY_TYPE),
    "processing only": a_procedure(roles=frozenset({Role.PROCESSING}), question_types=frozenset({LOOKUP})),
    "verification only": a_procedure(question_types=frozenset({VERIFICATION})),
}
GRANTS = {
    "holds the grant": a_grant(),
    "granted from today": a_grant(valid_from=TODAY),
    "grant ends today": a_grant(valid_to=TODAY),
    "granted from tomorrow": a_grant(valid_from=TOMORROW),
    "granted elsewhere only": a_grant(unit_id=OTHER_UNIT_ID),
    "works nowhere": a_grant(),
}
DOSSIERS = {
    "own, new code": a_dossier("H19.34.12"),
    "own, old code": a_dossier("000.12.34.H19"),
    "served agency": a_dossier("H19.90"),
    "merged agency": a_dossier("000.07.34.H19"),
    "another agency": a_dossier("H19.34.13"),
    "none yet": None,
}
CLIENTS = {
    "every procedure": a_client(),
    "this one among others": a_client(procedures=frozenset({PROCEDURE, OTHER_PROCEDURE})),
    "others only": a_client(procedures=frozenset({OTHER_PROCEDURE})),
}
ASKED = {
    "all that is permitted": None,
    "usual five": DEFAULT_FIELDS,
    "permanent residence": frozenset({Field.PERMANENT_RESIDENCE}),
    "household": HOUSEHOLD,
    "marital status": frozenset({Field.MARITAL_STATUS}),
    "ethnicity": frozenset({Field.ETHNICITY}),
    "religion": frozenset({Field.RELIGION}),
    "permanent residence and religion": frozenset({Field.PERMANENT_RESIDENCE, Field.RELIGION}),
    "empty list": frozenset[Field](),
    "residence file number": frozenset({Field.RESIDENCE_FILE_NUMBER}),
}
SHOWN = {
    "usual five": DEFAULT_FIELDS,
    "permanent residence": frozenset({Field.PERMANENT_RESIDENCE}),
    "household": HOUSEHOLD,
    "marital status": frozenset({Field.MARITAL_STATUS}),
    "nothing": frozenset[Field](),
}


@dataclass(frozen=True)
class Row:
    """One line of the table, each cell by its English half."""

    number: str
    role: str
    unit: str
    procedure: str
    dossier: str
    client: str
    officer_code: str
    question_type: str
    fields: str
    result: str
    shown: str
    rule: str
    code: str
    menders: str

    @property
    def question(self) -> tuple[str, ...]:
        return (
            self.role, self.unit, self.procedure, self.dossier,
            self.client, self.officer_code, self.question_type, self.fields,
        )  # fmt: skip

    @property
    def standing(self) -> Standing:
        officer = an_officer(
            role=Role(self.role.replace(" ", "_")),
            upstream_officer_code="cb-mau-01" if self.officer_code == "yes" else None,
        )
        return judged_as(
            PROCEDURES[self.procedure],
            GRANTS[self.unit],
            officer=officer,
            unit=None if self.unit == "works nowhere" else a_unit(),
            client=CLIENTS[self.client],
        )

    def judge(self) -> Permit | Rule:
        question_type = QuestionType(self.question_type)
        return judge(self.standing, DOSSIERS[self.dossier], ASKED[self.fields], question_type)


def _lines(name: str) -> Iterator[list[str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def _english(cell: str) -> str:
    return cell.rpartition(" / ")[2]


HEADINGS, *LINES = _lines("decision_table.csv")
ROWS = [Row(*map(_english, line)) for line in LINES]
WORDS = list(_lines("decision_table_words.csv"))[1:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number}")
def test_a_row_is_decided_as_the_table_says(row: Row) -> None:
    verdict = row.judge()
    if row.result == "permitted":
        assert isinstance(verdict, Permit)
        assert verdict.fields == frozenset[Field]().union(*(SHOWN[part] for part in row.shown.split(" + ")))
        assert {row.rule, row.code, row.menders} == {""}
        return
    assert row.result == "refused"
    assert verdict == row.rule
    consequence = CONSEQUENCES[Rule(row.rule)]
    assert consequence.code == row.code
    assert list(consequence.menders) == row.menders.split("; ")
    answer = decide(row.standing, DOSSIERS[row.dossier], ASKED[row.fields], QuestionType(row.question_type))
    assert answer is consequence.code
    assert not row.shown


def test_the_table_is_large_enough_and_asks_nothing_twice() -> None:
    assert len(ROWS) >= 150
    assert [row.number for row in ROWS] == [str(number) for number in range(1, len(ROWS) + 1)]
    assert len({row.question for row in ROWS}) == len(ROWS)


def test_every_pair_of_values_of_two_columns_stands_in_some_row() -> None:
    values = [sorted({row.question[at] for row in ROWS}) for at in range(QUESTION_COLUMNS)]
    for one, other in itertools.combinations(range(QUESTION_COLUMNS), 2):
        met = {(row.question[one], row.question[other]) for row in ROWS}
        assert met == set(itertools.product(values[one], values[other]))


def test_every_rule_decides_somewhere_and_every_way_of_permitting_is_shown() -> None:
    assert {row.rule for row in ROWS} - {""} == set(Rule)
    assert {part for row in ROWS for part in row.shown.split(" + ")} - {""} == set(SHOWN)


def test_the_words_of_the_table_are_those_that_are_explained() -> None:
    used = {(HEADINGS[at], line[at]) for line in LINES for at in range(1, QUESTION_COLUMNS + 1)}
    assert used == {(column, word) for column, word, _ in WORDS}
    assert all(" / " in meaning for _, _, meaning in WORDS)
    assert {row.role for row in ROWS} == {role.value.replace("_", " ") for role in Role}
