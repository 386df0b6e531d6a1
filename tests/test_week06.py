"""Week 6's helpers and exercises."""

import subprocess
import sys

from week02_basics.taught import taught
from week03_regression.digits import Digits
from week06_cnn import checks, drawings, models, plots, speed, study, training

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exercises import answers, assert_exercise, solution, stub

WEEK = "week06_cnn"


@pytest.fixture(scope="module")
def data():
    """64 grey images 8x8 of two kinds, bright on the left or on the right, and their labels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 64).astype(np.uint8)
    images = rng.integers(0, 60, [64, 8, 8])
    images[labels == 0, :, :4] += 150
    images[labels == 1, :, 4:] += 150
    return images.astype(np.uint8), labels


def tiny(**how) -> keras.Model:
    """A network for 8x8 images of two classes."""
    return models.small_cnn(2, (8, 8), filters=(4, 4), padding="same", **how)


# --- rates and order --------------------------------------------------------------------------


def test_one_cycle_climbs_then_falls():
    rates = training.one_cycle(0.01, 8)
    np.testing.assert_allclose(rates, 0.01 * np.array([1 / 2, 1, *(np.arange(6, 0, -1) / 7)]))
    assert rates.dtype == np.float32
    np.testing.assert_allclose(training.one_cycle(1.0, 4, 0), [1, 0.75, 0.5, 0.25])
    np.testing.assert_allclose(training.one_cycle(1.0, 4, 1), [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(training.one_cycle(0.3, 1), [0.3])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 5), "peak must be a rate above 0"),
        ((np.nan, 5), "peak must be a rate above 0"),
        ((0.1, 0), "steps must be at least 1"),
        ((0.1, 5, 1.5), r"warmup is a share in \[0, 1\], not 1.5"),
    ],
)
def test_one_cycle_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        training.one_cycle(*arguments)


def test_batches_are_permutations_and_repeat():
    order = training.batches(10, 3, 2, seed=5)
    assert order.shape == (6, 3) and order.dtype == np.int32
    for epoch in np.split(order, 2):
        assert len(set(epoch.ravel())) == 9 and epoch.min() >= 0 and epoch.max() <= 9
    np.testing.assert_array_equal(order, training.batches(10, 3, 2, seed=5))
    np.testing.assert_array_equal(order[:3], training.batches(10, 3, 1, seed=5))
    assert (order != training.batches(10, 3, 2, seed=6)).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1, 1, 0), "the data set is empty"),
        ((10, 11, 1, 0), "a batch of 11 cannot be drawn from 10 examples"),
        ((10, 0, 1, 0), "a batch of 0 cannot"),
        ((10, 5, 0, 0), "epochs must be at least 1"),
    ],
)
def test_batches_refuse(arguments, message):
    with pytest.raises(ValueError, match=message):
        training.batches(*arguments)


# --- the training loop ------------------------------------------------------------------------


def test_training_learns(data):
    x, y = data
    model = tiny()
    before = training.accuracy(model, x, y, batch=10)
    losses = training.train(model, x, y, peak=0.02, epochs=10, batch=16)
    assert losses.shape == (40,) and losses.dtype == np.float32
    assert losses[0] > 0.3 > 0.1 > losses[-1] and before < 1
    assert training.accuracy(model, x, y) == training.accuracy(model, x[..., None], y, 7) == 1


def test_training_is_deterministic(data):
    """The same seeds give the same losses and weights bit for bit, other ones others."""
    tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(0)  # determinism asks for a seed; none of ours depends on it

    def run(seed):
        model = tiny(seed=1, dropout=0.3)
        losses = training.train(model, *data, peak=0.01, epochs=3, batch=16, seed=seed)
        return [losses, *model.get_weights()]

    first, again, other = run(1), run(1), run(2)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.abs(first[0] - other[0]).max() > 1e-3


def test_training_takes_the_steps_of_a_plain_loop(data):
    """Losses and weights equal those of an eager loop with the same order and rates."""
    x, y = data
    order, rates = training.batches(64, 16, 2, 3), training.one_cycle(0.01, 8)
    ours, plain = tiny(seed=4), tiny(seed=4)
    losses = training.train(ours, x, y, order=order, rates=rates)
    optimizer, expected = keras.optimizers.Adam(), []
    for chosen, rate in zip(order, rates, strict=True):
        with tf.GradientTape() as tape:
            scores = plain(x[chosen].astype(np.float32), training=True)
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y[chosen], scores)
        optimizer.learning_rate = rate
        optimizer.apply(tape.gradient(loss, plain.trainable_variables), plain.trainable_variables)
        expected.append(float(loss))
    np.testing.assert_allclose(losses, expected, atol=1e-5)
    for a, b in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_run_in_two_parts_equals_one(data):
    order, rates = training.batches(64, 16, 2, 3), training.one_cycle(0.01, 8)
    whole, parts, optimizer = tiny(), tiny(), keras.optimizers.Adam()
    adam = keras.optimizers.Adam()
    expected = training.train(whole, *data, order=order, rates=rates, optimizer=adam)
    losses = [
        training.train(parts, *data, order=order[part], rates=rates[part], optimizer=optimizer)
        for part in (slice(3), slice(3, None))
    ]
    np.testing.assert_allclose(np.concatenate(losses), expected, atol=1e-6)


def test_a_fresh_adam_each_call_but_no_new_trace(data):
    """A second call without an optimizer starts Adam anew, in the graph that is there already."""
    x, y = data
    model = tiny()
    start = model.get_weights()
    first = training.train(model, x, y, peak=0.01, batch=16)
    graph = model.__week06_graphs["train"][1][0]
    model.set_weights(start)
    again = training.train(
        model, x[:48], y[:48], order=training.batches(64, 16, 1, 0) % 48, peak=0.01
    )
    model.set_weights(start)
    assert again.shape == first.shape
    np.testing.assert_allclose(training.train(model, x, y, peak=0.01, batch=16), first, atol=1e-6)
    assert model.__week06_graphs["train"][1][0] is graph
    assert graph.experimental_get_tracing_count() == 1
    model.layers[-1].trainable = False  # what is learned has changed, and so must the graph
    kernel = model.layers[-1].get_weights()[0]
    training.train(model, x, y, peak=0.01, batch=16)
    np.testing.assert_array_equal(model.layers[-1].get_weights()[0], kernel)


def test_graphs_die_with_their_model_and_are_not_saved(data, tmp_path):
    import gc
    import weakref

    model = tiny()
    training.train(model, *data, peak=0.01, batch=16)
    scores = training.logits(model, data[0])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(training.logits(loaded, data[0]), scores, atol=1e-6)
    gone = weakref.ref(model)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert gone() is None


def test_several_heads_other_losses_and_optimizers(data):
    x, y = data
    inputs = keras.Input((8, 8), dtype="uint8")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    dense = keras.layers.Dense(8, kernel_regularizer=keras.regularizers.L2(0.1))
    model = keras.Model(inputs, keras.layers.Reshape([4, 2])(dense(flat)))
    four = np.stack([y, 1 - y, y, 1 - y], axis=1)
    losses = training.train(model, x, four, peak=0.1, epochs=20, batch=32)
    assert losses[0] > np.log(2) * 0.9 > losses[-1]
    assert training.accuracy(model, x, four) == 1

    weights = model.get_weights()
    onehot = np.eye(2, dtype=np.float32)[four]
    by_loss = []
    for loss, labels in [
        (None, four),
        (lambda y, z: tf.nn.softmax_cross_entropy_with_logits(y, z), onehot),
        (keras.losses.CategoricalCrossentropy(from_logits=True), onehot),
    ]:
        model.set_weights(weights)
        sgd = keras.optimizers.SGD()
        run = training.train(model, x, labels, peak=0.1, batch=32, loss=loss, optimizer=sgd)
        by_loss.append(run)
    np.testing.assert_allclose(by_loss[1], by_loss[0], rtol=1e-5)
    np.testing.assert_allclose(by_loss[2], by_loss[0], rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_learns(data, policy):
    model = tiny(dtype=policy)
    losses = training.train(model, *data, peak=0.02, epochs=10, batch=16)
    assert losses[0] > 0.2 > losses[-1]
    assert training.logits(model, data[0]).dtype == np.float32


TWO_DEVICES = """
import tensorflow as tf, numpy as np
cpu = tf.config.list_physical_devices('CPU')[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from week02_basics.start import strategy
from week06_cnn import models, training
rng = np.random.default_rng(0)
x, y = rng.integers(0, 256, [64, 8, 8]).astype(np.uint8), rng.integers(0, 3, 64)
def run(where):
    with where.scope():
        model = models.small_cnn(3, (8, 8), filters=(4, 4), padding="same")
    losses = training.train(model, x, y, peak=0.01, epochs=3, batch=16)
    again = training.train(model, x, y, peak=0.01, epochs=1, batch=16)
    return np.concatenate([losses, again]), training.accuracy(model, x, y), model
two = strategy(['CPU:0', 'CPU:1'])
(a, acc, model), (b, acc_b, _) = run(two), run(strategy())
print(two.num_replicas_in_sync, np.abs(a - b).max() < 1e-4, abs(acc - acc_b) < 0.05, a[0] > a[11])
print(len({v.device for v in model.trainable_variables[0].value.values}))
try:
    training.train(model, x, y, peak=0.01, batch=15)
except ValueError as err:
    print(err)
"""


def test_two_devices_train_as_one():
    """Two logical CPU devices give the loss of one at the same global batch, at every step."""
    done = subprocess.run([sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "2 True True True",
        "2",
        "a batch of 15 cannot be shared by 2 devices",
    ], done.stderr


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros([64, 9, 8])}, ValueError, r"x has shape \(64, 9, 8\).*\[n, 8, 8, 1\] or"),
        ({"x": np.zeros([64, 8, 8, 3])}, ValueError, r"x has shape \(64, 8, 8, 3\)"),
        ({"x": np.float32(1)}, ValueError, r"x has shape \(\)"),
        ({"x": np.full([64, 8, 8], "a")}, TypeError, "x has dtype <U1; numbers such as uint8"),
        ({"x": np.ones([64, 8, 8]) / 2}, TypeError, "float64 with no value above 1, but the model"),
        ({"x": np.zeros([0, 8, 8], np.uint8), "y": np.zeros(0, int)}, ValueError, "is empty"),
        ({"y": np.zeros(63, int)}, ValueError, "64 inputs but 63 labels"),
        ({"y": np.full(64, 2)}, ValueError, "labels from 2 to 2; the model has classes 0 to 1"),
        ({"y": np.full(64, -1)}, ValueError, "labels from -1 to -1"),
        ({"y": np.zeros(64)}, TypeError, "labels are integers below 2, not float64"),
        ({"y": np.zeros([64, 2], int)}, ValueError, r"labels have shape \(64, 2\).* want \[n\]"),
        ({"batch": 65}, ValueError, "a batch of 65 cannot be drawn from 64 examples"),
        ({"peak": None}, ValueError, "give the learning rate's peak"),
        ({"rates": np.ones(3)}, ValueError, r"rates of shape \(3,\) for 4 steps"),
        ({"order": np.array([[0, 64]])}, ValueError, "order names example 64"),
        ({"order": np.zeros(4, int)}, ValueError, "order is an int matrix"),
        ({"order": np.zeros([0, 4], int)}, ValueError, "order is an int matrix"),
    ],
)
def test_training_refuses(data, change, error, message):
    model = tiny()
    arguments = {"x": data[0], "y": data[1], "peak": 0.01, "batch": 16} | change
    before = model.get_weights()
    with pytest.raises(error, match=message):
        training.train(model, arguments.pop("x"), arguments.pop("y"), **arguments)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_floats_are_not_cut_to_integers(data):
    inputs = keras.Input((8, 8), dtype="uint8")
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(keras.layers.Rescaling(1.0)(inputs)))
    with pytest.raises(TypeError, match="x is float64, but the model takes uint8"):
        training.train(keras.Model(inputs, outputs), data[0] / 2, data[1], peak=0.01)


def test_an_unbuilt_model_is_refused(data):
    with pytest.raises(ValueError, match=r"begin it with keras\.Input"):
        training.train(keras.Sequential([keras.layers.Dense(2)]), *data, peak=0.01)


def test_a_loss_that_is_not_finite_stops_training(data):
    x, y = data
    rates = np.array([0.1, 1e30, 1e30, 0.5], np.float32)
    sgd = keras.optimizers.SGD()
    with pytest.raises(FloatingPointError, match=r"the loss is (nan|inf) at step [23] of 4, where"):
        training.train(tiny(norm=False), x, y, batch=16, rates=rates, optimizer=sgd)
    x = x.astype(np.float32)
    x[:] = np.nan
    with pytest.raises(FloatingPointError, match=r"nan at step 1 of 4.*rate is 0\.01"):
        training.train(tiny(), x, y, batch=16, peak=0.01)


# --- the model --------------------------------------------------------------------------------


def test_small_cnn_has_the_parameters_that_its_arguments_say():
    convolutions = 9 * 16 + 9 * 16 * 32 + 9 * 32 * 64
    dense = 3 * 3 * 64 * 10 + 10
    assert models.small_cnn().count_params() == convolutions + 4 * (16 + 32 + 64) + dense
    without = models.small_cnn(norm=False)
    assert without.count_params() == convolutions + 16 + 32 + 64 + dense
    same = models.small_cnn(padding="same")
    assert same.count_params() - models.small_cnn().count_params() == 10 * (7 * 7 - 3 * 3) * 64
    wide = models.small_cnn(classes=3, image=(20, 40), channels=3, filters=(8,), kernel=5)
    assert wide.count_params() == 25 * 3 * 8 + 32 + 16 * 36 * 8 * 3 + 3
    assert wide.output_shape == (None, 3)


def test_pooling_before_or_after_relu_is_the_same_without_normalisation():
    x = np.random.default_rng(0).integers(0, 256, [5, 28, 28]).astype(np.uint8)
    before, after = (models.small_cnn(norm=False, pool_first=first) for first in (True, False))
    np.testing.assert_allclose(before(x), after(x), atol=1e-5)


def test_small_cnn_refuses_what_cannot_be_built():
    with pytest.raises(ValueError, match="must be at least 1"):
        models.small_cnn(classes=0)
    with pytest.raises(ValueError, match=r"\(17, 28\) is too small for 3 blocks"):
        models.small_cnn(image=(17, 28))
    models.small_cnn(image=(18, 28))
    models.small_cnn(image=(4, 28), padding="same")
    with pytest.raises(ValueError, match="too small for 3 blocks"):
        models.small_cnn(image=(3, 28), padding="same")


def test_notes_cnn_is_the_notes_network():
    model = models.notes_cnn(dropout=0.3)
    assert model.count_params() == 3_274_634
    shapes = [(5, 5, 1, 32), (32,), (5, 5, 32, 64), (64,), (3136, 1024), (1024,), (1024, 10), (10,)]
    assert [w.shape for w in model.get_weights()] == shapes


# --- what the notebook teaches ----------------------------------------------------------------


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_convolution_by_hand_is_tensorflows(week, data):
    """Over random shapes, strides and paddings; a filter may be larger than a SAME image."""

    def draw(low: int, high: int) -> int:
        return data.draw(st.integers(low, high))

    padding = data.draw(st.sampled_from(["VALID", "SAME"]))
    stride, kh, kw = draw(1, 4), draw(1, 5), draw(1, 5)
    smallest = (kh, kw) if padding == "VALID" else (1, 1)
    h, w = draw(smallest[0], 12), draw(smallest[1], 12)
    n, c, f = draw(1, 3), draw(1, 3), draw(1, 3)
    rng = np.random.default_rng(draw(0, 99))
    images = rng.normal(size=[n, h, w, c]).astype(np.float32)
    filters = rng.normal(size=[kh, kw, c, f]).astype(np.float32)
    theirs = tf.nn.conv2d(images, filters, stride, padding)
    np.testing.assert_allclose(week.conv2d(images, filters, stride, padding), theirs, atol=1e-4)
    assert week.output_size(h, kh, stride, padding)[0] == theirs.shape[1]


def test_taught_network_is_the_packages(week):
    ours, theirs = week.small_network(), models.small_cnn()
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(0).integers(0, 256, [4, 28, 28]).astype(np.uint8)
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-5)


def test_taught_loop_takes_the_steps_of_the_package(week, data):
    """Called step by step, eagerly and as a graph, or with all checks: the same weights come out."""
    x, y = data
    digits = Digits(x, y, x, y, "scans")
    order, rates = training.batches(64, 16, 1, 0), training.one_cycle(0.01, 4)
    expected = tiny()
    losses = training.train(expected, x, y, order=order, rates=rates)
    for wrap in (lambda step: step, tf.function):
        model = tiny()
        last = week.call_each_step(wrap(week.stepper(model)), digits, order, rates)
        np.testing.assert_allclose(last, losses[-1], atol=1e-5)
        for a, b in zip(model.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


def test_float16_gets_its_loss_scaled(week, data):
    """In the lesson's step and in the package's loop, though the model's own policy is float32."""
    x, y = data
    model = tiny(dtype="mixed_float16")
    training.train(model, x, y, peak=0.01, batch=16)
    used = vars(model)["__week06_graphs"]["train"][1][1]
    assert isinstance(used, keras.optimizers.LossScaleOptimizer)
    step = week.stepper(tiny(dtype="mixed_float16"))
    assert np.isfinite(float(step(tf.constant(x[:16]), tf.constant(y[:16], tf.int32), 0.01)))


@settings(max_examples=30, deadline=None)
@given(st.integers(-5, 5), st.integers(-5, 5))
def test_shifted_moves_and_fills_with_nothing(week, down, right):
    image = np.arange(1, 31, dtype=np.uint8).reshape(1, 5, 6)
    moved = week.shifted(image, down, right)
    assert moved.shape == image.shape and moved.dtype == image.dtype
    for row in range(5):
        for column in range(6):
            at = row - down, column - right
            inside = 0 <= at[0] < 5 and 0 <= at[1] < 6
            assert moved[0, row, column] == (image[0][at] if inside else 0)


def test_scattered_images_are_shifted_ones(week):
    image = np.zeros([1, 9, 9], np.uint8)
    image[0, 4, 4] = 1
    places = np.argwhere(week.scattered(np.repeat(image, 500, 0), 2, seed=0))
    assert len(places) == 500 and len(np.unique(places[:, 1:], axis=0)) == 25
    assert places[:, 1:].min() == 2 and places[:, 1:].max() == 6


def test_grad_cam_is_the_class_activation_map_of_a_pooled_network(week, data):
    """Where a network ends in means and a dense layer, both are the same up to a factor."""
    x, _ = data
    model = tiny(average=True)
    relu = [layer for layer in model.layers if isinstance(layer, keras.layers.ReLU)][-1]
    found = week.grad_cam(model, relu, x[:3, ..., None], np.array([0, 1, 1]))
    maps = keras.Model(model.input, relu.output)(x[:3, ..., None]).numpy()
    weights = model.layers[-1].get_weights()[0].T[[0, 1, 1]]
    expected = np.maximum(np.einsum("nhwc,nc->nhw", maps, weights), 0)
    np.testing.assert_allclose(found * maps.shape[1] * maps.shape[2], expected, atol=1e-4)


def test_a_head_of_means_does_not_see_where(data):
    """Global average pooling: maps that moved, as here all alike, give the same logits."""
    x, _ = data
    model = tiny(average=True)
    assert model.count_params() == tiny().count_params() - 2 * 4 * (16 - 1)
    assert model(x[:2, ..., None]).shape == (2, 2)


def test_taught_evidence_is_the_slope_of_the_lead(week, data):
    x, _ = data
    model = tiny()
    first, second = np.zeros(3, int), np.ones(3, int)
    lead, gradient = week.evidence(model, x[:3], first, second)
    scores = training.logits(model, x[:3])
    np.testing.assert_allclose(lead, scores[:, 0] - scores[:, 1], atol=1e-5)
    nudged = x[:3] + 0.5 * np.sign(gradient)
    assert (week.evidence(model, nudged, first, second)[0] > lead).all()


# --- speed and figures ------------------------------------------------------------------------


def test_half_precision_asks_the_hardware(monkeypatch):
    monkeypatch.setattr(speed.Path, "read_text", lambda self: "flags : fpu avx512_bf16 sse")
    monkeypatch.setattr(speed.sys, "platform", "linux")
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])
    assert speed.half_precision() == "mixed_bfloat16"
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert speed.half_precision() is None
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["a GPU"])
    for capability, policy in [
        ((6, 1), None),
        ((7, 0), "mixed_float16"),
        ((8, 9), "mixed_float16"),
    ]:
        details = {"compute_capability": capability}
        monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu, d=details: d)
        assert speed.half_precision() == policy


def test_determinism_comes_back():
    from tensorflow.python.framework import config

    tf.config.experimental.enable_op_determinism()
    with pytest.raises(KeyError), speed.nondeterministic():
        assert not config.is_op_determinism_enabled()
        raise KeyError
    assert config.is_op_determinism_enabled()


def test_figures_draw_what_they_are_given():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, [28, 28])
    maps = {"a": (np.eye(3), image - 100.0), "b": (np.eye(3), image * 0.0)}
    kernels = rng.normal(size=[3, 3, 1, 16])
    rule = [
        {"network": n, "per": p, "training": 0.0, "unseen": 0.1, "seed": s}
        for n in "ab"
        for p in (0.1, 1)
        for s in (0, 1)
    ]
    blocks = {"1": rng.random([13, 13, 16]), "2": rng.random([5, 5, 8])}
    for fig, filled in [
        (plots.answer(image, np.full(10, 0.1)), 2),
        (plots.responses(image, maps), 5),
        (plots.rule(rule), 2),
        (plots.schedule(np.ones(9)), 1),
        (plots.losses(rng.random(90), np.ones(90)), 2),
        (plots.filters({"a": kernels, "b": kernels}), 32),
        (plots.feature_maps(image, blocks), 17),
        (plots.evidence([image, image], [image - 9.0, image - 8.0], ["a", "b"]), 4),
        (
            plots.cams(
                rng.random([3, 28, 28]), {"a": rng.random([3, 5, 5]), "b": rng.random([3, 5, 5])}
            ),
            6,
        ),
        (plots.bearing({"a": {0: rng.random(3), 1: rng.random(3)}}), 1),
        (plots.grid(rng.random([30, 28, 28])), 30),
    ]:
        assert sum(ax.has_data() for ax in fig.axes) == filled
        plt.close(fig)


def test_drawings_say_what_they_show():
    for place in range(9):
        fig, words = drawings.sliding(place)
        row, column = divmod(place, 3)
        right = (drawings.PICTURE[row : row + 2, column : column + 2] * drawings.FILTER).sum()
        assert words.endswith(f"= {right}.")
        plt.close(fig)
    for pixels, kernel, stride, zeros in [(4, 1, 1, 0), (9, 4, 3, 2), (4, 4, 1, 0), (7, 3, 2, 1)]:
        fig, words = drawings.window(pixels, kernel, stride, zeros)
        assert words.endswith(f"= {(pixels + 2 * zeros - kernel) // stride + 1}.")
        plt.close(fig)
    layers = [("conv 5", 5, 1), ("pool 2", 2, 2)]
    for fig in (
        drawings.im2col(),
        drawings.field(layers),
        drawings.normalisation(),
        drawings.ladder(),
        drawings.bearing(),
    ):
        plt.close(fig)


# --- the studies ------------------------------------------------------------------------------


def test_the_study_draws_as_many_different_images_as_it_says():
    for size, steps in study.RUNS:
        order = study.drawn(size, steps, seed=1)
        assert order.shape == (steps, 50)
        assert len(np.unique(order)) == size


def test_schedules_are_a_cycle_or_constant():
    assert set(study.rates_of("constant", 0.1, 9)) == {np.float32(0.1)}
    assert study.rates_of("cycle", 0.1, 9).argmax() == 1


@pytest.mark.parametrize(
    ("name", "rows"), [("rule", 36), ("ingredients", 39), ("seeds", 10), ("few", 6), ("shift", 84)]
)
def test_stored_tables_are_whole(name, rows):
    found = study.load(name)
    assert len(found) == rows
    assert (
        len(
            {
                tuple(
                    v
                    for k, v in row.items()
                    if k not in ("training", "unseen", "error", "accuracy")
                )
                for row in found
            }
        )
        == rows
    )


# --- exercises --------------------------------------------------------------------------------

FIELD_WRONG = {
    "strides are missing": "lambda layers: 1 + sum(k - 1 for k, _ in layers)",
    "add first, then multiply": "late",
    "each layer adds kernel - 1": "lambda layers: sum(k for k, _ in layers)",
    "gives nothing back": "lambda layers: None",
    "it is 16, not 17": "lambda layers: receptive_field(layers) + 1",
}


def late(layers) -> int:
    """Multiply the distance before it is used."""
    field = jump = 1
    for kernel, stride in layers:
        jump *= stride
        field += (kernel - 1) * jump
    return field


FOLD_WRONG = {
    "return two arrays": "lambda *a: fold(*a)[0]",
    "the root of the variance": "lambda k, s, b, m, v: (k * s / (v + 1e-3), b)",
    "scaled as well: `scale`": "lambda k, s, b, m, v: (k / np.sqrt(v + 1e-3), b)",
    "1e-3 is added": "lambda k, s, b, m, v: (k * s / np.sqrt(v), b)",
    "before scaling, so it is scaled": "lambda k, s, b, m, v: (fold(k, s, b, m, v)[0], b - m)",
    "subtracted, not added": "lambda k, s, b, m, v: fold(k, s, b, -m, v)",
    "the mean is missing": "lambda k, s, b, m, v: (fold(k, s, b, m, v)[0], b)",
    "the bias has shape": "lambda k, s, b, m, v: (fold(k, s, b, m, v)[0], np.float32(0))",
}
SCALE_WRONG = {
    "no power of two": "lambda g: 65504 / np.abs(g).max()",
    "makes an infinity": "lambda g: 2.0 ** np.floor(np.log2(65504 / g.max()))",
    "a larger one does, too": "lambda g: best_scale(g) / 2",
    "gives nothing back": "lambda g: None",
}
HIDE_WRONG = {
    "the sign": "lambda score, image: -occlusion(score, image)",
    "these are the scores": "lambda score, image: score(image[None])[0] - occlusion(score, image)",
    "rows and columns are swapped": "lambda score, image: occlusion(score, image).T",
    "not (7, 7)": "lambda score, image: occlusion(score, image).ravel()",
    "score was called": "lambda score, image: [occlusion(score, image) for _ in range(3)][0]",
    "is one patch hidden": "lambda score, image: 2 * occlusion(score, image)",
}
SIZES_WRONG = {
    "are swapped": "lambda *a: sizes_before(*a)[::-1]",
    "return two numbers": "lambda *a: sizes_before(*a)[0]",
    "2 sizes give the same output": "lambda o, k, s, p: (sizes_before(o, k, s, p)[0],) * 2",
    "the smallest is": "lambda o, k, s, p: ((o - 1) * s + 1, (o - 1) * s + s)",
    "the largest is": "lambda *a: (sizes_before(*a)[0], sizes_before(*a)[1] + 1)",
}
POOL_WRONG = {
    "the squares overlap": "lambda x: tf.nn.max_pool2d(x, 2, 1, 'VALID')",
    "the mean of each square": "lambda x: tf.nn.avg_pool2d(x, 2, 2, 'VALID')",
    "the upper left pixel": "lambda x: x[:, ::2, ::2]",
    "is 0 compared": "lambda x: np.maximum(max_pool(x), 0)",
    "drop the last row": "lambda x: x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1)"
    ".max(axis=(2, 4))",
    "the last row or column is dropped": "lambda x: tf.nn.max_pool2d(x, 2, 2, 'SAME')",
    "become": "lambda x: x.max(axis=(1, 2))",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_receptive_field, "receptive_field", FIELD_WRONG),
        (checks.check_fold, "fold", FOLD_WRONG),
        (checks.check_best_scale, "best_scale", SCALE_WRONG),
        (checks.check_occlusion, "occlusion", HIDE_WRONG),
        (checks.check_sizes_before, "sizes_before", SIZES_WRONG),
        (checks.check_max_pool, "max_pool", POOL_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong, late=late)


FEW_WRONG = {
    "29,402 parameters; pool more": "lambda: models.small_cnn()",
    "17,918 parameters; narrow more": "lambda: models.small_cnn(filters=(8, 16, 26), padding='same')",
    "outputs have shape (None, 9)": "lambda: models.small_cnn(9, filters=(4, 4, 4))",
    "has a softmax": "lambda: linear('softmax')",
    "begin it with keras.Input": "lambda: keras.Sequential([keras.layers.Dense(10)])",
    "return a Keras model, not a list": "lambda: []",
    "gives nothing back": "lambda: None",
    "7,850 parameters read": "lambda: linear(None)",
}


def linear(activation) -> keras.Model:
    """Softmax regression as a Keras model."""
    layers = keras.layers
    dense = [layers.Flatten(), layers.Dense(10, activation=activation)]
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), *dense])


def test_exercise_7_counts_before_it_trains(monkeypatch):
    """Only an answer of the right size and form is trained, here on a few made-up images."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 10, 1280).astype(np.uint8)
    images = rng.integers(0, 120, [1280, 28, 28]).astype(np.uint8)
    images[np.arange(1280), 2 * rows + 4] = 255  # a bright row says which digit it is
    digits = Digits(images, rows, images, rows, "scans")

    def check(build):
        return checks.check_few_parameters(build, digits)

    build = solution(WEEK, "build")
    assert build().count_params() == 7042
    monkeypatch.setitem(checks.GOAL, "scans", 0.2)
    assert check(build)
    assert check(stub(WEEK, "build")).message.endswith(": your turn")
    monkeypatch.setitem(checks.GOAL, "scans", 1.01)
    names = {"models": models, "keras": keras, "linear": linear}
    for hint, verdict in answers(check, FEW_WRONG, names):
        assert not verdict and hint in verdict.message, (hint, verdict.message)


def test_exercise_8_reads_moved_digits(monkeypatch):
    """It trains what is built and tells both numbers; softmax regression does not bear the shift."""
    monkeypatch.setattr(checks.training, "train", lambda *a, **how: None)
    rng = np.random.default_rng(0)
    digits = Digits(
        *(rng.integers(0, 10, s).astype(np.uint8) for s in ([9, 28, 28], 9, [9, 28, 28], 9)),
        "mnist",
    )
    for source, hint in {"lambda: linear(None)": "90% is the goal", "lambda: linear('softmax')": "has a softmax", "lambda: 3": "not a int"}.items():  # fmt: skip
        for _, verdict in answers(
            lambda b: checks.check_bears_shifts(b, digits), {hint: source}, {"linear": linear}
        ):
            assert not verdict and hint in verdict.message, verdict.message
