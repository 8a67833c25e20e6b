"""What a registry is asked to do with an entry."""

from enum import StrEnum


class Operation(StrEnum):
    """The act at a registry. A *correction* is the legal act on an entry that stands; an *edit* (`schemas.decision`) is
    what a steward changes in a dossier before anything is sent."""

    REGISTER = "register"  # đăng ký: a new entry
    CORRECT = "correct"  # cải chính, bổ sung: an entry that stands gets other words
    ANNUL = "annul"  # thu hồi, hủy bỏ: an entry that stands is void from now on
    HISTORICAL = "historical"  # nhập dữ liệu lịch sử: an entry of a paper book, registered long ago

    @property
    def makes_entry(self) -> bool:
        """Whether the registry has a new entry afterwards; the others cite one that stands."""
        return self in (Operation.REGISTER, Operation.HISTORICAL)
