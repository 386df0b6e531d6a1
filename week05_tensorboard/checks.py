"""The checks of week 5's exercises."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from week02_basics.exercises import answered, exercise, expect
from week05_tensorboard import faulty
from week05_tensorboard.events import read
from week05_tensorboard.projector import faults

import numpy as np


def _unanswered(value: object) -> None:
    """Let a function return what it likes, also nothing, but not the stub's dots."""
    if value is Ellipsis:
        answered(value)


@exercise("Exercise 1: log a learning-rate schedule")
def check_log_schedule(log_schedule: Callable) -> None:
    """Check a function (folder, rates) that records `learning_rate` at the steps 0, 1, 2, …"""
    rates = np.geomspace(0.5, 0.01, 25).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        _unanswered(log_schedule(folder, rates))
        expect(
            any(Path(folder).glob("*tfevents*")),
            "there is no event file in the folder: `tf.summary.create_file_writer(str(folder))`",
        )
        found = {tag: s for tag, s in read(folder).items() if s.plugin == "scalars"}
    expect(
        bool(found),
        "the file holds no scalar: call `tf.summary.scalar` while the writer is the default one, "
        "`with writer.as_default():`, and close the writer",
    )
    expect("learning_rate" in found, f"the tag is {', '.join(found)}, not learning_rate")
    series = found["learning_rate"]
    expect(len(series.steps) == len(rates), f"{len(series.steps)} values for {len(rates)} rates")
    expect(
        len(set(series.steps)) > 1,
        f"all values stand at step {series.steps[0]}: give each its own, `step=…`",
    )
    expect(
        series.steps == list(range(len(rates))),
        f"the steps run from {series.steps[0]} to {series.steps[-1]}, not from 0 to "
        f"{len(rates) - 1}",
    )
    expect(np.array_equal(np.float32(series.values), rates), "other values than the rates")


@exercise("Exercise 2: find the dead layer")
def check_dead_layer(dead_layer: Callable) -> None:
    """Check a function that names the dead layer of a run that `faulty.write_faulty_run` wrote."""
    for dead in ("dense_2", "dense_3", "dense_1"):
        with tempfile.TemporaryDirectory() as folder:
            faulty.write_faulty_run(folder, dead)
            answer = dead_layer(folder)
        answered(answer)
        expect(
            not str(answer).startswith(f"{dead}/"),
            f"{answer!r} is a tag; the layer's name stands before the slash",
        )
        if answer == dead:
            continue
        expect(
            answer in (*faulty.HIDDEN, "dense_4"), f"{answer!r} is not the name of a hidden layer"
        )
        before = answer < dead
        expect(
            not before,
            f"{answer} does not learn, but its outputs are not all 0: the dead layer stands above "
            "and lets no gradient through to it",
        )
        expect(False, f"{answer} does put out other numbers than 0; look at the `output` tags")


@exercise("Exercise 3: mend the projector")
def check_mend(mend: Callable) -> None:
    """Check a function that repairs in place what `faulty.write_broken_projector` wrote."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faulty.write_broken_projector(folder)
        before = faults(folder)
        _unanswered(mend(folder))
        after = faults(folder)
        expect(
            after != before,
            f"nothing is mended; the first of {len(before)} faults: {before[0]}",
        )
        expect(not after, f"{len(after)} of {len(before)} faults left: {'; '.join(after)}")
        config = (folder / "projector_config.pbtxt").read_text(encoding="utf-8")
        expect(
            "metadata_path" in config and "sprite" in config,
            "it loads, but without labels or pictures: mend them, do not leave them out",
        )
        rows = (folder / "metadata.tsv").read_text(encoding="utf-8").splitlines()
        expect(
            rows[-1] == f"{(faulty.POINTS - 1) % 3}\tpoint {faulty.POINTS - 1}",
            "the labels were changed; only a header is missing",
        )
