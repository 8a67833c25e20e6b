"""The desk's pages, a file per subject."""

from dags.desk.pages import (
    accesses,
    acts,
    answers,
    batches,
    books,
    bulk,
    checks,
    confirm,
    correcting,
    dossier,
    duplicates,
    extract,
    overview,
    papers,
    queue,
)

ROUTERS = tuple(
    module.router
    for module in (
        overview,
        queue,
        bulk,
        confirm,
        correcting,
        papers,
        acts,
        dossier,
        duplicates,
        extract,
        answers,
        batches,
        books,
        checks,
        accesses,
    )
)
