"""The residence registry: the police's database of who lives where, and in whose household.

Whose: Bộ Công an, Cục C06. Defined by: nothing public. ASSUMED are the two operations, their paths, the lists of
statuses and errors, and `residence.xsd` beside this file. Known, and followed: the population look-up service (VPCP
service 037, namespace `http://dancuquocgia.bca`) for names, dates (yyyyMMdd or yyyy), the acting officer in every
request and the signature; form CT01 (TT 66/2023/TT-BCA) for what is asked; Luật Cư trú 68/2020/QH14 for the kinds of
case. No document on corrections or annulments was found: none is taken online.

Who we are: login and secret, hashed with the address and the time into every request (they hold for five minutes), the
X-Road client and an API key. Connection extras: `officer_id` (12 digits), `agency_code`, `x_road_client`, `api_key`.

A repeat makes a second case: the registry does not compare. So a lost answer is always looked up by our request code
first. A look-up that finds two cases reads the better one and says so in the answer's code.

Limits: one case a request. The answer to a request is a case number; the result comes by look-up, hours or days later.
`registered_on` is read for a case that is residence only: in a bundle that day is civil status's to tell.

Sent as text: NFC, stripped, names in capitals. A date known to the month is sent as its year, as there is nothing
between. Not sent, for CT01 does not ask: ethnic group, nationality, home place, e-mail, earlier residence, papers. A
district is not sent for events since 1 July 2025. The place of registration must exist on the day of the event.
"""

from connectors.registries.contract import Registry
from connectors.registries.residence import wire
from connectors.registries.unit_translation import AsOf, UnitCodes
from schemas.operation import Operation

REGISTRY = Registry(
    code="residence",
    name_vi="Cơ sở dữ liệu về cư trú",
    auth=wire.SignedHeaders(),
    operations={Operation.REGISTER: frozenset({"birth", "death", "residence"})},
    write_request=wire.write,
    read=wire.read,
    ask=wire.ask,
    read_asked=wire.read_asked,
    probe=wire.probe,
    settles_after_s=60.0,
    places=UnitCodes(AsOf.SENDING),
    promises={
        "birth": ("residence_case_code",),
        "death": ("residence_case_code",),
        "residence": ("residence_case_code",),
    },
)
