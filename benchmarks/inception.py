"""Claim 6: ways to run one image, or 32, through Inception-v3; weights are random, time is the same."""

from week02_basics.quiet import muted_stderr
from week02_basics.taught import taught
from week08_inception import frozen

import keras
import numpy as np
import tensorflow as tf

from benchmarks.race import Claim, Say, race

TITLE = "Image recognition with Inception-v3, float32"
SIDE, PRODUCT, PRODUCTS = 299, 2048, 10
FLOP_PER_IMAGE = 11.46e9  # counted by TensorFlow's profiler from the shapes of this network
FROZEN, FUNCTION, PREDICT, EAGER = "frozen graph", "tf.function", "predict", "eager model(x)"


def run(quick: bool, say: Say) -> Claim:
    """Race them with one image, then with a batch, beside the matrix product."""
    claim, large = Claim(TITLE), 8 if quick else 32
    say("building the network")
    network = keras.applications.InceptionV3(weights=None)
    body = taught("week08_inception").constants(network, SIDE, 3, batch=None)
    graph = frozen.as_function(body.graph.as_graph_def(), body.inputs[0].name, body.outputs[0].name)
    spec = tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32)
    function = tf.function(lambda x: network(x, training=False), input_signature=[spec])
    images = tf.random.stateless_uniform([large, SIDE, SIDE, 3], [8, 8])
    left, right = (tf.random.stateless_uniform([PRODUCT, PRODUCT], [0, seed]) for seed in (1, 2))

    def product() -> None:
        for _ in range(PRODUCTS):
            last = tf.matmul(left, right)
        last.numpy()

    for count, rounds in [(1, 3 if quick else 15), (large, 1 if quick else 3)]:
        x = images[:count]
        ways = {
            FROZEN: lambda x=x: graph(x).numpy(),
            FUNCTION: lambda x=x: function(x).numpy(),
            PREDICT: lambda x=x: network.predict(x, verbose=0, batch_size=len(x)),
            EAGER: lambda x=x: network(x, training=False).numpy(),
            "matrix product": product,
        }
        with muted_stderr():
            np.testing.assert_allclose(ways[FROZEN](), ways[FUNCTION](), atol=1e-5)
            race(ways, 1, say)
            times = race(ways, rounds, say)
        peak = [2e-9 * PRODUCT**3 * PRODUCTS / s for s in times.pop("matrix product").wall]
        for name, taken in times.items():
            title = f"{name}, {'one image' if count == 1 else f'batch {count}'}"
            if count == 1:
                claim.row(title, [1000 * s for s in taken.wall], unit="ms")
            else:
                claim.row(title, taken, per=count, unit="images/s")
        if count == 1:
            claim.ratio("one image: frozen / predict", times[FROZEN], times[PREDICT], at_most=0.40)
            claim.ratio("one image: frozen / tf.function", times[FROZEN], times[FUNCTION])
            claim.ratio("one image: eager / frozen", times[EAGER], times[FROZEN])
        else:
            rate = [1e-9 * FLOP_PER_IMAGE * count / s for s in times[FROZEN].wall]
            what = f"batch {count}: frozen, share of the matrix product's rate"
            claim.ratio(what, rate, peak, at_least=0.9)
            claim.ratio(f"batch {count}: predict / frozen", times[PREDICT], times[FROZEN])
    claim.row(f"matrix product, {PRODUCT} x {PRODUCT}", peak, unit="GFLOP/s")
    return claim
