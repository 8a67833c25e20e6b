"""What a registry would be sent, without sending it: for a steward's eyes, and to see whether a mend changes it."""

from collections.abc import Sequence
from datetime import datetime, timezone
from uuid import UUID

from connectors.endpoint import Endpoint
from connectors.placing import day_of, placed
from connectors.registries import REGISTRIES
from schemas.dates import local_day
from schemas.delivery import Parcel, Receipt
from schemas.dossier import Dossier

NOWHERE = Endpoint("https://registry.invalid", "-", extra={
    "agency_code": "-", "officer_id": "000000000000", "x_road_client": "-", "api_key": "-",
})  # fmt: skip
"""Who we are is the connection's, which only a delivery knows."""
NO_KEY = UUID(int=0)


def words_for(registry_code: str, dossier: Dossier, given: Receipt, papers: Sequence[bytes] = ()) -> bytes:
    """The body of the request that would be sent today; the sender's own codes and the request number are left blank.

    Raises Refused when it could not be written, PlaceUndecided when a place is several.
    """
    registry, today = REGISTRIES[registry_code], local_day(datetime.now(timezone.utc))
    carried, _ = placed(dossier, registry.places, today)
    parcel = Parcel(key=NO_KEY, dossier=carried, given=given, papers=tuple(papers),
                    carried_to=day_of(carried, registry.places, today))  # fmt: skip
    return registry.write([parcel], NOWHERE).body
