"""What week 2 claims."""

import math

import numpy as np

from tests.claims import after, holds, it_is_named_what_the_code_runs_on, within


@after("setup")
def it_says_what_it_runs_on(lesson):
    it_is_named_what_the_code_runs_on()


@after("fetch-dice")
def dice_fetched_apart_are_thrown_twice(lesson):
    holds(all(t == 2 * d for d, t in lesson.one_run), "one run sees one throw")
    apart = np.mean([t == 2 * d for d, t in lesson.two_runs])
    within(apart, 0, 0.5, excludes={"thrown once": 1})


@after("fit-compare")
def the_line_is_found(lesson):
    k, b = lesson.session_path[-1]
    within(k, 0.099, 0.101, excludes={"the start": 0, "step 41": lesson.session_path[40, 0]})
    within(b, 0.199, 0.201, excludes={"the start": 0, "one step": lesson.session_path[0, 1]})


@after("fit-gap")
def four_ways_walk_one_path(lesson):
    for gap in lesson.gaps.values():
        within(gap, 0, 5e-7, excludes={"one step more": lesson.last_step})
    within(lesson.last_step, 1e-6, 3e-6, excludes={"the first step": lesson.session_path[0].max()})


@after("fit-rounding-walk")
def the_order_of_additions_matters_in_float32_alone(lesson):
    single, double = lesson.order_gaps["float32"], lesson.order_gaps["float64"]
    within(single, 2e-9, 2e-7, excludes={"float64": double, "a last step": lesson.last_step})
    within(double, 0, 1e-14, excludes={"float32": single})


@after("valley-surface")
def ten_steps_lead_into_the_valley(lesson):
    _, directions = np.linalg.eigh(_hessian(lesson))
    along, across = np.abs((lesson.session_path - [0.1, 0.2]) @ directions).T
    ratio = across / along
    within(ratio[9], 0, 0.1, excludes={"after five steps": ratio[4]})
    within(along[9] / along[0], 0.7, 0.9, excludes={"across": across[9] / across[0]})


def _hessian(lesson):
    """Differences of the loss' gradient: the curvature without the lesson's formula."""

    def gradient(k, b):
        error = lesson.y_data.astype(float) - (k * lesson.x_data.astype(float) + b)
        return -2 * np.array([np.mean(error * lesson.x_data), np.mean(error)])

    return np.array([gradient(1, 0) - gradient(0, 0), gradient(0, 1) - gradient(0, 0)])


@after("valley-curvature")
def the_hessian_is_that_of_the_loss(lesson):
    gap = np.abs(lesson.hessian - _hessian(lesson)).max()
    within(gap, 0, 1e-5, excludes={"a factor 2 left out": np.abs(lesson.hessian / 2).min()})
    steep = np.linalg.eigvalsh(_hessian(lesson))[-1]
    within(2 / steep, 0.775, 0.785, excludes={"1 / c": 1 / steep})


@after("pays-figure")
def tracing_costs_many_steps(lesson):
    within(lesson.first_call, 3, 1000, excludes={"no more than a step": 1})


@after("pays-figure", tries=4)
def a_graph_catches_up(lesson):
    eager, graph = lesson.eager_clock, lesson.graph_clock
    holds(graph[0] > eager[0], "eager is ahead after one step")
    within(graph[-1] / eager[-1], 0, 0.7, excludes={"no gain": 1})
    within(lesson.level, 2, 100, excludes={"never": 1, "at the end": 300})


@after("pays-race", tries=3)
def one_call_gains_most(lesson):
    eager, a_step, one_call = lesson.gains.values()
    within(eager, 1, 1.000001, excludes={"another way": a_step})
    within(a_step, 1.7, math.inf, excludes={"no gain": 1})
    within(one_call, 15, math.inf, excludes={"no gain": 1, "a call a step": a_step})


@after("pays-count", tries=4)
def a_tiny_function_is_slower_as_a_graph(lesson):
    one, *middle, hundred = lesson.count_gains
    within(one, 0, 0.6, excludes={"as fast": 1})
    for gain in middle:
        within(gain, 0, hundred, excludes={"nothing": -1})
    within(hundred, 1.4, 50, excludes={"as fast": 1})


@after("pays-sizes", tries=4)
def the_gain_shrinks(lesson):
    small, *middle, large = lesson.size_gains
    within(small, 1.4, 20, excludes={"no gain": 1})
    for gain in middle:
        within(gain, 0.9, 20, excludes={"slower": 0.8})
    within(large, 0.5, 0.75 * small, excludes={"the gain of the smallest": small})


@after("trace-table")
def kinds_are_told_apart(lesson):
    counts = [count for _, count in lesson.rows]
    holds(
        counts == [1, 1, 3, 1, 1, 1, 3, 3, 3, 1], "values, shapes, dtypes and objects are new kinds"
    )


@after("trace-hundred", tries=3)
def numbers_are_dear(lesson):
    dear = lesson.numbers / lesson.eager
    within(dear, 10, math.inf, excludes={"no tf.function": 1})
    within(lesson.numbers / lesson.tensors, 4, math.inf, excludes={"tensors": 1})
    within(lesson.tensors / lesson.eager, 1.5, 50, excludes={"as fast": 1})


@after("trace-loop-race", tries=4)
def unrolling_is_dear_once_and_pays_later(lesson):
    within(np.median(lesson.firsts), 1.2, 50, excludes={"no longer": 1})
    within(lesson.later, 1.5, 50, excludes={"no faster": 1})


@after("valley-rates")
def a_rate_may_be_larger_but_not_too_large(lesson):
    def left(rate, steps):
        x, y = lesson.x_data.astype(float), lesson.y_data.astype(float)
        return np.linalg.norm(lesson.walk(x, y, rate, steps)[-1] - [0.1, 0.2])

    after_40 = {rate: left(rate, 40) for rate in (0.5, 0.6, 0.7, 0.76)}
    holds(min(after_40, key=after_40.get) == 0.7, "in 40 steps rates around 0.7 come closest")
    within(left(0.78, 40) / left(0.78, 0), 0.7, 1.3, excludes={"at 0.7": after_40[0.7]})
    within(left(0.79, 201) / left(0.79, 0), 10, math.inf, excludes={"no change": 1})


MUTATIONS = {  # what must make a claim fail: the cell, a text in it, and what takes its place
    "dice_fetched_apart_are_thrown_twice": (
        "fetch-dice", "tf.random.uniform([], 1, 7, tf.int32)", "tf.constant(3)",
    ),
    "the_line_is_found": ("fit-session", "GradientDescentOptimizer(LR)", "GradientDescentOptimizer(LR / 9)"),
    "four_ways_walk_one_path": ("fit-step", "k.assign_sub(LR * grad_k)", "k.assign_add(LR * grad_k)"),
    "the_order_of_additions_matters_in_float32_alone": ("fit-rounding-walk", "x[::-1], y[::-1]", "x, y"),
    "the_hessian_is_that_of_the_loss": ("valley-curvature", "hessian = 2 *", "hessian ="),
    "tracing_costs_many_steps": ("pays-clock", "clock(tf.function(new_step))", "clock(new_step)"),
    "a_graph_catches_up": ("pays-clock", "clock(tf.function(new_step))", "clock(new_step)"),
    "one_call_gains_most": ("pays-many", "@tf.function\n", ""),
    "kinds_are_told_apart": ("trace-helper", "    @tf.function\n", "    @tf.function(reduce_retracing=True)\n"),
    "unrolling_is_dear_once_and_pays_later": ("trace-loop-race", "repeated(range, 200), repeated", "repeated(tf.range, 200), repeated"),
    "a_rate_may_be_larger_but_not_too_large": ("fit-rounding-walk", "k + 2 * rate", "k + rate"),
    "a_tiny_function_is_slower_as_a_graph": ("pays-count", "tf.function(chain(count))", "chain(count)"),
    "numbers_are_dear": ("trace-hundred", "plus_itself(n) for", "n + n for"),
}  # fmt: skip
