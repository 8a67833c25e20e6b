"""The land database (CSDL đất đai, VBDLIS/MPLIS): registered changes of parcels, certificates and owners.

Whose: the land ministry's, kept by each province's land registration office (VBDLIS or MPLIS, whichever it runs).
Document: none was available. The XML (`HoSoXml`, `land.xsd` beside this file) has the names and the nesting that public
integration code for VBDLIS shows; where lengths are limited, they follow the MPLIS columns.

Confirmed by such code: the names of the parts and their fields; owner kinds 0 person, 1 couple, 2 household; ethnic
codes 1-54; the form of a certificate's serial; purposes must add up to the parcel; ONT and ODT are held "Lâu dài", the
others to a day (a year alone means its 31 December).
Assumed: the service and its paths on the LGSP, with OAuth2 client credentials; the replies `KetQua`, `DanhSachKetQua`,
their codes and states; that `dangKyThayDoiId` is ours to give and comes back; `maHoSoThuTucDangKy` and
`loaiGiaoDichBienDong` in DC_DangKyThayDoi; two-letter country codes; gioiTinh 1 male, 0 female; kinds of id paper as in
the Ministry of Justice's list; the first owner of a household is its head, as the form lists them.

Numbers travel with a decimal point and nothing between thousands (`1234.5`); the decimal comma and the dot of thousands
are how the land system shows them. Dates travel as yyyy-MM-dd. Texts are sent in NFC and stripped.
Not sent, for want of a place: the month of a birth date without a day (`namSinh` goes alone), an owner's home place and
kind of residence, districts, the applicant, the papers, and the dossier's national code, procedure, agency and dates
but the day of receipt.

A repeat: `hoSoGuid` is derived from portal and dossier code. The same content under the same GUID changes nothing and
gives the earlier receipt (result 01); other content is a conflict (42) for the steward, unless what is there was
refused. Nothing but the dossier goes into the content, so that every attempt sends the same bytes.
Limits: one dossier a request, 20 GUIDs a look-up, 50 requests a second, all assumed. No document on corrections or
annulments was found: none is taken online.
"""

from connectors.http import ClientCredentials
from connectors.registries.contract import Registry
from connectors.registries.land import wire
from schemas.operation import Operation

REGISTRY = Registry(
    code="land",
    name_vi="Cơ sở dữ liệu đất đai",
    auth=ClientCredentials(),
    operations={Operation.REGISTER: frozenset({"land"})},
    write_request=wire.write,
    read=wire.read,
    ask=wire.ask,
    read_asked=wire.read_asked,
    probe=wire.probe,
    asks_at_once=wire.ASKS_AT_ONCE,
    settles_after_s=2.0,  # a repeat has no second effect here, so asking early costs nothing but a look-up
    promises={"land": ("land_entry_code",)},
)
