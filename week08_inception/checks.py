"""The checks of week 8's exercises."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from week02_basics.exercises import answered, exercise, expect
from week08_inception.frozen import as_function
from week08_inception.saving import parts

import keras
import numpy as np
import tensorflow as tf
from PIL import Image


def _network(classes: int, seed: int) -> keras.Model:
    """Return a small network with two named layers before its last."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input([8, 8, 1]),
            layers.Conv2D(4, 3, bias_initializer="random_normal"),
            layers.Flatten(),
            layers.Dense(classes, bias_initializer="random_normal"),
        ]
    )


@exercise("Exercise 1: restore some layers")
def check_restore_features(restore_features: Callable) -> None:
    """Check a function (model, prefix) that restores all layers but `dense` from a checkpoint."""
    for classes in (10, 3):
        source, model = _network(10, seed=1), _network(classes, seed=2)
        untouched = [value.copy() for value in parts(model)["dense"].get_weights()]
        with tempfile.TemporaryDirectory() as folder:
            prefix = tf.train.Checkpoint(**parts(source)).write(str(Path(folder, "network")))
            try:
                answered(restore_features(model, prefix))
            except (ValueError, AssertionError, tf.errors.OpError) as err:
                expect(classes == 10, "it fails for a model with other classes: leave `dense` out")
                raise err
        convolution, dense = parts(model)["conv2d"], parts(model)["dense"]
        right = parts(source)["conv2d"].get_weights()
        expect(
            all(
                np.array_equal(a, b) for a, b in zip(convolution.get_weights(), right, strict=True)
            ),
            "the convolution was not restored: does your Checkpoint name it `conv2d`, as the file?",
        )
        expect(
            all(np.array_equal(a, b) for a, b in zip(dense.get_weights(), untouched, strict=True)),
            "`dense` was overwritten; it should keep what it had",
        )


@exercise("Exercise 2: features")
def check_features(features: Callable, freeze: Callable) -> None:
    """Check a function (graph, jpeg) that returns what goes into the last MatMul, float32 [n]."""
    network = _network(5, seed=3)
    graph = freeze(network, 8, 1, 1 / 255, 0.0)
    noise = np.random.default_rng(3).integers(0, 256, (8, 8), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG")
    jpeg = out.getvalue()
    answer = features(graph, jpeg)
    answered(answer)
    answer = np.asarray(answer)
    probabilities = as_function(graph)(tf.constant(jpeg)).numpy()[0]
    expect(
        answer.shape != probabilities.shape,
        "these are the outputs, one for each class; the features are what the last layer takes in",
    )
    expect(
        answer.size == 144,
        f"it has {answer.size} numbers; 144 go into the last MatMul (its input[0])",
    )
    expect(answer.shape == (144,), f"the shape is {answer.shape}; one row of 144 is asked for")
    logits = answer @ network.layers[-1].kernel.numpy() + network.layers[-1].bias.numpy()
    expect(
        np.allclose(tf.nn.softmax(logits), probabilities, atol=1e-4),
        "from these numbers the last layer does not compute the graph's answer",
    )


NODES = """# a comment
entry {
  target_class: 169
  target_class_string: "n02510455"
}
entry {
  target_class: 7
  target_class_string: "n04548280"
}
"""
WORDS = "n00004475\torganism, being\nn02510455\tgiant panda, panda\nn04548280\twall clock\n"


@exercise("Exercise 3: node lookup")
def check_lookup(lookup: Callable) -> None:
    """Check a function (nodes, words) from the texts of both label files to words by node."""
    answer = lookup(NODES, WORDS)
    answered(answer)
    right = {169: "giant panda, panda", 7: "wall clock"}
    expect(isinstance(answer, dict), f"a dict is asked for, not a {type(answer).__name__}")
    expect(
        not set(answer) or all(isinstance(key, int) for key in answer),
        "the keys are text; nodes are numbers: `int(...)`",
    )
    expect(
        not any(str(value).startswith("n0") for value in answer.values()),
        "the values are WordNet ids; look their words up in the second text",
    )
    expect(
        answer != {key: value.split(",")[0] for key, value in right.items()},
        "the words are cut at a comma; split each line at its tab only",
    )
    expect(set(answer) == set(right), f"the nodes are {sorted(answer)}, not {sorted(right)}")
    expect(answer == right, f"got {answer}")
