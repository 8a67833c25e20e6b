"""The civil-status registry of the Ministry of Justice: births, deaths, marriages.

Whose: Bộ Tư pháp, electronic civil-status software, reached through the province's integration platform (LGSP).
Documents: none of the ministry's was available; these are the shapes that public integrations use (apiLienThongKSKT
`nhanHoSoDKHT` and its result poll, payload style of August 2025: names, birth dates and addresses as objects).

Confirmed there: envelope, modules, `data` as a JSON string, states 1/2/3/4/6, error codes 100-500, three ids a poll.

Assumed: the path of the poll, ethnic groups sent by name until the ministry's own list (danhMuc 3) is loaded, and that
a dossier rejected with 6 may be sent again under its code.
Assumed too, as no document was found for anything but a registration: module CCHT corrects and HBHT annuls; both cite
the entry in `trichDan`, say why in `lyDo`, go under a `maHoSoLT` of their own (our request code) and are asked about by
it; error 201 to one of them means that the entry is not there. LSKS, LSKT, LSKH take what a paper book holds: the
content of a registration with the book's own entry in `trichDan`.

Who we are: OAuth2 client credentials of the LGSP.

A repeat: answered with "đã được tiếp nhận"; the registry keeps one dossier per `maHoSoLT`.

Limits: one dossier a request, three dossiers of one province and module a poll.

Oddities (seen in August 2025): a refusal glues several field errors together; the personal number can come later than
the registration.
"""

from connectors.http import ClientCredentials, Request
from connectors.registries.civil_status import wire
from connectors.registries.contract import Registry

REGISTRY = Registry(
    code="civil_status",
    name_vi="Hộ tịch (Bộ Tư pháp)",
    auth=ClientCredentials("/token"),
    operations={operation: frozenset(modules) for operation, modules in wire.MODULES.items()},
    write_request=wire.write,
    read=wire.read,
    ask=wire.ask,
    read_asked=wire.read_asked,
    probe=lambda endpoint: Request.post_json(wire.CATALOGUE_PATH, {"loaiDanhMuc": 3}),
    asks_at_once=3,
    together=lambda submission: (wire.province_of(submission), wire.module_of(submission)),
    wants_papers=True,
    promises={"birth": ("entry_number", "personal_id"), "death": ("entry_number",), "marriage": ("entry_number",)},
)
