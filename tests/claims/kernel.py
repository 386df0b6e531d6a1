"""How a strict re-execution asks a kernel for the claims of the cell that has just run."""

import ast
import json
from collections.abc import Iterable
from pathlib import Path

from tests.claims import unheld

ROOT = Path(__file__).resolve().parents[2]
# What a kernel's environment says where outputs are compared or stored.
STILL = {"COURSE_STILL": "1"}


def question(week: str, cell: str) -> dict[str, str]:
    """Return the `user_expressions` of an execute request that evaluates the claims of a cell.

    They run in the lesson's namespace and leave nothing in it, no output and no history.
    """
    load = f"__import__('sys').path.insert(0, {str(ROOT)!r})"
    ask = f"__import__('tests.claims').claims.answer({week!r}, {cell!r}, globals())"
    unload = f"__import__('sys').path.remove({str(ROOT)!r})"
    return {"claims": f"({load}, {ask}, {unload})[1]"}


def answer(reply: dict) -> dict:
    """Return what the kernel answered: the result of `tests.claims.evaluate`.

    Args:
        reply: the content of the execute reply to `question`.

    Raises:
        RuntimeError: the claims could not be evaluated.
    """
    found = reply.get("user_expressions", {}).get("claims", reply)
    if found.get("status") != "ok":
        raise RuntimeError(f"claims not evaluated: {found.get('ename')}: {found.get('evalue')}")
    return json.loads(ast.literal_eval(found["data"]["text/plain"]))


def verdict(reply: dict, outputs: Iterable[dict]) -> tuple[list[str], int]:
    """Return what claims say against a cell, and how often it may be executed before that counts.

    Args:
        reply: see `answer`.
        outputs: what the cell showed: each mark among them needs a claim.

    Raises:
        RuntimeError: see `answer`.
    """
    said = answer(reply)
    printed = "\n".join(map(text_of, outputs))
    wrong = said["refuted"] or unheld(printed, said["numbers"], said["sentences"])
    return wrong, said["tries"]


def text_of(output: dict) -> str:
    """Return what an output says in plain text."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")
