"""What a registry would be sent, without sending it: for a steward's eyes, and to see whether a edit changes it."""

from collections.abc import Sequence
from datetime import datetime, timezone
from uuid import UUID

from connectors.endpoint import Endpoint
from connectors.registries import REGISTRIES
from connectors.registries.unit_translation import day_of, translate_units
from schemas.dates import local_day
from schemas.delivery import Submission
from schemas.dossier import Dossier
from schemas.registries import Given

NOWHERE = Endpoint("https://registry.invalid", "-", extra={
    "agency_code": "-", "officer_id": "000000000000", "x_road_client": "-", "api_key": "-",
})  # fmt: skip
"""Who we are is the connection's, which only a delivery knows."""
NO_KEY = UUID(int=0)


def words_for(registry_code: str, dossier: Dossier, given: Given, papers: Sequence[bytes] = ()) -> bytes:
    """The body of the request that would be sent today; the sender's own codes and the request number are left blank.

    Raises Refused when it could not be written, AmbiguousUnit when a place is several.
    """
    registry, today = REGISTRIES[registry_code], local_day(datetime.now(timezone.utc))
    translated, _ = translate_units(dossier, registry.places, today)
    submission = Submission(key=NO_KEY, dossier=translated, given=given, papers=tuple(papers),
                    units_on_day=day_of(translated, registry.places, today))  # fmt: skip
    return registry.write([submission], NOWHERE).body
