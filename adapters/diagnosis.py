"""Tries one road to the national side step by step, and asks nobody but the agreed test person."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from uuid_utils.compat import uuid7

from adapters.certificates import endings_in_files
from adapters.choose import check_settings, open_source, trust_of
from adapters.handshake import Handshake, HandshakeError, shake_hands
from adapters.reasons import Reason
from adapters.source import NationalSource
from app.clock import Clock, local_day
from app.errors import (
    AuditUnavailableError,
    ConfigurationError,
    InvalidRequestError,
    SourceError,
    SourceRefusedError,
    SourceSilentError,
)
from app.lookup.comparison import compare
from app.lookup.parsing import parse_question
from app.lookup.road_checks import BeforeAsking, Detail, Finding, RoadReport, Step, StepResult, Verdict
from app.lookup.source import SourceRequest
from app.settings import UpstreamSettings

_STEP_SECONDS: Final = 5.0
# Its own budget, the record beforehand, and a token.
_PERSON_SECONDS: Final = 30.0
_BUDGET_SECONDS: Final = 10.0
_DAYS_AHEAD: Final = 30
_CLOCK_WARN_SECONDS: Final = 30.0
# What the stand-in allows; what the national platform allows is not known.
_CLOCK_FAIL_SECONDS: Final = 300.0
_PORTS: Final = {"http": 80, "https": 443}
_CREDENTIALS: Final = {Reason.CREDENTIALS_REFUSED, Reason.TOKEN_REFUSED, Reason.TOKEN_REJECTED}
_CONNECTING: Final = {Step.DNS, Step.TCP, Step.TLS}


@dataclass
class _Outcome:
    """How a step ends; good until something else is said."""

    verdict: Verdict = Verdict.PASSED
    finding: Finding = Finding.GOOD
    details: dict[str, Detail] = field(default_factory=dict)

    def say(self, verdict: Verdict, finding: Finding, **details: Detail) -> None:
        self.verdict, self.finding = verdict, finding
        self.details.update(details)


class Diagnosis:
    """Tries the road of these settings (implements app.lookup.road_checks.RoadCheck)."""

    def __init__(self, settings: UpstreamSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def run(self, before_asking: BeforeAsking) -> RoadReport:
        """Return what was found; a step that fails leaves those after it untried."""
        visit = _Visit(self._settings, self._clock, before_asking)
        results: list[StepResult] = []
        for step, work in visit.steps():
            if any(one.verdict is Verdict.FAILED for one in results):
                results.append(StepResult(step, Verdict.SKIPPED, Finding.NOT_REACHED))
            else:
                results.append(await self._tried(step, work))
        return RoadReport(self._settings.road, visit.host, results)

    async def _tried(self, step: Step, work: Callable[[_Outcome], Awaitable[None]]) -> StepResult:
        outcome, began = _Outcome(), self._clock.monotonic()
        try:
            async with asyncio.timeout(_PERSON_SECONDS if step is Step.PERSON else _STEP_SECONDS):
                await work(outcome)
        except TimeoutError:
            silent = Finding.NO_CONNECTION if step in _CONNECTING else Finding.NO_ANSWER
            outcome.say(Verdict.FAILED, silent, reason=Reason.TIMEOUT.value)
        except HandshakeError as error:
            outcome.say(Verdict.FAILED, error.finding, **error.details)
        except SourceError as error:
            outcome.say(Verdict.FAILED, _finding_of(error), reason=error.reason)
        took = round((self._clock.monotonic() - began) * 1000)
        return StepResult(step, outcome.verdict, outcome.finding, took, outcome.details)


class _Visit:
    """One try of one road, and what later steps know of earlier ones."""

    def __init__(self, settings: UpstreamSettings, clock: Clock, before_asking: BeforeAsking) -> None:
        self._settings = settings
        self._clock = clock
        self._before_asking = before_asking
        self._handshake = Handshake(None)
        self._seen_at: datetime | None = None
        self.host, self._port, self._is_https = _address(settings.base_url)

    def steps(self) -> list[tuple[Step, Callable[[_Outcome], Awaitable[None]]]]:
        """Return what is tried, in order."""
        return [
            (Step.SETTINGS, self._check_settings),
            (Step.DNS, self._resolve),
            (Step.TCP, self._connect),
            (Step.TLS, self._look_at_tls),
            (Step.CLOCK, self._compare_clocks),
            (Step.TOKEN, self._get_token),
            (Step.PERSON, self._ask),
        ]

    async def _check_settings(self, outcome: _Outcome) -> None:
        try:
            check_settings(self._settings)
            trust_of(self._settings).context()
            self._request()
        except ConfigurationError as error:
            outcome.say(Verdict.FAILED, Finding.SETTING_WRONG, reason=str(error))

    async def _resolve(self, outcome: _Outcome) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self.host, self._port)
        except OSError as error:
            outcome.say(Verdict.FAILED, Finding.NAME_UNKNOWN, reason=type(error).__name__)
            return
        outcome.details["addresses"] = len({address[0] for *_, address in found})

    async def _connect(self, outcome: _Outcome) -> None:
        outcome.details["port"] = self._port
        try:
            _, writer = await asyncio.open_connection(self.host, self._port)
        except OSError as error:
            outcome.say(Verdict.FAILED, Finding.NO_CONNECTION, reason=type(error).__name__)
            return
        writer.transport.abort()

    async def _look_at_tls(self, outcome: _Outcome) -> None:
        trust = trust_of(self._settings) if self._is_https else None
        self._handshake = await shake_hands(self.host, self._port, trust)
        self._seen_at = self._clock.now()
        if trust is None:
            outcome.say(Verdict.SKIPPED, Finding.NOT_NEEDED)
            return
        outcome.details.update(self._handshake.details)
        endings = {ending.what: ending.at for ending in endings_in_files(trust)}
        if self._handshake.ends_at is not None:
            endings["the certificate of the other side"] = self._handshake.ends_at
        soonest = min(endings, key=endings.__getitem__)
        days = (endings[soonest] - self._seen_at).days
        outcome.details |= {"ends_first": soonest, "days_left": days}
        if days < 0:
            outcome.say(Verdict.FAILED, Finding.CERTIFICATE_ENDED)
        elif days < _DAYS_AHEAD:
            outcome.say(Verdict.WARNED, Finding.CERTIFICATE_ENDS_SOON)
        elif self._handshake.is_cut_off:
            # No failure yet: it may only be a HEAD that it does not like. A question will show.
            outcome.say(Verdict.WARNED, Finding.CLIENT_NOT_TRUSTED)

    async def _compare_clocks(self, outcome: _Outcome) -> None:
        theirs, ours = self._handshake.date, self._seen_at
        if theirs is None or ours is None:
            outcome.say(Verdict.SKIPPED, Finding.NO_TIME_TOLD)
            return
        ahead = round((theirs - ours).total_seconds())
        outcome.details["ahead_seconds"] = ahead
        if abs(ahead) > _CLOCK_FAIL_SECONDS:
            # Not a failure: what it is to the national side, only a question can show.
            outcome.say(Verdict.WARNED, Finding.CLOCKS_DIFFER, beyond_usual_tolerance=1)
        elif abs(ahead) > _CLOCK_WARN_SECONDS:
            outcome.say(Verdict.WARNED, Finding.CLOCKS_DIFFER)

    async def _get_token(self, outcome: _Outcome) -> None:
        async with open_source(self._settings, self._clock) as source:
            seconds_left = await source.prepare()
        if seconds_left is None:
            outcome.say(Verdict.SKIPPED, Finding.NOT_NEEDED)
        else:
            outcome.details["used_for_seconds"] = round(seconds_left)

    async def _ask(self, outcome: _Outcome) -> None:
        request = self._request()
        if request is None:
            outcome.say(Verdict.SKIPPED, Finding.NOT_SET_UP)
            return
        async with open_source(self._settings, self._clock) as source:
            try:
                await self._before_asking(source.road, request)  # durable before anybody is asked about
            except AuditUnavailableError:
                outcome.say(Verdict.SKIPPED, Finding.NOT_RECORDED)
                return
            await _look(source, request, outcome)

    def _request(self) -> SourceRequest | None:
        """Return the question about the agreed person, None without one; ConfigurationError for a half."""
        settings = self._settings
        number, name = settings.test_person_id_number, settings.test_person_full_name
        values = (number, name, settings.test_person_birth_date, settings.test_officer_code)
        if not any(values):
            return None
        if not all(values):
            raise ConfigurationError(_HALF_A_PERSON)
        try:
            question = parse_question(
                number, name, settings.test_person_birth_date, local_day(self._clock.now())
            )
        except InvalidRequestError as error:
            # "from None", and the code alone: the person's values stay out of sight.
            raise ConfigurationError(f"DANCU_UPSTREAM_TEST_PERSON_…: {error.code.value}") from None
        code, service = settings.test_officer_code, settings.test_service_code
        return SourceRequest(uuid7().hex, code, service, question, _BUDGET_SECONDS)


_HALF_A_PERSON: Final = (
    "DANCU_UPSTREAM_TEST_PERSON_ID_NUMBER, …_FULL_NAME, …_BIRTH_DATE and DANCU_UPSTREAM_TEST_OFFICER_CODE go"
    " together"
)


async def _look(source: NationalSource, request: SourceRequest, outcome: _Outcome) -> None:
    citizen = await source.find(request)
    if citizen is None:
        outcome.say(Verdict.FAILED, Finding.PERSON_UNKNOWN)
    elif differing := compare(request.question, citizen):
        outcome.say(Verdict.FAILED, Finding.PERSON_DIFFERS, differing=" ".join(sorted(differing)))


def _finding_of(error: SourceError) -> Finding:
    if isinstance(error, SourceRefusedError):
        return Finding.PERMISSION_REFUSED
    if error.reason in _CREDENTIALS:
        return Finding.CREDENTIALS_REFUSED
    if error.reason == Reason.TLS_FAILED:
        return Finding.NOT_TRUSTED
    return Finding.NO_ANSWER if isinstance(error, SourceSilentError) else Finding.ANSWER_UNREADABLE


def _address(base_url: str) -> tuple[str, int, bool]:
    """Return host, port and whether TLS is due; nothing of use where the settings' check refuses."""
    try:
        parts = urlsplit(base_url)
        return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0), parts.scheme == "https"
    except ValueError:
        return "", 0, False
