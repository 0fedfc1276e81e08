"""The decision over all of a small domain and over random values, against rules written a second time."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.values import Officer, Role
from app.errors import ProblemCode
from app.lookup.decision import CONSEQUENCES, Mender, Permit, Rule, Standing, decide, judge
from app.lookup.dossier import DossierCode
from app.lookup.standings import standing_of
from app.procedures.fields import DEFAULT_FIELDS, SENSITIVE_FIELDS, Field
from app.procedures.values import Procedure, QuestionType
from tests.lookup.deciding import (
    BASIS,
    HOUSEHOLD,
    OF_OTHERS,
    OTHER_PROCEDURE,
    OTHER_UNIT_ID,
    OURS,
    PROCEDURE,
    TODAY,
    TOMORROW,
    UNIT_ID,
    YESTERDAY,
    a_catalogue,
    a_client,
    a_grant,
    a_procedure,
    a_standing,
    a_unit,
    an_officer,
    bases_of,
)

LOOKUP, VERIFICATION, HOUSEHOLD_QUESTION = QuestionType
BOTH_ROLES, PROCESSING_ONLY = frozenset({Role.RECEPTION, Role.PROCESSING}), frozenset({Role.PROCESSING})
RICH = bases_of(DEFAULT_FIELDS | HOUSEHOLD | {Field.MARITAL_STATUS}) | {Field.ETHNICITY: " "}
DOSSIERS = {"ours": OURS, "another's": OF_OTHERS, "none yet": None}
ASKED = (
    None,
    frozenset({Field.FULL_NAME}),
    HOUSEHOLD | {Field.MARITAL_STATUS},
    frozenset({Field.FULL_NAME, Field.ETHNICITY}),
)
AN_ASSORTMENT = st.frozensets(st.sampled_from(list(Field)))


def broken_rules(
    standing: Standing, dossier: str, asked: frozenset[Field] | None, question_type: QuestionType
) -> list[str]:
    """Return all that forbids the question, by what the law and the catalogue say; the first one answers."""
    procedure, fields, said = standing.procedure, set[Field](), dict[str, bool]()
    said["posted"] = standing.unit is None
    said["role_asks"] = standing.officer.role.value not in {"reception", "processing"}
    said["procedure_known"] = procedure is None
    if procedure is not None:
        ends = procedure.valid_to or date.max
        fields = {field for field in procedure.fields if procedure.fields[field].split()}
        said["procedure_in_force"] = not procedure.valid_from <= TODAY <= ends - timedelta(days=1)
        said["question_type_listed"] = not procedure.question_types & {question_type}
        said["unit_granted"] = not standing.is_granted
        said["role_listed"] = not procedure.roles & {standing.officer.role}
        said["client_permitted"] = not standing.is_client_permitted
        said["procedure_mapped"] = not procedure.service_code
    said["officer_mapped"] = not standing.officer.upstream_officer_code
    said["dossier_of_unit"] = dossier == "another's"
    said["fields_permitted"] = any(field not in fields for field in asked or ())
    return [rule for rule, is_broken in said.items() if is_broken]


def shown(standing: Standing, asked: frozenset[Field] | None) -> set[Field]:
    """Return the fields that a question nothing forbids is answered with."""
    listed = standing.procedure.fields if standing.procedure is not None else {}
    return {field for field in Field if listed.get(field, "").strip() and (asked is None or field in asked)}


def small_domain() -> Iterator[Standing]:
    """Yield every standing that differs in something a rule could look at."""
    procedures: list[Procedure | None] = [None]
    for (begins, ends), types, code, roles, fields in itertools.product(
        ((date(2023, 1, 1), None), (date(2023, 1, 1), TODAY), (TOMORROW, None)),
        (frozenset({LOOKUP}), frozenset({VERIFICATION, HOUSEHOLD_QUESTION})),
        ("1.004194.01", None),
        (BOTH_ROLES, PROCESSING_ONLY),
        (bases_of(DEFAULT_FIELDS), RICH),
    ):
        procedures.append(
            a_procedure(
                valid_from=begins, valid_to=ends, question_types=types, service_code=code, roles=roles,
                fields=fields,
            )
        )  # fmt: skip
    for role, code, unit, procedure, is_granted, is_client_permitted in itertools.product(
        Role, ("cb-mau-01", None), (a_unit(), None), procedures, (True, False), (True, False)
    ):
        officer = an_officer(role=role, upstream_officer_code=code)
        yield Standing(officer, unit, procedure, is_granted, TODAY, is_client_permitted)


def test_over_all_of_a_small_domain_the_first_broken_rule_answers_and_else_exactly_the_fields() -> None:
    questions = list(itertools.product(DOSSIERS.items(), ASKED, QuestionType))
    permitted = 0
    for standing in small_domain():
        for (name, dossier), asked, question_type in questions:
            verdict = judge(standing, dossier, asked, question_type)
            broken = broken_rules(standing, name, asked, question_type)
            if broken:
                assert verdict == broken[0]
            else:
                permitted += 1
                assert isinstance(verdict, Permit)
                assert verdict.fields == shown(standing, asked)
    # 3 types of question, 2 dossiers, 3 roles of procedures, and 2 or 3 lists of fields that fit
    assert permitted == 3 * 2 * 3 * (2 + 3)


@pytest.mark.parametrize(
    ("day", "is_in_force"),
    [
        (date(2022, 12, 31), False),
        (date(2023, 1, 1), True),
        (YESTERDAY, True),
        (TODAY, False),
    ],
)
def test_a_procedure_is_in_force_from_its_first_day_until_before_its_end(
    day: date,
    is_in_force: bool,  # noqa: FBT001 - a column of the table
) -> None:
    standing = a_standing(procedure=a_procedure(valid_to=TODAY))._replace(day=day)
    assert isinstance(decide(standing, OURS, None), Permit) is is_in_force


@pytest.mark.parametrize(
    ("first_day", "end", "is_granted"),
    [
        (TODAY, None, True),
        (YESTERDAY, TOMORROW, True),
        (YESTERDAY, TODAY, False),
        (TOMORROW, None, False),
        (TODAY, TOMORROW, True),
    ],
)
def test_a_unit_holds_a_grant_from_its_first_day_until_before_its_end(
    first_day: date,
    end: date | None,
    is_granted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    catalogue = a_catalogue(a_procedure(), a_grant(valid_from=first_day, valid_to=end))
    standing = standing_of(catalogue, an_officer(), a_unit(), a_client(), PROCEDURE, TODAY)
    assert standing.is_granted is is_granted


def test_a_procedure_whose_entry_says_no_more_is_for_lookups() -> None:
    said = a_procedure()
    entry = Procedure(
        procedure_code=PROCEDURE,
        name=said.name,
        legal_basis=BASIS,
        service_code=said.service_code,
        is_decree_104=False,
        roles=said.roles,
        fields=said.fields,
        valid_from=YESTERDAY,
        valid_to=None,
    )
    standing = a_standing(procedure=entry)
    assert isinstance(decide(standing, OURS, None, LOOKUP), Permit)
    for question_type in (VERIFICATION, HOUSEHOLD_QUESTION):
        assert decide(standing, OURS, None, question_type) is ProblemCode.QUESTION_TYPE_NOT_PERMITTED
    assert not entry.field_of_work


def test_a_permit_names_in_whose_name_the_national_side_is_asked() -> None:
    assert decide(a_standing(), OURS, None) == Permit(DEFAULT_FIELDS, "1.004194.01", "cb-mau-01", BASIS)


def test_a_question_is_a_lookup_by_software_that_is_permitted_unless_said_otherwise() -> None:
    by_verification = a_standing(procedure=a_procedure(question_types=frozenset({VERIFICATION})))
    assert decide(by_verification, OURS, None) is ProblemCode.QUESTION_TYPE_NOT_PERMITTED
    assert isinstance(decide(by_verification, OURS, None, VERIFICATION), Permit)


def test_every_rule_has_an_answer_and_somebody_who_can_change_it() -> None:
    assert set(CONSEQUENCES) == set(Rule)
    for consequence in CONSEQUENCES.values():
        assert consequence.menders
        assert len(set(consequence.menders)) == len(consequence.menders)
    assert {mender for consequence in CONSEQUENCES.values() for mender in consequence.menders} == set(Mender)


def test_what_is_never_shown_by_default_is_none_of_the_usual_five() -> None:
    never = {"ethnicity", "religion", "blood_group", "marital_status", "father", "mother", "spouse"}
    assert never <= {field.value for field in SENSITIVE_FIELDS}
    assert not DEFAULT_FIELDS & (SENSITIVE_FIELDS | HOUSEHOLD)


@pytest.mark.parametrize("basis", ["", " ", "\t\n", "\u00a0"])
@pytest.mark.parametrize("field", Field)
def test_a_field_without_a_legal_basis_of_its_own_is_not_shown(field: Field, basis: str) -> None:
    every_other = {each: "Điều 15" for each in Field if each is not field}
    standing = a_standing(procedure=a_procedure(fields=every_other | {field: basis}))
    permit = decide(standing, OURS, None)
    assert isinstance(permit, Permit)
    assert permit.fields == frozenset(Field) - {field}
    assert decide(standing, OURS, frozenset({field})) is ProblemCode.FIELD_NOT_PERMITTED


@st.composite
def a_procedure_of_any_kind(draw: st.DrawFn) -> Procedure:
    near_today = st.sampled_from([date(2023, 1, 1), YESTERDAY, TODAY, TOMORROW])
    return a_procedure(
        fields=draw(st.dictionaries(st.sampled_from(list(Field)), st.sampled_from(["", " ", "Điều 14"]))),
        roles=draw(st.frozensets(st.sampled_from(list(Role)), min_size=1)),
        question_types=draw(st.frozensets(st.sampled_from(list(QuestionType)), min_size=1)),
        valid_from=draw(near_today),
        valid_to=draw(st.none() | near_today),
        service_code=draw(st.sampled_from(["1.004194.01", "1.004194.01", None])),
    )


@given(
    role=st.sampled_from([Role.RECEPTION, Role.RECEPTION, *Role]),
    code=st.sampled_from(["cb-mau-01", "cb-mau-01", None]),
    procedure=a_procedure_of_any_kind(),
    granted_to=st.sampled_from([UNIT_ID, UNIT_ID, OTHER_UNIT_ID]),
    granted_from=st.sampled_from([YESTERDAY, TODAY, TOMORROW]),
    of_client=st.none() | st.frozensets(st.sampled_from([PROCEDURE, OTHER_PROCEDURE])),
    dossier=st.sampled_from([OURS, OURS, None, OF_OTHERS]),
    asked=st.none() | AN_ASSORTMENT,
    question_type=st.sampled_from(list(QuestionType)),
)
def test_no_values_whatever_show_a_field_outside_what_role_unit_procedure_software_and_desk_allow_together(
    role: Role,
    code: str | None,
    procedure: Procedure,
    granted_to: object,
    granted_from: date,
    of_client: frozenset[str] | None,
    dossier: DossierCode | None,
    asked: frozenset[Field] | None,
    question_type: QuestionType,
) -> None:
    catalogue = a_catalogue(procedure, a_grant(unit_id=granted_to, valid_from=granted_from))
    officer: Officer = an_officer(role=role, upstream_officer_code=code)
    client = a_client(procedures=of_client)
    standing = standing_of(catalogue, officer, a_unit(), client, PROCEDURE, TODAY)
    verdict = decide(standing, dossier, asked, question_type)
    by_role = set(Field) if role in procedure.roles & BOTH_ROLES else set()
    by_unit = set(Field) if granted_to == UNIT_ID and granted_from <= TODAY else set()
    by_client = set(Field) if of_client is None or PROCEDURE in of_client else set()
    by_entry = {field for field, basis in procedure.fields.items() if basis.strip()}
    by_desk = set(Field) if asked is None else asked
    if isinstance(verdict, Permit):
        assert verdict.fields <= by_role & by_unit & by_client & by_entry & by_desk
        assert all((by_role, by_unit, by_client))  # a permit that shows nothing asks the national side, too
        assert question_type in procedure.question_types
        assert dossier is not OF_OTHERS


@given(
    fields=st.dictionaries(st.sampled_from(list(Field)), st.sampled_from(["", "Điều 14"])),
    asked=AN_ASSORTMENT,
)
def test_the_desk_may_only_narrow(fields: dict[Field, str], asked: frozenset[Field]) -> None:
    standing = a_standing(procedure=a_procedure(fields=fields))
    whole, narrowed = decide(standing, OURS, None), decide(standing, OURS, asked)
    assert isinstance(whole, Permit)
    if asked <= whole.fields:
        assert narrowed == whole._replace(fields=asked)
    else:
        assert narrowed is ProblemCode.FIELD_NOT_PERMITTED
