"""One figure style for the whole course, and one way to show a figure: with words beside it."""

import base64
import io

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

# Okabe and Ito's palette: told apart with every common kind of colour blindness.
BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#5F5F5F",
)
COLOURS = (BLUE, RED, GREEN, ORANGE, PINK, SKY, GREY)
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))

DPI = 100


def use_style() -> None:
    """Set Matplotlib's defaults to the course's style: white, fixed size, colour *and* line style."""
    plt.rcdefaults()
    plt.rcParams.update(
        {
            "figure.figsize": (7.2, 4.0),
            "figure.dpi": DPI,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=COLOURS) + plt.cycler(linestyle=LINES),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": GREY,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.unicode_minus": False,
            "grid.color": "#E4E4E4",
            "grid.linewidth": 0.8,
            "lines.linewidth": 2.0,
            "legend.frameon": False,
            "font.family": "DejaVu Sans",
            "font.size": 10,
            "image.cmap": "gray_r",
        }
    )


def show(fig: Figure, alt: str) -> None:
    """Show a figure as a PNG whose plain-text twin is `alt`, then close it.

    The picture may differ from machine to machine; its words may not, so put into `alt` what the
    reader should see, in a form that holds everywhere.

    Args:
        fig: the finished figure; all its text must be ASCII, which every font has.
        alt: what the figure shows, in a sentence of at least 20 characters.

    Raises:
        ValueError: `alt` is too short to say anything, or a text of the figure is not ASCII.
    """
    if len(alt.strip()) < 20:
        raise ValueError(f"describe the figure in a sentence, not as {alt!r}")
    for text in fig.findobj(Text):
        if not text.get_text().isascii():
            raise ValueError(f"text in figures must be ASCII, not {text.get_text()!r}")
    drawn, png = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=DPI)
    palette = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    palette.save(png, format="png", optimize=True)  # a third of the size, and no difference to see
    plt.close(fig)
    if get_ipython() is None:
        print(alt)
        return
    display(
        {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": alt},
        raw=True,
        metadata={"image/png": {"alt": alt}},
    )
