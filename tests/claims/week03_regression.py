"""What week 3 claims."""

import numpy as np

from tests.claims import after, holds, it_is_named_what_the_code_runs_on, within


def _mse(y, prediction):
    return float(np.mean((y - prediction) ** 2))


def _slow(lesson):
    """Five epochs of the notes' recipe."""
    runs = lesson.study.load()
    how = {"cost": "quadratic", "rate": 0.2, "decay": False, "epochs": 5}
    return lesson.study.accuracies(runs, **how).max()


@after("setup")
def it_says_what_it_runs_on(lesson):
    it_is_named_what_the_code_runs_on()


@after("curve-run")
def a_missing_axis_ends_as_a_flat_line(lesson):
    variables, *_ = lesson.fit(lesson.tanh_output, lesson.start, lesson.y_data[:, 0])
    height = np.ptp(lesson.tanh_output(lesson.x_data, *variables))
    within(height, 0, 0.06, excludes={"the parabola": 0.25})


@after("curve-figure")
def the_fit_waits_and_then_bends(lesson):
    flat = _mse(lesson.y_data, lesson.y_data.mean())
    share = {steps: _mse(lesson.y_data, fit) / flat for steps, fit in lesson.fits.items()}
    within(share[500], 0.5, 1, excludes={"fitted": share[2000], "the start": share[0]})
    within(share[2000], 0, 0.12, excludes={"flat": 1, "step 800": share[800]})


@after("curve-plateau-steps")
def half_the_start_waits_longer(lesson):
    ours, half = (
        np.argmax(losses < lesson.level / 2) for losses in (lesson.all_losses, lesson.half_losses)
    )
    within(ours, 400, 1400, excludes={"never": 0, "half the start": half})
    within(half, 2500, 4990, excludes={"never": 0, "our start": ours})
    within(half / ours, 5, 8, excludes={"as long": 1, "twice": 2})
    first, later = lesson.all_lengths[0], lesson.all_lengths[100]
    within(first, 0.15, 0.5, excludes={"on the plateau": later})
    within(later, 0.003, 0.01, excludes={"at the start": first, "nothing": 0})
    within(lesson.all_lengths[20:800].max(), 0, 0.015, excludes={"at the start": first})


@after("curve-zeros-why")
def equal_units_stay_equal(lesson):
    losses, w1, w2 = (np.array([row[k] for row in lesson.rows], float) for k in (1, 2, 3))
    flat = _mse(lesson.y_data, lesson.y_data.mean())
    within(losses[0], 0.0004, 0.0007, excludes={"flat": flat})
    for loss in losses[1:]:
        within(loss, 0.95 * flat, 1.05 * flat, excludes={"the random start": losses[0]})
    for spreads, low, high in [(w1, 2, 5), (w2, 0.6, 2)]:
        within(spreads[0], low, high, excludes={"equal units": 0})
        for spread in spreads[1:]:
            within(spread, 0, 0.001, excludes={"the random start": spreads[0]})


@after("curve-zeros-gradient")
def only_the_last_bias_moves(lesson):
    *others, last = lesson.pulls
    for pull in others:
        within(pull, 0, 1e-9, excludes={"the last bias": last})
    within(last, 0.1, 0.25, excludes={"the others": others[0]})


@after("curve-floor")
def the_network_ends_near_the_floor(lesson):
    floor = lesson.mse(lesson.y_data, lesson.x_data**2)
    line = lesson.mse(lesson.y_data, lesson.polynomial(1, lesson.y_data))
    loss = lesson.mse(lesson.y_data, lesson.fits[2000])
    early = lesson.mse(lesson.y_data, lesson.fits[1200])
    within(loss, 0.95 * floor, 1.4 * floor, excludes={"best line": line, "step 1200": early})


@after("curve-truth")
def noise_is_not_what_keeps_the_network_away(lesson):
    away = {
        name: np.sqrt(lesson.mse(lesson.x_data**2, curve)) for name, curve in lesson.curves.items()
    }
    network, clean, parabola = away.values()
    flat = np.sqrt(lesson.mse(lesson.x_data**2, lesson.y_data.mean()))
    within(network, 0.004, 0.0125, excludes={"a data point": 0.02, "flat": flat})
    within(clean, 0.004, 0.0125, excludes={"a data point": 0.02, "flat": flat})
    within(clean / network, 0.85, 1.15, excludes={"none": 0, "twice": 2})
    within(parabola, 0, 0.0035, excludes={"the network": network})
    variables, *_ = lesson.fit(lesson.tanh_output, lesson.start, steps=20_000)
    later = np.sqrt(lesson.mse(lesson.x_data**2, lesson.tanh_output(lesson.x_data, *variables)))
    within(later / network, 0.5, 0.93, excludes={"no nearer": 1})


@after("curve-output")
def on_the_low_parabola_both_outputs_do_equally_well(lesson):
    errors = {}
    for network in (lesson.tanh_output, lesson.linear_output):
        variables, *_ = lesson.fit(network, lesson.start)
        errors[network] = _mse(lesson.y_data, network(lesson.x_data, *variables))
    flat = _mse(lesson.y_data, lesson.y_data.mean())
    bent, straight = errors.values()
    within(straight / bent, 0.9, 1.1, excludes={"flat": flat / bent})


@after("curve-output-figure")
def tanh_cuts_the_tall_parabola_off(lesson):
    bent, straight = (fit.max() for fit in lesson.tall_fits.values())
    within(bent, 0.9, 1, excludes={"the linear output": straight})
    within(straight, 1.7, 2.1, excludes={"the tanh output": bent})


@after("curve-output-table")
def no_tanh_passes_one(lesson):
    limit = lesson.mse(lesson.tall, np.minimum(8 * lesson.x_data**2, 1))
    for _, *row in lesson.rows:
        bent, straight = map(float, row)
        within(bent, limit, 0.12, excludes={"a linear output": straight})
        within(straight, 0.0003, 0.005, excludes={"a tanh output": bent})
        within(bent / straight, 20, np.inf, excludes={"equal": 1})


@after("curve-relu")
def straight_pieces_follow_the_parabola(lesson):
    limit = _mse(lesson.tall, np.minimum(8 * lesson.x_data**2, 1))
    for fit in (lesson.relu_fit, lesson.tall_fits["linear output"]):
        error = _mse(lesson.tall, fit)
        within(error, 0.0003, 0.006, excludes={"a tanh output": limit, "flat": 0.35})


@after("curve-units-slopes")
def slopes_cancel(lesson):
    within(lesson.rising, 0.7, 3, excludes={"no slope": 0})
    within(lesson.falling, -3, -0.7, excludes={"no slope": 0})
    both = lesson.rising + lesson.falling
    within(both, -0.15, 0.15, excludes={"the rising": lesson.rising})


@after("digits-load")
def the_data_are_named(lesson):
    shapes = lesson.digits.x_train.shape, lesson.digits.x_test.shape
    holds(lesson.digits.source in ("mnist", "scans"), "the digits are MNIST or the scans")
    holds(shapes == ((60_000, 28, 28), (10_000, 28, 28)), "they have MNIST's shapes")


@after("climax-figure")
def the_quadratic_push_is_a_low_hump(lesson):
    strong, even, rival = lesson.sizes.values()
    within(rival.max(), 0.05, 0.06, excludes={"cross-entropy": strong.max()})
    for weak in (even, rival):
        within(lesson.p_true[weak.argmax()], 0.32, 0.35, excludes={"at the left end": 1e-4})
        within(weak[0] / weak.max(), 0, 0.01, excludes={"cross-entropy": strong[0]})


@after("choose-rates")
def no_best_rate_lies_at_an_edge(lesson):
    for cost, decay, best in [
        ("quadratic", False, 10),
        ("quadratic", True, 16),
        ("cross-entropy", False, 0.5),
        ("cross-entropy", True, 2),
    ]:
        rates = lesson.study.RATES[cost]
        means = [
            lesson.study.accuracies(lesson.short, cost=cost, rate=rate, decay=decay).mean()
            for rate in rates
        ]
        where = int(np.argmax(means))
        holds(rates[where] == best, f"{cost}, decay {decay}: the best rate is {best}")
        holds(0 < where < len(rates) - 1, "it lies inside the grid")


@after("choose-rates")
def at_small_rates_decay_costs_something(lesson):
    for cost, last in [("quadratic", 5), ("cross-entropy", 0.2)]:
        for rate in (rate for rate in lesson.study.RATES[cost] if rate <= last):
            constant, falling = (
                lesson.study.accuracies(lesson.short, cost=cost, rate=rate, decay=decay)
                for decay in (False, True)
            )
            holds(falling.max() < constant.min(), f"{cost} {rate}: the falling rate lies lower")
    for decay, fallen in [(False, 1), (True, 3)]:
        at = {
            rate: lesson.study.accuracies(lesson.short, cost="quadratic", rate=rate, decay=decay)
            for rate in (16, 20, 25)
        }
        holds(at[16].min() > 0.92, "at 16 all runs stand")
        holds((at[20] < 0.85).sum() == fallen, "at 20 four of ten fall")
        holds((at[25] < 0.85).sum() == (4 if decay else 5), "at 25 nine of ten")
    gentle = lesson.study.accuracies(lesson.short, cost="cross-entropy", rate=5, decay=True)
    holds(round(gentle.mean(), 3) == 0.927, "cross-entropy goes down gently")
    halves = [
        lesson.study.accuracies(lesson.short, cost="cross-entropy", rate=rate, decay=decay).mean()
        for rate, decay in [(0.2, True), (0.1, False)]
    ]
    holds([round(half, 3) for half in halves] == [0.919, 0.919], "half the rate does the same")


@after("choose-one")
def a_stored_run_is_run_again(lesson):
    slow = _slow(lesson)
    low, high = lesson.digits.pick(mnist=(0.926, 0.932), scans=(0.93, 0.99))
    within(lesson.accuracies[-1], low, high, excludes={"chance": 0.1, "the notes' rate": slow})


@after("recipes-table")
def the_rate_held_the_notes_back(lesson):
    accuracy = {tuple(row[:4]): float(row[4]) for row in lesson.rows}
    notes = accuracy[51, "quadratic", 0.2, "constant"]
    rate, cost = (
        accuracy[51, "quadratic", 10.0, "constant"],
        accuracy[51, "cross-entropy", 0.2, "constant"],
    )
    holds(notes < cost < rate, "the rate helps more than the cost")
    holds(accuracy[5, "quadratic", 10.0, "constant"] > notes, "five epochs pass the notes' 51")
    holds(
        all(rate > value for key, value in accuracy.items() if key[1] == "cross-entropy"),
        "the quadratic cost at rate 10 ends ahead of cross-entropy",
    )
    short = {key: value for key, value in accuracy.items() if key[0] == 5}
    first, second = sorted(short, key=short.get)[:-3:-1]
    holds(first == (5, "quadratic", 16.0, "to 0"), "quadratic from 16 is one of the two best")
    holds(second == (5, "cross-entropy", 2.0, "to 0"), "cross-entropy from 2 is the other")
    holds(short[first] - short[second] < 0.001, "the two are level")


@after("decay-endings")
def decay_makes_a_high_rate_usable(lesson):
    def endings(rate, decay):
        return lesson.study.accuracies(lesson.short, cost="cross-entropy", rate=rate, decay=decay)

    within(np.ptp(endings(2.0, False)), 0.05, 1, excludes={"falling": np.ptp(endings(2.0, True))})
    holds(endings(2.0, True).min() > endings(2.0, False).max(), "falling ends higher at rate 2")
    within(
        abs(endings(0.5, True).mean() - endings(0.5, False).mean()),
        0,
        0.001,
        excludes={"at rate 2": endings(2.0, True).mean() - endings(2.0, False).mean()},
    )


@after("lost-train")
def a_digit_is_lost(lesson):
    holds(lesson.medians[lesson.lost] < 1e-4, "the model is sure that it is another digit")
    recall = lesson.recall_of(lesson.w_lost, lesson.b_lost)
    within(recall[lesson.lost], 0, 0.02, excludes={"a guess": 0.1, "the best digit": recall.max()})


@after("lost-rescue")
def cross_entropy_alone_brings_it_back(lesson):
    before, quadratic, rescued = (recall[lesson.lost] for recall in lesson.recalls.values())
    within(before, 0, 0.02, excludes={"a guess": 0.1})
    within(quadratic, 0, 0.05, excludes={"a guess": 0.1, "cross-entropy": rescued})
    within(rescued, 0.7, 1, excludes={"a guess": 0.1, "quadratic": quadratic})


@after("lost-figure")
def under_cross_entropy_all_digits_are_read(lesson):
    before, quadratic, rescued = (recall.min() for recall in lesson.recalls.values())
    within(rescued, 0.7, 1, excludes={"before": before, "quadratic": quadratic})


@after("final-test")
def the_chosen_recipe_reads_the_test_set(lesson):
    low, high = lesson.digits.pick(mnist=(0.92, 0.93), scans=(0.9, 0.95))
    slow = _slow(lesson)
    within(lesson.accuracies[-1], low, high, excludes={"chance": 0.1, "the notes' rate": slow})


@after("then-agree")
def a_hundred_steps_moved_the_weights(lesson):
    moved = np.abs(lesson.session_weights).max()
    within(moved, 1e-4, 1, excludes={"all zero": 0, "the tolerance": 1e-6})


@after("keras-fit")
def forgotten_logits_learn_nothing(lesson):
    (loss, accuracy), (stuck, chance) = lesson.after_fit.values()
    low, high = lesson.digits.pick(mnist=(0.86, 0.92), scans=(0.82, 0.99))
    within(accuracy, low, high, excludes={"chance": 0.1, "forgotten": chance})
    within(loss, 0.05, 0.5, excludes={"forgotten": stuck})
    within(stuck, 2.302, 2.303, excludes={"learned": loss})
    within(chance, 0.07, 0.13, excludes={"learned": accuracy})
    kernel = lesson.model.layers[0].kernel.numpy()
    holds(not lesson.from_logits and not kernel.any(), "not one weight has moved")


@after("keras-slips")
def three_losses_differ(lesson):
    for (_, right, forgotten, twice), (low, high) in zip(
        lesson.rows, [(0.75, 0.83), (14, 20)], strict=True
    ):
        right, forgotten, twice = map(float, (right, forgotten, twice))
        within(forgotten, low, high, excludes={"right": right, "twice": twice})


@after("inside-weights-facts")
def weights_say_what_the_text_says(lesson):
    weights = lesson.w.numpy()
    never = lesson.digits.pick(mnist=(66.5, 67.5), scans=(251.5, 252.5))
    within(lesson.never.sum(), *never, excludes={"every pixel": 784, "none": 0})
    ring = weights.reshape(28, 28, 10)[6:9, 12:16, 0].mean()
    within(lesson.middle.mean(), -1.4, -0.2, excludes={"untrained": 0, "the ring": ring})
    sums = np.abs(weights.sum(axis=1)).max()
    within(sums, 0, 1e-4, excludes={"a single weight": np.abs(weights).max()})


@after("inside-smooth")
def speckles_matter_little(lesson):
    left = lesson.smooth.var() / lesson.w.numpy().var()
    within(left, 0.5, 0.8, excludes={"not smoothed": 1, "flattened": 0})
    accuracy = lesson.accuracies[-1]
    within(lesson.smooth_accuracy, accuracy - 0.008, accuracy + 0.008, excludes={"chance": 0.1})


@after("inside-confusion")
def most_counts_lie_on_the_diagonal(lesson):
    share = np.trace(lesson.confusion) / lesson.confusion.sum()
    within(share, 0.9, 1, excludes={"chance": 0.1})


@after("inside-recall")
def digits_differ_in_recall(lesson):
    lowest, highest = lesson.recall.min(), lesson.recall.max()
    within(lowest, 0.7, 0.91, excludes={"the highest": highest, "chance": 0.1})
    within(highest, 0.95, 1, excludes={"the lowest": lowest})
    holds(
        lesson.off.max() < np.diag(lesson.confusion).min(), "mistakes are rarer than right answers"
    )


@after("inside-mistakes")
def the_surest_mistake_is_very_sure(lesson):
    within(lesson.sure.max(), 0.97, 1, excludes={"a guess": 0.1, "a coin": 0.5})


@after("curve-play")
def a_valley_needs_more_than_one_unit_and_a_start_that_is_large_enough(lesson):
    flat = _mse(lesson.y_data, lesson.y_data.mean())

    def endings(units, scale):
        for seed in (1, 2, 3, 4):
            draw = np.random.default_rng(seed)
            w1, w2 = (scale * draw.normal(size=[2, units])).astype(np.float32)
            first = [w1[None], np.zeros([1, units], np.float32), w2[:, None], lesson.start[3]]
            yield lesson.fit(lesson.tanh_output, first)[1][-1] / flat

    one, two, ten, small = (
        np.array(list(endings(*how))) for how in [(1, 1.0), (2, 1.0), (10, 1.0), (10, 0.3)]
    )
    holds((one > 0.95).all(), "one unit makes no valley")
    holds((two < 0.25).sum() == 1, "two made one from one draw of four")
    holds((ten < 0.25).all(), "ten made one from each")
    holds((small > 0.8).all(), "from a small start ten units are still on the plateau")


MUTATIONS = {  # what must make a claim fail: the cell, a text in it, and what takes its place
    "the_fit_waits_and_then_bends": ("curve-descend", "0.1 * grad", "0.0 * grad"),
    "a_valley_needs_more_than_one_unit_and_a_start_that_is_large_enough": ("curve-descend", "0.1 * grad", "0.01 * grad"),
    "half_the_start_waits_longer": ("curve-plateau", "0.5 * v for", "1.0 * v for"),
    "equal_units_stay_equal": ("curve-zeros", "np.full_like(v, 0.5)", "1.1 * v"),
    "only_the_last_bias_moves": ("curve-zeros", "np.zeros_like(v)", "0.5 * v"),
    "the_network_ends_near_the_floor": ("curve-descend", "0.1 * grad", "0.01 * grad"),
    "noise_is_not_what_keeps_the_network_away": ("curve-descend", "0.1 * grad", "0.01 * grad"),
    "tanh_cuts_the_tall_parabola_off": ("curve-output", "tall = 8 *", "tall = 1 *"),
    "no_tanh_passes_one": ("curve-output", "return tf.tanh(x", "return tf.tanh(0 * x"),
    "slopes_cancel": ("curve-units", "* w2[:, 0]", "* w1[0]"),
    "the_quadratic_push_is_a_low_hump": ("climax-figure", "tic_push(y, rival)", "tic_push(y, evenly) - 1"),
    "no_best_rate_lies_at_an_edge": ("choose-rates", "[run for", "[run._replace(accuracy=-run.accuracy) for"),
    "at_small_rates_decay_costs_something": ("choose-rates", "run.epochs == 5", "run.seed == 9"),
    "the_rate_held_the_notes_back": ("recipes-table", "found.mean()", "-found.mean()"),
    "decay_makes_a_high_rate_usable": ("choose-rates", "run.epochs == 5", "run.seed == 0"),
    "cross_entropy_alone_brings_it_back": ("lost-rescue", "cross_entropy, 0.2", "cross_entropy, 0.0"),
    "three_losses_differ": ("keras-slips", "Crossentropy()", "Crossentropy(from_logits=True)"),
}  # fmt: skip
