"""A default and a set LSTM reading one sequence, step by step: writes `notebooks/images/week07_cell.gif`.

Run it with `python -m week07_lstm.animate` after a change of the drawing or of the training in the
lesson's section 4; it trains the two networks as that section does.
"""

import io
from collections.abc import Mapping

from week02_basics.figures import use_style
from week02_basics.start import setup
from week02_basics.taught import NOTEBOOKS, taught
from week04_optimizers.animate import store
from week06_cnn.training import train
from week07_lstm import drawings, tasks

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from tensorflow import keras

TARGET = NOTEBOOKS / "images" / "week07_cell.gif"
STARTS = {"default": (1, 0), "forget 4, input -4": (4, -4)}
MILLISECONDS = 350  # of a frame; the mark and the last stay longer


def recorded(steps: int = 300) -> tuple[dict[str, dict[str, np.ndarray]], str, int]:
    """Return what both trained cells compute for one sequence, its letters, and where its mark is."""
    lesson = taught("week07_lstm")
    x, y = tasks.marked_letters(19_200, 50, within=10, seed=7)
    asked, _ = tasks.marked_letters(2_000, 50, within=10, seed=8)
    seen = {}
    for name, biases in STARTS.items():
        model = lesson.network(keras.layers.LSTM, 8, [50, 5], 4)
        lesson.set_biases(model.layers[0], *biases)
        train(model, x[: 64 * steps], y[: 64 * steps], peak=0.03, batch=64, seed=7)
        seen[name] = lesson.watch(asked[:1], *model.layers[0].trainable_variables)
    letters = "".join(tasks.LETTERS[k] for k in asked[0, :, :4].argmax(axis=1))
    return seen, letters, int(asked[0, :, 4].argmax())


def frames(
    seen: Mapping[str, Mapping[str, np.ndarray]], letters: str, marked: int
) -> list[Image.Image]:
    """Draw each step: images of one size that share a palette."""
    use_style()
    drawn = []
    for step in range(len(letters)):
        fig, png = drawings.stepped(seen, letters, marked, step), io.BytesIO()
        fig.savefig(png, format="png", dpi=100)
        plt.close(fig)
        drawn.append(Image.open(png).convert("RGB"))
    widest = Image.new("RGB", (drawn[0].width, 4 * drawn[0].height))
    for place, step in enumerate((0, marked, len(drawn) // 2, len(drawn) - 1)):
        widest.paste(drawn[step], (0, place * drawn[0].height))
    palette = widest.quantize(128)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in drawn]


def main() -> None:
    """Make the animation and put it in its place at once."""
    setup(seed=7)
    seen, letters, marked = recorded()
    pauses = np.full(len(letters), MILLISECONDS)
    pauses[[marked, -1]] = 1500, 2500
    store(frames(seen, letters, marked), pauses, TARGET)


if __name__ == "__main__":
    main()
