"""`python -m bench.sign_in`: what the time of a refused sign-in tells, and what a flood of them costs.

One real gateway with fsync, over HTTP on loopback; addresses of 127.0.0.0/8 stand in for many callers, so
that no address is locked.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import shutil
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import aiohttp
import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.guarding import ADDRESS_RULES, SignInGuards
from app.accounts.lockout import LockRules
from app.accounts.passwords import hash_password
from app.accounts.second_factor_desk import give_second_factor
from app.audit.sealing import RootKey
from app.cli import invented
from app.cli.demo_setup import DATABASE, prepare
from app.cli.keys import ROOT_KEY_FILE
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.database.embedded import EmbeddedServer, default_state_directory
from bench.children import HOST, free_port, running
from bench.failure import BenchError
from bench.processor import Pinning, choose_pinning

TOKEN_PATH: Final = "/v1/auth/token"  # noqa: S105 - a path
LOOKUP_PATH: Final = "/v1/residence-lookups"
_PASSWORD: Final = "Do-hieu-nang-2026"  # noqa: S105 - of invented officers, in a database that is thrown away
_WRONG: Final = "Do-hieu-nang-2025"
_TRIES_PER_ADDRESS: Final = 90  # a hundred failures lock an address
_DESKS: Final = 16
_OK, _REFUSED = 200, 400
_MS: Final = 1000
_QUESTION: Final = {
    "citizen": {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"},
    "procedure_code": invented.RESIDENCE_PROCEDURE,
    "dossier_code": f"{invented.COMMUNE_LEGACY_CODE}-230301-0001",
    "verification_method": "online_lookup",
    "reception_channel": "counter",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of try that is refused, told from *baseline* or not; *login* prefixes its officers' names."""

    title: str
    login: str
    password: str = _WRONG
    baseline: str = "wrong"


CASES: Final = (
    Case("wrong password", "wrong"),
    Case("unknown user", "nobody"),
    Case("locked, right password", "locked", _PASSWORD),
    Case("suspended, right password", "suspended", _PASSWORD),
    Case("never activated", "inactive"),
    Case("first password lapsed, right one", "lapsed", _PASSWORD),
    Case("right password, wrong one-time code", "coded", _PASSWORD),
    Case("unknown user, the try that locks", "lastnone"),
    Case("wrong password, the try that locks", "last", baseline="lastnone"),
)
_WITHOUT_ACCOUNT: Final = frozenset({"nobody", "lastnone"})


@dataclass(frozen=True, slots=True)
class Ground:
    """A running gateway and what client software needs to speak to it."""

    port: int
    basic: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a form that the client software sends."""
        return {
            "Authorization": f"Basic {self.basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }


def main() -> int:
    """Do what the command line says; 1 where a body differs or a class of tries can be told from another."""
    options = _read_options()
    pinning = choose_pinning()
    pinning.apply_to_others()
    print(str(pinning).replace("wrk", "clients"), flush=True)
    parent = default_state_directory("bench")
    folder = Path(tempfile.mkdtemp(prefix="sign-in-", dir=parent))
    folder.chmod(0o711)  # the account that runs PostgreSQL passes through
    try:
        with _open_ground(folder, options.tries, pinning) as ground:
            can_be_told = options.tries > 0 and _time_refusals(ground, options)
            loses = options.rounds > 0 and _flood(ground, options)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if can_be_told or loses else 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sign_in", description=__doc__)
    add = parser.add_argument
    add("--tries", type=int, default=1000, help="tries of each kind (1000); 0 leaves the timing out")
    add("--most", type=float, default=0.55, help="an AUC surely beyond this tells two kinds apart (0.55)")
    add("--rounds", type=int, default=5, help="rounds with and without a flood (5); 0 leaves it out")
    add("--seconds", type=int, default=8, help="how long each takes (8)")
    add("--rate", type=int, default=200, help="wrong sign-ins a second (200)")
    add("--least", type=float, default=0.9, help="the share of lookups that must remain (0.9)")
    return parser.parse_args()


@contextmanager
def _open_ground(folder: Path, tries: int, pinning: Pinning) -> Iterator[Ground]:
    with EmbeddedServer(folder / "postgres", durable=True) as server:
        database = prepare(server, folder)
        root = RootKey.from_text((folder / "keys" / ROOT_KEY_FILE).read_text(encoding="utf-8"))
        asyncio.run(_fill(server.url(database=DATABASE), root, tries))
        port, mock_port = free_port(), free_port()
        url, mock_url = f"http://{HOST}:{port}", f"http://{HOST}:{mock_port}"
        environment = database.environment | {
            "DANCU_PUBLIC_URL": url,
            "DANCU_UPSTREAM_BASE_URL": mock_url,
            "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
            "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
            "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
            "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
            "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
            "DANCU_UPSTREAM_KEY_NAME": "keyname-test",
            "DANCU_UPSTREAM_KEY_PASSWORD": "keypass-test",
            "DANCU_LOOKUPS_PER_OFFICER_PER_MINUTE": "1000000000",
            "DANCU_TOKEN_MINUTES": "60",
        }
        mock = [sys.executable, "-m", "mock_c06", "--port", str(mock_port)]
        gateway = [sys.executable, "-m", "app", "serve", "--host", HOST, "--port", str(port)]
        root_folder = {"PYTHONPATH": str(Path(__file__).parents[1])}
        with (
            running("mock", mock, ready_url=mock_url, folder=folder, environment=root_folder),
            running(
                "gateway",
                gateway,
                ready_url=f"{url}/readyz",
                folder=folder,
                environment=environment | root_folder,
                cores=pinning.measured,
            ),
        ):
            pair = f"{invented.CLIENT_ID}:{database.province.client_secret}"
            yield Ground(port, b64encode(pair.encode()).decode())


async def _fill(database_url: str, root: RootKey, tries: int) -> None:
    """Add officers of every kind, all with one password, and bring their guards to where they must be."""
    connection = await asyncpg.connect(database_url)
    try:
        for prefix, number in ((case.login, tries) for case in CASES if case.login not in _WITHOUT_ACCOUNT):
            await _add_officers(connection, prefix, number)
        await _add_officers(connection, "desk", _DESKS)
        for change, prefix in (
            ("status = 'suspended'", "suspended"),
            ("password_hash = null", "inactive"),
            (
                "must_change_password = true, first_password_until = clock_timestamp() - interval '1 day'",
                "lapsed",
            ),
        ):
            await connection.execute(f"update officer set {change} where login_name like '{prefix}.%'")  # noqa: S608
        coded = await connection.fetch("select officer_id from officer where login_name like 'coded.%'")
        await _set_up(database_url, root, tries, [row["officer_id"] for row in coded], connection)
    finally:
        await connection.close()


async def _add_officers(connection: asyncpg.Connection, prefix: str, number: int) -> None:
    await connection.execute(
        "insert into officer (officer_id, login_name, full_name, role, status, password_hash,"
        " password_changed_at, upstream_officer_code) select gen_random_uuid(), $1 || '.' || n,"
        " 'Cán bộ', 'reception', 'active', $2, clock_timestamp(), $1 || '.' || n"
        " from generate_series(1, $3) n",
        prefix,
        hash_password(_PASSWORD),
        number,
    )
    await connection.execute(
        "insert into officer_posting (officer_id, valid_from, unit_id) select o.officer_id, '2023-01-01',"
        " (select p.unit_id from officer_posting p join officer r using (officer_id) where r.login_name = $2)"
        " from officer o where o.login_name like $1 || '.%'",
        prefix,
        invented.RECEPTION,
    )


async def _set_up(
    database_url: str, root: RootKey, tries: int, coded: list[UUID], connection: asyncpg.Connection
) -> None:
    clock, engine = SystemClock(), create_async_engine(sqlalchemy_address(database_url), hide_parameters=True)
    secret, day = root.derive("sign-in guards"), timedelta(hours=24)
    usual = SignInGuards(engine, secret, clock, LockRules(), ADDRESS_RULES)
    at_once = LockRules(max_failures=1, first_lock=day, longest_lock=day)
    strict = SignInGuards(engine, secret, clock, at_once, ADDRESS_RULES)
    try:
        async with engine.begin() as work:
            for officer_id in coded:
                await give_second_factor(work, root, officer_id, clock.now())
        for number in range(1, tries + 1):
            for login in ("last", "lastnone"):
                await usual.charge(f"{login}.{number}", invented.CLIENT_ID, f"nowhere {number}")
        await connection.execute("update sign_in_guard set failures = $1", LockRules().max_failures - 1)
        for number in range(1, tries + 1):
            await strict.charge(f"locked.{number}", invented.CLIENT_ID, f"nowhere {number}")
    finally:
        await engine.dispose()


def _time_refusals(ground: Ground, options: argparse.Namespace) -> bool:
    """Print how well each kind can be told by its time; return whether one surely can, or a body differs."""
    times: dict[str, list[float]] = {case.login: [] for case in CASES}
    answers: set[tuple[int, bytes]] = set()
    connections = _connections(ground)
    for number in range(1, options.tries + 1):
        for case in random.sample(CASES, len(CASES)):  # no kind always behind the same other one
            answer, seconds = _try(next(connections), ground, f"{case.login}.{number}", case.password)
            answers.add(answer)
            times[case.login].append(seconds)
    print(f"\n{'kind of try':<37}{'tries':>6}{'median ms':>11}{'p95 ms':>9}{'AUC':>7}   told from")
    is_told = False
    for case in CASES:
        own, other = times[case.login], times[case.baseline]
        auc, error = _auc(own, other), _standard_error(len(own), len(other))
        mark = " TOLD APART" if abs(auc - 0.5) - 2 * error > options.most - 0.5 else ""
        is_told = is_told or bool(mark)
        median, p95 = statistics.median(own) * _MS, statistics.quantiles(own, n=20)[-1] * _MS
        against = next(each.title for each in CASES if each.login == case.baseline)
        shown = "  –   –" if case.login == case.baseline else f"{auc:>7.3f}   {against}{mark}"
        print(f"{case.title:<37}{len(own):>6}{median:>11.2f}{p95:>9.2f}{shown}")
    print(f"a standard error of the AUC: {_standard_error(options.tries, options.tries):.3f}")
    is_one = len(answers) == 1 and next(iter(answers))[0] == _REFUSED
    print(
        f"status and body: {'byte-identical' if is_one else f'{len(answers)} DIFFERENT answers'}", flush=True
    )
    return is_told or not is_one


def _connections(ground: Ground) -> Iterator[HTTPConnection]:
    """Yield a connection that may be used once more; a new address before one has failed too often."""
    for address in _addresses():
        connection = HTTPConnection(HOST, ground.port, timeout=30, source_address=(address, 0))
        connection.request("GET", "/livez")
        connection.getresponse().read()
        for _ in range(_TRIES_PER_ADDRESS):
            yield connection
        connection.close()


def _addresses(second: int = 1) -> Iterator[str]:
    """Yield loopback addresses 127.*second*.x.y, each once."""
    for number in count(1):
        yield f"127.{second}.{number // 250}.{number % 250 + 1}"


def _try(
    connection: HTTPConnection, ground: Ground, login: str, password: str
) -> tuple[tuple[int, bytes], float]:
    # A code in every try: nobody but the gateway knows who needs one.
    form = {"grant_type": "password", "username": login, "password": password, "otp": "314159"}
    body = urlencode(form)
    started = time.perf_counter()
    connection.request("POST", TOKEN_PATH, body, ground.headers)
    answer = connection.getresponse()
    content = answer.read()
    return (answer.status, content), time.perf_counter() - started


def _auc(own: list[float], other: list[float]) -> float:
    """Return the chance that one of *own* took longer than one of *other*: Mann and Whitney's U over n·m."""
    ranked = sorted([(each, 0) for each in other] + [(each, 1) for each in own])
    smaller_others = above = 0
    for _, is_own in ranked:
        if is_own:
            above += smaller_others
        else:
            smaller_others += 1
    return above / (len(own) * len(other))


def _standard_error(own: int, other: int) -> float:
    """Return the AUC's standard error where two kinds are alike."""
    return float(((own + other + 1) / (12 * own * other)) ** 0.5)


def _flood(ground: Ground, options: argparse.Namespace) -> bool:
    """Print what a flood takes from lookups; return whether it takes more than it may."""
    tokens = asyncio.run(_sign_desks_in(ground))
    quiet: list[float] = []
    flooded: list[float] = []
    statuses: Counter[int] = Counter()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(_look_up, ground, tokens, 2).result()
        for number in range(options.rounds):
            quiet.append(pool.submit(_look_up, ground, tokens, options.seconds).result())
            flood = pool.submit(_send_flood, ground, options.rate, options.seconds + 1, number)
            time.sleep(0.5)
            flooded.append(pool.submit(_look_up, ground, tokens, options.seconds).result())
            statuses += flood.result()
            print(
                f"round {number + 1}: {quiet[-1]:.0f} lookups/s, {flooded[-1]:.0f} under the flood",
                flush=True,
            )
    ratio = statistics.median(late / early for late, early in zip(flooded, quiet, strict=True))
    sent = sum(statuses.values()) / (options.rounds * (options.seconds + 1))
    print(f"\n{sent:.0f} wrong sign-ins a second; answers by status: {dict(sorted(statuses.items()))}")
    print(f"lookups under the flood: {ratio:.3f} of their rate without (median of {options.rounds} rounds)")
    return ratio < float(options.least)


async def _sign_desks_in(ground: Ground) -> list[str]:
    tokens = []
    async with aiohttp.ClientSession(f"http://{HOST}:{ground.port}") as http:
        for number in range(1, _DESKS + 1):
            form = {"grant_type": "password", "username": f"desk.{number}", "password": _PASSWORD}
            async with http.post(TOKEN_PATH, data=urlencode(form), headers=ground.headers) as answer:
                token = (await answer.json())["access_token"]
            bearer = {"Authorization": f"Bearer {token}"}
            notice = {"version": "2026-1"}
            async with http.post("/v1/me/confidentiality-notice", json=notice, headers=bearer) as answer:
                answer.raise_for_status()
            tokens.append(token)
    return tokens


def _look_up(ground: Ground, tokens: list[str], seconds: int) -> float:
    """Return lookups per second of desks that each ask again as soon as they are answered."""
    return asyncio.run(_keep_looking_up(ground, tokens, seconds))


async def _keep_looking_up(ground: Ground, tokens: list[str], seconds: int) -> float:
    body, until = json.dumps(_QUESTION).encode(), time.perf_counter() + seconds

    async def ask(http: aiohttp.ClientSession, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        done = 0
        while time.perf_counter() < until:
            async with http.post(LOOKUP_PATH, data=body, headers=headers) as answer:
                if answer.status != _OK:
                    raise BenchError(f"a lookup was answered with HTTP {answer.status}")
                await answer.read()
            done += 1
        return done

    async with aiohttp.ClientSession(f"http://{HOST}:{ground.port}") as http:
        return sum(await asyncio.gather(*(ask(http, token) for token in tokens))) / seconds


def _send_flood(ground: Ground, rate: int, seconds: int, round_number: int) -> Counter[int]:
    """Send wrong sign-ins at a steady rate, whatever becomes of them; return the answers by status."""
    return asyncio.run(_keep_signing_in(ground, rate, seconds, round_number))


async def _keep_signing_in(ground: Ground, rate: int, seconds: int, round_number: int) -> Counter[int]:
    statuses: Counter[int] = Counter()

    async def sign_in(http: aiohttp.ClientSession, name: str) -> None:
        form = {"grant_type": "password", "username": name, "password": _WRONG}
        try:
            async with http.post(TOKEN_PATH, data=urlencode(form), headers=ground.headers) as answer:
                await answer.read()
                statuses[answer.status] += 1
        except (aiohttp.ClientError, TimeoutError):
            statuses[0] += 1

    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        addresses, started = _addresses(10 + round_number), time.perf_counter()
        for number in range(rate * seconds):
            if number % _TRIES_PER_ADDRESS == 0:
                connector = aiohttp.TCPConnector(limit=0, local_addr=(next(addresses), 0))
                session = aiohttp.ClientSession(f"http://{HOST}:{ground.port}", connector=connector)
                http = await stack.enter_async_context(session)
            await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
            tasks.create_task(sign_in(http, f"flood.{round_number}.{number}"))
    return statuses


if __name__ == "__main__":
    sys.exit(main())
