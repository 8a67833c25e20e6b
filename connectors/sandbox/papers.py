"""Papers of invented dossiers: their kinds, and small PDF files.

Kind codes are this sandbox's own choice (KS birth, KT death, KH marriage, CT residence, DD land), since each portal has
its own list of dossier parts.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from random import Random

from schemas.dossier import Paper

BIRTH_NOTICE, DEATH_NOTICE = "KS-GCS", "KT-GBT"

FILE_NAMES: dict[str, str] = {
    "KS-TK": "to-khai-khai-sinh.pdf",
    BIRTH_NOTICE: "giay-chung-sinh.pdf",
    "KT-TK": "to-khai-khai-tu.pdf",
    DEATH_NOTICE: "giay-bao-tu.pdf",
    "KH-TK": "to-khai-ket-hon.pdf",
    "KH-XNTT": "giay-xac-nhan-tinh-trang-hon-nhan.pdf",
    "CT-CT01": "ct01.pdf",
    "CT-CHO": "giay-to-cho-o-hop-phap.pdf",
    "DD-DK": "don-dang-ky-bien-dong.pdf",
    "DD-HD": "hop-dong-chuyen-quyen.pdf",
    "DD-GCN": "giay-chung-nhan.pdf",
}
"""Kind code -> file name."""

PAPERS_OF: dict[str, tuple[str, ...]] = {
    "birth": ("KS-TK", BIRTH_NOTICE),
    "death": ("KT-TK", DEATH_NOTICE),
    "marriage": ("KH-TK", "KH-XNTT"),
    "residence": ("CT-CT01", "CT-CHO"),
    "land": ("DD-DK", "DD-HD", "DD-GCN"),
}
"""The papers of each kind of case. A birth or death notice comes last: when it is missing, the other papers keep their
links."""
FIRST_OF_BUNDLE = "CT-CT01"
"""The paper that a birth bundle has in front of the others."""


@dataclass(frozen=True)
class PaperFile:
    kind_code: str
    content: bytes

    def described(self, link: str | None) -> Paper:
        """The file as a portal describes it."""
        return Paper(
            kind_code=self.kind_code,
            name=FILE_NAMES[self.kind_code],
            link=link,
            sha256=sha256(self.content).hexdigest(),
            size=len(self.content),
        )


def papers_of(case_kind: str, registries: tuple[str, ...], dossier_code: str, rng: Random) -> tuple[PaperFile, ...]:
    """The files of a clean case: one to three, each of 1 to 3 kB."""
    kinds = PAPERS_OF[case_kind]
    if case_kind == "birth" and "residence" in registries:
        kinds = (FIRST_OF_BUNDLE, *kinds)
    elif case_kind in ("marriage", "residence", "land"):
        kinds = kinds[: rng.randint(1, len(kinds))]
    return tuple(PaperFile(kind, pdf(f"{kind} {dossier_code}", rng.randint(8, 28))) for kind in kinds)


@cache
def _rows(lines: int) -> str:
    return "".join(f"0 -20 Td ({number:02d} {'.' * 56}) Tj\n" for number in range(1, lines + 1))


def pdf(title: str, lines: int) -> bytes:
    """A valid PDF of one page with a title and so many ruled lines; its bytes follow from the arguments."""
    heading = f"({title}) Tj\n0 -16 Td (BAN DIEN TAP - KHONG CO GIA TRI) Tj"
    text = f"BT /F1 12 Tf 60 790 Td {heading}\n{_rows(lines)}ET\n".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    )
    body = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    xref_at = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref_at)
    return bytes(body + trailer)
