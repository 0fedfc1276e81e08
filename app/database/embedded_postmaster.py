"""Runs the embedded server's postmaster: with which settings, when it is ready, how it ends."""

import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from app.database.embedded_account import EmbeddedPostgresError
from app.database.embedded_orphans import cluster_name, end_orphans
from app.database.embedded_process import Programs

SOCKET_PORT = 5432
"""Only names the socket file, unless TCP is asked for."""

READY_SECONDS = 30.0
RETRY_SECONDS = 10.0
STOP_SECONDS = 30.0
IMMEDIATE_STOP_SECONDS = 5.0

SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    # Nothing personal in the log: no statement, no parameter, no DETAIL, and no ERROR either, whose first
    # line may quote a value ("invalid input syntax for type integer: …"). LOG, FATAL and PANIC remain.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_checkpoints": "off",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""Given on the command line, which ALTER SYSTEM does not override."""

FORGETFUL_SETTINGS = {"fsync": "off", "full_page_writes": "off"}
"""For tests: what is committed outlives a killed process, not a power cut."""

_PASSING_REFUSALS = (
    'lock file "postmaster.pid" already exists',
    "pre-existing shared memory block",
    "could not create any TCP/IP sockets",
)
"""What PostgreSQL says while its predecessor's remains, or another taker of the port, are about."""

_READY_PAUSE_SECONDS = 0.02
_RETRY_PAUSE_SECONDS = 0.2


class Postmaster:
    """One PostgreSQL server over a data directory and a folder for its socket."""

    def __init__(
        self,
        programs: Programs,
        data_directory: Path,
        socket_directory: Path,
        *,
        tcp: bool,
        durable: bool,
        settings: Mapping[str, str],
    ) -> None:
        self.socket_directory = socket_directory
        self.port = SOCKET_PORT
        self._programs = programs
        self._data = data_directory
        self._tcp = tcp
        self._durable = durable
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and return when it takes connections.

        Tries for some seconds while remains of the server before stand in the way. Raises
        EmbeddedPostgresError with the end of the log.
        """
        retry_until = time.monotonic() + RETRY_SECONDS
        while True:
            words_before = self._programs.words_so_far()
            self._launch()
            if self._becomes_ready():
                return
            words = self._programs.last_words(words_before)
            may_pass = any(refusal in words for refusal in _PASSING_REFUSALS)
            if self.is_running or not may_pass or time.monotonic() > retry_until:
                raise EmbeddedPostgresError(
                    f"PostgreSQL does not start; the end of {self._programs.log_path}:\n{words}"
                )
            time.sleep(_RETRY_PAUSE_SECONDS)

    def stop(self) -> None:
        """End the server by fast shutdown, less politely where it does not heed, and reap it.

        Raises EmbeddedPostgresError if it was killed and processes it left behind do not end.
        """
        process, self._process = self._process, None
        if process is None:
            return
        _end(process)
        if process.returncode != 0 and self._data.is_dir():
            # A busy backend does not notice by itself that its postmaster is gone.
            end_orphans(self._data, self._programs.account)

    def _launch(self) -> None:
        if self._tcp:
            self.port = _free_port()
        settings = SETTINGS | ({} if self._durable else FORGETFUL_SETTINGS) | dict(self._settings)
        settings |= {
            "cluster_name": cluster_name(self._data),
            "listen_addresses": "127.0.0.1" if self._tcp else "",
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_directory),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._process = self._programs.start("postgres", "-D", str(self._data), *options)

    def _becomes_ready(self) -> bool:
        ready_until = time.monotonic() + READY_SECONDS
        while self.is_running and time.monotonic() < ready_until:
            if self._programs.is_accepting(self.socket_directory, self.port):
                return True
            time.sleep(_READY_PAUSE_SECONDS)
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS)):
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
