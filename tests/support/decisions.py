"""The ledger's decisions as the steps call them: with the judgement of `quality.decisions`."""

from functools import partial

from connectors.ledger import decisions
from quality.decisions import rejection

edit = partial(decisions.edit, reject=rejection)
accept = partial(decisions.accept, reject=rejection)
ask_supplement = partial(decisions.ask_supplement, reject=rejection)
reject = partial(decisions.end, reject=rejection)
resend = partial(decisions.resend, reject=rejection)
resolve_change = partial(decisions.resolve_change, reject=rejection)
settle = partial(decisions.settle, reject=rejection)
confirm = partial(decisions.confirm, reject=rejection)
decline = partial(decisions.decline, reject=rejection)
undo = partial(decisions.undo, reject=rejection)
