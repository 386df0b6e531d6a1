"""Values and calls across a pipe between two processes that do not trust each other.

A message is JSON, in which every value that is more than a number or a text is an object with a
tag, followed by raw bytes for arrays. Nothing is unpickled, and reading a message runs no code of
its sender: a function crosses as a number to call it by, a Keras model as its own file format,
loaded in safe mode and only if it consists of layers of Keras.
"""

import builtins
import io
import itertools
import json
import math
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

import week02_basics  # noqa: F401  (loads TensorFlow without its messages)

import keras
import numpy as np
import tensorflow as tf

from tools.frames import Nonsense, Uncrossable, pack

MESSAGES = {kind.__name__: kind for kind in (tf.compat.v1.GraphDef, tf.train.Example)}
SPECS = {
    name: getattr(tf.io, name)
    for name in (
        "FixedLenFeature",
        "FixedLenSequenceFeature",
        "VarLenFeature",
        "SparseFeature",
        "RaggedFeature",
    )
}
FACTORIES = {kind.__name__: kind for kind in (int, float, list, dict, set)}


class Peer:
    """One end of the pipe: asks the other end, and answers what that asks meanwhile.

    Args:
        send: takes the bytes of a message.
        receive: returns the next message and its raw parts.
        actions: what the other end may ask for besides calls, by name: functions of the message's
            values that return a value.
        patience: seconds that going through one iterable at the other end may take.
    """

    def __init__(
        self,
        send: Callable[[bytes], None],
        receive: Callable[[], tuple[dict, list[bytes]] | None],
        actions: dict[str, Callable] | None = None,
        patience: float = math.inf,
    ):
        """Keep the way to the other end; nothing is sent yet."""
        self._send, self._receive, self._actions = send, receive, actions or {}
        self._given: list = []  # functions and iterators that the other end may use, by number
        self._depth, self._patience = 0, patience
        self.asked = 0.0  # when the question began that is not yet answered

    def ask(self, action: str, *values: object, call: bool = False) -> object:
        """Let the other end do something and return what it gave back, or raise what it raised.

        With `call`, the values are a function's arguments: lists, dictionaries, arrays, variables
        and models among them are changed here as the function changed them there.
        """
        shared = _Shared()
        blobs: list[bytes] = []
        body = [self._encode(value, blobs, shared if call else None) for value in values]
        packed = pack({"do": action, "values": body}, blobs)
        if self._depth == 0:
            self.asked = time.monotonic()
        self._depth += 1
        try:
            self._send(packed)
            message, blobs = self._receive()
            while "do" in message:
                self._answer(message, blobs)
                message, blobs = self._receive()
        finally:
            self._depth -= 1
        try:
            if "error" in message:
                raise _remade(*message["error"])
            for number, state in message.get("back", []):
                self._restore(shared.objects[number], state, blobs, shared)
            return self._decode(message["value"], blobs, shared)
        except (KeyError, IndexError, ValueError, RecursionError, AttributeError) as err:
            if "error" in message:
                raise
            raise Nonsense(f"an answer that cannot be read ({type(err).__name__}: {err})") from None

    def serve(self) -> None:
        """Answer until the other end closes the pipe."""
        while (received := self._receive()) is not None:
            self._answer(*received)

    def _answer(self, message: dict, blobs: list[bytes]) -> None:
        """Do what a message asks for, and send the value or the error."""
        shared, out = _Shared(), []
        try:
            call = message["do"] == "call"
            values = [self._decode(v, blobs, shared if call else None) for v in message["values"]]
            before = [_snapshot(each) for each in shared.objects]
            if call:
                number, args, kwargs = values
                value = self._given[number](*args, **kwargs)
            elif message["do"] == "iterate":
                value = self._give(iter(self._given[values[0]]))
            elif message["do"] == "next":
                value = self._next(*values)
            else:
                value = self._actions[message["do"]](*values)
            answer = {"value": self._encode(value, out, shared, new=False), "back": []}
            for number, (each, old) in enumerate(zip(shared.objects, before, strict=True)):
                if (state := self._state(each, old, out, shared)) is not None:
                    answer["back"].append([number, state])
            packed = pack(answer, out)
        except (Exception, SystemExit) as err:
            text = str(getattr(err, "message", None) or err)
            packed = pack({"error": [type(err).__name__, text[:2000]]}, [])
        self._send(packed)

    def _next(self, number: int, count: int) -> tuple[list, bool]:
        """Return the next elements of an iterator given to the other end, and whether it ended."""
        found = list(itertools.islice(self._given[number], count))
        return found, len(found) < count

    def _iterate(self, number: int) -> Iterator:
        """Go through an iterable at the other end, in parts that grow."""
        place, count, ended, begun = self.ask("iterate", number), 1, False, time.monotonic()
        while not ended:
            if time.monotonic() - begun > self._patience:
                raise TimeoutError(f"not at its end after {self._patience:g} s")
            found, ended = self.ask("next", place, count)
            yield from found
            count = min(2 * count, 64)

    def _give(self, thing: object) -> int:
        """Let the other end use a function or an iterable, and return its number."""
        self._given.append(thing)
        return len(self._given) - 1

    # Values -------------------------------------------------------------------------------------

    def _encode(self, value, blobs: list[bytes], shared: "_Shared | None", new: bool = True):
        """Return the JSON of a value; raw parts are added to `blobs`."""

        def inner(part):
            return self._encode(part, blobs, shared, new)

        def plain(part):
            return self._encode(part, blobs, None)

        def raw(data: bytes) -> int:
            blobs.append(data)
            return len(blobs) - 1

        if value is None or type(value) in (bool, int, float, str):
            return value
        tag: dict = {}
        if isinstance(value, (list, dict, np.ndarray, tf.Variable, keras.Model)) and shared:
            number = shared.number(value)
            if number is not None:
                return {"is": "same", "number": number}
            if new:
                tag = {"share": shared.add(value)}
        kind = type(value)
        if value is Ellipsis:
            return {"is": "dots"}
        if kind is complex:
            return {"is": "complex", "parts": [value.real, value.imag]}
        if isinstance(value, (bytes, bytearray)):
            return {"is": "bytes", "at": raw(bytes(value))}
        if isinstance(value, PurePath):
            return {"is": "path", "text": str(value)}
        if isinstance(value, tf.DType):
            return {"is": "dtype", "name": value.name}
        if isinstance(value, tf.TensorShape):
            return {"is": "shape", "sizes": value.as_list()}
        if kind.__name__ in SPECS and isinstance(value, SPECS[kind.__name__]):
            return {"is": "spec", "name": kind.__name__, "fields": [inner(f) for f in value]}
        if isinstance(value, (list, tuple, set, frozenset, range)):
            name = next(k.__name__ for k in kind.__mro__ if k.__name__ in _SEQUENCES)
            return tag | {"is": name, "parts": [inner(part) for part in value]}
        if isinstance(value, dict):
            factory = getattr(getattr(value, "default_factory", None), "__name__", None)
            pairs = [[inner(key), inner(part)] for key, part in value.items()]
            return tag | {"is": "dict", "pairs": pairs, "default": factory}
        if isinstance(value, (np.ndarray, np.generic)):
            return tag | self._array(value, raw, inner) | {"scalar": isinstance(value, np.generic)}
        if isinstance(value, tf.Variable):
            about = {"trainable": bool(value.trainable), "name": value.name.partition(":")[0]}
            return tag | {"is": "variable", "value": plain(value.numpy())} | about
        if isinstance(value, tf.RaggedTensor):
            return {"is": "ragged", "parts": [plain(value.values), plain(value.row_splits)]}
        if isinstance(value, tf.SparseTensor):
            parts = [value.indices, value.values, value.dense_shape]
            return {"is": "sparse", "parts": [plain(part) for part in parts]}
        if isinstance(value, keras.Variable):
            return plain(value.numpy())
        if tf.is_tensor(value):
            if not hasattr(value, "numpy"):
                raise Uncrossable("the answer holds a symbolic tensor, which has no value yet")
            array = value.numpy()  # of a text without shape, it is bytes
            array = array if isinstance(array, bytes) else np.asarray(array)
            return {"is": "tensor", "value": plain(array)}
        if isinstance(value, keras.Model):
            return tag | {"is": "model", "at": raw(_model_bytes(value))}
        if kind.__name__ in MESSAGES and isinstance(value, MESSAGES[kind.__name__]):
            return {"is": "message", "name": kind.__name__, "at": raw(value.SerializeToString())}
        if isinstance(value, (_Function, _Iterable)) and value.peer is self:
            return {"is": "yours", "number": value.number}
        if isinstance(value, Iterable):
            return {"is": "iterable", "number": self._give(value)}
        if callable(value):
            name = getattr(value, "__name__", "function")
            node = {"is": "function", "number": self._give(value), "name": name}
            if traces := getattr(value, "experimental_get_tracing_count", None):
                node["traces"] = self._give(traces)  # of a `tf.function`
            return node
        raise Uncrossable(f"the answer holds a {kind.__name__}, which cannot be compared")

    @staticmethod
    def _array(value, raw, inner) -> dict:
        """Return the JSON of a NumPy array or scalar; texts go one by one."""
        value = np.asarray(value)
        if value.dtype.kind in "OUS":
            return {
                "is": "texts",
                "shape": value.shape,
                "parts": [inner(text) for text in value.ravel().tolist()],
            }
        if value.dtype.kind not in "biufcV" or value.dtype.fields:
            raise Uncrossable(f"the answer holds an array of {value.dtype}")
        data = raw(np.ascontiguousarray(value).tobytes())
        return {"is": "array", "shape": value.shape, "dtype": value.dtype.name, "at": data}

    def _decode(self, node, blobs: list[bytes], shared: "_Shared | None"):
        """Return the value of its JSON."""
        if not isinstance(node, (dict, list)):
            return node
        kind = node["is"]

        def inner(part):
            return self._decode(part, blobs, shared)

        def keep(value):
            if "share" in node and shared:
                shared.add(value, node["share"])
            return value

        if kind == "same":
            return shared.objects[node["number"]]
        if kind == "dots":
            return Ellipsis
        if kind == "complex":
            return complex(*node["parts"])
        if kind == "bytes":
            return blobs[node["at"]]
        if kind == "path":
            return Path(node["text"])
        if kind == "dtype":
            return tf.as_dtype(node["name"])
        if kind == "shape":
            return tf.TensorShape(node["sizes"])
        if kind == "spec":
            return SPECS[node["name"]](*[inner(field) for field in node["fields"]])
        if kind in _SEQUENCES:
            if kind == "list":
                place = keep([])
                place.extend(inner(part) for part in node["parts"])
                return place
            return _SEQUENCES[kind](inner(part) for part in node["parts"])
        if kind == "dict":
            factory = FACTORIES.get(node["default"])
            place = keep(defaultdict(factory) if factory else {})
            for key, part in node["pairs"]:
                place[inner(key)] = inner(part)
            return place
        if kind in ("array", "texts"):
            if kind == "texts":
                value = np.empty(int(np.prod(node["shape"])), object)
                value[:] = [inner(part) for part in node["parts"]]
                if all(isinstance(part, str) for part in value):
                    value = value.astype(str)
            else:
                dtype = tf.as_dtype(node["dtype"]).as_numpy_dtype
                value = np.frombuffer(blobs[node["at"]], dtype).copy()
            value = value.reshape(node["shape"])
            return value[()] if node["scalar"] else keep(value)
        if kind == "tensor":
            return tf.constant(inner(node["value"]))
        if kind == "variable":
            variable = tf.Variable(
                inner(node["value"]), trainable=node["trainable"], name=node["name"]
            )
            return keep(variable)
        if kind == "ragged":
            return tf.RaggedTensor.from_row_splits(*map(inner, node["parts"]))
        if kind == "sparse":
            return tf.SparseTensor(*map(inner, node["parts"]))
        if kind == "model":
            return keep(_model(blobs[node["at"]]))
        if kind == "message":
            return MESSAGES[node["name"]].FromString(blobs[node["at"]])
        if kind == "yours":
            return self._given[node["number"]]
        if kind == "function":
            function = _Function(self, node["number"], str(node["name"]))
            if "traces" in node:
                function.experimental_get_tracing_count = _Function(self, node["traces"], "traces")
            return function
        if kind == "iterable":
            return _Iterable(self, node["number"])
        raise KeyError(kind)

    # What a function changed in its arguments ---------------------------------------------------

    def _state(self, value, old, blobs: list[bytes], shared: "_Shared"):
        """Return the JSON of what a shared object has become, None if it is as it was."""
        if isinstance(value, list):
            return [self._encode(part, blobs, shared, new=False) for part in value]
        if isinstance(value, dict):
            parts = [[*pair] for pair in value.items()]
            return [[self._encode(part, blobs, shared, new=False) for part in p] for p in parts]
        now = _snapshot(value)
        if isinstance(value, keras.Model):
            weights = [
                None if np.array_equal(a, b) else self._encode(a, blobs, None)
                for a, b in zip(now, old, strict=True)
            ]
            return {"weights": weights, "trainable": [bool(x.trainable) for x in _layers(value)]}
        if np.shape(now) == np.shape(old) and now.tobytes() == old.tobytes():
            return None
        return self._encode(now, blobs, None)

    def _restore(self, value, state, blobs: list[bytes], shared: "_Shared") -> None:
        """Change an object here as its copy was changed at the other end."""
        if isinstance(value, list):
            value[:] = [self._decode(part, blobs, shared) for part in state]
        elif isinstance(value, dict):
            pairs = [[self._decode(part, blobs, shared) for part in pair] for pair in state]
            value.clear()
            value.update(pairs)
        elif isinstance(value, keras.Model):
            for layer, trainable in zip(_layers(value), state["trainable"], strict=True):
                layer.trainable = bool(trainable)
            for weight, new in zip(value.weights, state["weights"], strict=True):
                if new is not None:
                    weight.assign(self._decode(new, blobs, None))
        elif isinstance(value, tf.Variable):
            value.assign(self._decode(state, blobs, None))
        elif value.flags.writeable:
            value[...] = self._decode(state, blobs, None)


_SEQUENCES = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "range": tuple}


class _Shared:
    """The arguments of one call that both ends hold a copy of, by number."""

    def __init__(self):
        self.objects: list = []

    def number(self, value: object) -> int | None:
        return next((k for k, each in enumerate(self.objects) if each is value), None)

    def add(self, value: object, number: int | None = None) -> int:
        if number not in (None, len(self.objects)):
            raise KeyError("shared objects come in another order")
        self.objects.append(value)
        return len(self.objects) - 1


class _Function:
    """A function at the other end."""

    def __init__(self, peer: Peer, number: int, name: str):
        self.peer, self.number, self.__name__ = peer, number, name

    def __call__(self, *args, **kwargs):
        return self.peer.ask("call", self.number, args, kwargs, call=True)


class _Iterable:
    """An iterable at the other end, such as a dataset."""

    def __init__(self, peer: Peer, number: int):
        self.peer, self.number = peer, number

    def __iter__(self) -> Iterator:
        return self.peer._iterate(self.number)


def _remade(name: str, text: str) -> BaseException:
    """Return an exception of the other end, of the same type if that is one of Python's or TF's."""
    kind = getattr(tf.errors, str(name), None)
    if isinstance(kind, type) and issubclass(kind, tf.errors.OpError):
        return kind(None, None, str(text))
    kind = getattr(builtins, str(name), None)
    if isinstance(kind, type) and issubclass(kind, (Exception, SystemExit)):
        try:
            return kind(str(text))
        except TypeError:  # UnicodeDecodeError and its like take more
            pass
    return type(str(name), (Exception,), {})(str(text))


def _snapshot(value):
    """Return a copy of what an array, a variable or a model holds."""
    if isinstance(value, keras.Model):
        return [weight.numpy() for weight in value.weights]
    if isinstance(value, tf.Variable):
        return value.numpy()
    return value.copy() if isinstance(value, np.ndarray) else None


def _layers(model: keras.Model) -> list:
    """Return a model's layers, outer before inner."""
    found = []
    for layer in model.layers:
        found += [layer, *(_layers(layer) if isinstance(layer, keras.Model) else [])]
    return found


def _model_bytes(model: keras.Model) -> bytes:
    """Return a model in Keras' file format.

    Raises:
        Uncrossable: it is not built.
    """
    if not model.built:
        raise Uncrossable("the model has no weights yet: begin it with keras.Input")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        model.save(path)
        return path.read_bytes()


def _model(data: bytes) -> keras.Model:
    """Load a model of layers of Keras from the bytes of its file.

    Raises:
        Uncrossable: it holds other layers, or functions.
    """

    def modules(node) -> Iterator[str]:
        if isinstance(node, dict):
            yield str(node.get("module") or "keras")
            yield from itertools.chain.from_iterable(map(modules, node.values()))
        elif isinstance(node, list):
            yield from itertools.chain.from_iterable(map(modules, node))

    config = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("config.json"))
    if strange := {m for m in modules(config) if m.partition(".")[0] not in ("keras", "builtins")}:
        raise Uncrossable(f"a model of layers of Keras is asked for, not of {sorted(strange)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        path.write_bytes(data)
        try:
            return keras.models.load_model(path, compile=False, safe_mode=True)
        except (TypeError, ValueError) as err:
            raise Uncrossable(
                "a model of layers of Keras is asked for, without functions of your own "
                f"({str(err).strip().splitlines()[0][:80]})"
            ) from None
