"""How good a classifier is, on one HTML page: confusion matrix and worst mistakes."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

from week08_inception.saving import atomically
from week09_transfer.photos import Photos

import numpy as np
from PIL import Image

STYLE = """body{font:16px/1.4 sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}
table{border-collapse:collapse}td,th{padding:.4em .7em;text-align:right}
th{font-weight:normal;text-align:left;overflow-wrap:anywhere}thead th{vertical-align:bottom}
figure{display:inline-block;width:11em;margin:.6em;vertical-align:top}img{width:100%}
figcaption{font-size:.85em;overflow-wrap:anywhere}"""


def confusion(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Return int [classes, classes]: how often each class (row) got each answer (column)."""
    counts = np.zeros([classes, classes], int)
    np.add.at(counts, (labels, answers), 1)
    return counts


def worst(labels: np.ndarray, probability: np.ndarray, most: int = 12) -> list[int]:
    """Return the indices of wrong answers, those first that gave the true class least.

    Args:
        labels: int [n].
        probability: float [n, classes].
        most: how many at most.
    """
    true = probability[np.arange(len(labels)), labels]
    wrong = np.nonzero(probability.argmax(axis=1) != labels)[0]
    return [int(i) for i in wrong[np.argsort(true[wrong], kind="stable")][:most]]


def page(test: Photos, probability: np.ndarray, notes: Sequence[str] = ()) -> str:
    """Return the report as HTML that needs no other file; file and class names are escaped.

    Args:
        test: pictures that were not trained with.
        probability: float [n, classes], the classifier's.
        notes: lines to be added, such as what was left out.
    """
    answers = probability.argmax(axis=1)
    counts = confusion(test.labels, answers, len(test.classes))
    names = [html.escape(name) for name in test.classes]
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{name}</th>{''.join(_cell(n, row.sum(), i == j) for j, n in enumerate(row))}</tr>"
        for i, (name, row) in enumerate(zip(names, counts, strict=True))
    )
    share, right = np.mean(answers == test.labels), int(np.trace(counts))
    figures = "".join(
        f'<figure><img alt="" src="{_embedded(test.pixels[i])}"><figcaption>'
        f"{html.escape(test.files[i].name)}<br>{names[test.labels[i]]}, taken for "
        f"{names[answers[i]]} ({probability[i].max():.0%} sure)</figcaption></figure>"
        for i in worst(test.labels, probability)
    )
    listed = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Report</title>'
        f"<style>{STYLE}</style></head><body><h1>{share:.1%} of {len(answers)} test pictures</h1>"
        f"<p>{right} right, {len(answers) - right} wrong. None of them was trained with.</p>"
        f"<h2>How often each class (row) got each answer (column)</h2>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>The worst mistakes</h2>{figures or '<p>None.</p>'}"
        f"{f'<h2>Notes</h2><ul>{listed}</ul>' if notes else ''}</body></html>\n"
    )


def write(file: str | Path, test: Photos, probability: np.ndarray, notes: Sequence[str]) -> None:
    """Write the page; it appears whole or not at all."""
    text = page(test, probability, notes)
    atomically(lambda path: path.write_text(text, encoding="utf-8"), file)


def _cell(count: int, whole: int, right: bool) -> str:
    """Return a table cell, blue for right and red for wrong answers, darker for more."""
    colour = "0,114,178" if right else "213,94,0"
    shade = 0.75 * count / max(whole, 1)
    return f'<td style="background:rgba({colour},{shade:.2f})">{count or ""}</td>'


def _embedded(pixels: np.ndarray) -> str:
    """Return a picture as a data URL."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
