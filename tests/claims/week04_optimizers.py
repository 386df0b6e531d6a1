"""What week 4 claims."""

import math
from itertools import pairwise

import numpy as np

from tests.claims import after, holds, it_is_named_what_the_code_runs_on, within


@after("setup")
def it_says_what_it_runs_on(lesson):
    it_is_named_what_the_code_runs_on()
    holds(lesson.digits.source in ("mnist", "scans"), "the digits are MNIST or the scans")


# --- costs ------------------------------------------------------------------------------------


@after("costs-table")
def the_worst_mistake_learns_slowest_under_the_quadratic_cost(lesson):
    (_, mild, mild_entropy), (_, bad, bad_entropy) = lesson.rows
    within(bad / mild, 2.5, 3.2, excludes={"cross-entropy": bad_entropy / mild_entropy})
    within(bad_entropy / mild_entropy, 1, 2, excludes={"quadratic": bad / mild})
    plateau = lesson.curves["badly wrong: starts at 0.98"]["quadratic"][150]
    within(plateau, 0.9, 0.98, excludes={"learned": 0.2})


@after("costs-pairs-check")
def pairs_that_do_not_fit_hardly_push(lesson):
    pushes = {name: abs(formula[2]) for name, (_, formula) in lesson.pairs.items()}
    *fitting, sigmoid, softmax = pushes.values()
    for push in fitting:
        within(push, 0.95, 6, excludes={"sigmoid, quadratic": sigmoid})
    for push in (sigmoid, softmax):
        within(push, 0, 0.02, excludes={"a pair that fits": fitting[1]})


# --- the doubled softmax ----------------------------------------------------------------------


def _trap(lesson, softmax, score="accuracy"):
    return lesson.study.by_rate(lesson.trap, "rate", score, softmax=softmax)


@after("trap-figure")
def a_higher_rate_brings_accuracy_back_and_not_the_cross_entropy(lesson):
    once, twice = (
        {rate: found.mean() for rate, found in _trap(lesson, softmax).items()}
        for softmax in ("once", "twice")
    )
    holds(max(once, key=once.get) == 2, "once is best at rate 2")
    holds(all(twice[rate] < once[rate] for rate in (0.1, 0.2, 0.5, 1, 2)), "twice is behind below")
    top, spread = np.sort(_trap(lesson, "twice")[5.0]), _trap(lesson, "twice")[5.0]
    within(max(once.values()) - top[1], 0, 0.005, excludes={"at rate 0.5": once[2] - twice[0.5]})
    within(np.ptp(spread), 0.05, 1, excludes={"at rate 2": np.ptp(_trap(lesson, "twice")[2.0])})
    lowest = {
        softmax: min(np.median(v) for v in _trap(lesson, softmax, "cross_entropy").values())
        for softmax in ("once", "twice")
    }
    within(lowest["twice"] / lowest["once"], 1.2, 1.4, excludes={"made up for": 1})


@after("trap-figure")
def no_best_rate_of_the_trap_is_an_edge(lesson):
    for softmax, score, sign in [("once", "accuracy", 1), ("once", "cross_entropy", -1), ("twice", "cross_entropy", -1), ("twice", "accuracy", 1)]:  # fmt: skip
        middle = [sign * np.median(found) for found in _trap(lesson, softmax, score).values()]
        holds(
            0 < int(np.argmax(middle)) < len(middle) - 1,
            f"{softmax}, {score}: the best lies inside",
        )


@after("trap-floor")
def the_doubled_loss_has_a_floor(lesson):
    floor = np.log(1 + 9 / np.e)
    real = float(lesson.week3.cross_entropy(lesson.y_rows, lesson.x_rows @ lesson.w + lesson.b))
    within(lesson.shown, floor, 1.65, excludes={"a real loss": real, "untrained": 2.3026})
    low, high = lesson.digits.pick(mnist=(0.33, 0.42), scans=(0.22, 0.31))
    within(real, low, high, excludes={"what it shows": lesson.shown, "untrained": 2.3026})


# --- overfitting ------------------------------------------------------------------------------


@after("overfit-numbers")
def the_network_overfits(lesson):
    pick = lesson.digits.pick
    low, high = pick(mnist=(0.83, 0.91), scans=(0.88, 0.94))
    lowest, last = lesson.val_loss.min(), lesson.val_loss[-1]
    within(lesson.train_accuracy[-1], 0.999, 1, excludes={"not memorised": lesson.val_accuracy[-1]})
    within(lesson.val_accuracy[-1], low, high, excludes={"chance": 0.1, "memory": 1})
    low, high = pick(mnist=(0.39, 0.53), scans=(0.26, 0.37))
    within(lowest, low, high, excludes={"untrained": 2.3, "memorised": lesson.train_loss[-1]})
    low, high = pick(mnist=(0.54, 0.8), scans=(0.34, 0.48))
    within(last, low, high, excludes={"memorised": lesson.train_loss[-1]})
    within(last / lowest, 1.15, 2, excludes={"no rise": 1})
    at = lesson.history[lesson.val_loss.argmin(), 0]
    within(at, 90, 310, excludes={"at the end": 1200, "at the first look": 50})
    rise = lesson.val_accuracy[-1] - lesson.val_accuracy.max()
    within(rise, -0.015, 0, excludes={"accuracy falls": -0.05})


@after("remedies-dropout-compare")
def dropout_is_that_of_keras(lesson):
    for values in lesson.thinned.values():
        kept = (values.numpy() > 0).sum(axis=1)
        within(np.mean(values), 2.97, 3.03, excludes={"not scaled": 2.1})
        within(kept.mean(), 69.3, 70.7, excludes={"rate and its rest swapped": 30})
        within(kept.std(), 4.3, 4.9, excludes={"one mask for a row": 45.8})


@after("remedies-keep")
def the_second_argument_has_turned_round(lesson):
    within(np.mean(lesson.old > 0), 0.68, 0.72, excludes={"today": 0.3})
    within(np.mean(lesson.new > 0), 0.28, 0.32, excludes={"then": 0.7})


@after("remedies-adamw")
def l2_in_adam_shrinks_small_gradients_alone(lesson):
    sgd, adam, adamw = lesson.ways.values()
    for large, small in (sgd, adamw):
        within(large / small, 0.95, 1.05, excludes={"L2 in Adam": adam[0] / adam[1]})
        within(large, 0.6, 0.72, excludes={"no decay": 1})
        within(small, 0.6, 0.72, excludes={"no decay": 1})
    within(adam[0], 0.9, 1.01, excludes={"AdamW": adamw[0]})
    within(adam[1], 0.7, 0.92, excludes={"the other weight": adam[0]})


def _test(lesson, name, steps, score="test_loss"):
    return lesson.study.column(lesson.trial, score, remedy=f"{name}, test", step=steps)


@after("remedies-table")
def remedies_hold_the_loss_and_not_the_accuracy(lesson):
    none = {steps: _test(lesson, "no remedy", steps) for steps in (400, 2000)}
    for name in ("early stopping", "L2 in Adam", "AdamW"):
        for steps in (400, 2000):
            loss = _test(lesson, name, steps)
            within(loss.mean(), 0.4, 0.45, excludes={"no remedy": none[steps].mean()})
            holds(loss.max() < none[steps].min(), f"{name}: each seed is better than without")
    for steps in (400, 2000):
        means = {
            n: _test(lesson, n, steps).mean() for n in ("early stopping", "L2 in Adam", "AdamW")
        }
        holds(min(means, key=means.get) == "AdamW", "AdamW is the lowest of the three")
    plain = _test(lesson, "no remedy", 400, "test_accuracy").mean()
    for name in ("early stopping", "L2 in Adam", "AdamW", "dropout"):
        for steps in (400, 2000):
            moved = _test(lesson, name, steps, "test_accuracy").mean() - plain
            within(moved, -0.01, 0.01, excludes={"more data": 0.04})


@after("remedies-table")
def the_lead_of_dropout_ends(lesson):
    early, late = (_test(lesson, "dropout", steps).mean() for steps in (400, 2000))
    plain_early, plain_late = (_test(lesson, "no remedy", steps).mean() for steps in (400, 2000))
    within(early, 0.4, 0.47, excludes={"no remedy": plain_early})
    within(late, 0.98 * plain_late, 0.8, excludes={"early": early})
    for setting in lesson.study.SETTINGS["dropout"]:
        loss = lesson.study.column(
            lesson.trial, "val_loss", remedy="dropout", setting=setting, step=2000
        )
        plain = lesson.study.column(
            lesson.trial, "val_loss", remedy="no remedy", setting=0, step=2000
        )
        holds(loss.mean() > plain.mean(), f"dropout {setting} is no better than none at 2000 steps")


@after("remedies-table")
def dropping_inputs_as_well_is_better(lesson):
    def score(steps, name="test_loss", remedy="dropout, inputs"):
        return _test(lesson, remedy, steps, name)

    for steps in (400, 2000):
        hidden = score(steps, remedy="dropout").mean()
        within(score(steps).mean(), 0.38, hidden - 0.02, excludes={"hidden units alone": hidden})
    level = score(400).mean() - score(400, remedy="AdamW").mean()
    within(level, -0.01, 0.01, excludes={"hidden units": 0.03})
    gain = score(2000, "test_accuracy") - score(2000, "test_accuracy", "no remedy")
    holds((gain > 0).all(), "each seed gains accuracy")
    within(gain.mean(), 0.007, 0.01, excludes={"nothing": 0})


@after("remedies-table")
def more_data_helps_at_both(lesson):
    for steps in (400, 2000):
        many = _test(lesson, "5,000 digits", steps, "test_accuracy").mean()
        some = _test(lesson, "1,500 digits", steps, "test_accuracy").mean()
        plain = _test(lesson, "no remedy", steps, "test_accuracy").mean()
        within(many, 0.925, 0.955, excludes={"500 digits": plain})
        within(some - plain, 0.035, 0.05, excludes={"nothing": 0})


@after("remedies-settings")
def best_settings_lie_inside_but_for_dropout_late(lesson):
    for remedy, lines in lesson.panels.items():
        for steps, line in lines.items():
            at = int(np.argmin([losses.mean() for losses in line.values()]))
            inside = 0 < at < len(line) - 1
            holds(inside == ((remedy, steps) != ("dropout", "2000 steps")), f"{remedy}, {steps}")


@after("remedies-gap")
def the_smallest_gap_is_that_of_the_worst_network(lesson):
    of = {
        strength: [
            lesson.study.column(lesson.trial, score, remedy="L2 in Adam", setting=strength, step=2000).mean()
            for score in ("train_accuracy", "val_accuracy")
        ]
        for strength in (0.002, 0.01, 0.03, 0.1)
    }  # fmt: skip
    gaps = {strength: train - val for strength, (train, val) in of.items()}
    worst = min(of, key=lambda strength: of[strength][1])
    holds(min(gaps, key=gaps.get) == worst == 0.1, "strength 0.1 has both")


@after("remedies-one")
def a_stored_run_of_l2_is_run_again(lesson):
    low, high = lesson.digits.pick(mnist=(0.38, 0.5), scans=(0.28, 0.34))
    plain = lesson.val_loss[7]
    within(lesson.with_l2[-1, 4], low, min(high, 0.98 * plain), excludes={"without": plain})
    within(plain, 0.3, 0.62, excludes={"untrained": 2.3})


# --- batches ----------------------------------------------------------------------------------


@after("descent-table")
def mini_batches_come_closest(lesson):
    batch, mini, single = (float(row[2]) for row in lesson.rows)
    within(mini, 0, 0.03, excludes={"single examples": single, "batch": batch})
    within(single, 0.05, 0.2, excludes={"batch": batch, "mini-batches": mini})


@after("descent-noise")
def noise_falls_with_the_root_of_the_batch(lesson):
    for batch, times in lesson.less.items():
        root = math.sqrt(batch)
        within(times, 0.85 * root, 1.15 * root, excludes={"none": 1, "the batch itself": batch})


@after("descent-speed", tries=4)
def larger_steps_get_through_more(lesson):
    batch, mini = lesson.gains.values()
    within(mini, 5, math.inf, excludes={"the same": 1})
    within(batch, 20, math.inf, excludes={"the same": 1})
    within(batch / mini, 1.2, math.inf, excludes={"no more than mini-batches": 1})


# --- momentum and preconditioning -------------------------------------------------------------


@after("momentum-speeds")
def agreeing_gradients_add_up_and_alternating_cancel(lesson):
    agree = lesson.velocities(lesson.agree)[-1]
    alternate = abs(lesson.velocities(lesson.alternate)[-1])
    within(agree, 9.9, 10, excludes={"no memory": 1})
    within(alternate, 0.52, 0.53, excludes={"no memory": 1})


@after("momentum-shrink-figure")
def the_floor_is_the_root_of_gamma(lesson):
    for gamma in (0.5, 0.9):
        curve, root = lesson.curves[f"gamma {gamma}"], math.sqrt(gamma)
        flat = np.abs(curve - root) < 1e-6
        low, high = lesson.products[flat][[0, -1]]
        within(low, 0, (1 - root) ** 2 + 0.01, excludes={"gamma 0": 1})
        within(high, (1 + root) ** 2 - 0.01, 4, excludes={"gamma 0": 1})
        wall = lesson.products[curve < 1][-1]
        within(wall, 2 * (1 + gamma) - 0.01, 2 * (1 + gamma), excludes={"gamma 0": 2})


@after("momentum-walls")
def each_wall_is_where_the_text_says(lesson):
    for rule, wall in lesson.walls.values():
        inside, outside = (
            lesson.walk(rule, lambda w: w, [1.0], share * wall, 5000) for share in (0.99, 1.01)
        )
        within(abs(inside[-1, 0]), 0, 1e-6, excludes={"the start": 1})
        holds(len(outside) <= 5000, "1% beyond its wall a rule leaves")


@after("momentum-play")
def momentum_is_the_faster_in_the_bowl(lesson):
    paths = {
        gamma: lesson.walk(
            lambda w, g, s, lr, gamma=gamma: lesson.momentum(w, g, s, lr, gamma),
            lesson.bowl.gradient, [1.0, 0.45], 0.035, 60,
        )[-1]
        for gamma in (0.0, 0.75, 0.95)
    }  # fmt: skip
    left = {gamma: np.hypot(*end) for gamma, end in paths.items()}
    within(left[0.75], 0, 0.01, excludes={"plain descent": left[0.0], "gamma 0.95": left[0.95]})


@after("rules-turned")
def a_rate_for_each_weight_helps_along_the_axes_alone(lesson):
    (_, sgd, rolled, adagrad), (_, sgd_turned, rolled_turned, adagrad_turned) = lesson.bowl_rows
    within(adagrad, 1, 20, excludes={"SGD": sgd, "turned": adagrad_turned})
    within(adagrad_turned / sgd_turned, 0.8, 2, excludes={"along the axes": adagrad / sgd})
    within(rolled_turned / rolled, 0.8, 1.25, excludes={"Adagrad": adagrad_turned / adagrad})


@after("rules-slope")
def adagrads_rate_falls_on_a_slope_and_settles_in_a_bowl(lesson):
    slope = [lesson.rate_left(lambda w: 0 * w + 1, n) for n in (100, 10_000)]
    bowl = [lesson.rate_left(lambda w: w, n) for n in (100, 10_000)]
    within(slope[0] / slope[1], 9.9, 10.1, excludes={"the bowl": bowl[0] / bowl[1]})
    within(bowl[1] / bowl[0], 0.999, 1, excludes={"the slope": slope[1] / slope[0]})
    gone = [
        -lesson.walk(lesson.adagrad, lambda w: 0 * w + 1, [0.0], 0.01, n)[-1, 0]
        for n in (400, 1600)
    ]
    within(gone[1] / gone[0], 1.9, 2.1, excludes={"stopped": 1, "a constant rate": 4})


@after("rules-units")
def adadelta_alone_takes_any_unit(lesson):
    left = {name: (float(m), float(cm)) for name, m, cm in lesson.rows}
    for name in ("SGD", "RMSprop"):
        within(left[name][1] - left[name][0], 0.5, 1, excludes={"the same": 0})
    metres, centimetres = left["Adadelta, first step 1 cm"]
    within(metres - centimetres, -1e-9, 1e-9, excludes={"SGD": left["SGD"][1] - left["SGD"][0]})
    within(metres, 0, 0.9, excludes={"not moved": 1})


@after("rules-errata")
def the_notes_adadelta_has_no_direction(lesson):
    ends = [
        lesson.walk(rule, lambda w: 2 * w, [1.0], 1.0, 2000)[-1, 0]
        for rule in (lesson.adadelta, lesson.adadelta_of_the_notes)
    ]
    within(abs(ends[0]), 0, 0.05, excludes={"the notes": abs(ends[1])})
    within(ends[1], -5, -0.5, excludes={"the minimum": 0})


@after("rules-all-turned")
def adagrad_loses_most_by_the_turn(lesson):
    steps = {name: found for name, *found in lesson.turned_rows}
    along, turned = steps["Adagrad"]
    for name in ("SGD", "Momentum", "NAG", "Adam"):
        here, there = steps[name]
        within(there / here, 0.9, 1.1, excludes={"Adagrad": turned / along})
    for name in ("RMSprop", "Adadelta"):
        holds(steps[name] == ["-", "-"], f"{name} does not come to rest")


@after("rules-all-longer")
def the_slow_ones_lose_as_well(lesson):
    for name in lesson.slow:
        along, turned = (np.nanmin(found[name].stay) for found in lesson.slowest)
        within(turned / along, 1.15, 1.5, excludes={"no loss": 1, "Adagrad": 60})
        for found in lesson.slowest:
            at = int(np.nanargmin(found[name].stay[0]))
            holds(0 < at < len(lesson.slow_rates) - 1, f"{name}: the best rate lies inside")


@after("rules-first")
def without_the_correction_the_first_steps_are_longer(lesson):
    without = {t: float(length) for t, length, _ in lesson.first_rows}
    corrected = [float(length) for *_, length in lesson.first_rows]
    within(without[1], 3, 3.3, excludes={"corrected": 1})
    within(max(without.values()), 5, 7, excludes={"corrected": 1})
    holds(set(corrected) == {1.0}, "with the correction each step is one rate")


# --- races ------------------------------------------------------------------------------------


@after("valley-late")
def adagrad_arrives_late(lesson):
    arrived = lesson.stays_from(lesson.late, 0.01)
    within(arrived / lesson.LIMIT, 13, 14, excludes={"in the race": 1, "never": math.inf})


@after("valley-elsewhere")
def elsewhere_momentum_forgives_most(lesson):
    wide = {name: lesson.width(found.stay) for name, found in lesson.elsewhere.items()}
    holds(max(wide, key=wide.get) == "Momentum", "from (0, 0) Momentum settles at most rates")
    here = lesson.width(lesson.valley["Adam"].stay)
    within(wide["Adam"], 5, 12, excludes={"from the three starts": here})
    touched = int((lesson.elsewhere["Adam"].touch <= 200).sum())
    within(touched, wide["Adam"] + 3, 41, excludes={"stays wherever it came": wide["Adam"]})


@after("valley-best")
def ranks_in_the_valley_are_not_those_of_the_notes(lesson):
    fewest = {name: lesson.settled(way.stay).min() for name, way in lesson.valley.items()}
    order = sorted(fewest, key=fewest.get)
    holds(order[-2:] == ["RMSprop", "Adadelta"], "Adadelta is last, RMSprop before it")
    holds(set(order[:2]) == {"NAG", "Adagrad"}, "NAG and Adagrad are ahead")
    close = [fewest[name] for name in ("SGD", "Momentum", "Adam")]
    within(max(close) / min(close), 1, 1.3, excludes={"RMSprop": fewest["RMSprop"] / min(close)})
    for rate in lesson.best.values():
        holds(lesson.RATES[0] < rate < lesson.RATES[-1], "no best rate is an edge")


@after("valley-best")
def adam_forgives_most(lesson):
    widths = {name: lesson.width(way.stay) for name, way in lesson.valley.items()}
    holds(max(widths, key=widths.get) == "Adam", "Adam settles at most of the rates")
    second = sorted(widths.values())[-2]
    within(widths["Adam"], 16, 25, excludes={"the next": second})


@after("valley-pairs")
def the_notes_order_comes_out_nowhere(lesson):
    for start in range(3):
        counts = np.array([lesson.valley[name].stay[start] for name in lesson.notes_order])
        firsts = [lesson.in_order(counts[:3, i]) for i in range(41)]
        lasts = [lesson.in_order(counts[3:, i]) for i in range(41)]
        holds(not any(firsts), "not at one rate do the first three come in the notes' order")
        within(sum(lasts), 3, 20, excludes={"never": 0})


@after("valley-picture")
def the_rates_of_the_film_are_the_best(lesson):
    holds(lesson.best == lesson.VALLEY_RATES, "each rule runs at its best rate")


@after("valley-rest")
def nag_beyond_its_wall_cannot_rest(lesson):
    wall = 2 * 1.9 / 2.8 / lesson.steepest
    within(wall, 0.02, 0.03, excludes={"the rate that does not rest": 0.0301, "the other": 0.01})
    ways = {
        rate: lesson.race(lesson.RULES, lesson.BEALE, (1.0, 1.0), {"NAG": rate}, 4000)["NAG"].loss
        for rate in (0.01, 0.03)
    }
    late = {rate: loss[100:3000].max() for rate, loss in ways.items()}
    within(late[0.01], 0, 0.01, excludes={"at 0.03": late[0.03]})


@after("saddle-table")
def sgd_leaves_the_saddle(lesson):
    steps = {row[0]: row[1:] for row in lesson.rows}
    four = [int(steps[name][0]) for name in ("Adadelta", "NAG", "Momentum", "RMSprop")]
    holds(four == sorted(four), "the notes' first four come in their order")
    sgd, adagrad = int(steps["SGD"][0]), int(steps["Adagrad"][0])
    within(sgd, 340, 360, excludes={"never": math.inf, "Adagrad": adagrad})
    apart = np.diff([int(count) for count in steps["SGD"][:4]])
    for more in apart:
        within(more, 345, 353, excludes={"no matter": 0})
    holds(all(row[-1] == "-" for row in lesson.rows), "on the ridge every rule stays")


@after("saddle-pure")
def without_epsilon_the_offset_does_not_matter(lesson):
    for name, rule in lesson.pure.items():
        counts = [
            len(
                lesson.race({name: rule}, lesson.SADDLE, (1.0, y), {name: 0.01}, 2000, -1.0)[
                    name
                ].path
            )
            for y in (1e-3, 1e-6, 1e-9, 1e-12)
        ]
        within(float(np.ptp(counts)), 0, 0.5, excludes={"SGD": 1396 - 349})


@after("saddle-notes")
def the_order_on_the_saddle_is_in_the_rates(lesson):
    rms, sgd = (len(lesson.own[name].path) - 1 for name in ("RMSprop", "SGD"))
    within(rms / sgd, 2, 4, excludes={"at 0.01": 75 / 349})
    slow = len(lesson.small_rate["Adadelta"].path) - 1
    within(slow, 400, 600, excludes={"at 1": len(lesson.own["Adadelta"].path) - 1})


@after("saddle-sweep")
def on_the_saddle_a_larger_rate_is_sooner(lesson):
    for name in ("SGD", "Momentum", "Adagrad", "RMSprop", "Adam"):
        steps = lesson.settled(lesson.saddle[name].touch)[:31]  # up to rate 1
        holds(all(b <= a for a, b in pairwise(steps)), f"{name} gets faster")
    at_one = lesson.settled(lesson.saddle["RMSprop"].touch)[30]
    within(at_one, 1, 1.5, excludes={"at 0.01": 75})


@after("rates-lead")
def the_lead_changes_hands(lesson):
    for column in (1, 2):
        leaders = {row[column] for row in lesson.rows} - {"-"}
        within(len(leaders), 2, 7, excludes={"one for all": 1})


# --- digits -----------------------------------------------------------------------------------


def _seven(lesson, name, falls=False, epochs=2):
    return lesson.study.column(
        lesson.stored, "test_accuracy", optimizer=f"{name}, test", falls=falls, epochs=epochs
    )


@after("seven-figure")
def no_best_rate_on_digits_is_an_edge(lesson):
    for name, lines in lesson.panels.items():
        for line in lines.values():
            at = int(np.argmax([found.mean() for found in line.values()]))
            holds(0 < at < len(line) - 1, f"{name}: the best rate lies inside its grid")


@after("seven-table")
def rates_matter_more_than_rules(lesson):
    constant = {name: _seven(lesson, name).mean() for name in lesson.SEVEN}
    falling = {name: _seven(lesson, name, falls=True).mean() for name in lesson.SEVEN}
    within(np.ptp(list(constant.values())), 0, 0.01, excludes={"rates of Adam": 0.03})
    for name in ("Momentum", "NAG", "RMSprop", "Adadelta", "Adam"):
        within(falling[name] - constant[name], 0.003, 0.02, excludes={"nothing": 0})
    gain = falling["Adam"] - constant["Adam"]
    within(falling["SGD"] - constant["SGD"], -0.002, 0.002, excludes={"Adam": gain})
    within(falling["Adagrad"] - constant["Adagrad"], -0.01, -0.002, excludes={"nothing": 0})
    holds(min(constant, key=constant.get) == "SGD", "at constant rates plain SGD is the last")
    for name in ("Momentum", "NAG", "RMSprop", "Adadelta", "Adam"):
        small, large = (
            lesson.study.best(
                lesson.stored, "rate", "accuracy", optimizer=name, falls=falls, epochs=2
            )
            for falls in (False, True)
        )
        holds(large > small, f"{name}: a falling rate is best larger")

    def accuracy(name, rate):
        how = {"optimizer": name, "rate": rate, "falls": False, "epochs": 2}
        return lesson.study.column(lesson.stored, "accuracy", **how)

    holds(accuracy("SGD", 0.5).min() > accuracy("Adam", 0.001).max(), "SGD beats a default of Adam")
    within(accuracy("Adadelta", 0.001).max(), 0, 0.3, excludes={"trained": 0.95})


@after("seven-long")
def sgd_nearly_catches_up(lesson):
    long = {name: _seven(lesson, name, True, 10).mean() for name in lesson.study.LONG}
    short = {name: _seven(lesson, name, True, 2).mean() for name in lesson.study.LONG}
    behind = max(short.values()) - short["SGD"]
    within(max(long.values()) - long["SGD"], 0.0005, 0.003, excludes={"after two": behind})
    holds(min(long, key=long.get) == "SGD", "it is the last of the three")
    for name in ("Momentum", "Adam"):
        overlap = _seven(lesson, "SGD", True, 10).max() - _seven(lesson, name, True, 10).min()
        within(overlap, 0.0001, 0.01, excludes={"apart": -0.001})
    within(behind, 0.01, 0.015, excludes={"after ten": max(long.values()) - long["SGD"]})
    for name in long:
        found = lesson.study.by_rate(
            lesson.stored, "rate", "accuracy", optimizer=name, falls=True, epochs=10
        )
        at = int(np.argmax([values.mean() for values in found.values()]))
        holds(0 < at < len(found) - 1, f"{name}: the best rate lies inside its grid")


@after("seven-one")
def a_stored_run_of_adam_is_run_again(lesson):
    accuracy, _ = lesson.score(lesson.again, lesson.data.x_val, lesson.data.y_val)
    low, high = lesson.digits.pick(mnist=(0.955, 0.975), scans=(0.975, 0.995))
    within(accuracy, low, high, excludes={"softmax regression": 0.93, "perfect": 1})


@after("rare-best")
def own_rates_or_momentum_find_rare_features(lesson):
    rare = {row[0]: float(row[3]) for row in lesson.rows}
    common = {row[0]: float(row[2]) for row in lesson.rows}
    within(rare["SGD"], 0.15, 0.3, excludes={"Adagrad": rare["Adagrad"]})
    for name in ("Momentum", "Adagrad", "SGD, own rates"):
        within(rare[name], 0.01, 0.04, excludes={"SGD": rare["SGD"]})
    for error in common.values():
        within(error, 0, 0.05, excludes={"not found": 1, "rare, SGD": rare["SGD"]})
    for name, row in zip(rare, lesson.rows, strict=True):
        rates = lesson.rare_rates
        holds(rates[0] < float(row[1]) < rates[-1], f"{name}: the best rate lies inside its grid")


@after("rare-longer")
def sgd_finds_rare_features_late(lesson):
    late, soon = np.mean(lesson.later), lesson.errors["SGD"].max(axis=1).mean(axis=0).min()
    within(late, 0.01, 0.05, excludes={"in 500 steps": soon, "not found": 1})


@after("rare-classes")
def only_weights_find_the_elephants(lesson):
    sgd, adagrad, weighted = lesson.recalls.values()
    for found in lesson.recalls.values():
        for share in found[:2]:
            within(share, 0.6, 1, excludes={"chance": 1 / 3})
    for found in (sgd, adagrad):
        within(found[2], 0, 0.45, excludes={"weighted": weighted[2]})
    within(weighted[2], 0.7, 1, excludes={"Adagrad": adagrad[2]})
    within(abs(sgd[2] - adagrad[2]), 0, 0.1, excludes={"weighted": weighted[2] - sgd[2]})


@after("choose-fit")
def all_of_it_in_keras_learns(lesson):
    low, high = lesson.digits.pick(mnist=(0.82, 0.9), scans=(0.8, 0.97))
    within(lesson.accuracy, low, high, excludes={"chance": 0.1})


# --- the appendix -----------------------------------------------------------------------------


@after("same-table")
def aligned_rules_are_those_of_keras(lesson):
    for _, way, written, equal in lesson.rows:
        within(float(equal), 0, 1e-9, excludes={"as written": float(written)})
        within(float(written), 2e-9, 2, excludes={"equal": 1e-9})
        within(float(way), 1, 20, excludes={"not walked": 0})


@after("same-tiny")
def the_place_of_epsilon_matters(lesson):
    within(lesson.far, 0.01, 3, excludes={"equal": lesson.hat})
    within(lesson.hat, 0, 1e-9, excludes={"the other": lesson.far})


@after("same-then-compare")
def then_and_now_agree(lesson):
    for name, _, gap in lesson.rows:
        most = 1e-5 if name == "AdamOptimizer" else 1e-7
        late = min(
            np.abs(lesson.session[-1][rule] - lesson.session[-2][rule]).max()
            for rule in lesson.tf1_optimizers
        )
        within(float(gap), 0, most, excludes={"a step late": late})


@after("same-speed", tries=3)
def calls_take_nearly_all_the_time(lesson):
    times = lesson.ratio(lesson.seconds, "Keras", "NumPy")
    within(times, 100, math.inf, excludes={"even": 1})


MUTATIONS = {  # what must make a claim fail: the cell, a text in it, and what takes its place
    "the_worst_mistake_learns_slowest_under_the_quadratic_cost": ("costs-slopes", "(a - y) * a * (1 - a)", "(a - y)"),
    "pairs_that_do_not_fit_hardly_push": ("costs-pairs", "6.0, -4.0", "0.1, 0.2"),
    "a_higher_rate_brings_accuracy_back_and_not_the_cross_entropy": ("trap-figure", 'study.load("trap")', '[row | {"softmax": "once" if row["softmax"] == "twice" else "twice"} for row in study.load("trap")]'),
    "no_best_rate_of_the_trap_is_an_edge": ("trap-figure", 'study.load("trap")', '[row for row in study.load("trap") if row["rate"] <= 2]'),
    "the_doubled_loss_has_a_floor": ("trap-twice", "probabilities = tf.nn.softmax(logits)", "probabilities = logits"),
    "the_network_overfits": ("overfit-run", "draw(digits, 500)", "draw(digits, 20_000)"),
    "dropout_is_that_of_keras": ("remedies-dropout", "x / (1 - rate)", "x"),
    "l2_in_adam_shrinks_small_gradients_alone": ("remedies-adamw", "0.01]) *", "1.0]) *"),
    "best_settings_lie_inside_but_for_dropout_late": ("remedies-settings", '"val_loss"', '"val_accuracy"'),
    "remedies_hold_the_loss_and_not_the_accuracy": ("remedies-settings", 'study.load("remedies")', '[row | {"test_loss": row["test_accuracy"]} for row in study.load("remedies")]'),
    "mini_batches_come_closest": ("descent-loop", "epochs * 1000 // batch", "epochs"),
    "noise_falls_with_the_root_of_the_batch": ("descent-loop", "/ len(rows)", "/ 1"),
    "agreeing_gradients_add_up_and_alternating_cancel": ("momentum-speeds", "gamma * v + g", "g"),
    "the_floor_is_the_root_of_gamma": ("momentum-shrink-code", "1 + gamma - product", "1 + 0.9 * gamma - product"),
    "each_wall_is_where_the_text_says": ("momentum-walls", "2 * 1.9 / 2.8", "2 * 1.9"),
    "momentum_is_the_faster_in_the_bowl": ("momentum-rules", 'gamma * s["v"] + lr', "lr"),
    "a_rate_for_each_weight_helps_along_the_axes_alone": ("rules-adagrad", " / np.sqrt(s[\"sum\"] + eps)", ""),
    "adagrad_loses_most_by_the_turn": ("rules-turned", "turned_bowl: (", "ellipse(1, 50, turned=0): ("),
    "adagrads_rate_falls_on_a_slope_and_settles_in_a_bowl": ("rules-adagrad", 's["sum"] + g**2', "1.0"),
    "adadelta_alone_takes_any_unit": ("rules-adadelta", 'np.sqrt(s["moved"] + eps)', "0.1"),
    "the_notes_adadelta_has_no_direction": ("rules-errata", "np.sqrt(s[\"mean\"] + eps)", "np.sqrt(s[\"mean\"] + eps) * grad(w)"),
    "without_the_correction_the_first_steps_are_longer": ("rules-first", "0.999 * v + 0.001", "0.9 * v + 0.1"),
    "without_epsilon_the_offset_does_not_matter": ("saddle-pure", "eps=0.0", "eps=1e-8"),
    "adagrad_arrives_late": ("valley-late", '{"Adagrad": 0.01}', '{"Adagrad": 0.1}'),
    "sgd_leaves_the_saddle": ("saddle-rates", "dict.fromkeys(RULES, 0.01)", "dict.fromkeys(RULES, 0.02)"),
    "the_order_on_the_saddle_is_in_the_rates": ("saddle-notes", "SADDLE_START, notes_rates", "SADDLE_START, SADDLE_RATES"),
    "no_best_rate_on_digits_is_an_edge": ("seven-figure", 'study.load("seven")', '[row for row in study.load("seven") if row["rate"] < 0.6]'),
    "rates_matter_more_than_rules": ("seven-figure", 'study.load("seven")', '[row | {"falls": not row["falls"]} for row in study.load("seven")]'),
    "sgd_nearly_catches_up": ("seven-figure", 'study.load("seven")', '[row | {"test_accuracy": -(row["test_accuracy"] or 0)} for row in study.load("seven")]'),
    "own_rates_or_momentum_find_rare_features": ("rare-data", "[0.5, 0.01]", "[0.5, 0.5]"),
    "aligned_rules_are_those_of_keras": ("same-adam", "float(np.float32(constant))", "constant"),
}  # fmt: skip

DEAR = {  # of the mutations, those that run for long: `make test-more` tries them
    "without_epsilon_the_offset_does_not_matter",
    "adagrad_arrives_late",
    "adadelta_alone_takes_any_unit",
    "adagrad_loses_most_by_the_turn",
    "adagrads_rate_falls_on_a_slope_and_settles_in_a_bowl",
    "aligned_rules_are_those_of_keras",
    "a_rate_for_each_weight_helps_along_the_axes_alone",
    "each_wall_is_where_the_text_says",
    "no_best_rate_on_digits_is_an_edge",
    "own_rates_or_momentum_find_rare_features",
    "rates_matter_more_than_rules",
    "sgd_leaves_the_saddle",
    "sgd_nearly_catches_up",
    "the_order_on_the_saddle_is_in_the_rates",
    "without_the_correction_the_first_steps_are_longer",
}
