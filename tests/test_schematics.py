"""The pieces of schematics: where they stand, what they say, and that all of it can be read."""

import inspect
from itertools import pairwise

from week02_basics import figures
from week02_basics.figures import BLUE, COLOURS, GREEN, GREY, ORANGE, RED, YELLOW
from week02_basics.schematics import (
    arrow,
    box,
    byte_row,
    canvas,
    contrast,
    line,
    matrix,
    note,
    timeline,
)

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

INK = ("black", "white")


@pytest.fixture(autouse=True)
def style():
    figures.use_style()
    yield
    plt.close("all")


# --- demos: each kind of drawing in a dozen lines ------------------------------------------------


def unrolled():
    fig, ax = canvas(7.2, 2.6)
    left = 0.2, 1.3
    for t in range(4):
        x = 1.2 + 1.6 * t
        cell = box(ax, x, 1.3, f"cell\nt = {t}", 0.9, 0.7, colour=(BLUE, 0.4))
        arrow(ax, (x, 0.55), cell.bottom)
        note(ax, x, 0.38, f"x[{t}]")
        arrow(ax, cell.top, (x, 2.1))
        note(ax, x, 2.27, f"y[{t}]")
        arrow(ax, left, cell.left, f"h[{t - 1}]", RED)
        left = cell.right
    arrow(ax, left, (7.0, 1.3), "h[3]", RED)
    return fig


def sliding():
    image, kernel = np.arange(25).reshape(5, 5) % 4, np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    sums = [[(image[i : i + 3, j : j + 3] * kernel).sum() for j in range(3)] for i in range(3)]
    under = {(i, j): (ORANGE, 0.5) for i in range(1, 4) for j in range(2, 5)}
    fig, ax = canvas(7.2, 2.9)
    before = matrix(ax, 1.35, 1.35, image, 0.46, "input", marked=under)
    window = matrix(ax, 3.75, 1.35, kernel, 0.46, "filter", colour=(ORANGE, 0.5))
    after = matrix(ax, 6.1, 1.35, sums, 0.46, "output", marked={(1, 2): GREEN})
    note(ax, (before.right[0] + window.left[0]) / 2, 1.35, "x", 14)
    arrow(ax, window.right, after.left, "sum")
    return fig


def record():
    fig, ax = canvas(7.2, 1.7)
    fields = [("length", 8), ("its checksum", 4), ("data: an Example", 56), ("checksum", 4)]
    byte_row(ax, 0.4, 0.9, fields, unit=0.08)
    note(ax, 3.6, 0.3, "one record of a TFRecord file")
    return fig


def waiting():
    fig, ax = canvas(7.2, 1.7)
    lanes = {
        "CPU reads": [(0, 1, "batch 1"), (1, 2, "batch 2"), (3, 4, "batch 3")],
        "GPU trains": [(0, 1, "waits"), (1, 3, "batch 1"), (3, 5, "batch 2")],
    }
    timeline(ax, 1.3, 1.3, lanes, scale=1.1)
    return fig


def heads():
    fig, ax = canvas(7.2, 2.6)
    image = box(ax, 0.9, 1.3, "image")
    trunk = box(ax, 3.2, 1.3, "trunk\n(frozen)", height=0.8, colour=BLUE)
    arrow(ax, image.right, trunk.left)
    for y, name, colour in [(2.1, "flowers", GREEN), (1.3, "digits", ORANGE), (0.5, "next", None)]:
        head = box(ax, 5.8, y, name, colour=colour, dashed=colour is None)
        arrow(ax, trunk.right, head.left, dashed=colour is None)
    arrow(ax, trunk.bottom, image.bottom, "no gradient", RED, bend=-0.3, dashed=True)
    return fig


DEMOS = (unrolled, sliding, record, waiting, heads)


def edges(artist) -> np.ndarray:
    """Left, bottom, right, top of something drawn, in inches."""
    return np.array(artist.get_window_extent().extents) / artist.get_figure().dpi


def overlap(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two rectangles share more than 1/100 inch in both directions."""
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return bool((shared > 0.01).all())


def crosses(drawn, text) -> bool:
    """Whether a line or an arrow goes through a text."""
    path = drawn.get_transform().transform_path(drawn.get_path())
    strokes = map(Path, path.to_polygons(closed_only=False))
    return any(stroke.intersects_bbox(text.get_window_extent()) for stroke in strokes)


def within(inner: np.ndarray, outer: np.ndarray) -> bool:
    return bool((inner[:2] >= outer[:2]).all() and (inner[2:] <= outer[2:]).all())


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.__name__)
def test_a_drawing_takes_a_dozen_lines_and_is_clean(demo, capsys):
    assert len(inspect.getsource(demo).splitlines()) <= 14
    fig = demo()
    (ax,) = fig.axes
    faces = [edges(p) for p in ax.patches if isinstance(p, FancyBboxPatch)]
    texts = {text: edges(text) for text in ax.texts if text.get_text()}
    assert texts
    for text, here in texts.items():
        assert within(here, np.array([0, 0, *fig.get_size_inches()])), text
        assert text.get_fontsize() >= 8
        assert all(within(here, face) or not overlap(here, face) for face in faces), text
        assert not any(
            overlap(here, there) for other, there in texts.items() if other is not text
        ), text
        for drawn in ax.lines + [p for p in ax.patches if isinstance(p, FancyArrowPatch)]:
            assert not crosses(drawn, text), text
    figures.show(fig, "A schematic, whose text is ASCII.")
    assert capsys.readouterr().out == "A schematic, whose text is ASCII.\n"


# --- pieces --------------------------------------------------------------------------------------


def test_the_canvas_is_in_inches_from_edge_to_edge():
    fig, ax = canvas(7.2, 2.5)
    fig.draw_without_rendering()
    assert tuple(fig.get_size_inches()) == (7.2, 2.5)
    assert fig.get_layout_engine() is None and fig.get_facecolor() == (1, 1, 1, 1)
    corners = ax.transData.transform([(0, 0), (7.2, 2.5)]) / fig.dpi
    assert corners == pytest.approx(np.array([[0, 0], [7.2, 2.5]]))
    assert not ax.axison


def test_a_box_stands_around_its_centre():
    _, ax = canvas(4, 2)
    made = box(ax, 2, 1, "weights\nand biases", width=1.4, height=0.6)
    assert made == (2, 1, 1.4, 0.6) and made.centre == (2, 1)
    assert np.allclose([made.left, made.right], [(1.3, 1), (2.7, 1)])
    assert np.allclose([made.bottom, made.top], [(2, 0.7), (2, 1.3)])
    assert edges(ax.patches[0]) == pytest.approx([1.3, 0.7, 2.7, 1.3], abs=0.02)
    here = edges(ax.texts[0])
    assert within(here, edges(ax.patches[0]))
    assert (here[:2] + here[2:]) / 2 == pytest.approx([2, 1], abs=0.02)


@pytest.mark.parametrize("colour", [*COLOURS, YELLOW, None, (BLUE, 0.4), (GREY, 0.7), "#757575"])
def test_the_text_of_a_box_has_contrast(colour):
    _, ax = canvas(2, 1)
    box(ax, 1, 0.5, "text", colour=colour)
    ink, face = ax.texts[0].get_color(), ax.patches[0].get_facecolor()
    assert contrast(ink, face) >= 4.5
    assert contrast(ink, face) == max(contrast(other, face) for other in INK)


@pytest.mark.parametrize("colour", [*COLOURS, YELLOW])
def test_notes_and_texts_of_arrows_have_contrast_and_keep_their_hue(colour):
    _, ax = canvas(3, 1)
    note(ax, 1, 0.2, "note", colour=colour)
    arrow(ax, (0.5, 0.6), (2.5, 0.6), "arrow", colour)
    asked, *written = (
        np.array(plt.matplotlib.colors.to_rgb(c)) for c in [colour, *map(ink, ax.texts)]
    )
    for rgb in written:
        assert contrast(tuple(rgb), "white") >= 4.5
        assert rgb / rgb.max() == pytest.approx(asked / asked.max())


def ink(text):
    return text.get_color()


def test_contrast_is_that_of_the_guidelines():
    assert contrast("white", "black") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.005)  # their well-known edge
    assert contrast("#757575", "white") == pytest.approx(4.6, abs=0.02)
    assert contrast(("black", 0.0), "white") == 1


def test_a_long_text_shrinks_a_little_and_is_refused_beyond():
    _, ax = canvas(3, 1)
    box(ax, 1.5, 0.5, "normalized inputs", width=1.2)
    assert 8 <= ax.texts[0].get_fontsize() < 10
    with pytest.raises(ValueError, match=r"needs a box of 2\.\d\d x 0\.\d\d inches"):
        box(ax, 1.5, 0.5, "normalized and whitened inputs")
    with pytest.raises(ValueError, match="needs a box"):
        box(ax, 1.5, 0.5, "one\ntwo\nthree\nfour\nfive")


def test_what_the_canvas_would_cut_off_is_refused():
    _, ax = canvas(3, 1)
    box(ax, 0.3 * 2.5, 0.1 + 0.2, width=1.5, height=0.6)  # touches the corner, but for rounding
    with pytest.raises(ValueError, match="not on the canvas"):
        box(ax, 0.5, 0.5)
    with pytest.raises(ValueError, match="cuts off 'left'"):
        note(ax, 0.1, 0.5, "left")
    with pytest.raises(ValueError, match="cuts off 'low'"):
        note(ax, 1.5, 0.02, "low")


@pytest.mark.parametrize("bend", [0, 0.4, -0.4])
@pytest.mark.parametrize("dashed", [False, True])
@pytest.mark.parametrize("end", [(3.5, 2), (2, 3.5), (0.5, 2), (2, 0.5), (3.2, 3.3), (0.7, 1)])
def test_an_arrow_starts_and_ends_where_told_and_its_text_stands_beside(end, dashed, bend):
    fig, ax = canvas(4, 4)
    arrow(ax, (2, 2), end, "a text", bend=bend, dashed=dashed)
    (text,) = ax.texts
    assert not any(crosses(patch, text) for patch in ax.patches)
    half = np.add((2, 2), end) / 2
    assert np.hypot(*(np.reshape(edges(text), (2, 2)).mean(axis=0) - half)) < 0.8
    text.remove()
    fig.canvas.draw()
    dark = np.argwhere(np.asarray(fig.canvas.buffer_rgba())[..., 0] < 200)[:, ::-1] / fig.dpi
    dark[:, 1] = 4 - dark[:, 1]
    for point in [(2, 2), end]:
        assert np.hypot(*(dark - point).T).min() < 0.03, "nothing is drawn there"
    along = np.subtract(end, (2, 2)) / np.hypot(*np.subtract(end, (2, 2)))
    if not bend:
        reach = (dark - (2, 2)) @ along
        assert reach.min() > -0.03 and reach.max() < np.hypot(*np.subtract(end, (2, 2))) + 0.03


def test_the_text_of_an_arrow_stands_above_right_or_outside():
    _, ax = canvas(4, 4)
    for end, bend in [((3.5, 2), 0), ((0.5, 2), 0), ((3.5, 2), -0.4)]:
        arrow(ax, (2, 2), end, "above", bend=bend)
        assert edges(ax.texts[-1])[1] > 2
    for end in [(2, 3.5), (2, 0.5)]:
        arrow(ax, (2, 2), end, "right")
        assert edges(ax.texts[-1])[0] > 2
    arrow(ax, (2, 2), (3.5, 2), "below", bend=0.4)
    assert edges(ax.texts[-1])[3] < 2


def test_a_line_goes_through_its_points_behind_boxes():
    _, ax = canvas(4, 2)
    line(ax, [(1, 1), (2, 1), (2, 1.5)], RED, dashed=True)
    (drawn,) = ax.lines
    assert drawn.get_xydata().tolist() == [[1, 1], [2, 1], [2, 1.5]]
    assert (drawn.get_color(), drawn.get_linestyle(), drawn.get_marker()) == (RED, "--", "")
    box(ax, 2, 1)
    assert drawn.zorder < ax.patches[0].zorder


@pytest.mark.parametrize(("align", "sign"), [("left", 1), ("center", 0), ("right", -1)])
def test_a_note_is_aligned(align, sign):
    _, ax = canvas(4, 1)
    note(ax, 2, 0.5, "a note", align=align)
    left, _, right, _ = edges(ax.texts[0])
    assert (left + right) / 2 - 2 == pytest.approx(sign * (right - left) / 2, abs=0.02)


# --- matrix --------------------------------------------------------------------------------------


def test_a_matrix_has_each_number_in_its_place():
    values = np.arange(6).reshape(2, 3)
    _, ax = canvas(4, 2)
    made = matrix(
        ax, 2, 0.8, values, cell=0.4, title="counts", marked={(1, 0): ORANGE}, colour=BLUE
    )
    assert np.allclose(made, (2, 0.8, 1.2, 0.8))
    *cells, title = ax.texts
    where = {text.get_text(): text.get_position() for text in cells}
    for (row, column), value in np.ndenumerate(values):
        expected = 1.4 + 0.4 * (column + 0.5), 1.2 - 0.4 * (row + 0.5)
        assert where[str(value)] == pytest.approx(expected)
    assert len(ax.patches) == len(cells) == 6
    faces = [to_hex(patch.get_facecolor()).upper() for patch in ax.patches]
    assert faces == [BLUE] * 3 + [ORANGE] + [BLUE] * 2
    assert all(within(edges(t), edges(p)) for t, p in zip(cells, ax.patches, strict=True))
    assert title.get_text() == "counts" and edges(title)[1] > made.top[1]


@pytest.mark.parametrize(
    ("values", "digits", "expected"),
    [
        ([1, 2, 3], None, "1 2 3"),
        ([0.5, 1 / 3, -0.0], None, "0.5 0.333 0"),
        (np.array([[0.5, -0.001]], np.float32), 2, "0.50 0.00"),
        (tf.constant([[1.5], [2.0]]), None, "1.5 2"),
        ([["a", 1], ["", 2.5]], 1, "a 1.0  2.5"),
        ([True, False], None, "True False"),
    ],
)
def test_numbers_are_short_and_strings_stay(values, digits, expected):
    _, ax = canvas(4, 2)
    matrix(ax, 2, 1, values, digits=digits)
    assert " ".join(text.get_text() for text in ax.texts) == expected


@pytest.mark.parametrize(
    ("values", "marked", "complaint"),
    [
        ([[1, 2], [3]], {}, "shape"),
        (np.zeros((2, 2, 2)), {}, "shape"),
        ([], {}, "shape"),
        (3, {}, "shape"),
        ([[1, 2]], {(1, 0): RED}, r"no cells \[\(1, 0\)\] in 1 rows"),
        ([1234567890], {}, "'1234567890' does not fit a cell of 0.5"),
    ],
)
def test_a_matrix_refuses(values, marked, complaint):
    _, ax = canvas(4, 2)
    with pytest.raises(ValueError, match=complaint):
        matrix(ax, 2, 1, values, marked=marked)


def test_all_numbers_of_a_matrix_have_one_size():
    _, ax = canvas(4, 2)
    matrix(ax, 2, 1, [[-0.333, 1], [2, 3]], cell=0.5)
    (size,) = {text.get_fontsize() for text in ax.texts}
    assert 8 <= size < 10


# --- bytes and time ------------------------------------------------------------------------------


def test_fields_are_as_wide_as_they_have_bytes():
    _, ax = canvas(7, 2)
    fields = byte_row(ax, 0.5, 1, [("magic", 4), ("size", 2), ("id", 8), ("a", 1)], unit=0.3)
    assert [field.width for field in fields] == pytest.approx([1.2, 0.6, 2.4, 0.4])
    assert fields[0].left == pytest.approx((0.5, 1))
    for one, two in pairwise(fields):
        assert one.right == pytest.approx(two.left)
    counts = [text for text in ax.texts if text.get_text().endswith(" B")]
    assert [text.get_text() for text in counts] == ["4 B", "2 B", "8 B", "1 B"]
    for text, field in zip(counts, fields, strict=True):
        assert edges(text)[3] < field.bottom[1]
        assert edges(text)[[0, 2]].mean() == pytest.approx(field.x, abs=0.02)


def test_long_names_stand_above_and_where_crowded_in_storeys():
    _, ax = canvas(7, 2)
    names = ["the length", "its checksum", "data", "data's checksum", "next length"]
    row = byte_row(ax, 0.5, 0.8, list(zip(names, [4, 4, 30, 4, 4], strict=True)), unit=0.1)
    texts = {text.get_text(): edges(text) for text in ax.texts}
    assert texts["data"][3] < row[0].top[1]  # it fits inside
    high = [texts[name][1] for name in names if name != "data"]
    assert min(high) > row[0].top[1] and len(np.unique(np.round(high, 1))) == 2
    assert not any(
        overlap(one, two) for a, one in texts.items() for b, two in texts.items() if a < b
    )
    for text in ax.texts:
        for drawn in ax.lines:
            assert not crosses(drawn, text), text


def test_bars_begin_and_end_on_the_scale_of_time():
    _, ax = canvas(7, 2)
    lanes = {
        "reads": [(0, 1.5, "one"), (2, 4, "two")],
        "trains": [(0, 1.5, "waits"), (1.5, 3, "one")],
    }
    made = timeline(ax, 1, 1.5, lanes, scale=1.2, height=0.4)
    assert list(made) == list(lanes)
    for name, bars in lanes.items():
        for bar, (start, end, _) in zip(made[name], bars, strict=True):
            assert bar.left[0] == pytest.approx(1 + 1.2 * start, abs=0.021)
            assert bar.right[0] == pytest.approx(1 + 1.2 * end, abs=0.021)
            assert bar.height == 0.4
    assert made["reads"][0].y == made["reads"][1].y == 1.5 > made["trains"][0].y
    texts = {text.get_text(): edges(text) for text in ax.texts}
    for name in lanes:
        assert texts[name][2] <= 1
        assert texts[name][[1, 3]].mean() == pytest.approx(made[name][0].y, abs=0.03)
    assert texts["time"][3] < made["trains"][0].bottom[1]
    styles = [patch.get_linestyle() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert styles == ["-", "-", "--", "-"]
