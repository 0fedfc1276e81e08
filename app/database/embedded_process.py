"""Starts PostgreSQL's programs as children of this process, and keeps what they say."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.database.embedded_account import PRIVATE_FILE, ServerAccount
from app.database.embedded_binaries import ENVIRONMENT, Binaries

SUPERUSER = "postgres"
LAST_WORDS = 10


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs, the account they run under and the log their words go to."""

    binaries: Binaries
    account: ServerAccount
    log_path: Path

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a program under the account; the caller must end and reap it."""
        log = os.open(self.log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            return subprocess.Popen(  # noqa: S603 - a program we found ourselves, no shell
                [self.binaries.program(name), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                # Ctrl-C in the terminal reaches the launcher only, which then ends its children in order.
                start_new_session=True,
                user=self.account.user,
                group=self.account.group,
                extra_groups=self.account.extra_groups,
            )
        finally:
            os.close(log)

    def is_accepting(self, socket_directory: Path, port: int) -> bool:
        """Say whether the server behind a socket takes connections."""
        asked = subprocess.run(  # noqa: S603 - a program we found ourselves, no shell
            [
                self.binaries.program("pg_isready"),
                f"--host={socket_directory}",
                f"--port={port}",
                f"--username={SUPERUSER}",
                "--dbname=postgres",
                "--timeout=3",
            ],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=ENVIRONMENT,
        )
        return asked.returncode == 0

    def begin_log(self) -> None:
        """Start the log afresh, keeping the one before as `….1`."""
        if self.log_path.exists():
            self.log_path.replace(f"{self.log_path}.1")
        os.close(os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))

    def words_so_far(self) -> int:
        """Return the log's length in bytes."""
        return self.log_path.stat().st_size

    def last_words(self, since: int = 0) -> str:
        """Return the log's last lines, of what came after the first `since` bytes."""
        with self.log_path.open("rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-LAST_WORDS:])
