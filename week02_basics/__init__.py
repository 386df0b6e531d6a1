"""Week 2 — Basics, and what every later week leans on.

| module      | holds                                                                    |
|-------------|--------------------------------------------------------------------------|
| `quiet`     | TensorFlow imported without its log messages                             |
| `surroundings` | settings of Keras that would change the lessons, told before they do   |
| `start`     | seeds, what the code runs on, `strategy()`                                |
| `tables`    | printed facts that may differ: marked columns, marked lines               |
| `figures`   | the course's figure style and `show(fig, alt)`                            |
| `schematics` | boxes, arrows, matrices, bytes and time bars for schematics              |
| `play`      | sliders above a figure in a live notebook                                 |
| `exercises` | what turns a check into one line with a tick or a cross and a hint        |
| `taught`    | the cells that a notebook exports, executed into a namespace              |
| `timing`    | contestants that take turns, compared by ratio                            |
| `drafts`    | what killed processes leave behind, removed                               |
| `graphs`    | a `tf.Graph` as a list of nodes and as a picture                          |
| `plots`     | the figures of this week                                                  |
| `checks`    | the checks of this week's exercises                                       |
"""

import sys

from week02_basics import (
    quiet as quiet,
)  # first of all, before any module imports TensorFlow

for _stream in (sys.stdout, sys.stderr):
    if hasattr(_stream, "reconfigure"):
        _stream.reconfigure(errors="replace")  # a console that lacks a character shows another
