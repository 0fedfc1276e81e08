"""The demo's story: an officer asks and is told what it means; an auditor and the citizen see who looked."""

import os
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
import pyotp

from app.audit.tree.merkle import includes
from app.audit.tree.notes import VerifierKey, verified_head
from app.cli import invented
from app.cli.console import out
from app.cli.demo_citizen import answer_the_citizen
from app.clock import SystemClock, local_day
from app.lookup.notice import NOTICE_VERSION

_THU: Final = {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"}
_NOBODY: Final = {"id_number": "099090000109", "full_name": "Hoàng Văn Không", "birth_date": "1990-01-01"}
_DIFFERS: Final = {"id_number": "099079000121", "full_name": "Bùi Văn Hỏi", "birth_date": "1979-09-09"}
_DOWN: Final = {"id_number": "099070000131", "full_name": "Phan Văn Tắt", "birth_date": "1970-01-31"}
_CLAIMS: Final = (
    {"kind": "permanent_residence", "address": {"line": "5 đường Thử, xã Mẫu, huyện Mẫu, tỉnh Mẫu"}},
    {"kind": "household_head", "full_name": "Trần Văn Thử"},
    {"kind": "household_head", "full_name": "Lê Văn Khác"},
)
_LABEL_WIDTH: Final = 21
_PROOF_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One lookup of the demo; a second entry names the same person's earlier lookup in retry_of."""

    title: str
    citizen: dict[str, str]
    procedure_code: str = invented.RESIDENCE_PROCEDURE
    is_second_entry: bool = False
    wants_confirmation: bool = False
    claims: tuple[dict[str, Any], ...] = ()


SCENES: Final = (
    Scene("Found: the citizen must not be asked for paper", _THU, wants_confirmation=True),
    Scene("Verified: claims answered, no data shown", _THU, invented.HOUSEHOLD_PROCEDURE, claims=_CLAIMS),
    Scene("Mismatch: the national record differs from what was entered", _DIFFERS),
    Scene("Not permitted: this unit does not handle that procedure", _THU, invented.UNGRANTED_PROCEDURE),
    Scene("Not found: check and enter again before asking for paper", _NOBODY),
    Scene("Not found, entered again: now paper may be accepted", _NOBODY, is_second_entry=True),
    Scene("National side down: not the same as not found", _DOWN),
)


class Storyteller:
    """Speaks HTTP to a running gateway and prints what an officer and an auditor would see."""

    def __init__(
        self, base_url: str, province: invented.InventedProvince, folder: Path, log_verifier: str
    ) -> None:
        """Talk to the gateway at *base_url*, and keep the papers it gives in *folder*.

        Its log's checkpoints are checked by the public key *log_verifier*.
        """
        self._http = httpx.Client(base_url=base_url, timeout=30, trust_env=False)
        self._province = province
        self._folder = folder
        self._log_key = VerifierKey.from_text(log_verifier)
        self._earlier: dict[str, str] = {}
        self._clock = SystemClock()
        self._answered_at = 0.0

    def tell(self) -> None:
        """Play every scene, then show its evidence; httpx.HTTPError where the gateway fails the story."""
        officer = self._sign_in(invented.RECEPTION)
        self._heading("1. An officer signs in through the one-stop software")
        out.print(f"   {invented.RECEPTION} is signed in; the token is valid for 10 minutes.", markup=False)
        answer = self._post(officer, "/v1/me/confidentiality-notice", {"version": NOTICE_VERSION})
        answer.raise_for_status()
        out.print("   The confidentiality notice is accepted for today (once a day, on record).")
        auditor = self._sign_in(invented.AUDITOR)
        for number, scene in enumerate(SCENES, start=2):
            self._play(officer, number, scene)
            self._show_record(auditor, self._earlier[scene.citizen["id_number"]])
            if scene is SCENES[0]:
                self._prove(self._earlier[scene.citizen["id_number"]])
        self._tell_the_citizen(auditor, len(SCENES) + 2)
        out.print("\nEvery record above was read by an auditor, and each reading is itself on record.")

    def _play(self, officer: str, number: int, scene: Scene) -> None:
        self._heading(f"{number}. {scene.title}")
        body = self._body(scene)
        kind = "verifications" if scene.claims else "lookups"
        answer = self._post(officer, f"/v1/residence-{kind}", body)
        content = answer.json()
        self._line("asked", f"{scene.citizen['full_name']}, procedure {body['procedure_code']}")
        self._line("dossier", body["dossier_code"])
        self._line("HTTP", f"{answer.status_code} {content.get('outcome') or content.get('code')}")
        for name, value in (content.get("citizen") or {}).items():
            self._line(name, _plain(value))
        for claim, said in zip(scene.claims, content.get("claims", ()), strict=False):
            self._line(claim["kind"], f"{_claimed(claim)}: {said['verdict']}")
        self._line("officer", content.get("message") or content.get("detail"))
        if content.get("next_step"):
            self._line("next step", content["next_step"])
        self._paper(content["paper"])
        if content.get("confirmation"):
            self._keep(content["confirmation"])
        self._earlier[scene.citizen["id_number"]] = str(content["lookup_id"])
        self._answered_at = self._clock.monotonic()

    def _tell_the_citizen(self, auditor: str, number: int) -> None:
        self._heading(f"{number}. The citizen asks who looked: registered by one person, made by another")
        self._proof(self._earlier[_THU["id_number"]])
        administrator = self._sign_in(invented.ADMINISTRATOR)
        for label, said in answer_the_citizen(
            self._post, _THU["id_number"], administrator, auditor, self._write, self._log_key
        ):
            self._line(label, said)

    def _body(self, scene: Scene) -> dict[str, Any]:
        today = local_day(SystemClock().now())
        body: dict[str, Any] = {
            "citizen": scene.citizen,
            "procedure_code": scene.procedure_code,
            "dossier_code": f"{invented.COMMUNE_LEGACY_CODE}-{today:%y%m%d}-0001",
            "verification_method": "online_lookup",
            "reception_channel": "counter",
        }
        if scene.is_second_entry:
            body["retry_of"] = self._earlier[scene.citizen["id_number"]]
        if scene.wants_confirmation:
            body["confirmation"] = True
        if scene.claims:
            body["claims"] = scene.claims
        return body

    def _keep(self, confirmation: dict[str, Any]) -> None:
        path = self._write("confirmation.pdf", b64decode(confirmation["content"]))
        self._line("confirmation", f"a signed PDF for the dossier: {path}")
        checked = self._http.get(f"/v1/receipts/{confirmation['receipt_id']}").raise_for_status().json()
        validity = "valid" if checked["valid"] else "not valid"
        self._line("its QR code says", f"{validity}, issued on {checked['issued_on']} by {checked['unit']}")

    def _write(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        return path

    def _show_record(self, auditor: str, lookup_id: str) -> None:
        search = {"case_number": "DEMO-01", "officer_login": invented.RECEPTION, "page_size": 1}
        answer = self._post(auditor, "/v1/audit/searches", search).raise_for_status()
        lookup = answer.json()["lookups"][0]
        if lookup["lookup_id"] != lookup_id:
            raise RuntimeError("the newest record is not this lookup's; is somebody else using the demo?")
        out.print(f"   its record {lookup_id}", style="green", markup=False)
        self._line("  who, when", f"{lookup['officer_login']}, unit {lookup['unit_code']}, {lookup['time']}")
        self._line("  about whom", f"{lookup['citizen']} (stored as ciphertext, shown masked)")
        self._line("  why", f"procedure {lookup['procedure_code']}, dossier {lookup['dossier_code']}")
        self._line("  outcome", lookup["outcome"])
        self._line("  fields disclosed", ", ".join(lookup["fields_disclosed"]) or "none")

    def _prove(self, lookup_id: str) -> None:
        """Fetch the proof that the record is in the log, and check it as anybody could; RuntimeError."""
        proof = self._proof(lookup_id)
        head = verified_head(proof["checkpoint"], [self._log_key])
        hashes = [b64decode(text) for text in proof["hashes"]]
        if not includes(head, proof["leaf_index"], b64decode(proof["leaf_hash"]), hashes):
            raise RuntimeError("the proof does not lead to the checkpoint's root")
        seconds = self._clock.monotonic() - self._answered_at
        out.print(f"   its proof, {seconds:.1f} s after the answer, without signing in", style="green")
        self._line("  in the log", f"leaf {proof['leaf_index']} of {head.size}, {len(hashes)} hashes lead to")
        self._line("  the root", f"{proof['checkpoint'].splitlines()[2]}")
        self._line("  signed by", f"{self._log_key.name}; signature and proof verified here")

    def _proof(self, lookup_id: str) -> dict[str, Any]:
        """Return the proof as soon as there is one; RuntimeError where none comes."""
        while (answer := self._http.get(f"/v1/audit/proofs/{lookup_id}")).status_code == HTTPStatus.NOT_FOUND:
            if self._clock.monotonic() - self._answered_at > _PROOF_SECONDS:
                raise RuntimeError("no checkpoint covers the lookup; see worker.log and signer.log")
            time.sleep(0.1)
        return dict(answer.raise_for_status().json())

    def _sign_in(self, login_name: str) -> str:
        """Return an access token; an officer with a second factor sends a code that was not used yet."""
        secret = self._province.otp_secrets.get(login_name)
        for code in _codes(secret) if secret else [None]:
            answer = self._try_sign_in(login_name, code)
            if answer.is_success:
                break
        return str(answer.raise_for_status().json()["access_token"])

    def _try_sign_in(self, login_name: str, code: str | None) -> httpx.Response:
        form = {
            "grant_type": "password",
            "username": login_name,
            "password": self._province.passwords[login_name],
        }
        return self._http.post(
            "/v1/auth/token",
            data=form | ({"otp": code} if code else {}),
            auth=(invented.CLIENT_ID, self._province.client_secret),
        )

    def _post(self, token: str, path: str, body: dict[str, Any]) -> httpx.Response:
        return self._http.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    def _paper(self, paper: dict[str, Any]) -> None:
        self._line("paper", "may be asked for" if paper["may_ask"] else "must NOT be asked for")
        self._line("because", paper["because"])
        for kind in paper["which"]:
            self._line("", f"- {kind['name']}")

    @staticmethod
    def _heading(text: str) -> None:
        out.print()
        out.print(text, style="bold cyan", markup=False)

    @staticmethod
    def _line(label: str, text: object) -> None:
        out.print(f"   {label:<{_LABEL_WIDTH}} {text}", markup=False)


def _codes(secret: str) -> Iterator[str]:
    """Yield one-time codes: a demo run again within half a minute finds the first ones used."""
    totp = pyotp.TOTP(secret)
    for steps_ahead in (0, 1):
        yield totp.at(SystemClock().now() + steps_ahead * timedelta(seconds=totp.interval))
    out.print("   (waiting half a minute for a one-time code that was not used yet)")
    time.sleep(totp.interval)
    yield totp.at(SystemClock().now() + timedelta(seconds=totp.interval))


def _claimed(claim: dict[str, Any]) -> str:
    """Return what is claimed, as one line of text."""
    return str(claim["address"]["line"] if "address" in claim else claim["full_name"])


def _plain(value: object) -> str:
    """Return a field's value as one line of text."""
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part is not None)
    return "-" if value is None else str(value)
