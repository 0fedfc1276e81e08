"""`dancu units|officers|clients|procedures`: what is registered, what is refused, what is shown once."""

import argon2
import pytest

from app.accounts.clients import secret_digest
from app.cli.inputs import today
from tests.cli.commands import Answer, ask, dancu
from tests.world import Database

pytestmark = pytest.mark.usefixtures("recordable")


def add_unit(*more: str) -> Answer:
    return dancu("units", "add", "Ủy ban nhân dân xã Mẫu", "H19.34.12", *more)


def add_officer(login_name: str = "tiepnhan.mau", *more: str) -> Answer:
    return dancu("officers", "add", login_name, "Nguyễn Thị Mẫu", "--unit", "H19.34.12", *more)


def add_client(*networks: str) -> Answer:
    options = [option for network in networks or ("10.1.2.0/24",) for option in ("--network", network)]
    return dancu("clients", "add", "mot-cua", "Phần mềm một cửa", *options)


def add_procedure(code: str = "1.004194", *more: str) -> Answer:
    return dancu("procedures", "add", code, "Đăng ký tạm trú", "--legal-basis", "Điều 14", *more)


def test_whatever_is_registered_already_says_so() -> None:
    adders = (add_unit, add_procedure, add_officer, add_client)
    assert [add().code for add in adders] == [0, 0, 0, 0]
    assert all(add().refuses("already registered") for add in adders)


def test_two_officers_never_share_a_code_of_the_national_side() -> None:
    add_unit()
    add_officer("mot", "--upstream-code", "cb-01")
    assert add_officer("hai", "--upstream-code", "cb-01").refuses("already registered", "upstream")


def test_what_was_refused_left_nothing_behind(migrated: Database) -> None:
    add_unit()
    assert add_unit().code == 2
    assert ask(migrated.owner_url, "select count(*) from unit") == 1


def test_granting_twice_is_harmless(migrated: Database) -> None:
    add_unit()
    add_procedure()
    answers = [dancu("grants", "give", "H19.34.12", "1.004194", "--document", "1/QĐ") for _ in range(2)]
    assert [answer.out for answer in answers] == [
        f"H19.34.12 1.004194: {today():%d/%m/%Y}–\n",
        "H19.34.12 1.004194: as before\n",
    ]
    assert ask(migrated.owner_url, "select count(*) from permission_grant") == 1


def test_a_unit_is_found_by_its_old_code_too() -> None:
    add_unit("--legacy-code", "000.12.34.H19")
    add_procedure()
    assert dancu("grants", "give", "000.12.34.H19", "1.004194", "--document", "1/QĐ").code == 0


def test_an_old_code_that_two_units_bear_names_neither() -> None:
    add_unit("--legacy-code", "000.12.34.H19")
    dancu("units", "add", "Xã khác", "H19.34.13", "--legacy-code", "000.12.34.H19")
    add_procedure()
    assert dancu("grants", "give", "000.12.34.H19", "1.004194", "--document", "1/QĐ").refuses(
        "more than one unit"
    )


@pytest.mark.parametrize("code", ["", "19.34", "H19.", "h19.34", " H19.34", "H19 34", "H1", "000.12.34.119"])
def test_what_is_no_agency_code_is_refused_wherever_one_is_given(code: str) -> None:
    assert dancu("units", "add", "Xã Mẫu", code).refuses("agency code")
    assert add_unit("--legacy-code", code).refuses("agency code")
    assert add_unit("--serves", code).refuses("agency code")


@pytest.mark.parametrize("code", ["", "1.4194", "1.0041940", "1-004194", "1.004194.01", "TTHC"])
def test_what_is_no_procedure_code_is_refused(code: str) -> None:
    assert add_procedure(code).refuses("Mã thủ tục", "is malformed")


@pytest.mark.parametrize("code", ["1.004194", "1.011442.000.00.00.H38"])
def test_national_and_local_procedure_codes_pass(code: str) -> None:
    assert add_procedure(code).code == 0


@pytest.mark.parametrize("login_name", ["", "a", "tiếp nhận", "-mau", "a" * 65])
def test_what_is_no_login_name_is_refused(login_name: str) -> None:
    add_unit()
    refused = dancu("officers", "add", "--unit", "H19.34.12", "--", login_name, "Nguyễn Thị Mẫu")
    assert refused.refuses("Tên đăng nhập" if login_name else "Thiếu tên", "ogin name")
    assert "rule" not in refused.err


@pytest.mark.parametrize("code", ["", " ", "mã có dấu", "a" * 21])
def test_what_is_no_code_of_the_national_side_is_refused_in_words(code: str) -> None:
    add_unit()
    refused = add_officer("mot.nguoi", "--upstream-code", code)
    assert refused.refuses("code")
    assert "rule" not in refused.err


@pytest.mark.parametrize(
    "client_id",
    ["", "M", "Mot-Cua", "mot cua", "mot_cua", "m\u1ed9t-cua", "a" * 64, "cua-099190000017", "export"],
)
def test_what_is_no_client_id_is_refused(client_id: str) -> None:
    answer = dancu("clients", "add", client_id, "Phần mềm", "--network", "10.1.2.0/24")
    assert answer.refuses("a client id is 2 to 63 of a-z")


@pytest.mark.parametrize("network", ["", "10.1.2.3/24", "10.1.2.0/33", "one-stop.example", "10.1.2"])
def test_what_is_no_address_block_is_refused(network: str) -> None:
    assert add_client(network).refuses("address block")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_a_client_calls_from_anywhere_only_where_that_is_said(migrated: Database, network: str) -> None:
    assert add_client("10.1.2.0/24", network).refuses("--from-anywhere")
    assert dancu("clients", "add", "mot-cua", "x", "--network", network, "--from-anywhere").code == 0
    assert ask(migrated.owner_url, "select networks from client") == [network]
    assert dancu("clients", "change", "mot-cua", "--network", "10.1.2.0/24").code == 0
    assert dancu("clients", "change", "mot-cua", "--network", network).refuses("--from-anywhere")
    changed = dancu("clients", "change", "mot-cua", "--network", network, "--from-anywhere")
    assert changed.code == 0, changed.err


def test_a_client_may_have_several_networks(migrated: Database) -> None:
    assert add_client("10.1.2.0/24", "2001:db8::/32").code == 0
    assert ask(migrated.owner_url, "select networks from client") == ["10.1.2.0/24", "2001:db8::/32"]


@pytest.mark.parametrize(
    "command",
    [
        ("units", "add", " ", "H19.34.13"),
        ("officers", "add", "mau", " ", "--unit", "H19.34.12"),
        ("clients", "add", "mot-cua", " ", "--network", "10.1.2.0/24"),
        ("procedures", "add", "1.004194", " ", "--legal-basis", "Điều 14"),
        ("procedures", "add", "1.004194", "Đăng ký tạm trú", "--legal-basis", " "),
    ],
)
def test_names_and_legal_bases_are_not_blank(command: tuple[str, ...]) -> None:
    add_unit()
    assert dancu(*command).refuses("empty")


@pytest.mark.parametrize(
    "command",
    [
        ("officers", "add", "mau", "Nguyễn Thị Mẫu", "--unit", "H19.99"),
        ("grants", "give", "H19.99", "1.004194", "--document", "1/QĐ"),
        ("officers", "suspend", "ai.do"),
        ("officers", "resume", "ai.do"),
        ("clients", "suspend", "khong-co"),
        ("clients", "resume", "khong-co"),
    ],
)
def test_what_is_not_registered_is_named(command: tuple[str, ...]) -> None:
    assert dancu(*command).refuses("there is no")


def test_a_procedure_that_is_not_in_the_catalogue_cannot_be_granted() -> None:
    add_unit()
    assert dancu("grants", "give", "H19.34.12", "1.004194", "--document", "1/QĐ").refuses(
        "chưa có trong danh mục", "1.004194"
    )


@pytest.mark.parametrize(("word", "status"), [("suspend", "suspended"), ("resume", "active")])
def test_officers_are_suspended_and_resumed_however_their_name_is_typed(
    migrated: Database, word: str, status: str
) -> None:
    add_unit()
    add_officer()
    dancu("officers", "suspend", "tiepnhan.mau")
    assert dancu("officers", word, " TiepNhan.Mau ").out == f"officer tiepnhan.mau is {status}\n"
    assert ask(migrated.owner_url, "select status from officer") == status


@pytest.mark.parametrize(("word", "status"), [("suspend", "suspended"), ("resume", "active")])
def test_clients_are_suspended_and_resumed(migrated: Database, word: str, status: str) -> None:
    add_client()
    dancu("clients", "suspend", "mot-cua")
    assert dancu("clients", word, "mot-cua").out == f"client mot-cua is {status}\n"
    assert ask(migrated.owner_url, "select status from client") == status


def test_the_first_password_is_shown_once_and_stored_as_its_hash(migrated: Database) -> None:
    add_unit()
    password = add_officer().out.rpartition(": ")[2].strip()
    stored = ask(migrated.owner_url, "select password_hash from officer")
    assert len(password) >= 16
    assert argon2.PasswordHasher().verify(stored, password)
    assert password not in ask(migrated.owner_url, "select string_agg(o::text, '') from officer o")


def test_who_forgot_a_password_gets_a_first_one_again(migrated: Database) -> None:
    add_unit()
    first = add_officer().out.rpartition(": ")[2].strip()
    again = dancu("officers", "new-password", "Tiepnhan.Mau").out.rpartition(": ")[2].strip()
    stored = ask(migrated.owner_url, "select password_hash from officer")
    assert again != first
    assert argon2.PasswordHasher().verify(stored, again)
    assert ask(
        migrated.owner_url,
        "select must_change_password and first_password_until > clock_timestamp() + interval '6 days'"
        " and session_epoch > 0 from officer",
    )


def test_nobody_gets_no_password(migrated: Database) -> None:
    assert dancu("officers", "new-password", "nobody").refuses("there is no officer nobody")


def test_the_clients_secret_is_shown_once_and_stored_as_its_digest(migrated: Database) -> None:
    secret = add_client().out.rpartition("secret: ")[2].strip()
    assert ask(migrated.owner_url, "select digest from client_credential") == secret_digest(secret)
    assert secret not in ask(
        migrated.owner_url, "select string_agg(c::text || d::text, '') from client c, client_credential d"
    )


def test_signing_keys_need_the_owner(migrated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", migrated.serving_url)
    assert dancu("keys", "rotate-token").refuses("DANCU_MIGRATION_DATABASE_URL")


def test_registers_need_the_schema(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", empty_database)
    assert add_unit().refuses("run: dancu migrate")


def test_a_unit_stands_below_the_one_it_names(migrated: Database) -> None:
    add_unit()
    assert dancu("units", "add", "Phòng Mẫu", "H19.34.12.1", "--parent", "H19.34.12").code == 0
    query = "select count(*) from unit_version a join unit_version b on b.unit_id = a.parent_id"
    assert ask(migrated.owner_url, query) == 1


def test_a_parent_nobody_knows_is_refused() -> None:
    assert add_unit("--parent", "H19.99").refuses("there is no unit H19.99")
