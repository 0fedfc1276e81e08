"""Fuzzes the compatible face in this process: mutated and generated calls of every profile.

    python -m tests.fuzz.compat --minutes 10 --seed 1

No call may crash the face, be answered 500, take over a second of the processor, or make the process grow
without end; an answer below 400 is one of the shapes that old software reads. Each body that did harm is
written to a file in --keep; which path and headers came with it follows from the body (invented people only).
"""

import argparse
import asyncio
import base64
import json
import logging
import random
import secrets
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import structlog
from lxml import etree

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
from tests.fuzz.loop import Target, fuzz
from tests.fuzz.telling import tell

_LONGEST_BODY: Final = 100_000
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


@dataclass(frozen=True, slots=True)
class Calls:
    """The face as something to try: `statuses` counts what it answered."""

    face: Face
    loop: asyncio.AbstractEventLoop
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def target(self) -> Target:
        """What the loop tries: samples, spoilt or replaced by bodies made up."""
        seeds = [path.read_bytes() for path in sorted((SAMPLES / "requests").iterdir())]
        return Target("compatible face", seeds, _spoilt, self.run)

    def run(self, content: bytes) -> None:
        """Make one call and judge its answer; FoundError."""
        chance = random.Random(zlib.crc32(content))  # noqa: S311 - reproducible on purpose
        path, headers = _address(chance, self.face)
        answer = self.loop.run_until_complete(self.face.http.post(path, content=content, headers=headers))
        _forget(self.face)
        self.statuses[answer.status_code] += 1
        if (why := _wrong(answer)) is not None:
            raise FoundError(f"{why}; {path} {headers!r}; {answer.content!r}")


@contextmanager
def calls_of_a_face() -> Iterator[Calls]:
    """Run a face over fakes, in an event loop that stands still between its calls."""
    loop, running = asyncio.new_event_loop(), a_face()
    try:
        face = loop.run_until_complete(running.__aenter__())
        face.guards.most = sys.maxsize
        yield Calls(face, loop)
        loop.run_until_complete(running.__aexit__(None, None, None))
    finally:
        loop.close()


def _spoilt(chance: random.Random, content: bytes) -> bytes:
    """Return a body mutated, or one made up in its place, or as good as before with other headers."""
    choice, maker = chance.random(), _Maker(chance)
    if choice < 0.1:
        return content + b"\n" * chance.randint(1, 99)
    if choice < 0.7:
        return maker.mutated(content)
    return maker.made_up_json() if choice < 0.85 else maker.made_up_soap()


@dataclass(frozen=True, slots=True)
class _Maker:
    chance: random.Random

    def mutated(self, content: bytes) -> bytes:
        mutant = bytearray(content)
        for _ in range(self.chance.randint(1, 8)):
            place = self.chance.randrange(len(mutant) + 1)
            match self.chance.randrange(6):
                case 0:
                    mutant[place:place] = self.chance.choice(_PIECES)
                case 1:
                    del mutant[place : place + self.chance.randint(1, 40)]
                case 2 if place < len(mutant):
                    mutant[place] = self.chance.randrange(256)
                case 3:
                    start = self.chance.randrange(len(mutant) + 1)
                    mutant[place:place] = mutant[start : start + self.chance.randint(1, 300)]
                case 4:
                    mutant = bytearray(self._in_another_encoding(bytes(mutant)))
                case _:
                    old, new = self.chance.choice(_TEXTS), self.chance.choice(_TEXTS)
                    mutant = bytearray(bytes(mutant).replace(old.encode() or b"\0", new.encode(), 9))
            del mutant[_LONGEST_BODY:]
        return bytes(mutant)

    def _in_another_encoding(self, content: bytes) -> bytes:
        name = self.chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-7", "cp1258", "latin-1"))
        return content.decode("utf-8", "replace").encode(name, "replace")

    def made_up_json(self) -> bytes:
        values: list[Any] = [*_TEXTS, None, 1, -1, 10**30, True, [], {}, {"Nam": "1990"}, 1.5]
        names = [*_NAMES, *(name[0].lower() + name[1:] for name in _NAMES)]
        count = self.chance.randint(0, 12)
        body = {self.chance.choice(names): self.chance.choice(values) for _ in range(count)}
        text = json.dumps(body, ensure_ascii=self.chance.random() < 0.5)
        depth = self.chance.choice((0, 0, 0, 3, 5000))
        return b"[" * depth + text.encode("utf-8", "replace") + b"]" * depth

    def made_up_soap(self) -> bytes:
        def element(depth: int) -> str:
            name = self.chance.choice((*_NAMES, FIND, CONFIRM, f"{CONFIRM}Request"))
            text = self.chance.choice(_TEXTS).replace("&", "&amp;").replace("<", "&lt;")
            inside = "".join(element(depth - 1) for _ in range(self.chance.randint(0, 5))) if depth else text
            return f"<d:{name}>{inside}</d:{name}>"

        asked = element(self.chance.choice((1, 1, 2, 3)))
        envelope = 'e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:d="urn:x"'
        deep = self.chance.choice((0, 0, 0, 2000))
        asked = "<d:a>" * deep + asked + "</d:a>" * deep
        return f"<{envelope}><e:Body>{asked}</e:Body></e:Envelope>".encode("utf-8", "replace")


def _address(chance: random.Random, face: Face) -> tuple[str, list[tuple[bytes, bytes]]]:
    """Return where a call goes, and with which headers, mostly right ones."""
    path = f"{chance.choice((LGSP, VDXP, JSON))}/{chance.choice(_PATHS)}"
    if chance.random() < 0.2:
        path = chance.choice(_LITERAL)
    headers = {"Content-Type": chance.choice(_TYPES), "AuthHash": auth_hash()}
    headers |= face.signed(path) if chance.random() < 0.5 else lgsp_header()
    if chance.random() < 0.3:
        name = chance.choice((*headers, "X-Dossier-Code", "X-Procedure-Code", "X-Retry-Of", "Auth", "Host"))
        headers[name] = _header(chance, headers.get(name, ""))
    return path, [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]


def _header(chance: random.Random, value: str) -> str:
    junk = chance.randbytes(chance.randint(0, 60))
    return chance.choice(
        (
            base64.b64encode(junk).decode(),
            "Basic " + base64.b64encode(junk).decode(),
            "Bearer " + base64.urlsafe_b64encode(junk).decode(),
            value[: chance.randrange(len(value) + 1)],
            junk.decode("latin-1").translate(dict.fromkeys((0, 10, 13), " ")),
            base64.b64encode(b"[" * 3000).decode(),
            "1" * 13,
            "",
        )
    )


def _wrong(answer: httpx.Response) -> str | None:
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    kind = answer.headers["content-type"]
    if kind.startswith("application/xml"):
        root = etree.fromstring(answer.content)
        is_fault = root.find(".//{*}Fault") is not None
        return None if is_fault is (answer.status_code >= 400) else "a fault that is none, or the reverse"
    if answer.status_code < 400:
        return None if kind == "application/json" and answer.json() else "neither XML nor JSON"
    return None


def _forget(face: Face) -> None:
    """Let the fakes, which keep everything, keep the last of it: their growth is not the face's."""
    if len(face.desk.log.drafts) > _KEPT_DRAFTS:
        face.desk.log.drafts.clear()
        face.desk.journal.clear()
        face.desk.source.requests.clear()
        face.guards.tries.clear()
        face.desk.store.counts.clear()
        face.desk.clock.turn(minutes=20)  # limits and guesses begin anew


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.compat", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="the same seed, the same inputs (by chance)")
    parser.add_argument("--keep", type=Path, default=Path(), help="the folder for bodies that did harm")
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    with calls_of_a_face() as calls:
        code = tell(fuzz([calls.target], seed=seed, seconds=options.minutes * 60), options.keep)
    by_status = ", ".join(f"{status}: {count}" for status, count in sorted(calls.statuses.items()))
    sys.stdout.write(f"answers: {by_status}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
