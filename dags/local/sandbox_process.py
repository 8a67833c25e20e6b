"""The sandbox of the demo, in a process of its own: `python -m dags.local.sandbox_process DOSSIERS SEED`."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dags.local.interrupt import until_interrupted


@contextmanager
def sandbox_process(dossiers: int, seed: int) -> Iterator[dict[str, str]]:
    """Starts the sandbox and yields its connections; the process is ended with the block.

    It gets a session of its own, so that Ctrl-C in the terminal reaches only the demo, which ends Airflow first.
    """
    command = [sys.executable, "-m", "dags.local.sandbox_process", str(dossiers), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            if not line:
                raise SystemExit("lienthong: the sandbox did not start, see the messages above")
            yield json.loads(line)
        finally:
            process.terminate()


def main(dossiers: int, seed: int) -> None:
    """Runs the twins until SIGTERM. The first line on the standard output is the connections as JSON."""
    from connectors.sandbox.sandbox import Sandbox

    with until_interrupted(), Sandbox(seed, dossiers) as sandbox:
        sys.stdout.write(json.dumps(sandbox.connections) + "\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
