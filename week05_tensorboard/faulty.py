"""For the exercises: a network with a dead layer, a sweep, a projector that does not load."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard.plugins import projector
from tensorboard.plugins.hparams import api as hp

HIDDEN = ("dense_1", "dense_2", "dense_3")
POINTS = 12
SWEEPS = [  # which rate is what in the sweep of each turn
    {"lowest": 0.1, "lowest in training": 0.5, "lowest at the end": 0.02},
    {"lowest": 0.02, "lowest in training": 0.1, "lowest at the end": 0.5},
]


def write_faulty_run(folder: Path | str, dead: str = "dense_2", seed: int = 5) -> None:
    """Train a small classifier with one dead hidden layer, and record histograms on the way.

    Every fifth of 25 steps records `LAYER/kernel`, `LAYER/bias` and `LAYER/output` for the hidden
    layers and for `dense_4`, which gives the logits. The biases of the dead layer start at -30, as
    after one step that was far too long: its ReLUs put out 0 for every input, so no gradient comes
    through.

    Args:
        folder: the run's folder.
        dead: one of `HIDDEN`.
        seed: of data and weights.
    """
    rng = np.random.default_rng(seed)
    x = tf.constant(rng.normal(size=[256, 20]), tf.float32)
    labels = tf.constant(rng.integers(0, 4, 256))
    names = (*HIDDEN, "dense_4")
    sizes = [(20, 32), (32, 32), (32, 32), (32, 4)]
    kernels = [tf.Variable(rng.normal(0, n**-0.5, (n, m)), dtype=tf.float32) for n, m in sizes]
    biases = [tf.Variable(tf.fill([m], 0.1)) for _, m in sizes]
    biases[names.index(dead)].assign_sub(tf.fill([32], 30.1))
    writer = tf.summary.create_file_writer(str(folder))
    for step in range(25):
        with tf.GradientTape() as tape:
            outputs = [x]
            for name, kernel, bias in zip(names, kernels, biases, strict=True):
                z = outputs[-1] @ kernel + bias
                outputs.append(tf.nn.relu(z) if name in HIDDEN else z)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs[-1])
            loss = tf.reduce_mean(losses)
        if step % 5 == 0:
            with writer.as_default(step):
                layers = zip(names, kernels, biases, outputs[1:], strict=True)
                for name, kernel, bias, output in layers:
                    tf.summary.histogram(f"{name}/kernel", kernel)
                    tf.summary.histogram(f"{name}/bias", bias)
                    tf.summary.histogram(f"{name}/output", output)
        variables = [*kernels, *biases]
        for variable, grad in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.5 * grad)
    writer.close()


def write_sweep(folder: Path | str, turn: int) -> None:
    """Write the runs of a sweep over four rates, with made-up losses of different lengths."""
    names = {rate: name for name, rate in SWEEPS[turn].items()}
    validation = {  # what a run's validation loss does; the lowest values differ by 0.05
        "lowest": [1.0, 0.5, 0.3, 0.45, 0.6],
        "lowest in training": [1.0, 0.6, 0.5, 0.9],
        "lowest at the end": [1.2, 0.8, 0.6, 0.45, 0.4, 0.35],
        "": [1.3, 1.2, 1.1],
    }
    end = {"lowest": 0.2, "lowest in training": 0.01, "lowest at the end": 0.3, "": 1.1}
    for k, rate in enumerate((0.004, *sorted(names))):
        name, run = names.get(rate, ""), f"{folder}/run_{(3 * k + turn) % 4}"
        with tf.summary.create_file_writer(run).as_default():
            hp.hparams({"learning_rate": rate})
        curves = {"train": np.geomspace(1.2, end[name], 6), "validation": validation[name]}
        for part, losses in curves.items():
            with tf.summary.create_file_writer(f"{run}/{part}").as_default():
                for step, loss in enumerate(losses):
                    tf.summary.scalar("loss", loss, step)


def write_broken_projector(folder: Path | str) -> None:
    """Write what a projector needs, twelve points with labels and pictures, with four faults."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    points = tf.Variable(rng.normal(size=[POINTS, 3]), dtype=tf.float32)
    tf.train.Checkpoint(points=points).save(str(folder / "points.ckpt"))
    rows = [f"{i % 3}\tpoint {i}" for i in range(POINTS)]
    (folder / "metadata.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    Image.fromarray(rng.integers(0, 256, [32, 32], np.uint8)).save(folder / "sprite.png")
    config = projector.ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "points"
    embedding.metadata_path = "logs/metadata.tsv"
    embedding.sprite.image_path = "sprite.png"
    embedding.sprite.single_image_dim.append(8)
    projector.visualize_embeddings(str(folder), config)
