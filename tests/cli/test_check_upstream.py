"""`dancu check upstream`: every road in words or as JSON, exit codes, and the record beside a question."""

import json
from pathlib import Path

import pytest

from tests.adapters.stand_in import STRICT, running_stand_in, running_under_tls
from tests.adapters.test_diagnosis import SECRETS, person
from tests.cli.commands import UPSTREAM, ask, dancu, free_port
from tests.world import Database

NUMBER = "099190000017"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in UPSTREAM.items():
        monkeypatch.setenv(name, value)


def agree_on(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in person(number).items():
        monkeypatch.setenv(f"DANCU_UPSTREAM_{name.upper()}", value)


def test_a_good_road_is_told_in_both_languages_with_exit_code_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_under_tls(STRICT, tmp_path) as (_, under_tls):
        monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", f"{under_tls}/lgsp-soap")
        monkeypatch.setenv("DANCU_UPSTREAM_CA_BUNDLE", str(tmp_path / "authority.pem"))
        answer = dancu("check", "upstream")

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("lgsp-soap (localhost)\nok   cấu hình | settings: Tốt. | Good.")
    assert "tls_version=TLSv1.3" in answer.out
    assert "Chưa khai báo công dân thử nghiệm" in answer.out
    assert not any(secret in answer.out for secret in SECRETS)


def test_a_road_that_fails_is_told_with_who_can_help_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", f"http://127.0.0.1:{free_port()}")
    answer = dancu("check", "upstream")
    (failed,) = [line for line in answer.out.splitlines() if line.startswith("FAIL")]

    assert answer.code == 1
    assert "kết nối mạng | connection" in failed
    assert "ConnectionRefusedError" in failed
    assert "network administrators" in failed


def test_programs_get_what_the_call_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", f"http://127.0.0.1:{free_port()}")
    answer = dancu("check", "upstream", "--json")
    said = json.loads(answer.out)

    assert answer.code == 1
    assert (said["ok"], said["roads"][0]["road"]) == (False, "lgsp-soap")
    assert [step["verdict"] for step in said["roads"][0]["steps"]][:4] == [
        "passed",
        "passed",
        "failed",
        "skipped",
    ]


def test_without_a_database_the_test_person_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    agree_on(NUMBER, monkeypatch)
    with running_stand_in(STRICT) as url:
        monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", f"{url}/lgsp-soap")
        answer = dancu("check", "upstream")

    assert answer.code == 0
    assert "could not be recorded beforehand" in answer.out


def test_a_question_about_the_test_person_is_on_record_and_nothing_of_it_is_told(
    migrated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dancu("keys", "months", "--ahead", "1")
    agree_on(NUMBER, monkeypatch)
    with running_stand_in(STRICT) as url:
        monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", f"{url}/lgsp-soap")
        answer = dancu("check", "upstream", "--json")

    (person_step,) = json.loads(answer.out)["roads"][0]["steps"][-1:]
    assert (answer.code, person_step["finding"]) == (0, "good")
    assert NUMBER not in answer.out
    kinds = "select string_agg(kind, ' ' order by recorded_at, writer_sequence) from audit_record"
    assert ask(migrated.owner_url, f"{kinds} where kind like 'upstream.%'") == (
        "upstream.check_asked upstream.checked"
    )
    leaf = ask(migrated.owner_url, "select leaf from audit_record where kind = 'upstream.check_asked'")
    assert NUMBER.encode() not in leaf
    assert json.loads(leaf)["subject"]
