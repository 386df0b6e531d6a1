"""Claim 4: seven update rules, 500 steps each on Beale's valley, whole race."""

from week02_basics.taught import taught
from week04_optimizers import race as lesson_race
from week04_optimizers.surfaces import BEALE

import keras
import tensorflow as tf

from benchmarks.race import Claim, Say, race

TITLE = "The optimizer race: seven rules, 500 steps on Beale's valley"
OURS, ONE, STEP, EAGER = (
    "NumPy rules",
    "tf.function, all steps in one call",
    "tf.function, a call a step",
    "eager Keras",
)


def keras_rules(rates: dict[str, float]) -> dict[str, keras.optimizers.Optimizer]:
    """Return Keras' optimizer for each of the lesson's rules."""
    made = keras.optimizers
    kinds = {
        "SGD": made.SGD,
        "Momentum": lambda lr: made.SGD(lr, momentum=0.9),
        "NAG": lambda lr: made.SGD(lr, momentum=0.9, nesterov=True),
        "Adagrad": made.Adagrad,
        "RMSprop": made.RMSprop,
        "Adadelta": made.Adadelta,
        "Adam": made.Adam,
    }
    return {name: kinds[name](lr) for name, lr in rates.items()}


def run(quick: bool, say: Say) -> Claim:
    """Race them; what a learner waits for includes tracing, so that is counted."""
    claim, steps = Claim(TITLE), 50 if quick else 500
    lesson = taught("week04_optimizers")
    rates, start = lesson.VALLEY_RATES, lesson.VALLEY_START

    def step_of(optimizer: keras.optimizers.Optimizer, w: tf.Variable):
        optimizer.build([w])

        def step() -> None:
            with tf.GradientTape() as tape:
                value = BEALE.value(w[0], w[1])
            optimizer.apply([tape.gradient(value, w)], [w])

        return step

    def with_keras(way) -> None:
        for optimizer in keras_rules(rates).values():
            way(step_of(optimizer, tf.Variable(start)))

    def calls(step) -> None:
        for _ in range(steps):
            step()

    def one_call(step) -> None:
        @tf.function
        def loop(steps: tf.Tensor) -> None:
            for _ in tf.range(steps):
                step()

        loop(tf.constant(steps))

    ways = {
        OURS: lambda: lesson_race.race(lesson.RULES, BEALE, start, rates, steps),
        ONE: lambda: with_keras(one_call),
        STEP: lambda: with_keras(lambda step: calls(tf.function(step))),
        EAGER: lambda: with_keras(calls),
    }
    race({name: ways[name] for name in (OURS, ONE)}, 1, say)
    times = race(ways, 2 if quick else 3, say)
    for name, taken in times.items():
        note = "tracing included" if "function" in name else ""
        claim.row(name, [1000 * s for s in taken.wall], unit="ms", note=note)
    claim.ratio(f"{EAGER} / {OURS}", times[EAGER], times[OURS], at_least=400)
    claim.ratio(f"{ONE} / {OURS}", times[ONE], times[OURS])
    claim.ratio(f"{EAGER} / {ONE}", times[EAGER], times[ONE])
    return claim
