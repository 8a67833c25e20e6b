"""Who may do what at the desk: roles, what each allows, and how far a user's grants reach."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is at the desk."""

    STEWARD = "steward"  # cán bộ xử lý
    SECOND_STEWARD = "second_steward"  # người xác nhận thứ hai
    ARCHIVIST = "archivist"  # cán bộ lưu trữ
    KEYER = "keyer"  # người nhập liệu
    ADJUDICATOR = "adjudicator"  # người quyết định khi hai bản nhập khác nhau
    AUDITOR = "auditor"  # người kiểm tra
    OPERATOR = "operator"  # người vận hành


class May(StrEnum):
    """What a role allows."""

    LIST = "list"  # see that a dossier is at fault and why; no names
    READ = "read"  # see what stands in a dossier
    EDIT = "edit"
    ACCEPT = "accept"
    SUPPLEMENT = "supplement"
    REJECT = "reject"
    RESEND = "resend"
    CORRECT = "correct"  # have registries correct or annul what they hold, or let it stand
    UNDO = "undo"
    CONFIRM = "confirm"
    DECLINE = "decline"
    COMPARE = "compare"  # decide whether two dossiers are about one person
    GATE = "gate"  # see batches and what they failed, release or reject them
    OPERATE = "operate"  # see what nobody could read
    AUDIT = "audit"  # see who looked at what
    SEARCH = "search"  # find a person in readings, records and dossiers, and see the page
    KEY = "key"  # key records of paper books
    ADJUDICATE = "adjudicate"  # decide where two keyings differ
    DIGITISE = "digitise"  # bring books in, set pages aside, sample, accept or reject a book, hand it over
    EXTRACT = "extract"  # give out the data of a certified copy


ALLOWS: dict[Role, frozenset[May]] = {
    Role.STEWARD: frozenset({
        May.LIST, May.READ, May.EDIT, May.ACCEPT, May.SUPPLEMENT, May.REJECT, May.RESEND, May.CORRECT, May.UNDO,
        May.COMPARE, May.GATE, May.SEARCH, May.EXTRACT,
    }),
    Role.SECOND_STEWARD: frozenset({May.LIST, May.READ, May.CONFIRM, May.DECLINE}),
    Role.ARCHIVIST: frozenset({May.LIST, May.SEARCH, May.DIGITISE, May.EXTRACT}),
    Role.KEYER: frozenset({May.KEY}),
    Role.ADJUDICATOR: frozenset({May.ADJUDICATE}),
    Role.AUDITOR: frozenset({May.LIST, May.READ, May.AUDIT}),
    Role.OPERATOR: frozenset({May.OPERATE, May.GATE}),
}  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """What a user may do, and where. A place is "" (everywhere), a province of two digits, or a commune of five."""

    user_name: str
    grants: frozenset[tuple[Role, str]]

    @property
    def roles(self) -> list[Role]:
        held = {role for role, _ in self.grants}
        return [role for role in Role if role in held]

    def places(self, act: May | None) -> frozenset[str]:
        """Where this may be done; with None, every place of any grant (counts, which every role sees)."""
        return frozenset(place for role, place in self.grants if act is None or act in ALLOWS[role])

    def may(self, act: May, portal_code: str | None, commune_code: str | None) -> bool:
        """Whether this may be done to a dossier of this portal and commune."""
        places = self.places(act)
        return "" in places or portal_code in places or (commune_code is not None and commune_code in places)

    def may_somewhere(self, act: May) -> bool:
        return bool(self.places(act))
