"""`lienthong run`: the steps of the pipeline, started by a person."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import typer

from dags.cli.console import err, one_line_errors, out, stop
from dags.cli.options import Json

app = typer.Typer()

STEPS = "pull, check, gate, enter, deliver, collect or report"

Work = Callable[[Any], dict[str, int]]
"""A step on an open ledger; it returns counts of what it moved."""


@app.command()
def run(
    step: Annotated[str, typer.Argument(help=STEPS)],
    code: Annotated[str, typer.Argument(help="A province code or a registry. Default: all of them.")] = "",
    as_json: Json = False,
) -> None:
    """Run one step now, for one province or registry or for all. It may run beside Airflow."""
    from connectors.endpoint import NoConnection
    from connectors.errors import LienthongError
    from connectors.ledger import open_ledger

    failed = 0
    with one_line_errors(), open_ledger() as ledger:
        for name, work in _work(step, code).items():
            label = f"{step} {name}".strip()
            try:
                counts = work(ledger)
            except (NoConnection, LienthongError) as error:  # one that fails keeps no other from its turn
                failed += 1
                err.print(f"lienthong: {label}: {type(error).__name__}: {error}", markup=False)
                continue
            if as_json:
                typer.echo(json.dumps({"step": step, "code": name, **counts}))
            else:
                moved = ", ".join(f"{what} {count}" for what, count in counts.items() if count) or "nothing moved"
                out.print(f"{label}: {moved}")
    if failed:
        raise typer.Exit(1)


def _work(step: str, code: str) -> dict[str, Work]:
    """What to call for a step, by province or registry code; by the empty code where a step serves all at once."""
    from connectors.endpoint import Endpoint
    from connectors.portals.provinces import PROVINCES
    from connectors.registries import REGISTRIES
    from dags import steps

    read = Endpoint.from_environment
    portal_steps: dict[str, Callable[..., dict[str, int]]] = {
        "pull": partial(steps.pull, gated=True),
        "check": steps.check,
    }
    registry_steps = {"deliver": steps.deliver, "collect": steps.collect}

    def on(call: Callable[..., dict[str, int]], connector: Any, connection_id: str) -> Work:
        return lambda ledger: call(ledger, connector, read(connection_id))

    if step == "gate":
        return {"": steps.gate}
    if step == "enter":
        return {"": steps.enter}
    if step == "report":
        return {"": lambda ledger: steps.report(ledger, read)}
    if step in portal_steps:
        provinces = _chosen(PROVINCES, code, "province")
        return {name: on(portal_steps[step], province, province.connection_id) for name, province in provinces.items()}
    if step not in registry_steps:
        stop(f"no step {step!r}: {STEPS}")
    registries = _chosen(REGISTRIES, code, "registry")
    return {name: on(registry_steps[step], registry, registry.code) for name, registry in registries.items()}


def _chosen(known: Mapping[str, Any], code: str, kind: str) -> dict[str, Any]:
    if code and code not in known:
        stop(f"no {kind} {code!r}: {', '.join(known)}")
    return {code: known[code]} if code else dict(known)
