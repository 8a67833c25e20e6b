"""A harmless request to an endpoint, which shows whether it answers and knows us."""

from connectors.endpoint import Endpoint
from connectors.errors import Refused
from connectors.http import Line, Reply


def probe(connection_id: str, endpoint: Endpoint) -> str | None:
    """Sends the probe of the system behind a connection (`portal_24`, `land`). Returns the reply's `Date` header.

    Raises the four errors, Refused when something answers that is not that system, and KeyError for a connection of
    no registry and no province.
    """
    from connectors.portals.provinces import PROVINCES
    from connectors.registries import REGISTRIES

    system = (
        REGISTRIES[connection_id]
        if connection_id in REGISTRIES
        else PROVINCES[connection_id.removeprefix("portal_")].platform
    )
    with Line(endpoint, system.auth) as line:
        reply: Reply = line.send(system.probe(endpoint))
    if reply.status >= 400:
        raise Refused(f"{connection_id} answered {reply.status} to a probe: check the URL", reply.body)
    return reply.headers.get("Date")
