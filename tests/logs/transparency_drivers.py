"""How the routes of the transparency log are called, with persons where ids, tiles and sizes belong."""

from urllib.parse import quote

from mock_c06.personas import PERSONAS
from tests.logs.planting import FOUND
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_LOG = "/v1/audit/"


async def _expect(stage: Stage, status: int, *paths: str) -> None:
    codes = [(await stage.gateway.http.get(_LOG + path)).status_code for path in paths]
    assert codes == [status] * len(codes), codes


async def _read_checkpoint(stage: Stage, _: str) -> None:
    await _expect(stage, 404, f"checkpoint?ten={quote(NAME)}")  # there is no sequencer on this stage


async def _read_tiles(stage: Stage, _: str) -> None:
    await _expect(
        stage, 404, f"tile/0/{FOUND}", f"tile/{FOUND}/000", f"tile/0/{quote(NAME)}", "tile/0/000.p/1"
    )


async def _read_proofs(stage: Stage, _: str) -> None:
    await _expect(stage, 404, f"proofs/{FOUND}", f"proofs/{quote(NAME)}")


async def _read_consistency(stage: Stage, _: str) -> None:
    await _expect(stage, 422, f"consistency?from={quote(NAME)}", f"consistency?from=1&to={FOUND * 2}")


TRANSPARENCY_DRIVERS: dict[tuple[str, str], Driver] = {
    ("GET", _LOG + "checkpoint"): _read_checkpoint,
    ("GET", _LOG + "tile/{level}/{position:path}"): _read_tiles,
    ("GET", _LOG + "proofs/{record_id}"): _read_proofs,
    ("GET", _LOG + "consistency"): _read_consistency,
}
