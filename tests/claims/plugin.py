"""pytest evaluates a lesson's claims in nbval's kernel, right after each cell."""

import os

import pytest
from nbval.plugin import IPyNbCell

from tests.claims import claimed
from tests.claims.kernel import STILL, question, verdict

PATIENCE = 300  # seconds for the claims of one cell


def pytest_configure(config):
    """Let kernels know that what they show is compared."""
    os.environ.update(STILL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Run the cell, then its claims; a claim about time may have the cell executed again."""
    result = yield
    if isinstance(item, IPyNbCell):
        week, cell = item.path.stem, item.cell.get("id", "")
        if claimed(week, cell):
            _hold(item, week, cell)
    return result


def _hold(item: IPyNbCell, week: str, cell: str) -> None:
    """Fail the cell unless its claims hold, and every mark that it printed has a claim."""
    kernel = item.parent.kernel
    wrong, tries = verdict(_ask(kernel, "", question(week, cell)), item.test_outputs)
    for _ in range(1, tries):
        reply = _ask(kernel, item.cell.source)  # its outputs are thrown away
        if reply["status"] != "ok":
            item.raise_cell_error(f"executed once more, the cell fails: {reply.get('evalue')}")
        wrong, _ = verdict(_ask(kernel, "", question(week, cell)), [])
        if not wrong:
            return
    if wrong:
        item.raise_cell_error("\n".join(wrong))


def _ask(kernel, source: str, expressions: dict[str, str] | None = None) -> dict:
    """Execute in a kernel, throw away what it shows, and return the content of its reply."""
    how = {"silent": True, "store_history": False, "allow_stdin": False, "stop_on_error": False}
    sent = kernel.kc.execute(source, user_expressions=expressions or {}, **how)
    while True:
        reply = kernel.get_message(stream="shell", timeout=PATIENCE)
        if reply["parent_header"].get("msg_id") == sent:
            kernel.await_idle(sent, timeout=10)
            return reply["content"]
