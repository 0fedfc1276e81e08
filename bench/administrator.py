"""Signs the invented department's administrator in, with the second factor they need."""

import httpx
import pyotp

from app.cli import invented
from app.clock import SystemClock
from bench.desk import Desk
from bench.failure import BenchError


def administrator_token(desk: Desk) -> str:
    """Return an access token; once in a run, for a one-time code counts once. BenchError where refused."""
    province, name = desk.province, invented.ADMINISTRATOR
    form = {"grant_type": "password", "username": name, "password": province.passwords[name]}
    form["otp"] = pyotp.TOTP(province.otp_secrets[name]).at(SystemClock().now())
    client = (invented.CLIENT_ID, province.client_secret)
    answer = httpx.post(f"{desk.base_url}/v1/auth/token", data=form, auth=client, timeout=30, trust_env=False)
    if not answer.is_success:
        raise BenchError(f"the administrator's sign-in was answered with HTTP {answer.status_code}")
    return str(answer.json()["access_token"])
