"""The fast training loop: data in memory, all steps in one graph, and clear words if it cannot run.

The idiom is taught in week 6's notebook, section 7. Here it has its checks, and room for several
devices, other losses and other optimizers.
"""

from collections.abc import Callable

from week06_cnn import guards, speed

import keras
import numpy as np
import tensorflow as tf

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def one_cycle(peak: float, steps: int, warmup: float = 0.25) -> np.ndarray:
    """Return a learning rate for each step: linearly up to a peak, then linearly down to 0.

    Args:
        peak: the largest rate, above 0; it is reached exactly once.
        steps: how many steps there are, at least 1.
        warmup: the share of the steps that climb, in [0, 1]; with 0 the first step is the peak.

    Returns:
        float32 [steps], all above 0: the next step after the last would be at 0.

    Raises:
        ValueError: an argument is outside its range.

    Source: after L. Smith, N. Topin, "Super-convergence", 2017 (arXiv 1708.07120).
    """
    if not (np.isfinite(peak) and peak > 0):
        raise ValueError(f"peak must be a rate above 0, not {peak}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}")
    if not 0 <= warmup <= 1:
        raise ValueError(f"warmup is a share in [0, 1], not {warmup}")
    top = max(1, round(warmup * steps))
    rates = np.interp(np.arange(1, steps + 1), [0, top, steps + 1], [0, peak, 0])
    return rates.astype(np.float32)


def batches(count: int, batch: int, epochs: int, seed: int) -> np.ndarray:
    """Return which examples each step sees; each epoch is a permutation, its remainder dropped.

    The same arguments give the same order, so an interrupted run goes on with `order[done:]`.

    Args:
        count: how many examples there are.
        batch: how many of them a step sees, at most `count`.
        epochs: how often all are seen.
        seed: of the permutations, at least 0.

    Returns:
        int32 [epochs * (count // batch), batch], indices in [0, count).

    Raises:
        ValueError: the data are empty, the batch is larger than them, or an argument is too small.
    """
    if count < 1:
        raise ValueError("the data set is empty")
    if not 1 <= batch <= count:
        raise ValueError(f"a batch of {batch} cannot be drawn from {count} examples")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, not {epochs}")
    rng, steps = np.random.default_rng(seed), count // batch
    order = [rng.permutation(count)[: steps * batch] for _ in range(epochs)]
    return np.concatenate(order).reshape(-1, batch).astype(np.int32)


def cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return the mean cross-entropy of integer labels [...] and logits [..., classes]."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def train(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    peak: float | None = None,
    epochs: int = 1,
    batch: int = 128,
    seed: int = 0,
    loss: Loss | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    order: np.ndarray | None = None,
    rates: np.ndarray | None = None,
) -> np.ndarray:
    """Train a model on data in memory and return the loss of each step.

    All steps run inside one `tf.function`, which is traced once for a model, loss, optimizer and
    batch shape, and used again by later calls. A model that was built inside `strategy().scope()`
    is trained on all devices of that strategy, each with its share of every batch.

    Args:
        model: a built Keras model with one input and one output, logits [n, ..., classes].
        x: inputs [n, ...] of any number type; the model itself casts and scales them.
        y: for the default loss integer labels [n, ...] in [0, classes), else what the loss takes.
        peak: of the learning rate, which follows `one_cycle`; not needed if `rates` are given.
        epochs, batch, seed: as in `batches`; not used if an `order` is given. The batch is the
            global one and must be a multiple of the number of devices.
        loss: a function (labels, logits) that returns a mean over its rows (or values to take the
            mean of), or a Keras loss; by default `cross_entropy`. The model's own
            regularisation losses are added.
        optimizer: by default a fresh Adam; one that is given keeps its state from call to call.
        order: int [steps, batch], which examples each step sees.
        rates: float [steps], the learning rate of each step.

    Returns:
        float32 [steps]: the loss of each step before its update.

    Raises:
        TypeError: x or y has a dtype that the model or the loss cannot take.
        ValueError: shapes do not fit, labels are out of range, the data set is empty, the batch is
            larger than it or cannot be shared by the devices, or order and rates do not fit.
        FloatingPointError: the loss is not finite; the message has the step and its rate.
    """
    x, labels = guards.inputs(model, x), np.asarray(y)
    if len(labels) != len(x):
        raise ValueError(f"{len(x)} inputs but {len(labels)} labels")
    if loss is None:
        labels, loss = guards.labels(model, labels), cross_entropy
    if order is None:
        order = batches(len(x), batch, epochs, seed)
    order = guards.order(order, len(x))
    if rates is None:
        if peak is None:
            raise ValueError("give the learning rate's peak, or a rate for each step")
        rates = one_cycle(peak, len(order))
    rates = np.asarray(rates, np.float32)
    if rates.shape != (len(order),):
        raise ValueError(f"rates of shape {rates.shape} for {len(order)} steps")
    strategy = model.distribute_strategy
    if order.shape[1] % strategy.num_replicas_in_sync:
        raise ValueError(
            f"a batch of {order.shape[1]} cannot be shared by "
            f"{strategy.num_replicas_in_sync} devices"
        )

    labels = tf.convert_to_tensor(labels)
    shapes = x.shape[1:], x.dtype, labels.shape[1:], labels.dtype, order.shape[1]
    learned = tuple(id(v) for v in model.trainable_variables)
    key = (loss, optimizer, learned, *shapes)
    with strategy.scope():
        loop, used = _cached(model, "train", key, lambda: _loop(model, loss, optimizer, *shapes))
        if optimizer is None:
            # The moments begin at 0 again; a scale of the loss stays as it was found.
            for variable in getattr(used, "inner_optimizer", used).variables:
                variable.assign(tf.zeros(variable.shape, variable.dtype))
        losses, done = loop(x, labels, tf.constant(order), tf.constant(rates))
    losses, done = losses.numpy(), int(done)
    if not np.isfinite(losses[done - 1]):
        raise FloatingPointError(
            f"the loss is {losses[done - 1]} at step {done} of {len(order)}, where the learning "
            f"rate is {rates[done - 1]:.3g}: lower the rate, or look for such values in the data"
        )
    return losses


def logits(model: keras.Model, x: np.ndarray, batch: int = 1000) -> np.ndarray:
    """Return a model's outputs for inputs [n, ...], computed in batches, as NumPy [n, ...]."""
    x = guards.inputs(model, x)
    spec = tf.TensorSpec([None, *x.shape[1:]], x.dtype)

    def build() -> Callable:
        return tf.function(lambda part: model(part, training=False), input_signature=[spec])

    answer = _cached(model, "logits", (tuple(map(id, model.layers)), spec), build)
    return np.concatenate([answer(x[i : i + batch]).numpy() for i in range(0, len(x), batch)])


def accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray, batch: int = 1000) -> float:
    """Return the share of labels, in [0, 1], for which the largest logit is the right one.

    Args:
        model: a model from x to logits [n, ..., classes].
        x: inputs [n, ...], as in `train`.
        y: integer labels [n, ...] in [0, classes).
        batch: how many inputs are computed at a time; the result does not depend on it.

    Raises:
        TypeError, ValueError: as in `train`.
    """
    labels = guards.labels(model, np.asarray(y))
    if len(labels) != len(x):
        raise ValueError(f"{len(x)} inputs but {len(labels)} labels")
    return float(np.mean(logits(model, x, batch).argmax(axis=-1) == labels))


def _loop(model, loss, optimizer, x_shape, x_type, y_shape, y_type, batch) -> tuple:
    """Return the traced loop over the steps, and the optimizer that it uses."""
    strategy = model.distribute_strategy
    replicas = strategy.num_replicas_in_sync
    if optimizer is None:
        optimizer = speed.FusedAdam() if replicas == 1 else keras.optimizers.Adam()
        if any(layer.compute_dtype == "float16" for layer in model.layers):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(model.trainable_variables)
    # A Keras loss called as a whole would divide by the number of devices a second time.
    each = loss.call if isinstance(loss, keras.losses.Loss) else loss

    def step(x, y, chosen):
        share = batch // replicas
        first = tf.distribute.get_replica_context().replica_id_in_sync_group * share
        mine = chosen[first : first + share]
        inputs, labels = tf.gather(x, mine), tf.gather(y, mine)
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            if outputs.dtype in (tf.float16, tf.bfloat16):
                outputs = tf.cast(outputs, tf.float32)
            value = tf.reduce_mean(each(labels, outputs))
            for extra in model.losses:
                value += tf.cast(extra, value.dtype)
            value /= replicas
            scaled = optimizer.scale_loss(value)
        grads = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        return value

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, *x_shape], x_type),
            tf.TensorSpec([None, *y_shape], y_type),
            tf.TensorSpec([None, batch], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ]
    )
    def loop(x, y, order, rates):
        losses = tf.TensorArray(tf.float32, len(order))
        done, finite = 0, True
        while finite and done < len(order):
            optimizer.learning_rate.assign(rates[done])
            value = strategy.run(step, args=(x, y, order[done]))
            value = strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)
            losses = losses.write(done, tf.cast(value, tf.float32))
            finite = tf.math.is_finite(value)
            done += 1
        return losses.stack(), done

    return loop, optimizer


def _cached(model: keras.Model, slot: str, key: tuple, build: Callable[[], object]) -> object:
    """Return what `build` made for this model and key the last time, or let it make it now.

    It lives as long as the model. Keras and TensorFlow do not track it, so it is never saved.
    """
    slots = model.__dict__.get("__week06_graphs")
    if slots is None:
        slots = {}
        object.__setattr__(model, "__week06_graphs", slots)
    if slot not in slots or slots[slot][0] != key:
        slots[slot] = key, build()
    return slots[slot][1]
