"""Random and mutated input: a right answer or a documented error, never a crash or a silent wrong result."""

import io
import json
import re
import struct
from pathlib import Path

from week02_basics.taught import taught
from week08_inception import images, labels
from week09_transfer import photos
from week10_tfrecord import captchas, faults

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

WEEK = taught("week10_tfrecord")
SHAPE = (60, 160)


def cheap(count: int) -> settings:
    """The same examples in every run, as many as there is time for."""
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=count,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("properties")


# What happens to bytes on their way: each entry changes them at a place given as a share of them.
changes = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "drop", "insert", "repeat", "zero"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 255),
    ),
    max_size=3,
)


def mutated(content: bytes, how: list[tuple[str, float, int]]) -> bytes:
    """Apply changes to bytes."""
    for kind, share, number in how:
        at = int(share * len(content))
        head, tail = content[:at], content[at:]
        content = {
            "flip": head + bytes(b ^ number for b in tail[:1]) + tail[1:],
            "cut": head,
            "drop": head + tail[number:],
            "insert": head + bytes([number]) * number + tail,
            "repeat": head + tail[:number] + tail,
            "zero": head + bytes(len(tail[:number])) + tail[number:],
        }[kind]
    return content


# --- records ------------------------------------------------------------------------------------


def a_record(seed: int, side: tuple[int, int] = SHAPE) -> bytes:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, side, np.uint8)
    return WEEK.to_example(pixels.tobytes(), list(side), [seed % 10] * 4)


RECORDS = [a_record(seed) for seed in range(4)]


def framed(records: list[bytes]) -> bytes:
    """Frame records as TFRecord files do."""
    parts = []
    for record in records:
        length = struct.pack("<Q", len(record))
        crcs = (struct.pack("<I", WEEK.masked_crc(part)) for part in (length, record))
        parts += [length, next(crcs), record, next(crcs)]
    return b"".join(parts)


WHOLE = framed(RECORDS)


def by_hand(content: bytes) -> list[bytes]:
    """Read the records before the first broken one, as section 2 of the lesson does."""
    found = []
    while len(content) >= 12:
        length, crc = struct.unpack("<QI", content[:12])
        record, rest = content[12 : 12 + length], content[12 + length : 16 + length]
        if WEEK.masked_crc(content[:8]) != crc or len(rest) < 4:
            break
        if struct.unpack("<I", rest)[0] != WEEK.masked_crc(record):
            break
        found.append(record)
        content = content[16 + length :]
    return found


def read_all(path: Path) -> list[bytes]:
    """Read a file with the lesson's fast reader; the images as bytes."""
    with faults.naming([str(path)], WEEK.FEATURES, SHAPE):
        return [image.tobytes() for x, _ in WEEK.read([str(path)], 2) for image in x.numpy()]


@cheap(60)
@given(changes)
def test_a_file_of_records(folder, how):
    """The careful reader never gives a record that was not written; the fast one names what is broken."""
    path = folder / "a.tfrecord"
    content = mutated(WHOLE, how)
    path.write_bytes(content)
    found = list(faults.walk([str(path)], WEEK.FEATURES, SHAPE))
    good = [each for each in found if isinstance(each, bytes)]
    broken = [each for each in found if isinstance(each, faults.Fault)]
    assert set(good) <= set(RECORDS)
    first = by_hand(content)
    assert good[: len(first)] == first
    assert all(str(each).startswith("a.tfrecord, record ") for each in broken)
    if content == framed(good):
        assert not broken and len(read_all(path)) == len(good)
    else:
        assert broken
        try:
            assert len(read_all(path)) == len(first)  # cut in a header, TensorFlow says nothing
            assert "ends after" in broken[0].why
        except faults.BrokenRecord as err:
            assert str(err) == str(broken[0])
    left = faults.skipping([str(path)], folder / "mended", WEEK.FEATURES, SHAPE)
    assert (left.kept, len(left.faults)) == (len(good), len(broken))
    if good:
        assert len(read_all(Path(left.files[0]))) == len(good)


@cheap(100)
@given(st.integers(1000, 2**64 - 1))
@example(2**40)
@example(2**63)
@example(2**64 - 1)
def test_a_length_that_cannot_be_true(folder, length):
    """With a checksum that is right."""
    path = folder / "length"
    head = struct.pack("<Q", length)
    path.write_bytes(head + struct.pack("<I", WEEK.masked_crc(head)) + bytes(8))
    (fault,) = faults.walk([str(path)], WEEK.FEATURES, SHAPE)
    assert "record 0: " in str(fault)


@cheap(300)
@given(st.one_of(changes.map(lambda how: mutated(RECORDS[0], how)), st.binary(max_size=200)))
def test_an_example(content):
    """What is called sound is parsed to what protocol buffers find in it; all else has a reason."""
    why = faults.wrong(content, WEEK.FEATURES, SHAPE)
    if why:
        assert re.match("it is not|feature '|the image ", why)
        return
    x, y = WEEK.parse(tf.constant([content]))
    held = tf.train.Example.FromString(content).features.feature
    assert x.numpy().tobytes() == held["image"].bytes_list.value[0]
    assert y.numpy()[0].tolist() == list(held["label"].int64_list.value)


features = st.dictionaries(
    st.sampled_from(["image", "size", "label", "other"]),
    st.one_of(
        st.binary(max_size=8),
        st.just(bytes(9600)),
        st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5),
        st.just([60, 160]),
        st.just([1, 2, 3, 4]),
    ),
)


@cheap(100)
@given(features)
def test_an_example_of_any_features(content):
    each = {name: WEEK.feature(value) for name, value in content.items()}
    record = tf.train.Example(features=tf.train.Features(feature=each)).SerializeToString()
    right = (
        content.get("image") == bytes(9600)
        and content.get("size") == [60, 160]
        and isinstance(content.get("label"), list)
        and len(content["label"]) == 4
    )
    assert bool(faults.wrong(record, WEEK.FEATURES, SHAPE)) != right


# --- label files --------------------------------------------------------------------------------

NODES = "".join(
    f'entry {{\n  target_class: {k}\n  target_class_string: "n{k:08}"\n}}\n' for k in range(1, 9)
).encode()
WORDS = "".join(f"n{k:08}\tthing {k}, other {k}\n" for k in range(1, 9)).encode()
CLASSES = b'{"0": ["n00000001", "a_b"], "1": ["n00000002", "c"]}'


def read_text(read, folder: Path, name: str, content: bytes):
    """Read a file and return what was found, or None after an error that names the file."""
    (folder / name).write_bytes(content)
    try:
        return read(folder / name)
    except ValueError as err:
        assert name in str(err)
        return None


@cheap(300)
@given(st.one_of(changes.map(lambda how: mutated(NODES, how)), st.binary(max_size=60)))
def test_a_file_of_nodes(folder, content):
    found = read_text(labels.read_nodes, folder, labels.NODES, content)
    if found is not None:
        assert all(isinstance(node, int) and node >= 0 for node in found)
        assert len(found) == len(re.findall(rb"(?m)^[^#\n]*\}", content))
        entries = re.sub(rb"#[^\n]*", b"", content)
        for node, uid in found.items():
            assert re.search(rb"\b0*%d\b" % node, entries) and uid.encode() in entries


@cheap(300)
@given(st.one_of(changes.map(lambda how: mutated(WORDS, how)), st.binary(max_size=60)))
def test_a_file_of_words(folder, content):
    found = read_text(labels.read_words, folder, labels.WORDS, content)
    if found is not None:
        text = content.decode().replace("\r\n", "\n").replace("\r", "\n")
        assert text.endswith("\n")
        assert [f"{uid}\t{words}" for uid, words in found.items()] == [
            line.rstrip() for line in text.split("\n")[:-1]
        ]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["0", "1", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@cheap(200)
@given(
    st.one_of(
        changes.map(lambda how: mutated(CLASSES, how)),
        json_like.map(lambda value: json.dumps(value).encode()),
        st.just(b"[" * 100_000),
    )
)
def test_a_table_of_classes(folder, content):
    found = read_text(labels.read_keras, folder, "index.json", content)
    if found is not None:
        assert found and all(re.fullmatch(labels.UID, uid) and words for uid, words in found)


# --- captchas -----------------------------------------------------------------------------------


@cheap(60)
@given(
    st.integers(0, 2**32),
    st.integers(-2, 7),
    st.text(max_size=12),
    st.tuples(st.integers(-1, 200), st.integers(-1, 90)),
)
@example(1, 4, "0123456789", (160, 60))
@example(1, 3, "\n", (160, 60))
@example(1, 3, "\ud800", (160, 60))
@example(1, 3, " ", (1, 1))
def test_a_captcha(seed, length, alphabet, size):
    try:
        image, text = captchas.draw(seed, 0, length=length, alphabet=alphabet, size=size)
    except ValueError as err:
        assert "captcha" in str(err)
        assert length < 1 or not alphabet or min(size) < 1
        return
    assert image.size == size and image.mode == "RGB"
    assert len(text) == length and set(text) <= set(alphabet)
    assert captchas.grey(image).shape == size[::-1]
    assert "".join(alphabet[k] for k in captchas.labels(text, alphabet)) == text
    again, same = captchas.draw(seed, 0, length=length, alphabet=alphabet, size=size)
    assert same == text and again.tobytes() == image.tobytes()


@cheap(200)
@given(st.text(max_size=6), st.text(max_size=6))
def test_labels_of_a_text(text, alphabet):
    try:
        found = captchas.labels(text, alphabet)
    except ValueError as err:
        assert "is not in the alphabet" in str(err) and not set(text) <= set(alphabet)
        return
    assert "".join(alphabet[k] for k in found) == text


# --- images -------------------------------------------------------------------------------------


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> bytes:
    rng = np.random.default_rng(len(kind) + len(mode))
    image = Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), np.uint8)).convert(mode)
    image.save(file := io.BytesIO(), kind)
    return file.getvalue()


KINDS = [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("JPEG", "RGB")]
KINDS += [("JPEG", "L"), ("JPEG", "CMYK"), ("GIF", "P"), ("BMP", "RGB"), ("WEBP", "RGB")]
FILES = [encoded(*kind) for kind in KINDS]
damaged = st.one_of(
    st.tuples(st.sampled_from(FILES), changes).map(lambda both: mutated(*both)),
    st.binary(max_size=60),
    st.sampled_from(FILES).flatmap(lambda f: st.binary(max_size=40).map(lambda b: f[:8] + b)),
)


@cheap(500)
@given(damaged, st.sampled_from(sorted(images.SUFFIXES)))
def test_an_image_file(folder, content, suffix):
    """Made ready for a recogniser, and cut to a square for a classifier."""
    file = folder / f"a{suffix}"
    file.write_bytes(content)
    try:
        jpeg = images.jpeg_bytes(file)
    except ValueError as err:
        assert str(err).startswith(f"a{suffix}: ")
        with pytest.raises(ValueError, match=rf"a\{suffix}: "):
            photos.square(file, 8)
        return
    pixels = tf.io.decode_jpeg(jpeg).numpy()
    assert pixels.ndim == 3 and pixels.shape[2] in (1, 3) and max(pixels.shape) <= images.SIDE
    square = photos.square(file, 8)
    assert square.shape == (8, 8, 3) and square.dtype == np.uint8


@cheap(30)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from(KINDS), st.integers(1, 40))
def test_an_image_of_any_shape(folder, width, height, kind, side):
    (folder / "a.png").write_bytes(encoded(*kind, size=(width, height)))
    square = photos.square(folder / "a.png", side)
    assert square.shape == (side, side, 3)


@pytest.fixture(scope="module")
def net():
    return WEEK.captcha_net(seed=1)


@cheap(80)
@given(damaged)
def test_a_file_to_read_a_captcha_from(net, content):
    try:
        text, chance = WEEK.read_captcha(net, content)
    except ValueError as err:
        assert "not a whole PNG or JPEG image" in str(err)
        return
    assert re.fullmatch("[0-9]{4}", text) and 0 < chance <= 1
