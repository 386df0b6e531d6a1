"""What week 5 claims."""

import math

import numpy as np

from tests.claims import after, holds, it_is_named_what_the_code_runs_on, within


@after("setup")
def it_says_what_it_runs_on(lesson):
    it_is_named_what_the_code_runs_on()
    holds(lesson.digits.source in ("mnist", "scans"), "the digits are MNIST or the scans")


# --- recording and reading --------------------------------------------------------------------


@after("three-flush")
def a_writer_keeps_what_it_has_not_flushed(lesson):
    helper = lesson.events.read(lesson.logs / "waiting")["loss"]
    ours = lesson.read(lesson.logs / "waiting")["loss"]
    holds(
        [(step, float(value)) for step, value in ours]
        == list(zip(helper.steps, helper.values, strict=True)),
        "the loop of the lesson reads what the helper reads",
    )


@after("then-go")
def the_notes_program_learns(lesson):
    for accuracy in lesson.accuracies:
        within(accuracy, 0.5, 0.95, excludes={"chance": 0.1, "perfect": 1})
    holds(lesson.accuracies[-1] > lesson.accuracies[0], "it learns from epoch to epoch")


@after("now-agree")
def both_eras_record_the_same(lesson):
    for tag, series in lesson.now.items():
        old = lesson.then.get(tag) or lesson.then[f"{tag}_1"]
        holds(old.steps == series.steps == [0, 1], "the steps are the same")
        gap = np.abs(np.subtract(series.values, old.values)).max()
        late = np.abs(np.diff(series.values)).max()
        last = series.values[-1]
        if tag.endswith("mean"):
            within(gap, 0, 1e-6, excludes={"another run": 1e-3})
            within(last, -1e-5, 1e-5, excludes={"drifts": 1e-3})
            continue
        within(gap, 0, 1e-5, excludes={"a step late": late})
        if tag.endswith("min"):
            within(last, -1, -0.01, excludes={"untrained": 0})
        elif tag.endswith("accuracy"):
            within(last, 0.5, 0.99, excludes={"chance": 0.1})
        else:
            within(last, 0.001, 1, excludes={"untrained": 0 if "layer" in tag else 1.1})


@after("then-race")
def it_is_a_race_for_the_weights_alone(lesson):
    holds(lesson.seen["before"] + lesson.seen["after"] == 100, "each maximum is one of the two")
    holds(lesson.seen["loss"] == 100, "each loss is from before the update")


@after("buckets-real")
def buckets_count_every_weight(lesson):
    tag = "layer/weights/summaries/histogram"
    inkless = 10 * int((lesson.digits.x_train[:55_000].max(axis=0) == 0).sum())
    for epoch, (_, buckets) in enumerate(lesson.read(lesson.logs / "now")[tag]):
        left, right, count = buckets.T
        holds(count.sum() == 7840 and len(count) == 30, "30 buckets hold every weight")
        low, high = (
            lesson.now[f"layer/weights/summaries/{w}"].values[epoch] for w in ("min", "max")
        )
        within(left[0], low - 1e-5, low + 1e-5, excludes={"zero": 0})
        within(right[-1], high - 1e-5, high + 1e-5, excludes={"zero": 0})
        within(
            count.max(),
            0.33 * 7840,
            0.67 * 7840,
            excludes={"evenly spread": 7840 / 30, "all": 7840},
        )
        holds(left[count.argmax()] <= 0 <= right[count.argmax()], "the fullest is around 0")
    still = int((lesson.W.numpy() == 0).sum())
    holds(still >= inkless > 0, "weights of pixels without ink stay exactly 0")


# --- the clinic -------------------------------------------------------------------------------


def _row(lesson, name):
    """Return a row of the table: first and last loss, validation, gradient 2 / 6, ratio, zeros."""
    return [float(cell) for cell in next(line for line in lesson.lines if line[0] == name)[1:]]


def _losses_between(lesson, name, low, high):
    """Hold a patient's last losses to a band without the healthy ones; return the rest of its row."""
    first, last, validation, *rest = _row(lesson, name)
    healthy = _row(lesson, "healthy")
    within(first, 2.2, 3.2, excludes={"trained": healthy[1]})
    within(last, low, high, excludes={"healthy": healthy[1]})
    within(validation, low, high, excludes={"healthy": healthy[2]})
    return rest


@after("clinic-table")
def one_run_is_healthy(lesson):
    first, last, validation, share, ratio, zeros = _row(lesson, "healthy")
    within(first, 2.2, 3.2, excludes={"trained": last})
    within(last, 0.1, 0.5, excludes={"untrained": math.log(10)})
    within(validation, 0.1, 0.55, excludes={"few digits": _row(lesson, "few digits")[2]})
    within(share, 0.3, 3, excludes={"sigmoid": _row(lesson, "sigmoid")[3]})
    within(ratio, 1e-3, 2e-2, excludes={"too low": _row(lesson, "rate too low")[4], "too high": _row(lesson, "rate too high")[4]})  # fmt: skip
    within(zeros, 0.3, 0.7, excludes={"dead": 1})


@after("clinic-table")
def a_rate_too_high_learns_less_and_silences_units(lesson):
    healthy = _row(lesson, "healthy")
    share, ratio, zeros = _losses_between(lesson, "rate too high", 0.45, 2.6)
    within(share, 0, 3, excludes={"explodes": 100})
    within(ratio / healthy[4], 8, 12, excludes={"healthy": 1})
    within(ratio, 0.02, 0.2, excludes={"healthy": healthy[4]})
    within(zeros, 0.75, 1, excludes={"healthy": healthy[5]})


@after("clinic-table")
def a_rate_too_low_hardly_moves(lesson):
    first, last, *_ = _row(lesson, "rate too low")
    healthy = _row(lesson, "healthy")
    share, ratio, zeros = _losses_between(lesson, "rate too low", 2.1, 2.7)
    holds(last < first, "it does creep down")
    within(share, 0.3, 3, excludes={"sigmoid": _row(lesson, "sigmoid")[3]})
    within(healthy[4] / ratio, 300, 700, excludes={"healthy": 1})
    within(ratio, 1e-6, 1e-4, excludes={"healthy": healthy[4]})
    within(zeros, 0.3, 0.7, excludes={"dead": 1})


@after("clinic-table")
def a_dead_layer_lets_nothing_through(lesson):
    first, last, validation, share, ratio, zeros = _row(lesson, "dead layer")
    for loss in (first, last, validation):
        within(loss, 2.25, 2.4, excludes={"healthy": _row(lesson, "healthy")[1]})
    within(zeros, 0.999, 1.001, excludes={"healthy": 0.5})
    within(share, -1e-9, 1e-9, excludes={"healthy": 1})
    within(ratio, -1e-9, 1e-9, excludes={"healthy": 1e-3})


@after("clinic-table")
def gradients_vanish_behind_sigmoids(lesson):
    first, last, validation, share, ratio, zeros = _row(lesson, "sigmoid")
    healthy = _row(lesson, "healthy")
    within(first, 2.2, 3.2, excludes={"trained": healthy[1]})
    for loss in (last, validation):
        within(loss, 2.25, 2.35, excludes={"healthy": healthy[1]})
    within(share, 0.002, 0.04, excludes={"healthy": healthy[3]})
    within(ratio, 5e-5, 1e-3, excludes={"healthy": healthy[4]})
    within(zeros, -1e-9, 1e-9, excludes={"ReLU": 0.5})


@after("clinic-table")
def few_digits_are_learned_by_heart(lesson):
    first, last, validation, share, ratio, zeros = _row(lesson, "few digits")
    healthy = _row(lesson, "healthy")
    within(first, 2.2, 3.2, excludes={"trained": healthy[1]})
    within(last, 0, 0.05, excludes={"healthy": healthy[1]})
    within(validation, 0.8, 2.5, excludes={"healthy": healthy[2]})
    lowest = min(lesson.held_out["few digits"]["loss"].values)
    within(validation / lowest, 1.15, 2.5, excludes={"no rise": 1})
    within(share, 0.3, 3, excludes={"sigmoid": _row(lesson, "sigmoid")[3]})
    within(ratio, 1e-3, 2e-2, excludes={"too low": 1e-5})
    within(zeros, 0.2, 0.7, excludes={"dead": 1})


@after("clinic-layers")
def gradients_say_what_the_loss_does_not(lesson):
    gradient = {name: lesson.gradients(name) for name in lesson.PATIENTS}
    low, healthy = gradient["rate too low"], gradient["healthy"]
    within(np.median(low / healthy), 0.4, 4, excludes={"vanished": 0.01})
    holds(
        not gradient["dead layer"][:4].any(), "gradients are 0 up to the layer above the dead one"
    )
    holds(gradient["dead layer"][4:].all(), "and not beyond it")
    holds(
        np.all(np.diff(gradient["sigmoid"][1:]) > 0), "behind sigmoids they shrink layer by layer"
    )
    holds(np.all(lesson.first_ratios("healthy") < 0.02), "healthy ratios are below two hundredths")


@after("clinic-outputs")
def outputs_look_as_the_words_say(lesson):
    shares = {name: h[h[:, 0] <= 1e-6, 2].sum() / h[:, 2].sum() for name, h in lesson.last.items()}
    within(shares["rate too high"], 0.65, 1, excludes={"half": 0.5})
    within(shares["healthy"], 0.35, 0.65, excludes={"too high": shares["rate too high"], "all": 1})
    holds(not lesson.last["dead layer"][:, :2].any(), "the dead layer puts out 0 alone")
    edges = lesson.last["sigmoid"][:, :2]
    holds(edges.min() > 0 and edges.max() < 1, "a sigmoid's outputs lie between 0 and 1")


@after("clinic-nan")
def a_huge_rate_ends_in_nan(lesson):
    within(lesson.exploding[0], 2.2, 3.2, excludes={"trained": 0.5})
    within(lesson.exploding[1], 300, 1e7, excludes={"the start": lesson.exploding[0]})
    holds(not math.isfinite(lesson.exploding[-1]), "after six steps the loss is no number")


# --- descent ----------------------------------------------------------------------------------


@after("descent-table")
def loss_and_norm_tell_stuck_from_unfinished(lesson):
    rows = {name: [float(cell) for cell in cells] for name, *cells in lesson.lines}
    floor = lesson.floor
    for name, (loss, norm, product, falls) in rows.items():
        within(falls / product, 0.95, 1.05, excludes={"none": 0})
        if name.endswith("0.0001"):
            within(norm, 1, 2, excludes={"at rest": 0.001})
            within(product, 1e-4, 3e-4, excludes={"at rest": 0})
            within(falls, 1e-4, 3e-4, excludes={"at rest": 0})
            within(loss, 1.3, 1.42, excludes={"arrived": floor})
            continue
        within(norm, 0, 2e-4, excludes={"unfinished": 1})
        within(product, 0, 1e-8, excludes={"unfinished": 1e-4})
        within(falls, 0, 1e-8, excludes={"unfinished": 1e-4})
        if name in ("from (2, 4.5)", "from (-2, 2)"):
            within(loss / floor, 0.5, 1.2, excludes={"stuck": rows["from (5, 1)"][0] / floor})
        else:
            within(loss / floor, 40, 200, excludes={"arrived": 1})


@after("descent-bounce")
def too_large_a_rate_neither_sinks_nor_rests(lesson):
    for step in (200, 400):
        wide, half = (lesson.descend([5, 4], rate)[step, 2:] for rate in (3.0, 1.5))
        within(wide[0], 1.1, 1.2, excludes={"half the rate": half[0]})
        within(wide[1], 0.2, 0.3, excludes={"at rest": half[1]})
        within(half[0], 1, 1.05, excludes={"jumping": wide[0]})
        within(half[1], 0, 0.001, excludes={"jumping": wide[1]})


@after("descent-walk")
def two_arrive_and_one_has_hardly_begun(lesson):
    ends = {name: path[-1, :2] for name, path in lesson.walks.items()}
    holds(np.allclose(ends["from (2, 4.5)"], [1.2, 2.5], atol=0.05), "the first finds 1.2 and 2.5")
    holds(np.allclose(ends["from (-2, 2)"], [-1.2, 2.5], atol=0.05), "the second its mirror image")
    moved = np.linalg.norm(ends["(2, 4.5), rate 0.0001"] - [2, 4.5])
    within(moved, 0.01, 0.1, excludes={"arrived": 2.1})


# --- more than numbers ------------------------------------------------------------------------


@after("sweep-read")
def the_best_rate_lies_inside_the_grid(lesson):
    losses = {float(rate): float(loss) for rate, loss in lesson.lines}
    holds(list(losses) == [0.0005, 0.005, 0.05, 0.5], "the hyperparameters are those of the sweep")
    for rate, (low, high) in {0.0005: (2, 2.7), 0.005: (1.2, 2.5), 0.05: (0.3, 1.1), 0.5: (1.15, 2.7)}.items():  # fmt: skip
        within(losses[rate], low, high, excludes={"a rate that learns nothing": 2.8})
    holds(min(losses, key=losses.get) == 0.05, "0.05 is the best of the four")


@after("keras-read")
def keras_records_weights_and_no_outputs(lesson):
    histograms = [tag for tag, s in lesson.by_keras["train"].items() if s.plugin == "histograms"]
    holds(
        len(histograms) == 4 and all("kernel" in tag or "bias" in tag for tag in histograms),
        "its histograms are kernels and biases",
    )


# --- a profile, and vectors -------------------------------------------------------------------


@after("meta-profile-share", tries=3)
def the_step_waits_for_its_data(lesson):
    within(lesson.spent["load"] / lesson.spent["step"], 0.5, 0.99, excludes={"no wait": 0.2})
    holds(len(lesson.ops) > 0, "operations were seen")


@after("projector-neighbours")
def two_components_hold_more_of_the_hidden_layer(lesson):
    hidden, pixels = ([float(cell) for cell in line[1:]] for line in lesson.lines)
    within(hidden[0], 0.35, 0.85, excludes={"pixels": pixels[0]})
    within(pixels[0], 0.1, 0.34, excludes={"hidden": hidden[0]})
    within(hidden[1], 0.45, 0.85, excludes={"chance": 0.1, "pixels": pixels[1]})
    within(pixels[1], 0.2, 0.44, excludes={"chance": 0.1})
    within(hidden[2], 0.8, 0.99, excludes={"in the plane": hidden[1]})
    within(pixels[2], 0.8, 1.001, excludes={"in the plane": pixels[1]})


MUTATIONS = {  # what must make a claim fail: the cell, a text in it, and what takes its place
    "a_writer_keeps_what_it_has_not_flushed": ("three-read", "event.step, array", "0, array"),
    "the_notes_program_learns": ("then-training", "Optimizer(0.2)", "Optimizer(0.0)"),
    "both_eras_record_the_same": ("now-step", "0.2 * grad_W", "0.1 * grad_W"),
    "one_run_is_healthy": ("clinic-patients", '"healthy": {}', '"healthy": {"rate": 0.001}'),
    "a_rate_too_high_learns_less_and_silences_units": ("clinic-patients", '"rate": 0.5', '"rate": 0.05'),
    "a_rate_too_low_hardly_moves": ("clinic-patients", '"rate": 0.0001', '"rate": 0.05'),
    "a_dead_layer_lets_nothing_through": ("clinic-train", "30.0", "0.0"),
    "gradients_vanish_behind_sigmoids": ("clinic-patients", "tf.sigmoid", "tf.nn.relu"),
    "few_digits_are_learned_by_heart": ("clinic-patients", '"count": 100', '"count": 10_000'),
    "gradients_say_what_the_loss_does_not": ("clinic-train", "30.0", "0.0"),
    "outputs_look_as_the_words_say": ("clinic-train", "30.0", "0.0"),
    "a_huge_rate_ends_in_nan": ("clinic-nan", "10.0, tf.nn", "0.01, tf.nn"),
    "loss_and_norm_tell_stuck_from_unfinished": ("descent-walk", "rate=0.0001", "rate=0.1"),
    "two_arrive_and_one_has_hardly_begun": ("descent-slope", "-outer", "outer"),
    "the_best_rate_lies_inside_the_grid": ("sweep-run", "rate=rate, steps", "rate=rate / 100, steps"),
    "the_step_waits_for_its_data": ("meta-profiler", "wait=0.03", "wait=0.0"),
    "two_components_hold_more_of_the_hidden_layer": ("projector-go", '"hidden": hidden.numpy()', '"hidden": x.numpy()'),
}  # fmt: skip

DEAR = {  # of the mutations, those that run for long: `make test-more` tries them
    "a_rate_too_low_hardly_moves",
    "a_dead_layer_lets_nothing_through",
    "gradients_vanish_behind_sigmoids",
    "few_digits_are_learned_by_heart",
    "a_rate_too_high_learns_less_and_silences_units",
    "gradients_say_what_the_loss_does_not",
    "outputs_look_as_the_words_say",
    "one_run_is_healthy",
    "both_eras_record_the_same",
    "loss_and_norm_tell_stuck_from_unfinished",
    "the_step_waits_for_its_data",
    "two_components_hold_more_of_the_hidden_layer",
    "the_best_rate_lies_inside_the_grid",
}
