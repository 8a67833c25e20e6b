"""The four errors, named by who acts next. Messages are English, for engineers, and carry codes only."""


class LienthongError(Exception):
    """An error at an endpoint. `reply` is its answer, if there was one: for the vault, never for a log."""

    def __init__(self, message: str, reply: bytes = b"") -> None:
        super().__init__(message)
        self.reply = reply


class Unreachable(LienthongError):
    """Nobody acts: the request is tried again. `may_have_arrived`: it could have taken effect."""

    def __init__(self, message: str, *, may_have_arrived: bool, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived
        self.retry_after_s = retry_after_s


class Refused(LienthongError):
    """The steward acts: the endpoint understood the request and refused it."""


class Unrecognised(LienthongError):
    """The engineer acts: the reply has a form that we do not know. The connector stops and the reply is kept."""


class TooLarge(Unrecognised):
    """A reply over the limit, not read to its end."""


class Unauthorised(LienthongError):
    """The operator acts: the endpoint does not accept our name or key."""
