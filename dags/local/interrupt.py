"""How a command that runs for hours ends: Ctrl-C and SIGTERM leave its block in order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Leaves the block, from any point in it, when a person (Ctrl-C) or the system (SIGTERM) asks.

    From the first signal on both signals are ignored, so that nothing disturbs the ending of what was started.
    """

    def end(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    with suppress(KeyboardInterrupt):
        yield
    for number, handler in before.items():
        signal.signal(number, handler)
