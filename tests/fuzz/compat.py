"""Fuzzes the compatible face in this process: mutated and generated calls of every profile.

    python -m tests.fuzz.compat --minutes 10 --seed 1

No call may crash the face, be answered 500, take over a second each time, or make the process grow without
end; an answer below 400 is one of the shapes that old software reads. A failure prints the seed, the number
of the call and the call itself (invented people only).
"""

import argparse
import asyncio
import base64
import json
import logging
import random
import resource
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import structlog
from lxml import etree
from rich.console import Console

from tests.compat.face import (
    CONFIRM,
    FIND,
    JSON,
    KEY_NAME,
    KEY_PASS,
    LGSP,
    SAMPLES,
    VDXP,
    Face,
    a_face,
    auth_hash,
    lgsp_header,
)

LONGEST_SECONDS: Final = 1.0
MOST_GROWTH_BYTES: Final = 64 * 1024 * 1024
_TRIES: Final = 5
_LONGEST_BODY: Final = 100_000
_WARM_CALLS: Final = 500
_KEPT_DRAFTS: Final = 1000
_PATHS: Final = (
    FIND, CONFIRM, "soap", "token", "getToken", "x/y", "api/v1/Authentication/Token", "", "%00", "dvcqg",
    "apiCSDLDanCu/ChiaSeThongTinCongDan", "CungCapThongTinHoGiaDinh",
)  # fmt: skip
_LITERAL: Final = ("/soap", "/getToken", f"/{FIND}", f"/{CONFIRM}", "/o/rest/v2/qldc/dvcqg")
_PIECES: Final = (
    b"<", b">", b"&", b"&#0;", b"&#x110000;", b"&amp;", b"]]>", b"<![CDATA[", b"<!--", b"<?xml?>", b"\x00",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b'"', b"\\u0000", b"\\ud800", b"{", b"[", b"}",
    b"null", b"1e999", b"<!DOCTYPE a>", b"<!ENTITY a 'b'>", b"xmlns=''", b"dan:", b"09919000001", b"19900230",
    b"0001", b"9" * 400, b"\xe2\x80\xae", "Ầ".encode(), "ð".encode(), "\u0301".encode() * 50, b"VPCP", b"034",
)  # fmt: skip
_TYPES: Final = (
    "application/xml", "application/xml; charset=utf-8", "text/xml; charset=utf-16", "application/json", "",
    "application/x-www-form-urlencoded", "application/xml; charset=windows-1258", "x" * 300,
)  # fmt: skip
_NAMES: Final = (
    "MaYeuCau", "MaDVC", "MaTichHop", "MaDichVu", "MaCanBo", "MaDonVi", "SoDinhDanh", "SoCMND", "HoVaTen",
    "NgayThangNamSinh", "NgayThangNam", "Nam", "type", "TaiKhoan",
)  # fmt: skip
_TEXTS: Final = (
    "", "037", "003", "033", "034", "VPCP", "1.000001", "G18-YT04", "099190000017", "990000017", "TRANVANTHU",
    "19900509", "1990-05-09", "09/05/1990", "1990", "Trần Văn Thử", "&<>", "\u0000", "\ud7ff", "A" * 3000,
    f"{KEY_NAME}:{KEY_PASS}", ":", "0" * 12, "٠٩٩١٩٠٠٠٠٠١٧", "2199-01-01", "TraCuuThongTinCongDan",
)  # fmt: skip


class FoundError(Exception):
    """The face did what it must never do."""


@dataclass
class Fuzzer:
    """Makes calls from a seed, and judges what comes of them."""

    random: random.Random
    seeds: list[bytes] = field(default_factory=list)
    calls: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seeds = [path.read_bytes() for path in sorted((SAMPLES / "requests").iterdir())]

    def content(self) -> bytes:
        """Return a body: a sample as it is, mutated, or made up."""
        choice = self.random.random()
        if choice < 0.1:
            return self.random.choice(self.seeds)
        if choice < 0.7:
            return self._mutated(self.random.choice(self.seeds))
        return self._made_up_json() if choice < 0.85 else self._made_up_soap()

    def _mutated(self, content: bytes) -> bytes:
        mutant = bytearray(content)
        for _ in range(self.random.randint(1, 8)):
            place = self.random.randrange(len(mutant) + 1)
            match self.random.randrange(6):
                case 0:
                    mutant[place:place] = self.random.choice(_PIECES)
                case 1:
                    del mutant[place : place + self.random.randint(1, 40)]
                case 2 if place < len(mutant):
                    mutant[place] = self.random.randrange(256)
                case 3:
                    start = self.random.randrange(len(mutant) + 1)
                    mutant[place:place] = mutant[start : start + self.random.randint(1, 300)]
                case 4:
                    mutant = bytearray(self._in_another_encoding(bytes(mutant)))
                case _:
                    old, new = self.random.choice(_TEXTS), self.random.choice(_TEXTS)
                    mutant = bytearray(bytes(mutant).replace(old.encode() or b"\0", new.encode(), 9))
            del mutant[_LONGEST_BODY:]
        return bytes(mutant)

    def _in_another_encoding(self, content: bytes) -> bytes:
        name = self.random.choice(("utf-16", "utf-16-le", "utf-32", "utf-7", "cp1258", "latin-1"))
        return content.decode("utf-8", "replace").encode(name, "replace")

    def _made_up_json(self) -> bytes:
        values: list[Any] = [*_TEXTS, None, 1, -1, 10**30, True, [], {}, {"Nam": "1990"}, 1.5]
        names = [*_NAMES, *(name[0].lower() + name[1:] for name in _NAMES)]
        count = self.random.randint(0, 12)
        body = {self.random.choice(names): self.random.choice(values) for _ in range(count)}
        text = json.dumps(body, ensure_ascii=self.random.random() < 0.5)
        depth = self.random.choice((0, 0, 0, 3, 5000))
        return b"[" * depth + text.encode("utf-8", "replace") + b"]" * depth

    def _made_up_soap(self) -> bytes:
        def element(depth: int) -> str:
            name = self.random.choice((*_NAMES, FIND, CONFIRM, f"{CONFIRM}Request"))
            text = self.random.choice(_TEXTS).replace("&", "&amp;").replace("<", "&lt;")
            inside = "".join(element(depth - 1) for _ in range(self.random.randint(0, 5))) if depth else text
            return f"<d:{name}>{inside}</d:{name}>"

        asked = element(self.random.choice((1, 1, 2, 3)))
        envelope = 'e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:d="urn:x"'
        deep = self.random.choice((0, 0, 0, 2000))
        asked = "<d:a>" * deep + asked + "</d:a>" * deep
        return f"<{envelope}><e:Body>{asked}</e:Body></e:Envelope>".encode("utf-8", "replace")

    def target(self, face: Face) -> tuple[str, list[tuple[bytes, bytes]]]:
        """Return where a call goes, and with which headers, mostly right ones."""
        prefix = self.random.choice((LGSP, VDXP, JSON))
        path = f"{prefix}/{self.random.choice(_PATHS)}"
        if self.random.random() < 0.2:
            path = self.random.choice(_LITERAL)
        headers = {"Content-Type": self.random.choice(_TYPES), "AuthHash": auth_hash()}
        headers |= face.signed(path) if self.random.random() < 0.5 else lgsp_header()
        if self.random.random() < 0.3:
            name = self.random.choice(
                (*headers, "X-Dossier-Code", "X-Procedure-Code", "X-Retry-Of", "Auth", "Host")
            )
            headers[name] = self._header(headers.get(name, ""))
        return path, [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]

    def _header(self, value: str) -> str:
        junk = self.random.randbytes(self.random.randint(0, 60))
        return self.random.choice(
            (
                base64.b64encode(junk).decode(),
                "Basic " + base64.b64encode(junk).decode(),
                "Bearer " + base64.urlsafe_b64encode(junk).decode(),
                value[: self.random.randrange(len(value) + 1)],
                junk.decode("latin-1").translate(dict.fromkeys((0, 10, 13), " ")),
                base64.b64encode(b"[" * 3000).decode(),
                "1" * 13,
                "",
            )
        )

    async def call(self, face: Face) -> None:
        """Make one call and judge its answer; FoundError."""
        self.calls += 1
        content = self.content()
        path, headers = self.target(face)
        answer, took = await _answer(face, path, content, headers)
        for _ in range(_TRIES - 1):
            if took <= LONGEST_SECONDS:
                break  # else this machine may have been busy with something else: once more
            answer, took = await _answer(face, path, content, headers)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        why = _wrong(answer, took)
        if why is not None:
            raise FoundError(
                f"call {self.calls}: {why}\n{path}\n{headers!r}\n{content!r}\n{answer.content!r}"
            )


async def _answer(
    face: Face, path: str, content: bytes, headers: list[tuple[bytes, bytes]]
) -> tuple[httpx.Response, float]:
    started = time.perf_counter()
    answer = await face.http.post(path, content=content, headers=headers)
    return answer, time.perf_counter() - started


def _wrong(answer: httpx.Response, took: float) -> str | None:
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    if took > LONGEST_SECONDS:
        return f"took {took:.2f} s"
    kind = answer.headers["content-type"]
    if kind.startswith("application/xml"):
        root = etree.fromstring(answer.content)
        is_fault = root.find(".//{*}Fault") is not None
        return None if is_fault is (answer.status_code >= 400) else "a fault that is none, or the reverse"
    if answer.status_code < 400:
        return None if kind == "application/json" and answer.json() else "neither XML nor JSON"
    return None


async def fuzz(*, seconds: float, seed: int, most: int | None = None) -> Fuzzer:
    """Call the face for so long, or so often; FoundError with what it did wrong."""
    fuzzer = Fuzzer(random.Random(seed))  # noqa: S311 - reproducible on purpose
    until, before = time.monotonic() + seconds, 0
    async with a_face() as face:
        face.guards.most = sys.maxsize
        while time.monotonic() < until and (most is None or fuzzer.calls < most):
            await fuzzer.call(face)
            _forget(face)
            if fuzzer.calls == _WARM_CALLS:
                before = _peak_bytes()
    growth = _peak_bytes() - before if before else 0
    if growth > MOST_GROWTH_BYTES:
        raise FoundError(f"the process grew by {growth} bytes over {fuzzer.calls} calls")
    return fuzzer


def _forget(face: Face) -> None:
    """Let the fakes, which keep everything, keep the last of it: their growth is not the face's."""
    if len(face.desk.log.drafts) > _KEPT_DRAFTS:
        face.desk.log.drafts.clear()
        face.desk.journal.clear()
        face.desk.source.requests.clear()
        face.guards.tries.clear()
        face.desk.store.counts.clear()
        face.desk.clock.turn(minutes=20)  # limits and guesses begin anew


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Fuzz as the command line says; exit code 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments, console = parser.parse_args(), Console()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        fuzzer = asyncio.run(fuzz(seconds=arguments.minutes * 60, seed=arguments.seed))
    except FoundError as found:
        console.print(f"seed {arguments.seed}: {found}", markup=False)
        sys.exit(1)
    by_status = ", ".join(f"{status}: {count}" for status, count in sorted(fuzzer.statuses.items()))
    console.print(f"seed {arguments.seed}: {fuzzer.calls} calls, nothing found ({by_status})")


if __name__ == "__main__":
    main()
