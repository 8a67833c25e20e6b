"""What we stand beside, in a process of its own: dlt landing the same pages, a bare loop sending the same bodies."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import requests
from sqlalchemy import URL

from connectors.endpoint import Endpoint
from tests.benchmarks.figures import Run
from tests.benchmarks.twins import PAGE_SIZE, bearer, page_of

QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "NORMALIZE__WORKERS": "1"}


def land(url: URL, portal: Endpoint, how: Literal["merge", "append"], is_flat: bool) -> Run:
    """dlt's own way with the same pages: no check, no seal, no event.

    Merge keeps one row a dossier by its code, as we do. `is_flat`: nested objects become columns and lists become
    tables, which is dlt's default; else they stay JSON, unread. A first page is landed before, so that making the
    tables is not measured.
    """
    os.environ.update(QUIET)
    import dlt

    nesting = None if is_flat else 0

    @dlt.resource(name="dossiers", primary_key="maHoSo", write_disposition=how, max_table_nesting=nesting)
    def dossiers(last_page: int) -> Iterator[list[dict[str, Any]]]:
        with requests.Session() as session:
            session.headers.update(bearer(portal, "/oauth2/token"))
            for page in range(1, last_page + 1):
                found = session.get(f"{portal.base_url}/api/hoSo", params=page_of(page)).json()["danhSach"]
                yield found
                if len(found) < PAGE_SIZE:
                    return

    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "benchmark",
            pipelines_dir=folder,
            dataset_name="landing",
            destination=dlt.destinations.postgres(credentials=_dsn(url)),
        )
        pipeline.run(dossiers(1))
        started = time.perf_counter()
        pipeline.run(dossiers(1_000))
        seconds = time.perf_counter() - started
        rows = pipeline.last_trace.last_normalize_info.row_counts["dossiers"]
    return Run(rows, seconds)


def _dsn(url: URL) -> str:
    return f"postgresql://{url.username}:none@localhost/{url.database}?host={url.query['host']}"


def send(bodies: Sequence[tuple[str, bytes]], registry: Endpoint) -> Run:
    """One session, one request after the other, no word written down."""
    headers = {**bearer(registry, "/token"), "Content-Type": "application/json; charset=utf-8"}
    with requests.Session() as session:
        session.headers.update(headers)
        started = time.perf_counter()
        for path, body in bodies:
            if session.post(registry.base_url + path, data=body).json()["status"] != "1":
                raise AssertionError("a fresh registry must accept everything")
        return Run(len(bodies), time.perf_counter() - started)
