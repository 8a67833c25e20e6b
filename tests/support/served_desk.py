"""The desk served over HTTP on 127.0.0.1 below a path, as Airflow mounts it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

from tests.support.desk import DeskHouse

ROOT = "/lienthong"


@contextmanager
def served(house: DeskHouse) -> Iterator[str]:
    """The desk's address while it is served."""
    app = Starlette(routes=[Route("/favicon.ico", lambda request: Response(status_code=204)), Mount(ROOT, house.app())])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}{ROOT}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
