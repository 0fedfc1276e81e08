"""How the routes of one's own account are called: rightly, wrongly, and with persons where none belong."""

import asyncio
from typing import Any

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.administration_drivers import ADMINISTRATION_DRIVERS
from tests.logs.compatible_drivers import COMPATIBLE_DRIVERS
from tests.logs.decision_drivers import DECISION_DRIVERS
from tests.logs.life_drivers import LIFE_DRIVERS
from tests.logs.list_drivers import LIST_DRIVERS
from tests.logs.planting import FOUND, WRONG_PASSWORD
from tests.logs.procedure_drivers import PROCEDURE_DRIVERS
from tests.logs.receipt_drivers import RECEIPT_DRIVERS
from tests.logs.register_drivers import REGISTER_DRIVERS
from tests.logs.stage import Driver, Stage
from tests.logs.subject_drivers import SUBJECT_DRIVERS
from tests.logs.transparency_drivers import TRANSPARENCY_DRIVERS
from tests.logs.unmasking_drivers import UNMASKING_DRIVERS
from tests.logs.verification_drivers import VERIFICATION_DRIVERS

NAME = PERSONAS[FOUND].full_name
NEW_PASSWORD = "Ghế-Xanh-Bay-Cao-58"
_REFUSED_PASSWORDS = ("Gh-5x!", "chỉ-toàn-chữ-thường-7", "Xuly.Mau-58x", "Dài" * 400 + "-5")
_WRONG_RECOVERY_CODE = "7k2mq-x09fd"
_UNKNOWN_SESSION = "01981c5e-0000-7000-8000-000000000000"
_DIRECTORY_SECONDS = 1.5  # what changes about an officer is known to every process within a second
_TOKEN, _REVOKE = "/v1/auth/token", "/v1/auth/revoke"
_ASSERTION_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PASSWORD, _OTP, _CONFIRM = "/v1/me/password", "/v1/me/otp", "/v1/me/otp/confirmation"
_SESSIONS, _STATUS = "/v1/me/sessions", "/v1/status"


def _expect(status: int, *answers: httpx.Response) -> None:
    """Assert that a driver reached what it is there for: a search after nothing happened proves nothing."""
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


async def _ask_for_tokens(stage: Stage, _: str) -> None:
    passwords = stage.world.province.passwords
    stage.keep_secret(_WRONG_RECOVERY_CODE, "314159", "no-token-of-anybody", f"{FOUND}-token")
    refused = [
        await stage.try_sign_in(NAME, WRONG_PASSWORD),
        await stage.try_sign_in(WRONG_PASSWORD, NAME),  # each typed into the other's box
        await stage.try_sign_in(invented.AUDITOR, passwords[invented.AUDITOR]),
        await stage.try_sign_in(invented.AUDITOR, passwords[invented.AUDITOR], "314159"),
        await stage.try_sign_in(invented.AUDITOR, passwords[invented.AUDITOR], _WRONG_RECOVERY_CODE),
        await stage.try_sign_in(invented.AUDITOR, WRONG_PASSWORD, NAME),
        await stage.send_form(_TOKEN, {"grant_type": NAME, "username": NAME, "password": WRONG_PASSWORD}),
        await stage.send_form(_TOKEN, {NAME: FOUND}),
        await stage.send_form(_TOKEN, {"grant_type": _ASSERTION_GRANT, "assertion": f"{NAME}.{FOUND}.x"}),
        await stage.send_form(_TOKEN, {"grant_type": "client_credentials", "scope": NAME}),
    ]
    _, refresh = await stage.sign_in_for_both(invented.CENTRE_RECEPTION)
    turn = {"grant_type": "refresh_token", "refresh_token": refresh}
    _, next_refresh = stage.tokens_of(await stage.send_form(_TOKEN, turn))
    for token in (refresh, next_refresh, "no-token-of-anybody", f"{FOUND}-token", ""):
        form = {"grant_type": "refresh_token", "refresh_token": token}
        refused.append(await stage.send_form(_TOKEN, form))
    _expect(400, *refused)
    proof = {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": f"{FOUND}.{NAME}.x"}
    _expect(401, await stage.gateway.http.post(_TOKEN, data=proof | {"grant_type": NAME, "client_id": NAME}))
    secret = "ma-bi-mat-go-nham"
    stage.keep_secret(secret)
    _expect(401, await stage.gateway.http.post(_TOKEN, data=turn, auth=(NAME.encode(), secret.encode())))


async def _revoke(stage: Stage, _: str) -> None:
    for which in (0, 1):
        tokens = await stage.sign_in_for_both(invented.CENTRE_RECEPTION)
        form = {"token": tokens[which], "token_type_hint": NAME}
        _expect(200, *[await stage.send_form(_REVOKE, form) for _ in range(2)])
        turn = {"grant_type": "refresh_token", "refresh_token": tokens[1]}
        _expect(400, await stage.send_form(_TOKEN, turn))
    _expect(
        200, *[await stage.send_form(_REVOKE, {"token": token}) for token in (NAME, FOUND, tokens[0][:-4])]
    )
    _expect(400, await stage.send_form(_REVOKE, {"token_type_hint": NAME}))
    wrong = ("mot-cua-thu-nghiem", "ma-bi-mat-go-nham")
    _expect(401, await stage.gateway.http.post(_REVOKE, data={"token": tokens[1]}, auth=wrong))


async def _change_password(stage: Stage, _: str) -> None:
    old = stage.world.province.passwords[invented.PROCESSING]
    token = await stage.sign_in(invented.PROCESSING)
    stage.keep_secret(NEW_PASSWORD, *_REFUSED_PASSWORDS)

    async def change(current: Any, new: Any, **more: str) -> httpx.Response:
        body = {"current_password": current, "new_password": new} | more
        return await stage.post(_PASSWORD, token, body)

    _expect(403, await change(WRONG_PASSWORD, NEW_PASSWORD), await change(NAME, NEW_PASSWORD))
    _expect(422, *[await change(old, refused) for refused in (*_REFUSED_PASSWORDS, old)])
    _expect(422, await change([old], {"is": NEW_PASSWORD}), await change(old, NEW_PASSWORD, **{NAME: FOUND}))
    cut = f'{{"current_password": "{old}", "new_password": "{NEW_PASSWORD}'.encode()
    json_headers = bearer(token) | {"Content-Type": "application/json"}
    _expect(422, await stage.gateway.http.post(_PASSWORD, content=cut, headers=json_headers))
    _expect(204, await change(old, NEW_PASSWORD))
    await asyncio.sleep(_DIRECTORY_SECONDS)
    _expect(400, await stage.try_sign_in(invented.PROCESSING, old))
    await stage.sign_in(invented.PROCESSING, NEW_PASSWORD)


async def _begin_second_factor(stage: Stage, _: str) -> None:
    enrolment = (
        (await stage.post(_OTP, await stage.sign_in(invented.UNMAPPED), None)).raise_for_status().json()
    )
    stage.keep_secret(enrolment["secret"], enrolment["uri"], enrolment["qr_svg"])
    _expect(409, await stage.post(_OTP, await stage.sign_in(invented.AUDITOR), None))


async def _confirm_second_factor(stage: Stage, _: str) -> None:
    login_name = invented.UNMAPPED
    token = await stage.sign_in(login_name)
    _expect(409, await stage.post(_CONFIRM, await stage.sign_in(invented.AUDITOR), {"code": "271828"}))
    enrolment = (await stage.post(_OTP, token, None)).raise_for_status().json()
    stage.keep_secret(enrolment["secret"], enrolment["uri"], enrolment["qr_svg"], "271828")
    wrong = [{"code": code} for code in ("271828", FOUND, NAME[:16], 271828)] + [
        {"code": "271828", NAME: FOUND}
    ]
    _expect(422, *[await stage.post(_CONFIRM, token, body) for body in wrong])
    code = await stage.fresh_code(enrolment["secret"])
    recovery_codes = (
        (await stage.post(_CONFIRM, token, {"code": code})).raise_for_status().json()["recovery_codes"]
    )
    stage.keep_secret(*recovery_codes, *(each.replace("-", "") for each in recovery_codes))
    await asyncio.sleep(_DIRECTORY_SECONDS)
    password = stage.world.province.passwords[login_name]
    stage.tokens_of(await stage.try_sign_in(login_name, password, recovery_codes[0]))
    _expect(400, await stage.try_sign_in(login_name, password, recovery_codes[0]))
    stage.tokens_of(
        await stage.try_sign_in(login_name, password, await stage.fresh_code(enrolment["secret"]))
    )


async def _list_sessions(stage: Stage, token: str) -> None:
    _expect(200, await stage.gateway.http.get(_SESSIONS, headers=bearer(token)))
    _expect(422, await stage.gateway.http.get(_SESSIONS, params={"ten": NAME}, headers=bearer(token)))


async def _end_sessions(stage: Stage, token: str) -> None:
    other = await stage.sign_in(invented.RECEPTION)
    sessions = (await stage.gateway.http.get(_SESSIONS, headers=bearer(other))).raise_for_status().json()
    (own,) = [each["session_id"] for each in sessions["sessions"] if each["is_this_one"]]
    _expect(204, await stage.gateway.http.delete(f"{_SESSIONS}/{own}", headers=bearer(token)))
    for unknown in (own, _UNKNOWN_SESSION, FOUND, NAME):
        _expect(404, await stage.gateway.http.delete(f"{_SESSIONS}/{unknown}", headers=bearer(token)))


async def lose_the_database(stage: Stage, token: str, refresh: str) -> None:
    """Call what needs the database, while there is none."""
    turn = {"grant_type": "refresh_token", "refresh_token": refresh}
    change = {"current_password": WRONG_PASSWORD, "new_password": NEW_PASSWORD}
    _expect(
        503,
        await stage.send_form(_TOKEN, turn),
        await stage.send_form(_REVOKE, {"token": refresh}),
        await stage.post(_PASSWORD, token, change),
        await stage.post(_OTP, token, None),
        await stage.post(_CONFIRM, token, {"code": "271828"}),
        await stage.gateway.http.get(_SESSIONS, headers=bearer(token)),
        await stage.gateway.http.delete(f"{_SESSIONS}/{_UNKNOWN_SESSION}", headers=bearer(token)),
    )


async def _read_status(stage: Stage, token: str) -> None:
    call = stage.gateway.http.get
    _expect(403, await call(_STATUS, headers=bearer(token)))
    _expect(422, await call(_STATUS, params={"ten": NAME}, headers=bearer(token)))
    administrator = await stage.sign_in(invented.ADMINISTRATOR)
    _expect(200, await call(_STATUS, headers=bearer(administrator)))
    _expect(422, await call(_STATUS, params={"ten": NAME}, headers=bearer(administrator)))
    _expect(401, await call(_STATUS, headers=bearer(f"{FOUND}.token.{FOUND}")))
    _expect(200, await call("/metrics", params={"ten": NAME}, headers=bearer(administrator)))
    _expect(401, await call("/metrics", headers=bearer(f"{FOUND}.token.{FOUND}")))


async def _check_the_roads(stage: Stage, _: str) -> None:
    call, path = stage.gateway.http.post, _STATUS + "/upstream-checks"
    administrator = bearer(await stage.sign_in(invented.ADMINISTRATOR))
    _expect(200, await call(path, content=NAME.encode(), headers=administrator))
    _expect(422, await call(path, params={"ten": NAME}, headers=administrator))
    _expect(429, await call(path, json={"citizen": {"id_number": FOUND}}, headers=administrator))
    _expect(403, await call(path, headers=bearer(await stage.sign_in())))


ACCOUNT_DRIVERS: dict[tuple[str, str], Driver] = (
    ADMINISTRATION_DRIVERS
    | LIFE_DRIVERS
    | LIST_DRIVERS
    | REGISTER_DRIVERS
    | DECISION_DRIVERS
    | RECEIPT_DRIVERS
    | VERIFICATION_DRIVERS
    | PROCEDURE_DRIVERS
    | TRANSPARENCY_DRIVERS
    | SUBJECT_DRIVERS
    | COMPATIBLE_DRIVERS
    | UNMASKING_DRIVERS
    | {
        ("POST", _TOKEN): _ask_for_tokens,
        ("POST", _REVOKE): _revoke,
        ("POST", _PASSWORD): _change_password,
        ("POST", _OTP): _begin_second_factor,
        ("POST", _CONFIRM): _confirm_second_factor,
        ("GET", _STATUS): _read_status,
        ("GET", "/metrics"): _read_status,
        ("POST", _STATUS + "/upstream-checks"): _check_the_roads,
        ("GET", _SESSIONS): _list_sessions,
        ("DELETE", _SESSIONS + "/{session_id}"): _end_sessions,
    }
)
