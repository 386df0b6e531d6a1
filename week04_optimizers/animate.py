"""The seven rules walking down both surfaces: writes `notebooks/images/week04_race.gif`.

Run it with `python -m week04_optimizers.animate` after a change of the rules or the rates; it takes
the rules from the notebook's cells.
"""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from week02_basics.figures import COLOURS, use_style
from week02_basics.taught import NOTEBOOKS, taught
from week04_optimizers.plots import MARKERS, contours
from week04_optimizers.race import Run, race
from week04_optimizers.surfaces import BEALE, SADDLE, Surface

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

TARGET = NOTEBOOKS / "images" / "week04_race.gif"
STEPS = [*range(40), *range(40, 101, 2)]  # a frame for each
TRAIL = 12  # steps that stay visible behind each head
MILLISECONDS = 100  # of a frame; the first and the last stay longer


def frames(races: Mapping[Surface, Mapping[str, Run]]) -> list[Image.Image]:
    """Draw all runs after each of `STEPS`: a palette image for each, all of one size."""
    use_style()
    fig, axes = plt.subplots(1, 2, figsize=(8.6, 4.3))
    moving = []
    for ax, (surface, runs) in zip(axes, races.items(), strict=True):
        contours(ax, surface)
        for number, (name, run) in enumerate(runs.items()):
            colour, marker = COLOURS[number], MARKERS[number]
            (trail,) = ax.plot([], [], "-", color=colour, lw=1.5)
            (head,) = ax.plot(
                [], [], marker, color=colour, ms=8, mec="white", mew=0.8, label=name, zorder=6
            )
            moving.append((run.path, trail, head))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    drawn = []
    for step in STEPS:
        for (surface, _), ax in zip(races.items(), axes, strict=True):
            ax.set_title(f"{surface.name}, step {step}")
        for path, trail, head in moving:
            trail.set_data(*path[max(0, step - TRAIL) : step + 1].T)
            head.set_data(*path[: step + 1][-1:].T)
        png = io.BytesIO()
        fig.savefig(png, format="png", dpi=100)
        drawn.append(Image.open(png).convert("RGB"))
    plt.close(fig)
    palette = _palette()
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in drawn]


def _palette() -> Image.Image:
    """Return an image whose palette holds the course's colours in 16 tints each, and pure white."""
    tints = [
        round(255 - (255 - int(colour[i : i + 2], 16)) * k / 16)
        for colour in (*COLOURS, "#000000")
        for k in range(17)
        for i in (1, 3, 5)
    ]
    holder = Image.new("P", (1, 1))
    holder.putpalette(tints)
    return holder


def store(frames: Sequence[Image.Image], pauses: np.ndarray, target: Path) -> None:
    """Write an animation that runs for ever into its place at once.

    Args:
        frames: palette images of one size.
        pauses: how long each of them stays, in milliseconds.
        target: a GIF file.
    """
    first, *others = frames
    target.parent.mkdir(exist_ok=True)
    fresh = Path(f"{target}.tmp")
    first.save(fresh, "GIF", save_all=True, append_images=others, duration=pauses.tolist(), loop=0)
    os.replace(fresh, target)
    print(f"{target.name}: {len(frames)} frames, {target.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Make the animation and put it in its place at once."""
    week = taught("week04_optimizers")
    races = {
        BEALE: race(week.RULES, BEALE, week.VALLEY_START, week.VALLEY_RATES, STEPS[-1]),
        SADDLE: race(week.RULES, SADDLE, week.SADDLE_START, week.SADDLE_RATES, STEPS[-1]),
    }
    pauses = np.full(len(STEPS), MILLISECONDS)
    pauses[[0, -1]] = 800, 2500
    store(frames(races), pauses, TARGET)


if __name__ == "__main__":
    main()
