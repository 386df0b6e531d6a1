"""What crosses between judge and student comes out as it went in, and nothing else crosses."""

import json
import math
import queue
import threading
from collections import defaultdict
from pathlib import Path

import week02_basics  # noqa: F401

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tools.crossing import Peer
from tools.frames import LARGEST, Nonsense, Uncrossable, pack, unpack


class Stream:
    """Bytes to read, in one go."""

    def __init__(self, data: bytes):
        self.data = data

    def read(self, count: int) -> bytes:
        head, self.data = self.data[:count], self.data[count:]
        return head


@pytest.fixture
def far():
    """Return a function that calls another one through two peers and a real pair of pipes."""
    pipes = queue.Queue(), queue.Queue()
    offered = {}

    def ends(k):
        def receive():
            data = pipes[1 - k].get(timeout=60)
            return data and unpack(Stream(data).read)

        return pipes[k].put, receive

    here, there = Peer(*ends(0), patience=5), Peer(*ends(1), {"get": offered.__getitem__})
    thread = threading.Thread(target=there.serve, daemon=True)
    thread.start()

    def call(function, *args, **kwargs):
        offered["f"] = function
        return here.ask("get", "f")(*args, **kwargs)

    yield call
    pipes[0].put(None)
    thread.join(10)


def same(a, b) -> bool:
    """Whether two values have the same type and contents."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return all(same(x, y) for x, y in zip(a.items(), b.items(), strict=True))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return a == b or (a != a and b != b)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.just(...),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(PLAIN)
def test_plain_values_come_back_the_same(value):
    peer = Peer(None, None)
    blobs = []
    node = peer._encode(value, blobs, None)
    message, blobs = unpack(Stream(pack({"value": node}, blobs)).read)
    assert same(peer._decode(message["value"], blobs, None), value)


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype=np.uint8).reshape(2, 3),
        np.array([[np.nan, -0.0]], np.float32),
        np.zeros([0, 3], np.int64),
        np.array(["a", "bcd"]),
        np.array(7.5),
        np.float32(0.1),
        np.int64(-3),
        np.bool_(True),
        Path("/tmp/x"),
        tf.float32,
        {1, 2},
    ],
    ids=repr,
)
def test_arrays_and_names_come_back_the_same(far, value):
    assert same(far(lambda x: x, [value])[0], value)


def test_tensors_of_every_kind_come_back(far):
    ragged = tf.ragged.constant([[1, 2], [], [3]])
    sparse = tf.sparse.from_dense([[0, 5], [7, 0]])
    for value in (
        tf.constant([[1.5]], tf.bfloat16),
        tf.constant(b"zero \x00"),
        tf.constant(["a", "\x00b\x00"]),
        tf.constant([], tf.int32),
    ):
        back = far(lambda x: x, value)
        assert back.dtype == value.dtype and np.array_equal(back.numpy(), value.numpy())
    assert far(lambda x: x, ragged).to_list() == ragged.to_list()
    assert np.array_equal(tf.sparse.to_dense(far(lambda x: x, sparse)), [[0, 5], [7, 0]])


def test_features_and_protobufs_come_back(far):
    features = {
        "a": tf.io.FixedLenFeature([4], tf.int64),
        "b": tf.io.VarLenFeature(tf.string),
        "c": tf.io.RaggedFeature(tf.float32),
    }
    assert far(lambda f: f, features) == features
    with tf.Graph().as_default() as graph:
        tf.constant(1.0, name="one")
    back = far(lambda g: g, graph.as_graph_def())
    assert back == graph.as_graph_def()


def test_changes_to_arguments_come_back(far):
    variable, array, items = tf.Variable([1.0, 2.0]), np.zeros(3), [1, 2]
    memory = defaultdict(float)

    def change(v, a, i, m):
        v.assign_add([1.0, 1.0])
        a[1] = 5
        i.append(v)
        m["t"] += 1
        return v

    returned = far(change, variable, array, items, memory)
    assert returned is variable and items[2] is variable
    assert variable.numpy().tolist() == [2, 3] and array.tolist() == [0, 5, 0]
    assert memory == {"t": 1.0} and memory["new"] == 0.0


def test_a_model_comes_back_trained_and_frozen(far):
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2), keras.layers.Dense(1)])

    def change(m):
        m.layers[0].trainable = False
        m.layers[1].kernel.assign(tf.ones([2, 1]))
        return m

    first = model.layers[0].kernel.numpy()
    assert far(change, model) is model
    assert [layer.trainable for layer in model.layers] == [False, True]
    assert model.layers[1].kernel.numpy().tolist() == [[1], [1]]
    assert np.array_equal(model.layers[0].kernel, first)
    made = far(lambda: keras.Sequential([keras.Input([3]), keras.layers.Dense(2)]))
    assert made.count_params() == 8


class Own(keras.layers.Dense):
    """A layer that only one side knows."""


def test_a_model_with_code_of_its_own_does_not_cross(far):
    def with_layer(layer):
        return lambda: keras.Sequential([keras.Input([3]), layer])

    with pytest.raises(Uncrossable, match="layers of Keras"):
        far(with_layer(keras.layers.Lambda(lambda x: x + 1)))
    with pytest.raises(Uncrossable, match="layers of Keras"):
        far(with_layer(Own(2)))
    with pytest.raises(Exception, match="no weights yet"):
        far(lambda: keras.Sequential([keras.layers.Dense(1)]))


def test_functions_go_both_ways(far):
    assert far(lambda f, x: f(f(x)), lambda x: 2 * x, 3) == 12
    assert far(lambda x: lambda y: x + y, 1)(2) == 3
    square = far(lambda: lambda x: x * x)
    assert far(lambda f: f(5), square) == 25


def test_errors_keep_their_type(far):
    for kind in (ValueError, ZeroDivisionError, SystemExit):
        with pytest.raises(kind, match="why"):
            far(lambda kind=kind: (_ for _ in ()).throw(kind("why")))
    with pytest.raises(tf.errors.InvalidArgumentError):
        far(lambda: tf.reshape(tf.zeros([3]), [2]))

    class Odd(Exception):
        pass

    with pytest.raises(Exception, match="mine") as caught:
        far(lambda: (_ for _ in ()).throw(Odd("mine")))
    assert type(caught.value).__name__ == "Odd"


def test_datasets_are_gone_through_where_they_are(far):
    data = far(lambda: tf.data.Dataset.range(150).batch(2))
    assert [part.numpy().tolist() for part in data][:2] == [[0, 1], [2, 3]]
    assert sum(len(part) for part in data) == 150  # a second time from its start
    assert list(far(lambda: (k for k in range(3)))) == [0, 1, 2]
    assert list(far(lambda: map(str, []))) == []


def test_an_endless_dataset_ends(far):
    with pytest.raises(TimeoutError, match="not at its end"):
        for _ in far(lambda: tf.data.Dataset.range(3).repeat()):
            pass


def test_what_has_no_value_does_not_cross(far):
    class Sly:
        def __eq__(self, other):
            return True

    with pytest.raises(Exception, match="holds a Sly"):
        far(Sly)
    graph = tf.Graph()
    with graph.as_default():
        symbolic = tf.constant(1)
    with pytest.raises(Exception, match="symbolic"):
        far(lambda: symbolic)
    loop = []
    loop.append(loop)
    with pytest.raises(RecursionError):
        far(lambda: loop)


def test_answers_that_are_too_large_do_not_cross(far):
    with pytest.raises(Exception, match="too much"):
        far(lambda: np.zeros(LARGEST // 8 + 1))


@pytest.mark.parametrize(
    "answer",
    [
        {"value": {"is": "pickle", "at": 0}},
        {"value": {"is": "array", "at": 9, "dtype": "float32", "shape": [1], "scalar": False}},
        {"value": {"is": "array", "at": 0, "dtype": "float32", "shape": [-5], "scalar": False}},
        {"value": {"is": "same", "number": 3}},
        {"value": {"is": "yours", "number": 5}},
        {"value": {}},
        {"nothing": 1},
        {"value": 1, "back": [[7, 1]]},
    ],
    ids=repr,
)
def test_nonsense_is_called_nonsense(answer):
    peer = Peer(lambda packed: None, lambda: (answer, [b"\0\0\0\0\0\0"]))
    with pytest.raises(Nonsense):
        peer.ask("call", 0, (), {}, call=True)


def test_frames_that_are_cut_or_wrong():
    packed = pack({"a": 1}, [b"xyz"])
    assert unpack(Stream(packed).read) == ({"a": 1}, [b"xyz"])
    for cut in (0, 5, 20, len(packed) - 1):
        assert unpack(Stream(packed[:cut]).read) is None
    head = json.dumps([[], [3]]).encode()
    for wrong in (b"\xff" * 16, len(head).to_bytes(8) + (3).to_bytes(8) + head + b"xyz"):
        with pytest.raises(Nonsense):
            unpack(Stream(wrong).read)
    deep = b"[" * 200_000
    with pytest.raises(Nonsense):
        unpack(Stream(len(deep).to_bytes(8) + (0).to_bytes(8) + deep).read)
    assert math.isnan(unpack(Stream(pack({"a": math.nan}, [])).read)[0]["a"])


def test_a_traced_function_tells_its_traces_across(far):
    @tf.function
    def square(x):
        return x * x

    def through(function):
        values = [float(function(tf.constant(x))) for x in (2.0, 3.0)]
        return values, int(function.experimental_get_tracing_count())

    def plain(function):
        return hasattr(function, "experimental_get_tracing_count")

    values, count = far(through, square)
    assert values == [4.0, 9.0] and int(count) == 1
    assert far(plain, square) and not far(plain, float)
