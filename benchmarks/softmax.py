"""Claim 2: seconds until softmax regression reads 92.0% of MNIST's test digits, tracing included."""

from week02_basics.taught import taught
from week03_regression.digits import load_digits

import keras
import numpy as np

from benchmarks import rivals
from benchmarks.race import Claim, Say, paused, race

TITLE = "Softmax regression to 92.0%"
GOAL, LIMIT = 0.92, 30  # accuracy; passes after which a run is given up
OURS, FIT, NOTES = "week 3's loop, three epochs", "Keras fit, SGD 0.5", "notes' TF1 loop, quadratic"


def run(quick: bool, say: Say) -> Claim:
    """Race the lesson's loop, `fit`, and the notes' loop with its quadratic cost."""
    claim, goal, limit, digits = Claim(TITLE), GOAL, LIMIT, load_digits()
    if quick:
        goal, limit = 0.88, 3
        claim.notes.append("quick: time to 88%")
    seeds, reached = iter(range(100, 10_000)), {}

    def ours() -> None:
        with paused():
            lesson = taught("week03_regression")  # fresh, so that it is traced again
        accuracy = [0.0]
        while accuracy[-1] < goal:
            recipe = lesson.cross_entropy, 0.5, True
            _, _, accuracy = lesson.train_softmax(digits, *recipe, epochs=3, seed=next(seeds))
        reached[OURS] = accuracy[-1], 3

    def fit() -> None:
        keras.utils.set_random_seed(next(seeds))
        model = keras.Sequential([keras.Input([784]), keras.layers.Dense(10, activation="softmax")])
        sgd = keras.optimizers.SGD(0.5)
        model.compile(loss="categorical_crossentropy", optimizer=sgd)
        x, y = rivals.flat(digits.x_train), rivals.one_hot(digits.y_train)
        for number in range(1, limit + 1):
            model.fit(x, y, batch_size=100, verbose=0)
            with paused():
                answers = model.predict(rivals.flat(digits.x_test), verbose=0).argmax(1)
                reached[FIT] = np.mean(answers == digits.y_test), number
            if reached[FIT][0] >= goal:
                break

    def session() -> None:
        loop = rivals.notes_softmax(next(seeds))
        x, y = rivals.flat(digits.x_train), rivals.one_hot(digits.y_train)
        for number in range(1, limit + 1):
            loop.train(x, y, batch=100, keep=1.0)
            with paused():
                test = rivals.flat(digits.x_test), rivals.one_hot(digits.y_test)
                reached[NOTES] = loop.accuracy(*test), number
            if reached[NOTES][0] >= goal:
                break

    ways = {OURS: ours, FIT: fit, NOTES: session}
    times = race(ways, 1 if quick else dict.fromkeys(ways, 5) | {NOTES: 2}, say)
    for name, (share, passes) in reached.items():
        note = f"{share:.2%} after {passes} passes" + ("" if share >= goal else ", not reached")
        claim.row(name, times[name], note=note)
    for name in (FIT, NOTES):
        claim.ratio(f"{name} / {OURS}", times[name], times[OURS])
    claim.notes.append("recipe against recipe: costs and learning rates differ")
    return claim
