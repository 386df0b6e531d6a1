"""What week 10 claims."""

import math

import numpy as np

from tests.claims import after, holds, it_is_named_what_the_code_runs_on, within


@after("setup")
def it_says_what_it_runs_on(lesson):
    it_is_named_what_the_code_runs_on()
    holds(lesson.digits.source in ("mnist", "scans"), "the digits are MNIST or the scans")


# --- who waits for whom -----------------------------------------------------------------------


@after("ladder-waits", tries=3)
def one_by_one_waits_longest(lesson):
    waits = dict(lesson.waits)
    slowest = waits.pop("one by one")
    within(slowest, 1.15 * waits["+ cache"], 1, excludes={"from the cache": waits["+ cache"]})
    for share in waits.values():
        within(share, -0.01, 0.97 * slowest, excludes={"one by one": slowest})


@after("ladder-waits", tries=3)
def who_works_ahead_begins_before_it_is_asked(lesson):
    ahead = {}
    for name, run in lesson.runs.items():
        spans = zip(run.made, run.waited, strict=True)
        ahead[name] = np.mean([begin < asked for (begin, _), (asked, _) in spans])
    within(ahead["batch first"], 0, 0.1, excludes={"all": 1})
    for name in ("+ prefetch alone", "+ parallel", "+ prefetch"):
        within(ahead[name], 0.5, 1, excludes={"batch first": ahead["batch first"]})


@after("speed-table", tries=3)
def a_call_for_each_record_is_slow(lesson):
    rates = {name: rate / lesson.speed["the ceiling"] for name, rate in lesson.speed.items()}
    slow, cached = rates["one by one"], rates["+ cache"]
    for name in ("batch first", "optimised by TensorFlow"):
        within(rates[name], 1.25 * slow, math.inf, excludes={"one by one": slow})
    for name in ("+ prefetch alone", "+ parallel", "+ prefetch", "+ interleave"):
        within(rates[name], 1.02 * slow, math.inf, excludes={"one by one": slow})
    within(cached, 1.2, math.inf, excludes={"the ceiling": 1})
    behind = [name for name in rates if name.startswith(("fed", "queue", "read", "preloaded"))]
    for name in ("one by one", "the ceiling", *behind):
        within(rates[name], 0, 0.9 * cached, excludes={"from the cache": cached})


# --- order and splits -------------------------------------------------------------------------


@after("order-leak")
def a_split_by_order_leaks(lesson):
    within(lesson.leak, 0.85, 1, excludes={"none": 0})
    holds(lesson.fixed == 0, "a fixed order does not leak")


@after("order-split-check")
def a_tenth_is_held_back(lesson):
    within(len(lesson.held) / 2_500, 0.05, 0.15, excludes={"all": 1, "none": 0})
    held, kept = lesson.strings_of(lesson.held), lesson.strings_of(lesson.kept)
    holds(not held & kept, "no string is on both sides")


# --- the network ------------------------------------------------------------------------------


@after("net-train")
def strings_never_seen_are_read(lesson):
    within(lesson.read_val, 0.93, 1, excludes={"untrained": lesson.untrained, "guessing": 1e-4})


@after("net-right")
def so_are_the_test_captchas(lesson):
    within(lesson.seen, 0.65, 0.95, excludes={"none": 0, "all": 1})
    within(lesson.right, 0.95, 1, excludes={"guessing": 1e-4})
    within(lesson.single, 0.985, 1, excludes={"guessing": 0.1})
    holds(abs(lesson.right - lesson.read_val) < 0.025, "seen strings make no great difference")
    share = (1 - lesson.right) / (1 - lesson.single)
    within(share, 2.8, 4, excludes={"one wrong digit spoils one of four strings": 1})


@after("net-positions")
def the_middle_is_harder(lesson):
    within(lesson.middle, 0.52, 1, excludes={"evenly": 0.5})


@after("predict-nothing")
def it_cannot_say_that_there_is_nothing(lesson):
    holds(len(lesson.pages) == 3, "three pages without a captcha as it was trained on")


# --- schemes ----------------------------------------------------------------------------------


@after("schemes-table")
def equal_cost_is_another_question_than_equal_steps(lesson):
    heads, four = lesson.shares["heads"], lesson.shares["four"]
    within(four[1].max(), 0, 0.1, excludes={"heads": heads[1].min()})
    holds((four[0] < heads[0]).all(), "at equal steps, four networks are behind with each seed")
    holds((four[0] > 0.8 * heads[0]).all(), "but not by much")


@after("schemes-anew")
def the_study_can_be_repeated(lesson):
    rows = lesson.study.load("schemes")
    (stored,) = lesson.study.column(rows, "digits", scheme="heads", steps=220, seed=10)
    within(lesson.digits_anew, stored - 0.1, 1, excludes={"guessing": 0.1})


# --- in turn ----------------------------------------------------------------------------------


@after("turns-train")
def the_cost_looks_well(lesson):
    within(lesson.late, 0, 1.2, excludes={"guessing": np.log(10)})


@after("turns-right")
def nothing_is_read(lesson):
    within(lesson.shared_right, 0, 0.15, excludes={"well": 0.4})


@after("turns-own")
def statistics_alone_mend_it(lesson):
    within(lesson.own[-1], 0.25, 1, excludes={"before": lesson.shared_right})


@after("turns-table")
def the_table_says_what_the_text_says(lesson):
    found = {name: np.array(pair) for name, pair in lesson.found.items()}
    own = found["in turns, statistics of its own"][0]
    holds((own > found["in turns, shared statistics"][0] + 0.2).all(), "own statistics mend it")
    group = found["in turns, group normalisation"][0]
    holds((group > found["in turns, shared statistics"][0]).all(), "so does group normalisation")
    alone, equal = found["mixed, weight 0"][0], found["mixed, weight 0.5"][0]
    holds((alone > equal).all(), "at equal weights, the digits cost captchas")
    light, digits = found["mixed, weight 0.1"][0], found["mixed, weight 0.1"][1]
    holds((light > equal).all() and (digits > 0.9).all(), "with weight 0.1 both do well")


# --- beyond one machine -----------------------------------------------------------------------


@after("cluster-alone")
def two_steps_were_made(lesson):
    within(lesson.loss, 1, 4, excludes={"nothing": 0})
    holds(int(lesson.state.done.numpy()) == 2, "two steps are done")


@after("cluster-agree")
def two_workers_compute_what_one_computes(lesson):
    losses = list(lesson.alone.losses.values())
    moved = np.abs(np.diff(losses)).max()
    within(lesson.gap, 0, 1e-4, excludes={"a step late": moved})


@after("service-fails")
def records_get_lost(lesson):
    within(lesson.received, 2_000, 19_999, excludes={"all": 20_000})


@after("encodings-read", tries=3)
def both_are_smaller_and_slower(lesson):
    raw = lesson.sizes["raw"]
    within(raw, 9_600, 9_800, excludes={"pixels in bits": 1_200})
    within(lesson.coded["raw"] / lesson.coded["raw"], 0.99, 1.01, excludes={"nothing": 0})
    for name in ("gzip", "jpeg"):
        within(lesson.sizes[name], 1_000, raw / 1.5, excludes={"raw": raw})
        within(lesson.coded[name] / lesson.coded["raw"], 0.01, 0.98, excludes={"as fast": 1})


MUTATIONS = {
    "one_by_one_waits_longest": (
        "ladder-watch",
        "feeding.watch(data, small_step) for name",
        "feeding.watch(rungs['+ cache'], small_step) for name",
    ),
    "a_split_by_order_leaks": ("order-leak", "seed=3, **how", "seed=3"),
    "a_tenth_is_held_back": (
        "order-split-check",
        "seed=2, source=part(validation=False)",
        "seed=2",
    ),
    "strings_never_seen_are_read": ("net-train", "epochs=4", "epochs=1"),
    "the_middle_is_harder": ("net-positions", "by_place[1:3]", "by_place[:1]"),
    "equal_cost_is_another_question_than_equal_steps": ("schemes-table", "cost=220", "steps=220"),
    "the_cost_looks_well": ("turns-train", "peak=0.01", "peak=0.000001"),
    "statistics_alone_mend_it": ("turns-own", "both_x[:2_000]", "both_x[-2_000:]"),
    "the_table_says_what_the_text_says": ("turns-table", '"own", 0.5', '"shared", 0.5'),
    "two_steps_were_made": ("cluster-alone", "state.done.assign_add(1)", "state.done.assign(1)"),
    "two_workers_compute_what_one_computes": (
        "cluster-agree",
        '"checkpoints": None}',
        '"checkpoints": None, "seed": 11}',
    ),
}
DEAR = {
    "one_by_one_waits_longest",
    "a_tenth_is_held_back",
    "equal_cost_is_another_question_than_equal_steps",
    "the_table_says_what_the_text_says",
    "strings_never_seen_are_read",
    "the_cost_looks_well",
    "statistics_alone_mend_it",
    "two_workers_compute_what_one_computes",
    "the_middle_is_harder",
    "two_steps_were_made",
}
