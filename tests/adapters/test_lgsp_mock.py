"""The adapter and the stand-in, which share no code, understand each other over a real socket."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from adapters.choose import open_source
from adapters.reasons import Reason
from app.clock import SystemClock
from app.errors import SourceConfusedError, SourceError, SourceRefusedError, SourceSilentError
from app.lookup.source import PopulationSource, SourceRequest
from app.lookup.values import BirthDate, CitizenId, OldIdNumber
from app.settings import UpstreamSettings
from mock_c06.config import MockConfig
from mock_c06.personas import PERSONAS, Persona
from tests.adapters.stand_in import running_stand_in

RequestBuilder = Callable[..., SourceRequest]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with running_stand_in(MockConfig(slow_seconds=30.0)) as url:
        yield url


@pytest.fixture
async def mock_source(settings: UpstreamSettings, base_url: str) -> AsyncIterator[PopulationSource]:
    here = UpstreamSettings.model_validate(settings.model_dump() | {"base_url": base_url})
    async with open_source(here, SystemClock()) as opened:
        yield opened


def about(persona: Persona, a_request: RequestBuilder, *, budget_seconds: float = 5.0) -> SourceRequest:
    day = persona.birth_date.day
    return a_request(
        id_number=CitizenId(persona.citizen_id),
        full_name=persona.full_name,
        birth_date=BirthDate.of(day) if day else BirthDate(persona.birth_date.year),
        budget_seconds=budget_seconds,
    )


@pytest.mark.parametrize(
    "citizen_id",
    [
        "099190000017",
        "099145000101",
        "099186000103",
        "099086000106",
        "099088000107",
        "099188000108",
        "099085000110",
        "099185000111",
        "099087000112",
        "099187000113",
        "099075000155",
    ],
)
async def test_personas_are_found_and_confirmed(
    mock_source: PopulationSource, a_request: RequestBuilder, citizen_id: str
) -> None:
    persona = PERSONAS[citizen_id]

    citizen = await mock_source.find(about(persona, a_request))

    assert citizen is not None
    assert (citizen.id_number, citizen.full_name) == (citizen_id, persona.full_name)
    assert citizen.birth_date is not None
    assert citizen.birth_date.iso == str(persona.birth_date)
    assert await mock_source.confirm(about(persona, a_request)) is True


async def test_a_persona_is_found_by_the_old_number(
    mock_source: PopulationSource, a_request: RequestBuilder
) -> None:
    citizen = await mock_source.find(a_request(id_number=OldIdNumber("990000017")))

    assert citizen is not None
    assert citizen.id_number == "099190000017"


async def test_nobody_is_nobody(mock_source: PopulationSource, a_request: RequestBuilder) -> None:
    nobody = about(PERSONAS["099090000109"], a_request)

    assert await mock_source.find(nobody) is None
    assert await mock_source.confirm(nobody) is False


@pytest.mark.parametrize(
    ("citizen_id", "kind", "reason"),
    [
        ("099082000125", SourceConfusedError, Reason.SEVERAL_CITIZENS),
        ("099182000126", SourceConfusedError, Reason.SEVERAL_CITIZENS),
        ("099070000131", SourceSilentError, Reason.HTTP_503),
        ("099070000132", SourceSilentError, Reason.CONNECTION_LOST),
        ("099070000135", SourceSilentError, Reason.CONNECTION_LOST),
        ("099070000133", SourceSilentError, Reason.TIMEOUT),
        ("099070000134", SourceSilentError, Reason.TIMEOUT),
        ("099072000141", SourceConfusedError, Reason.WRONG_ENCODING),
        ("099072000142", SourceConfusedError, Reason.NOT_XML),
        ("099072000143", SourceConfusedError, Reason.NOT_XML),
        ("099072000144", SourceConfusedError, Reason.DOCTYPE),
        ("099072000145", SourceConfusedError, Reason.UNKNOWN_ANSWER),
        ("099072000146", SourceConfusedError, Reason.TOO_LARGE),
        ("099072000147", SourceConfusedError, Reason.DOCTYPE),
        ("099072000148", SourceConfusedError, Reason.WRONG_ENCODING),
        ("099075000151", SourceConfusedError, Reason.SOAP_FAULT),
        ("099075000152", SourceConfusedError, Reason.SOAP_FAULT),
        ("099075000153", SourceRefusedError, Reason.FAULT_004),
        ("099075000154", SourceRefusedError, Reason.FAULT_005),
    ],
)
async def test_troubled_personas_are_told_apart(
    mock_source: PopulationSource,
    a_request: RequestBuilder,
    *,
    citizen_id: str,
    kind: type[SourceError],
    reason: Reason,
) -> None:
    with pytest.raises(SourceError) as caught:
        await mock_source.find(about(PERSONAS[citizen_id], a_request, budget_seconds=0.5))

    assert type(caught.value) is kind
    assert caught.value.reason == reason
