"""The desk's pages, a file per subject."""

from dags.desk.pages import (
    accepting,
    accesses,
    acts,
    adjudicating,
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
    keyer_figures,
    keying,
    overview,
    page_images,
    papers,
    queue,
    search,
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
        page_images,
        keyer_figures,
        keying,
        adjudicating,
        accepting,
        search,
    )
)
