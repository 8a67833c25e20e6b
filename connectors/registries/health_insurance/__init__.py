"""Health insurance: cards for newborns, and the end of them.

Whose: Vietnam Social Security (Bảo hiểm xã hội Việt Nam), through the province's LGSP.

Documents. The look-ups (getMaSoBhxhTheoTieuChi, getTraCuuTtHgdByMaSoBhxh) with their field names, the date (yyyyMMdd
with loaiNgaySinh), the sexes 1/2/3 and the states 1 pending, 2 approved, 3 rejected (portal of VSS, procedure 600) are
as seen in published LGSP adapters. TK1-TS gives what a card for a child asks. Card codes: QĐ 1351/QĐ-BHXH 2015.

Assumed, because no document for writing was found (domain facts, section 11.2): the paths; `guiYeuCau` with up to 50
items and one result each; `traCuuYeuCau` by request codes; states 0 (not known) and 5 (busy, not taken); errorCode
00 found/taken, 01 none, 02 several, 10 too little to search by, 98 busy; a date known in part is sent as far as it is
known (`1950` with loaiNgaySinh 1, `195003` with 2); a death's one item stops the card and claims the funeral allowance.
Assumed too: DIEU_CHINH_THE corrects a child's card, with all fields of a first card, the number that stays and `lyDo`;
HUY_THE annuls one by its number; errorCode 40 means that the number is not there. A death is not corrected online.

Who we are: OAuth2 client credentials (`/token`), login = consumer key, password = its secret.

A repeat of the same maYeuCau is assumed to be answered with the earlier result. Seen in practice: with other content it
makes a second card. So a lost answer is looked up first, and the person's existing number is looked up before writing.

A birth of unknown month is sent without the card's last day, which the agency then sets. Whether the child is still
under six is the registry's decision. Ethnic groups: the name is always sent, the code only where one is confirmed.
"""

from connectors.http import ClientCredentials
from connectors.registries.contract import Registry
from connectors.registries.health_insurance import wire
from connectors.registries.unit_translation import AsOf, UnitCodes
from schemas.operation import Operation

REGISTRY = Registry(
    code=wire.CODE,
    name_vi="Bảo hiểm xã hội Việt Nam (thẻ BHYT trẻ em, báo tử)",
    auth=ClientCredentials(),
    operations={
        Operation.REGISTER: frozenset({"birth", "death"}),
        Operation.CORRECT: frozenset({"birth"}),
        Operation.ANNUL: frozenset({"birth"}),
    },
    write_request=wire.write,
    read=wire.read,
    ask=wire.ask,
    read_asked=wire.read_asked,
    places=UnitCodes(AsOf.SENDING),
    probe=wire.probe,
    sends_at_once=wire.BATCH,
    asks_at_once=wire.BATCH,
    promises={"birth": ("insurance_number", "card_code"), "death": ()},
    inquire=wire.inquire,
    read_inquiry=wire.read_inquiry,
)
