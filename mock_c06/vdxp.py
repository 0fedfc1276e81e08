"""The profile of the national exchange platform (VDXP/NDXP): SOAP under Basic over SHA-256, no token."""

import base64
import binascii
import hashlib
import hmac
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_c06.counter import Manners, promised_operation
from mock_c06.office import Office
from mock_c06.reading import OPERATIONS
from mock_c06.tokens import NotAdmittedError
from mock_c06.voices import SoapVoice

# Clients of both kinds exist: ten digits are seconds, thirteen milliseconds.
_UNITS = {10: 1.0, 13: 1000.0}


class VdxpSoap:
    """Answers the operation calls of the profile `vdxp-soap`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        read = office.read_soap("vdxp-soap")
        partner = office.config.vdxp.user
        voice = SoapVoice(is_live=True)
        self._manners = Manners(voice, self._admit, read, partner, is_in_time=self._is_in_time)

    def routes(self, prefix: str) -> list[Route]:
        """Return every path of the profile."""
        paths = ["/soap", *(f"/{operation}" for operation in sorted(set(OPERATIONS.values())))]
        return [Route(prefix + path, self.answer, methods=["POST"]) for path in paths]

    async def answer(self, request: Request) -> Response:
        """Answer one operation."""
        return await self._office.counter.answer(request, self._manners, promised_operation(request))

    def _admit(self, request: Request) -> None:
        ours, headers = self._office.config.vdxp, request.headers
        timestamp = headers.get("timestamp", "")
        self._check_time(timestamp, 0.0)
        user, given = _basic(headers.get("authorization", ""))
        if user != ours.user:
            raise NotAdmittedError("no such user")
        expected = [
            hashlib.sha256(f"{address}{user}{timestamp}{ours.secret_key}".encode()).hexdigest()
            for address in _addresses(request, ours.signed_address)
        ]
        if not any(hmac.compare_digest(given.encode(), one.encode()) for one in expected):
            raise NotAdmittedError("the hash is not of address, user, Timestamp and secret")
        if self._office.config.is_strict:
            _check_header(headers.get("x-road-client", ""), ours.road_client, "X-Road-Client")
            _check_header(headers.get("apikey", ""), ours.api_key, "ApiKey")

    def _is_in_time(self, request: Request, ahead_seconds: float) -> bool:
        try:
            self._check_time(request.headers.get("timestamp", ""), ahead_seconds)
        except NotAdmittedError:
            return False
        return True

    def _check_time(self, timestamp: str, ahead_seconds: float) -> None:
        unit = _UNITS.get(len(timestamp))
        if unit is None or not re.fullmatch("[0-9]+", timestamp):
            raise NotAdmittedError("Timestamp must be Unix time in seconds or milliseconds")
        now = self._office.clock() + ahead_seconds
        if abs(int(timestamp) / unit - now) > self._office.config.skew_seconds:
            raise NotAdmittedError("Timestamp is too far from this side's clock")


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise NotAdmittedError("Authorization is not Basic") from None
    if scheme.lower() != "basic" or not colon:
        raise NotAdmittedError("Authorization is not Basic")
    return user, password


def _addresses(request: Request, configured: str) -> list[str]:
    """Return what the hash may cover: the address asked, its path, and what was configured."""
    return [str(request.url), request.url.path, *([configured] if configured else [])]


def _check_header(given: str, wanted: str, name: str) -> None:
    if wanted and given != wanted:
        raise NotAdmittedError(f"{name} is missing or not the partner's")
