"""What a registry would be sent, without sending it: for a steward's eyes, and to see whether an edit changes it."""

from collections.abc import Sequence
from datetime import datetime, timezone
from uuid import UUID

from connectors.endpoint import Endpoint
from connectors.registries import REGISTRIES
from connectors.registries.unit_translation import day_of, translate_units
from schemas.dates import local_day
from schemas.delivery import Submission
from schemas.dossier import Dossier
from schemas.registries import REGISTRIES as ROWS
from schemas.registries import Given

NO_KEY = UUID(int=0)


def nowhere(registry_code: str) -> Endpoint:
    """An endpoint that leads nowhere: who we are is the connection's, which only a delivery knows."""
    fields = ROWS[registry_code].connection_fields
    return Endpoint("https://registry.invalid", "-", extra={field.name: field.blank for field in fields if field.blank})


def words_for(registry_code: str, dossier: Dossier, given: Given, papers: Sequence[bytes] = ()) -> bytes:
    """The body of the request that would be sent today; the sender's own codes and the request number are left blank.

    Raises Refused when it could not be written, AmbiguousUnit when a place is several.
    """
    registry, today = REGISTRIES[registry_code], local_day(datetime.now(timezone.utc))
    translated, _ = translate_units(dossier, registry.places, today)
    submission = Submission(
        key=NO_KEY,
        dossier=translated,
        given=given,
        papers=tuple(papers),
        units_on_day=day_of(translated, registry.places, today),
    )
    return registry.write([submission], nowhere(registry_code)).body
