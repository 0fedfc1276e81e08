"""Makes the embedded server's data and its superuser's password, and takes them up again at later starts."""

import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.database.embedded_account import PRIVATE_FILE, EmbeddedPostgresError, ServerAccount
from app.database.embedded_process import SUPERUSER, Programs

INITDB_SECONDS = 120

_FIRST_WITH_BUILTIN_LOCALE = 17


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The part of a state directory that PostgreSQL calls a cluster, and the password that opens it."""

    state_directory: Path

    @property
    def path(self) -> Path:
        """PostgreSQL's data directory; it exists once it is whole."""
        return self.state_directory / "data"

    @property
    def password_path(self) -> Path:
        """The superuser's password, for the server's account and root only."""
        return self.state_directory / "superuser-password"

    def make(self, programs: Programs, *, durable: bool) -> str:
        """Make a new cluster, whole or not at all, and return its superuser's password.

        Raises EmbeddedPostgresError with the end of the log.
        """
        password = secrets.token_urlsafe(32)
        _write_private(self.password_path, password, programs.account)
        for abandoned in self.state_directory.glob("data-unfinished-*"):
            shutil.rmtree(abandoned)
        unfinished = Path(tempfile.mkdtemp(prefix="data-unfinished-", dir=self.state_directory))
        programs.account.take(unfinished)
        self._run_initdb(programs, unfinished, durable=durable)
        unfinished.rename(self.path)
        if durable:
            _sync_folder(self.state_directory)
        return password

    def take_up(self, major: int) -> str:
        """Return the superuser's password of a cluster made earlier.

        Raises EmbeddedPostgresError if this major version cannot serve it, or the password is gone.
        """
        try:
            made_by = (self.path / "PG_VERSION").read_text(encoding="ascii").strip()
            password = self.password_path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise EmbeddedPostgresError(f"cannot read {error.filename}: {error.strerror}") from error
        if made_by != str(major):
            raise EmbeddedPostgresError(
                f"{self.path} was made by PostgreSQL {made_by}; PostgreSQL {major} cannot serve it"
            )
        return password

    def _run_initdb(self, programs: Programs, folder: Path, *, durable: bool) -> None:
        initdb = programs.start(
            "initdb",
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={self.password_path}",
            "--auth-local=scram-sha-256",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            *_locale_options(programs.binaries.major),
            "--lc-messages=C",
            "--data-checksums",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        )
        try:
            initdb.wait(INITDB_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(f"initdb has not ended within {INITDB_SECONDS} s") from error
        finally:
            initdb.kill()  # does nothing once it has ended
            initdb.wait()
        if initdb.returncode != 0:
            raise EmbeddedPostgresError(
                f"initdb failed; the end of {programs.log_path}:\n{programs.last_words()}"
            )


def _locale_options(major: int) -> list[str]:
    if major >= _FIRST_WITH_BUILTIN_LOCALE:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _write_private(path: Path, text: str, account: ServerAccount) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    account.take(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
