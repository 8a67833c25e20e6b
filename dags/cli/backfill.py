"""`lienthong backfill`: paper registers become records (số hóa sổ, hồi tố). Each command has a file beside this one.

In Airflow "backfill" means that past intervals of a DAG run again; this is something else.
"""

import typer

from dags.cli import backfill_handover, backfill_intake, backfill_keying, backfill_load

backfill = typer.Typer(
    help="Turn paper registers into records (hồi tố). Airflow's own backfill, which runs past intervals again, is"
    " something else.",
    no_args_is_help=True,
)

backfill.command()(backfill_load.load)
backfill.command("hand-over")(backfill_handover.hand_over)
backfill.command("pdf")(backfill_handover.searchable_pdf)
backfill.command()(backfill_keying.export_keying)
backfill.command()(backfill_keying.import_keying)
for command in (backfill_intake.take, backfill_intake.read, backfill_intake.books, backfill_intake.set_place):
    backfill.command()(command)

app = typer.Typer()
app.add_typer(backfill, name="backfill")
