"""`dancu demo`: the whole story from an empty folder, again from a kept one, and nothing left behind."""

import json
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.audit.tree.merkle import TreeHead
from app.cli.demo_setup import _create_signer, _read, _signer
from tests.cli.commands import PATIENCE_SECONDS, Process, a_listener, a_process, dancu, free_port

LAUNCHER = Path(__file__).with_name("demo_process.py")
ANOTHER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SERVING = "Press Ctrl-C to stop."


@dataclass
class Demo:
    """A state folder, and what the first run over it said."""

    state: Path
    first_code: int
    first_said: str

    @contextmanager
    def running(self, *options: str, port: int | None = None, **more: str) -> Iterator[Process]:
        """Run the demo with *more* variables; none of its processes may be left at the end."""
        chosen = ("--port", str(port or free_port()), *options)
        output = self.state.with_name(f"{uuid4().hex}.out")
        environment = {"STATE": str(self.state), **more}
        with a_process(output, str(LAUNCHER), "demo", *chosen, environment=environment) as process:
            yield process
            process.popen.wait(PATIENCE_SECONDS)
            assert not self.processes()

    def run_once(self, port: int | None = None, **more: str) -> tuple[int, str]:
        """Run `demo --once` and return its exit code and what it said."""
        with self.running("--once", port=port, **more) as process:
            code = process.popen.wait(PATIENCE_SECONDS)
        return code, process.written

    def processes(self) -> list[str]:
        """Return the command lines of the demo and its children: all who know of the state folder."""
        state, found = str(self.state).encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
                if state in command or state in (process / "environ").read_bytes():
                    found.append(command.replace(b"\0", b" ").decode(errors="replace"))
            except OSError:  # it has ended, or is somebody else's
                continue
        return found


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A state folder that one run has filled."""
    # Not pytest's tmp_path: as root that lies in a folder the server's account may not pass.
    folder = Path(tempfile.mkdtemp(prefix="dancu-demo-"))
    folder.chmod(0o711)
    try:
        demo = Demo(folder / "state", -1, "")
        demo.first_code, demo.first_said = demo.run_once()
        yield demo
    finally:
        shutil.rmtree(folder)


def test_the_first_run_tells_the_whole_story(demo: Demo) -> None:
    assert demo.first_code == 0
    said = " ".join(demo.first_said.split())
    answers = ("200 found", "200 mismatch", "403 procedure_not_granted", "200 not_found")
    assert all(answer in said for answer in (*answers, "upstream_unavailable"))


def test_the_story_verifies_claims_and_keeps_a_confirmation_that_its_own_qr_code_confirms(demo: Demo) -> None:
    said = " ".join(demo.first_said.split())
    assert "household_head Trần Văn Thử: true household_head Lê Văn Khác: false" in said
    assert "its QR code says valid, issued on" in said
    confirmation = demo.state / "confirmation.pdf"
    assert confirmation.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(confirmation.stat().st_mode) == 0o600


def test_each_lookup_of_the_story_shows_its_record(demo: Demo) -> None:
    assert demo.first_said.count("its record") == demo.first_said.count("HTTP ") == 7
    assert "0990" not in "".join(line for line in demo.first_said.splitlines() if "about whom" in line)


def test_the_story_fetches_a_proof_within_seconds_and_verifies_it(demo: Demo) -> None:
    said = " ".join(demo.first_said.split())
    assert "its proof, " in said
    assert "dancu/H19; signature and proof verified here" in said


def test_the_story_ends_with_the_citizens_report_made_by_another_and_proven(demo: Demo) -> None:
    said = " ".join(demo.first_said.partition("The citizen asks who looked")[2].split())
    assert "the same person 403 subject_report_needs_another" in said
    assert "lookups 3, of which 2 were answered" in said
    assert "its proofs 5 of 5 records verified" in said
    report = demo.state / "subject-report.pdf"
    assert report.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


async def test_a_database_made_anew_gets_a_log_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    heads = [TreeHead(5, bytes(32)), TreeHead(3, bytes(32))]
    for head in heads:
        _create_signer(tmp_path)
        await _signer(tmp_path).sign(head, [])


def test_a_second_run_goes_on_with_what_the_first_kept_and_takes_free_ports(demo: Demo) -> None:
    secrets = (demo.state / "secrets.json").read_text(encoding="utf-8")
    with ExitStack() as taken:
        port = taken.enter_context(a_listener())
        with suppress(OSError):  # somebody else has it already, which serves as well
            taken.enter_context(a_listener(8037))
        code, said = demo.run_once(port)
    assert (code, said.count("its record")) == (0, 7)
    assert (demo.state / "secrets.json").read_text(encoding="utf-8") == secrets


def test_figures_of_use_are_counted_and_never_fail(demo: Demo) -> None:
    kept = json.loads((demo.state / "secrets.json").read_text(encoding="utf-8"))
    assert "dancu_reporter" in kept["role_passwords"]
    lines = [
        json.loads(line) for line in (demo.state / "worker.log").read_text(encoding="utf-8").splitlines()
    ]
    assert "worker.started" in {line["event"] for line in lines}
    assert "reports.counting_failed" not in {line["event"] for line in lines}


def test_a_state_from_before_there_was_counting_gets_a_login_for_it(tmp_path: Path) -> None:
    logins = dict.fromkeys(("dancu_gateway", "dancu_auditor", "dancu_worker"), "kept")
    content = json.dumps({"role_passwords": logins, "province": None})
    (tmp_path / "secrets.json").write_text(content, encoding="utf-8")
    passwords = _read(tmp_path).role_passwords
    assert passwords == logins | {"dancu_reporter": passwords["dancu_reporter"]}
    assert len(passwords["dancu_reporter"]) > 20
    assert _read(tmp_path).role_passwords == passwords


def test_settings_of_a_real_gateway_stay_out_of_it(demo: Demo) -> None:
    env_file = demo.state.with_name(".env")
    env_file.write_text("DANCU_UPSTREAM_FIND_PATH=/elsewhere\nDANCU_PORT=none\n", encoding="utf-8")
    real: dict[str, Any] = {
        "DANCU_ROOT_KEY": ANOTHER_KEY,
        "DANCU_AUTHORITY_CODE": "H20",
        "DANCU_TOKEN_MINUTES": "none",
    }
    try:
        code, said = demo.run_once(**real)
    finally:
        env_file.unlink()
    assert (code, said.count("its record")) == (0, 7), said


def test_what_is_kept_can_be_read_by_its_owner_only(demo: Demo) -> None:
    kept = [demo.state / "secrets.json", *(demo.state / "keys").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert len(kept) == 4


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(demo: Demo, signal_number: int) -> None:
    port = free_port()
    with demo.running(port=port) as process:
        process.wait_for(SERVING)
        assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
        running = " ".join(demo.processes())
        assert all(
            program in running
            for program in ("app serve", "app worker", "app signer", "mock_c06", "postgres")
        )
        assert process.end(signal_number) == 0
    assert process.written.endswith("stopped\n")


def test_a_signal_ends_everything_while_it_is_starting(demo: Demo) -> None:
    with demo.running() as process:
        process.wait_for("Starting the mock national side")
        assert process.end(signal.SIGTERM) == 0
    assert SERVING not in process.written


def test_the_gateways_log_holds_json_lines_and_no_secret(demo: Demo) -> None:
    lines = (demo.state / "gateway.log").read_text(encoding="utf-8").splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)
    kept = json.loads((demo.state / "secrets.json").read_text(encoding="utf-8"))
    secrets = [*kept["role_passwords"].values(), kept["province"]["client_secret"]]
    secrets += kept["province"]["passwords"].values()
    assert not any(secret in line for line in lines for secret in secrets)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("keys/root.key", ANOTHER_KEY),
        ("keys/audit-root.key", ANOTHER_KEY),
        ("keys/signer.key", ANOTHER_KEY),
        ("secrets.json", "{}"),
        ("secrets.json", None),
    ],
)
def test_a_state_of_another_version_or_with_other_keys_may_be_removed(
    demo: Demo, name: str, content: str | None
) -> None:
    path = demo.state / name
    kept = path.read_text(encoding="utf-8")
    try:
        path.unlink()
        if content is not None:
            path.write_text(content, encoding="utf-8")
        code, said = demo.run_once()
    finally:
        path.write_text(kept, encoding="utf-8")
        path.chmod(0o600)
    trouble = said.splitlines()[-1]
    assert code == 2
    assert trouble.startswith("dancu: ")
    assert f"{demo.state} may be removed" in trouble
    assert "Traceback" not in said


@pytest.mark.parametrize("variable", ["DANCU_DATABASE_URL", "DANCU_DATABASE_URL_FILE"])
def test_the_demo_never_runs_beside_a_real_database(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "postgresql://gateway:geheim@127.0.0.1/dancu")
    answer = dancu("demo", "--once")
    assert answer.refuses("DANCU_DATABASE_URL", "never touches a real database")
    assert "geheim" not in answer.err
