"""The checks of week 8's exercises."""

import functools
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from week02_basics.exercises import answered, exercise, expect
from week02_basics.taught import taught
from week08_inception.frozen import OLD_NORM, GraphDef
from week08_inception.saving import parts

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

tf1 = tf.compat.v1


FORMATS = ("checkpoint", ".weights.h5", ".keras", "SavedModel", "frozen graph")


@exercise("Exercise 1: choose a format")
def check_chosen(chosen: Callable) -> None:
    """Check a function without arguments that names the format for each of five cases."""
    answer = chosen()
    answered(answer)
    answer = [str(name) for name in answer]
    expect(len(answer) == 5, f"there are five cases, the answer has {len(answer)} names")
    for name in answer:
        expect(name in FORMATS, f"{name!r} is none of {', '.join(FORMATS)}")
    expect(len(set(answer)) == 5, "each format fits one case")
    for place, hint in enumerate(
        [
            "dropout's generator has a state: which format can be told to keep it?",
            "which file is in a format that programs without TensorFlow and Keras read?",
            "without your program the file must bring the architecture, and the optimizer",
            "without the class the graph must stand in the file, and variables beside it",
            "one file, whose names of input and output are all that must be known",
        ]
    ):
        expect(answer[place] == FORMATS[place], f"case {place + 1}: {hint}")


@exercise("Exercise 2: names")
def check_names(predicted: Callable) -> None:
    """Check a function without arguments that returns the names of six tensors, in order."""
    answer = predicted()
    answered(answer)
    answer = [str(name) for name in answer]
    right = ["c:0", "c_1:0", "c_1_1:0", "best:0", "best:1", "part/c:0"]
    expect(len(answer) == 6, f"six tensors are made, the answer has {len(answer)} names")
    expect(
        all(":" in name for name in answer),
        "a name without a colon is an operation's; a tensor has an output index behind it",
    )
    expect(
        not {"c:1", "c:2"} & set(answer),
        "the number behind the colon does not count up when names repeat",
    )
    expect(answer[2] != "c_1:0", "`c_1` was taken already when it was asked for")
    expect(answer[2] != "c_2:0", "the third asks for `c_1`, and that is what gets an ending")
    expect(answer[4] == "best:1", "top_k is one operation with two outputs")
    expect(answer[5] != "c:0" and answer[5] != "c_2:0", "the scope is part of the name")
    expect(answer[5] != "part/c_2:0", "inside a scope, counting begins anew")
    expect(answer == right, f"the names are not {answer}")


@exercise("Exercise 3: prepare a picture")
def check_prepare(prepare: Callable) -> None:
    """Check a function (pixels, side) from uint8 [h, w, 3] to float32 [1, side, side, 3] in -1..1."""
    rng = np.random.default_rng(2)
    for height, width, side in [(12, 20, 6), (30, 16, 8), (9, 9, 9)]:
        pixels = rng.integers(0, 256, [height, width, 3], dtype=np.uint8)
        answer = prepare(pixels, side)
        answered(answer)
        answer = np.asarray(answer)
        expect(answer.shape != (side, side, 3), "the axis of the batch is missing: [1, …]")
        expect(answer.shape == (1, side, side, 3), f"the shape is {answer.shape}")
        short = min(height, width)
        top, left = (height - short) // 2, (width - short) // 2
        square = pixels[top : top + short, left : left + short]
        right, stretched = (
            tf.image.resize(part.astype(np.float32), [side, side]).numpy()[None]
            for part in (square, pixels)
        )
        expect(
            not np.allclose(answer, right, atol=0.01),
            "the values reach 255; the network wants -1..1",
        )
        expect(
            not np.allclose(answer, right / 255, atol=1e-3),
            "the values run from 0 to 1; the network wants -1..1",
        )
        scaled = right / 127.5 - 1
        expect(
            short == max(height, width)
            or not np.allclose(answer, stretched / 127.5 - 1, atol=1e-3),
            "the picture is squeezed; cut out the square in its middle first",
        )
        expect(
            np.allclose(answer, scaled, atol=1e-3),
            "these are not the pixels of the square in the middle, scaled to -1..1",
        )


@exercise("Exercise 4: score a folder")
def check_score(score: Callable) -> None:
    """Check a function (folder, top) that returns top-1 and top-5 of files in folders by class."""
    order = ["cat", "dog", "owl", "fox", "hen"]  # what is answered, but for what a file says
    with tempfile.TemporaryDirectory() as folder:
        for title, places in {"cat": [0, 0, 0, 1, 4], "owl": [2, 5], "hen": [0]}.items():
            Path(folder, title).mkdir()
            others = [name for name in order if name != title] + ["elk"]
            for number, place in enumerate(places):
                names = [*others[:place], title, *others[place:]][:5]
                Path(folder, title, f"{number}.jpg").write_text(",".join(names))
        answer = score(folder, lambda contents: bytes(contents).decode().split(","))
    answered(answer)
    answer = [float(share) for share in answer]
    expect(len(answer) == 2, f"two numbers are asked for, top-1 and top-5, not {len(answer)}")
    expect(max(answer) <= 1, "fractions are asked for, from 0 to 1")
    expect(
        not np.allclose(answer, [1.6 / 3, 2.5 / 3]),
        "this is the mean of the classes' scores; each file counts the same",
    )
    expect(not np.allclose(answer, [7 / 8, 4 / 8]), "top-1 comes first")
    expect(not np.isclose(answer[0], 7 / 8), "top-1 asks for the first name only")
    expect(np.isclose(answer[0], 4 / 8), f"top-1 is not {answer[0]:.3f}")
    expect(np.isclose(answer[1], 7 / 8), f"top-5 is not {answer[1]:.3f}: it includes the first")


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


@exercise("Exercise 5: restore some layers")
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


class _Line:
    """A connection that gives a body in pieces and breaks off as it is told."""

    def __init__(self, body: bytes, breaks: tuple[int, ...]):
        self.body, self.breaks, self.starts = body, list(breaks), []

    def get(self, start: int) -> Iterator[bytes]:
        """Yield pieces from byte `start` on; raise ConnectionError at the next place to break."""
        self.starts.append(start)
        end = self.breaks.pop(0) if self.breaks else len(self.body)
        for at in range(start, max(start, end), 100):
            yield self.body[at : min(at + 100, end)]
        if end < len(self.body):
            raise ConnectionError("the connection broke off")


@exercise("Exercise 6: receive")
def check_receive(receive: Callable) -> None:
    """Check a function (get, sha256) that returns the whole body or raises ValueError."""
    body = np.random.default_rng(4).bytes(1000)
    known = hashlib.sha256(body).hexdigest()
    for breaks in [(), (450,), (300, 300, 700)]:
        line = _Line(body, breaks)
        try:
            answer = receive(line.get, known)
        except ConnectionError:
            expect(False, "the connection broke off, and it gave up: ask for the rest")
        except ValueError:
            expect(False, "it refuses a body that is whole: is a piece lost or taken twice?")
        answered(answer)
        expect(isinstance(answer, bytes), f"bytes are asked for, not a {type(answer).__name__}")
        expect(len(answer) >= len(body), f"only {len(answer)} of {len(body)} bytes came back")
        expect(
            answer == body, "a piece was taken twice: ask for what comes after the bytes you have"
        )
        again = sum(start == 0 for start in line.starts) > 1 and breaks
        expect(not again, "after a break it begins at byte 0 again; `get(len(body))` goes on")
    try:
        receive(_Line(b"evil" + body[4:], ()).get, known)
    except ValueError:
        return
    expect(False, "another body came, and it was handed over: compare the hash before you return")


WRITES = {"WriteFile", "SaveV2", "MergeV2Checkpoints", "PrintV2"}


@functools.cache
def _writing_graph() -> bytes:
    """Return a serialised graph with three nodes that write: two in plain view, one in a function."""
    with tf.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [], name="x")
        with tf.name_scope("log"):
            tf.io.write_file("a.txt", "seen", name="write")
        tf.raw_ops.PrintV2(input=tf.constant("hello"), name="hello")
        tf.identity(tf.square(x), name="WriteFile")  # the name is a decoy
    definition = graph.as_graph_def()
    hidden = definition.library.function.add()
    hidden.signature.name = "helper"
    hidden.node_def.add(op="WriteFile", name="hidden")
    hidden.node_def.add(op="Square", name="square")
    return definition.SerializeToString()


@exercise("Exercise 7: what a graph may write")
def check_writers(writers: Callable) -> None:
    """Check a function (graph, writes) that returns the sorted names of nodes of given types."""
    answer = writers(GraphDef.FromString(_writing_graph()), WRITES)
    answered(answer)
    answer = list(answer)
    expect(not any(":" in str(name) for name in answer), "nodes are asked for, not tensors")
    expect("WriteFile" not in answer, "look at a node's `op`; its name is the author's choice")
    expect(
        "hidden" in answer,
        "`graph.library.function` holds nodes, too: each function has a `node_def`",
    )
    right = ["hello", "hidden", "log/write"]
    expect(sorted(answer) == right, f"it gives {answer}")
    expect(answer == right, "sorted by name, please")
    harmless = GraphDef()
    harmless.node.add(op="Square", name="square")
    expect(not list(writers(harmless, WRITES)), "it finds writers in a graph that has none")


@exercise("Exercise 8: resume with noise")
def check_session(session: Callable) -> None:
    """Check a function (prefix, steps) that goes on where the last call for this prefix stopped."""
    with tempfile.TemporaryDirectory() as folder:
        whole = session(f"{folder}/whole", 6)
        answered(whole)
        whole = [float(loss) for loss in whole]
        expect(len(whole) == 6, f"six steps were asked for, and {len(whole)} losses came back")
        first = [float(loss) for loss in session(f"{folder}/part", 3)]
        expect(first == whole[:3], "two runs from the start differ: begin with `noisy_run()`")
        expect(any(Path(folder).glob("part*")), "nothing was saved under the prefix")
        rest = [float(loss) for loss in session(f"{folder}/part", 3)]
    expect(rest != whole[:3], "the second call begins at step 0 again: nothing was restored")
    if rest != whole[3:]:
        for hint, missing in [
            (
                "the noise repeats from step 0: keep the state of the layer's seed generator",
                "seeds",
            ),
            (
                "the weights came back, Adam's averages did not: keep the optimizer, and build it",
                "optimizer",
            ),
            ("neither Adam's averages nor the noise went on, only the weights", "both"),
        ]:
            expect(rest != _without(missing), hint)
    expect(rest == whole[3:], "the losses after the restart are not those of the whole run")


@functools.cache
def _without(missing: str) -> list[float]:
    """Return the losses of steps 3 to 5 if something was not restored after step 2."""
    week = taught("week08_inception")
    model, optimizer = week.noisy_run()
    for _ in range(3):
        week.noisy_step(model, optimizer)
    other, fresh = week.noisy_run()
    fresh.build(other.trainable_variables)
    other.set_weights(model.get_weights())
    if missing == "optimizer":
        other.layers[0].seed_generator.state.assign(model.layers[0].seed_generator.state)
    if missing == "seeds":
        for mine, saved in zip(fresh.variables, optimizer.variables, strict=True):
            mine.assign(saved)
    return [float(week.noisy_step(other, fresh)) for _ in range(3)]


def _unknown_graph(names: Mapping[str, str], constant: bool, old: bool) -> GraphDef:
    """Return a small frozen graph with names of its own, and decoys beside its one answer.

    Args:
        names: of the nodes `feed` and `fetch`.
        constant: feed a constant, as in 2015, instead of a placeholder.
        old: normalise with the operation of 2015.
    """
    rng = np.random.default_rng(7)
    with tf.Graph().as_default() as graph:
        if constant:
            contents = tf.constant(b"", name=names["feed"])
        else:
            contents = tf1.placeholder(tf.string, [], name=names["feed"])
        pixels = tf.cast(tf.image.decode_jpeg(contents, 3), tf.float32)[None] / 255
        small = tf1.image.resize_bilinear(pixels, [4, 4])
        for value in ("mean", "variance", "beta", "gamma"):
            tf.constant(rng.uniform(0.5, 1.5, 3).astype(np.float32), name=f"norm/{value}")
        flat = tf.reshape(tf.identity(small, name="norm"), [1, 48])
        gate = tf.nn.softmax(tf.matmul(flat, tf.constant(rng.normal(size=[48, 5]), tf.float32)))
        logits = tf.matmul(gate, tf.constant(4 * rng.normal(size=[5, 7]), tf.float32))
        tf.nn.softmax(logits, name=names["fetch"])
        tf.identity(pixels, name="thumbnail")
        tf.no_op(name="done")
    definition = graph.as_graph_def()
    if old:
        (node,) = [node for node in definition.node if node.name == "norm"]
        node.op = OLD_NORM
        node.input.extend(f"norm/{value}" for value in ("mean", "variance", "beta", "gamma"))
        node.attr["variance_epsilon"].f = 0.001
        node.attr["scale_after_normalization"].b = True
        definition.versions.producer = 8
    return definition


@exercise("Exercise 9: an unknown graph")
def check_ask(ask: Callable) -> None:
    """Check a function (graph, jpeg) that finds feed and fetch, and returns the softmax, float32 [n]."""
    noise = np.random.default_rng(3).integers(0, 256, (20, 20, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG")
    for feed, fetch, constant, old in [
        ("picture", "answer", False, False),
        ("in/file", "head/out", True, False),
        ("jpeg", "last", True, True),
    ]:
        graph = _unknown_graph({"feed": feed, "fetch": fetch}, constant, old)
        with tf.Graph().as_default(), tf1.Session() as sess:
            tf.import_graph_def(graph, name="")
            right = sess.run(f"{fetch}:0", {f"{feed}:0": out.getvalue()})[0]
        try:
            answer = ask(graph, out.getvalue())
        except tf.errors.UnimplementedError:
            expect(False, "this graph normalises as in 2015: `modernised` exchanges the operation")
        except StopIteration:
            expect(False, "this graph has no placeholder: see what the decoding node reads")
        answered(answer)
        answer = np.asarray(answer)
        expect(answer.shape != (5,), "this softmax is consumed by another node; take the last one")
        expect(answer.shape != (1, 7), "the batch's axis is still there; [7] is asked for")
        expect(
            answer.shape == (7,), f"the shape is {answer.shape}; the graph answers with 7 numbers"
        )
        expect(np.allclose(answer, right, atol=1e-5), "that is not what a session answers")


@exercise("Exercise 10: a format of your own")
def check_format(my_save: Callable, my_load: Callable) -> None:
    """Check a pair of functions: save a dict of arrays to a file; load it, or raise ValueError."""
    rng = np.random.default_rng(8)
    weights = {
        "conv/kernel": rng.normal(size=[3, 3, 2]).astype(np.float32),
        "file": np.array(50),
        "seeds": np.array([8, 50], np.uint32),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "weights.mine")
        try:
            if my_save(weights, str(file)) is ...:
                answered(...)
        except TypeError as err:
            expect("'file'" not in str(err), "an array called `file` cannot be saved with it")
            raise
        expect(file.is_file(), "after saving there is no file at the path that was given")
        extra = sorted(path.name for path in Path(folder).iterdir() if path != file)
        expect(not extra, f"it leaves {extra} beside the file")
        back = my_load(str(file))
        answered(back)
        expect(set(back) == set(weights), f"these names come back: {sorted(back)}")
        for name, value in weights.items():
            found = np.asarray(back[name])
            expect(found.shape == value.shape, f"{name} comes back with shape {found.shape}")
            expect(found.dtype == value.dtype, f"{name} comes back as {found.dtype}")
            expect(np.array_equal(found, value), f"{name} comes back with other values")
        whole = file.read_bytes()
        for at in range(0, len(whole), -(-len(whole) // CUTS)):
            file.write_bytes(whole[:at])
            _refused(my_load, file, weights, f"cut off after {at} bytes")
        for bit in range(0, 8 * len(whole), -(-8 * len(whole) // FLIPS)):
            at = bit // 8
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit % 8]) + whole[at + 1 :])
            _refused(my_load, file, weights, f"bit {bit % 8} of byte {at} changed")


CUTS, FLIPS = 50, 10_000  # that are tried at most; of a small file every bit


def _refused(my_load: Callable, file: Path, weights: Mapping[str, np.ndarray], what: str) -> None:
    """Expect a ValueError, or values that are right all the same."""
    try:
        back = my_load(str(file))
    except ValueError:
        return
    except Exception as err:
        expect(False, f"{what}: it stops with {type(err).__name__}; ValueError is asked for")
    same = set(back) == set(weights) and all(
        np.array_equal(np.asarray(back[name]), value) for name, value in weights.items()
    )
    expect(same, f"{what}, and it loads other values without a word: keep a hash with them")
