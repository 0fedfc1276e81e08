"""docs/install.md from an empty PostgreSQL to a lookup, once, in its order; each test looks at one part."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pyotp
import pytest

from tests.cli.commands import UPSTREAM, Answer, Process, a_process, ask, dancu, free_port
from tests.cli.locks import lock
from tests.cluster import PostgresCluster, running_cluster

STARTED = '"gateway.started"'
OWNER_PASSWORD, LOGIN_PASSWORD = "owner-of-tests", "login-of-tests"
LOOKUP = {
    "citizen": {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"},
    "procedure_code": "1.004194",
    "dossier_code": "000.12.34.H19-230301-0001",
    "verification_method": "online_lookup",
    "reception_channel": "counter",
}
LOGINS = f"""
create role dancu_gateway login password '{LOGIN_PASSWORD}' in role dancu_serving;
create role dancu_auditor login password '{LOGIN_PASSWORD}' in role dancu_auditing;
"""
COMMANDS: dict[str, tuple[str, ...]] = {
    "keys months": ("keys", "months"),
    "commune": ("units", "add", "Ủy ban nhân dân xã Mẫu", "H19.34.12", "--legacy-code", "000.12.34.H19"),
    "centre": ("units", "add", "Trung tâm Phục vụ hành chính công tỉnh Mẫu", "H19.90", "--kind",
               "public_service", "--level", "province", "--serves", "H19.10", "--serves", "H19.11"),
    "department": ("units", "add", "Sở Khoa học và Công nghệ", "H19.10", "--kind", "department", "--level",
                   "province"),
    "residence": ("procedures", "add", "1.004194", "Đăng ký tạm trú", "--legal-basis",
                  "Nghị định 104/2022/NĐ-CP, Điều 14", "--service-code", "1.004194.01"),
    "marriage": ("procedures", "add", "1.000894", "Đăng ký kết hôn", "--legal-basis", "Luật Hộ tịch",
                 "--service-code", "1.000894.01", "--field", "id_number", "--field", "full_name", "--field",
                 "marital_status=Luật Hộ tịch, Điều 18", "--role", "reception"),
    "grant": ("grants", "give", "H19.34.12", "1.004194", "1.000894", "--document", "1/QĐ"),
    "officer": ("officers", "add", "tiepnhan.mau", "Nguyễn Thị Mẫu", "--unit", "H19.34.12",
                "--upstream-code", "cb-mau-01"),
    "administrator": ("officers", "bootstrap", "quantri.mau", "Võ Thị Quản", "--unit", "H19.10",
                      "--person-code", "NV-0001"),
    "auditor": ("officers", "add", "kiemtra.mau", "Đặng Văn Kiểm", "--unit", "H19.10", "--role", "auditor",
                "--person-code", "NV-0002"),
    "client": ("clients", "add", "mot-cua", "Phần mềm một cửa", "--network", "127.0.0.0/24"),
    "suspend": ("officers", "suspend", "tiepnhan.mau"),
    "resume": ("officers", "resume", "tiepnhan.mau"),
    "unlock": ("officers", "unlock", "tiepnhan.mau", "--reason", "Gõ nhầm mật khẩu"),
}  # fmt: skip


@dataclass(frozen=True)
class Several:
    """What serving in two processes came to, after one of them was killed."""

    exit_code: int
    log: str


@dataclass
class Installation:
    """What each step answered."""

    owner_url: str
    commands: dict[str, Answer] = field(default_factory=dict)
    lookup: dict[str, Any] = field(default_factory=dict)
    decision: int = 0
    audit: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None
    log: str = ""
    several: Several | None = None

    def secret_of(self, command: str) -> str:
        """Return what the command printed last: the password or secret it shows once."""
        return self.commands[command].out.split()[-1]


def _operators_settings(keys: Path, owner_url: str) -> dict[str, str]:
    return {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_MIGRATION_DATABASE_URL": owner_url,
        "DANCU_ROOT_KEY_FILE": str(keys / "root.key"),
        "DANCU_AUDIT_ROOT_KEY_FILE": str(keys / "audit-root.key"),
    }


def _serving_settings(keys: Path, cluster: PostgresCluster, ports: tuple[int, int]) -> dict[str, str]:
    return UPSTREAM | {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_DATABASE_URL": cluster.url("dancu", "dancu_gateway", LOGIN_PASSWORD),
        "DANCU_AUDIT_DATABASE_URL": cluster.url("dancu", "dancu_auditor", LOGIN_PASSWORD),
        "DANCU_ROOT_KEY_FILE": str(keys / "root.key"),
        "DANCU_AUDIT_ROOT_KEY_FILE": str(keys / "audit-root.key"),
        "DANCU_PORT": str(ports[0]),
        "DANCU_UPSTREAM_BASE_URL": f"http://127.0.0.1:{ports[1]}",
    }


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def installed() -> Iterator[Installation]:
    """The whole page, played once, in a PostgreSQL of its own: roles belong to the server, not a database."""
    folder = Path(tempfile.mkdtemp(prefix="dancu-install-"))
    try:
        with running_cluster() as cluster, pytest.MonkeyPatch.context() as environment:
            environment.chdir(folder)
            installation = Installation(cluster.url("dancu", "dancu_owner", OWNER_PASSWORD))
            _set_up(installation, cluster, folder, environment)
            _serve(installation, cluster, folder, environment)
            yield installation
    finally:
        shutil.rmtree(folder)


def _set_up(
    installation: Installation, cluster: PostgresCluster, folder: Path, environment: pytest.MonkeyPatch
) -> None:
    superuser = cluster.url("postgres")
    create = f"create role dancu_owner login createrole password '{OWNER_PASSWORD}'"
    database = "create database dancu owner dancu_owner encoding 'UTF8' template template0"
    asyncio.run(_execute(superuser, create, database))
    said = installation.commands
    said["keys create"] = dancu("keys", "create", str(folder / "secrets"))
    for name, value in _operators_settings(folder / "secrets", installation.owner_url).items():
        environment.setenv(name, value)
    said["migrate"], said["migrate --check"] = dancu("migrate"), dancu("migrate", "--check")
    asyncio.run(_execute(installation.owner_url, LOGINS))
    asyncio.run(_execute(superuser, "alter role dancu_owner nocreaterole"))
    for name, command in COMMANDS.items():
        if name == "unlock":
            root_key = (folder / "secrets" / "root.key").read_text(encoding="utf-8")
            lock(installation.owner_url, "tiepnhan.mau", root_key=root_key)
        said[name] = dancu(*command)
    ask(installation.owner_url, "delete from sign_in_guard")  # the officer signs in before the decision
    for name in _operators_settings(folder, ""):
        environment.delenv(name)


def _serve(
    installation: Installation, cluster: PostgresCluster, folder: Path, environment: pytest.MonkeyPatch
) -> None:
    ports = (free_port(), free_port())
    settings = _serving_settings(folder / "secrets", cluster, ports)
    for name, value in settings.items():
        environment.setenv(name, value)
    mock = ("-m", "mock_c06", "--port", str(ports[1]))
    with (
        a_process(folder / "mock.out", *mock, environment={}) as national_side,
        a_process(folder / "gateway.out", "-m", "app", "serve", environment=settings) as gateway,
    ):
        national_side.wait_until_alive(f"http://127.0.0.1:{ports[1]}/livez")
        gateway.wait_until_alive(f"http://127.0.0.1:{ports[0]}/readyz")
        installation.commands["check"] = dancu("check")
        _look_up(installation, f"http://127.0.0.1:{ports[0]}")
        _end(installation, gateway)
    installation.several = _serve_in_two(folder, settings)


def _serve_in_two(folder: Path, settings: dict[str, str]) -> Several:
    command = ("-m", "app", "serve", "--workers", "2")
    with a_process(folder / "several.out", *command, environment=settings) as gateway:
        gateway.wait_for(STARTED, times=2)
        os.kill(_processes_of(gateway.popen.pid)[0], signal.SIGKILL)
        gateway.wait_for(STARTED, times=3)
        return Several(gateway.end(signal.SIGTERM), gateway.written)


def _processes_of(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _look_up(installation: Installation, url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as http:
        officer = _sign_in(installation, http, "tiepnhan.mau", "officer")
        http.post("/v1/me/confidentiality-notice", json={"version": "2026-1"}, headers=officer)
        installation.lookup = http.post("/v1/residence-lookups", json=LOOKUP, headers=officer).json()
        administrator = _sign_in(installation, http, "quantri.mau", "administrator", needs_second_factor=True)
        (asked,) = http.get("/v1/approvals", headers=administrator).json()["approvals"]
        path = f"/v1/approvals/{asked['approval_id']}/decision"
        installation.decision = http.post(path, json={"approve": True}, headers=administrator).status_code
        auditor = _sign_in(installation, http, "kiemtra.mau", "auditor", needs_second_factor=True)
        search = {"case_number": "TT-01", "officer_login": "tiepnhan.mau"}
        installation.audit = http.post("/v1/audit/searches", json=search, headers=auditor).json()


def _sign_in(
    installation: Installation,
    http: httpx.Client,
    login_name: str,
    command: str,
    *,
    needs_second_factor: bool = False,
) -> dict[str, str]:
    """Do what somebody new does: change the first password, set a needed second factor up."""
    first, own = installation.secret_of(command), f"Gio-Mua9Thu-{login_name[:2]}"
    once = _token(installation, http, login_name, first)
    change = {"current_password": first, "new_password": own}
    assert http.post("/v1/me/password", json=change, headers=once).status_code == 204
    time.sleep(1)  # until every process knows
    signed_in = _token(installation, http, login_name, own)
    if not needs_second_factor:
        return signed_in
    secret = http.post("/v1/me/otp", headers=signed_in).json()["secret"]
    code = {"code": pyotp.TOTP(secret).now()}
    assert http.post("/v1/me/otp/confirmation", json=code, headers=signed_in).status_code == 200
    time.sleep(1)
    later = pyotp.TOTP(secret).at(int(time.time()) + 30)  # the present code is used up
    return _token(installation, http, login_name, own, otp=later)


def _token(
    installation: Installation, http: httpx.Client, login_name: str, password: str, **otp: str
) -> dict[str, str]:
    form = {"grant_type": "password", "username": login_name, "password": password, **otp}
    answer = http.post("/v1/auth/token", data=form, auth=("mot-cua", installation.secret_of("client")))
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def _end(installation: Installation, gateway: Process) -> None:
    installation.exit_code = gateway.end(signal.SIGTERM)
    installation.log = gateway.written


def test_every_command_of_the_page_succeeds(installed: Installation) -> None:
    wrong = {name: answer for name, answer in installed.commands.items() if answer.code or answer.err}
    assert not wrong


def test_the_operator_needs_no_right_to_make_roles_after_the_first_migration(installed: Installation) -> None:
    may = "select rolcreaterole or rolsuper from pg_roles where rolname = 'dancu_owner'"
    assert ask(installed.owner_url, may) is False
    assert installed.commands["keys months"].out.startswith("made keys for: ")


def test_what_the_page_sets_up_passes_the_check(installed: Installation) -> None:
    said = installed.commands["check"].out
    assert "FAIL" not in said
    assert "ok   database: the gateway's role can add evidence and not change it" in said
    assert "ok   auditing database: the role can read the evidence" in said


def test_the_first_password_and_the_clients_secret_lead_to_a_lookup(installed: Installation) -> None:
    assert installed.lookup["outcome"] == "found"
    assert installed.lookup["citizen"]["full_name"]
    assert "permanent_residence" in installed.lookup["citizen"]


def test_the_first_administrator_decides_what_the_operator_asked_for(installed: Installation) -> None:
    assert installed.decision == 204


def test_an_auditor_finds_that_lookup(installed: Installation) -> None:
    (found,) = installed.audit["lookups"]
    assert found["lookup_id"] == installed.lookup["lookup_id"]
    assert found["unit_code"] == "H19.34.12"


def test_sigterm_ends_the_gateway_cleanly(installed: Installation) -> None:
    assert installed.exit_code == 0
    assert json.loads(installed.log.splitlines()[-1])["message"].startswith("Finished server process")


def test_the_gateway_says_when_it_started_and_stopped(installed: Installation) -> None:
    events = [json.loads(line)["event"] for line in installed.log.splitlines()]
    assert events.count("gateway.started") == events.count("gateway.stopped") == 1
    assert "log.withheld" not in events


def test_every_line_of_the_gateways_log_is_json_and_holds_no_secret(installed: Installation) -> None:
    assert all(isinstance(json.loads(line), dict) for line in installed.log.splitlines())
    shown = [installed.secret_of(command) for command in ("officer", "administrator", "auditor", "client")]
    assert not any(secret in installed.log for secret in (*shown, LOGIN_PASSWORD, "AK-TEST", "099190000017"))


def test_a_process_that_dies_is_replaced_and_all_end_cleanly(installed: Installation) -> None:
    several = installed.several
    assert several is not None
    events = [json.loads(line)["event"] for line in several.log.splitlines()]
    assert (events.count("gateway.started"), events.count("gateway.stopped")) == (3, 2)
    assert several.exit_code == 0


def test_nothing_a_command_showed_once_can_be_read_again(installed: Installation) -> None:
    stored = ask(installed.owner_url, "select string_agg(o::text, '') from officer o")
    stored += ask(installed.owner_url, "select string_agg(c::text, '') from client c")
    assert not any(
        installed.secret_of(command) in stored
        for command in ("officer", "administrator", "auditor", "client")
    )
