"""The checks of week 5's exercises."""

import atexit
import contextlib
import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

from week02_basics.exercises import answered, exercise, expect
from week02_basics.taught import taught
from week05_tensorboard import faulty
from week05_tensorboard.events import read
from week05_tensorboard.projector import faults

import numpy as np
import tensorflow as tf


def _unanswered(value: object) -> None:
    """Let a function return what it likes, also nothing, but not the stub's dots."""
    if value is Ellipsis:
        answered(value)


def _untouched(answer: Callable) -> None:
    """End a check whose preparation takes seconds early if the stub is as it was."""
    value = None
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Exception):
        value = answer(folder)  # an answer may well fail here: the folder is empty
    _unanswered(value)


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


@exercise("Exercise 2: a mean from buckets")
def check_means(means: Callable) -> None:
    """Check a function (folder, tag) that returns the mean of a histogram by step."""
    rng = np.random.default_rng(5)
    values = {0: rng.exponential(2, 500), 10: rng.normal(-3, 1, 400), 25: rng.uniform(0, 9, 47)}
    with tempfile.TemporaryDirectory() as folder:
        with tf.summary.create_file_writer(folder).as_default():
            for step, drawn in values.items():
                tf.summary.histogram("other", drawn + 1, step)
                tf.summary.histogram("numbers", drawn, step)
        answer = means(folder, "numbers")
        answered(answer)
        buckets = dict(zip(values, read(folder)["numbers"].values, strict=True))
    expect(
        isinstance(answer, dict), f"return a dictionary, step: mean, not a {type(answer).__name__}"
    )
    expect(set(answer) == set(values), f"the steps are {sorted(values)}, not {sorted(answer)}")
    for step, (left, right, count) in ((s, b.T) for s, b in buckets.items()):
        found, middle = float(answer[step]), (left + right) / 2
        right_one = float((count * middle).sum() / count.sum())
        where = f"at step {step} it gives {found:.4g}"
        expect(
            not np.isclose(found, middle.mean()),
            f"{where}: each bucket must weigh as much as the numbers that it holds",
        )
        expect(
            not np.isclose(found, (count * middle).sum() / len(count)),
            f"{where}: divide by the number of numbers, not of buckets",
        )
        expect(
            not any(
                np.isclose(found, (count * edge).sum() / count.sum()) for edge in (left, right)
            ),
            f"{where}: take the middle of each bucket, not an edge",
        )
        expect(np.isclose(found, right_one, rtol=1e-4), f"{where}, not {right_one:.4g}")


@exercise("Exercise 3: find the dead layer")
def check_dead_layer(dead_layer: Callable) -> None:
    """Check a function that names the dead layer of a run that `faulty.write_faulty_run` wrote."""
    _untouched(dead_layer)
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
        expect(
            int(answer[-1]) != int(dead[-1]) + 1,
            f"{answer}'s kernel is frozen, but its outputs are not 0: the layer below feeds it zeros",
        )
        expect(False, f"{answer} does put out other numbers than 0; look at the `output` tags")


@exercise("Exercise 4: the best rate")
def check_best_rate(best_rate: Callable) -> None:
    """Check a function (folder) that returns the rate whose validation loss got lowest."""
    for turn in range(2):
        with tempfile.TemporaryDirectory() as folder:
            faulty.write_sweep(folder, turn)
            answer = best_rate(folder)
        answered(answer)
        expect(isinstance(answer, (int, float)), f"return the rate, a number, not {answer!r}")
        rate = float(answer)
        expect(
            not np.isclose(rate, faulty.SWEEPS[turn]["lowest in training"]),
            f"{rate:g} has the lowest loss in *training*",
        )
        expect(
            not np.isclose(rate, faulty.SWEEPS[turn]["lowest at the end"]),
            f"{rate:g} has the lowest last value; another run was lower on the way",
        )
        right = faulty.SWEEPS[turn]["lowest"]
        expect(np.isclose(rate, right), f"not {rate:g}: which run's validation loss got lowest?")


DESCENTS = [  # start, rate, and the cure
    ((-2.5, 3.0), 0.1, "none"),
    ((5.0, -1.0), 0.1, "another start"),
    ((0.0, 4.0), 1e-4, "larger rate"),
    ((5.0, 4.0), 2.5, "smaller rate"),
    ((6.0, 5.0), 0.1, "another start"),
    ((3.0, 3.0), 1e-5, "larger rate"),
    ((5.0, 1.0), 3.0, "smaller rate"),
]
SYMPTOMS = {
    "none": "the loss is at the floor, and the norm nearly 0",
    "another start": "the norm is nearly 0, and the loss far above the floor",
    "larger rate": "the norm is as large as ever, and the loss sinks from record to record",
    "smaller rate": "the norm is far from 0, and the loss has stopped sinking",
}


@exercise("Exercise 5: stuck, or not finished")
def check_cure(cure: Callable) -> None:
    """Check a function (folder, floor) that names the cure from a run's loss and gradient norm."""
    week = taught("week05_tensorboard")
    floor = float(np.mean(week.noise**2))
    for start, rate, right in DESCENTS:
        with tempfile.TemporaryDirectory() as folder:
            path = week.descend(start, rate)
            week.record_descents(folder, {"run": path})
            answer = cure(f"{folder}/run", floor)
        answered(answer)
        expect(
            answer in SYMPTOMS, f"{answer!r} is none of the cures: {', '.join(map(repr, SYMPTOMS))}"
        )
        expect(
            answer == right,
            f"{answer!r} for a run whose loss went from {path[0, 2]:.3f} to {path[-1, 2]:.3f} and its "
            f"gradient norm from {path[0, 3]:.2g} to {path[-1, 3]:.1g} (floor {floor:.3f}): "
            f"{SYMPTOMS[right]}",
        )


@exercise("Exercise 6: mend the projector")
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


@functools.cache
def _ward() -> dict[str, str]:
    """Record the runs of section 4 with other first weights on other data; give the folders by name."""
    week = taught("week05_tensorboard")
    rng = np.random.default_rng(11)
    templates = rng.random([10, 784]) * (rng.random([10, 784]) < 0.25)
    labels = rng.integers(0, 10, 12_000)
    x = np.float32(np.clip(templates[labels] + rng.normal(0, 0.3, [12_000, 784]), 0, 1))
    y = tf.constant(labels, tf.int32)
    data = tf.constant(x[:10_000]), y[:10_000], tf.constant(x[10_000:]), y[10_000:]
    root = tempfile.TemporaryDirectory()
    atexit.register(root.cleanup)
    folders = {name: f"{root.name}/{k}" for k, name in enumerate(week.PATIENTS)}
    for name, setting in week.PATIENTS.items():
        week.train(folders[name], data, seed=11, **setting)
    return folders


@exercise("Exercise 7: the doctor")
def check_diagnose(diagnose: Callable) -> None:
    """Check a function (folder) that names the illness of a run: five of six must be right."""
    wrong = []
    _untouched(diagnose)
    for name, folder in _ward().items():
        answer = diagnose(folder)
        answered(answer)
        expect(answer in _ward(), f"{answer!r} is none of the names: {', '.join(_ward())}")
        if answer != name:
            wrong.append(f"{name!r} taken for {answer!r}")
    expect(len(wrong) < 2, f"{6 - len(wrong)} of 6 are right; {'; '.join(wrong)}")
