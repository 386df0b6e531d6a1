"""What the course claims about speed, raced against the old ways: `make bench`.

| module       | holds                                                                         |
|--------------|-------------------------------------------------------------------------------|
| `race`       | variants run in turns; medians, ratios, spread; what machine it was             |
| `report`     | the table on the terminal, the committed summary and its page                   |
| `picture`    | ratios against their goals, and how time grows with the amount of data          |
| `rivals`     | the usual Keras example, and the notes' loops in TensorFlow 1                   |
| `mnist`      | 1 · time to 99.0% on MNIST                                                    |
| `softmax`    | 2 · softmax regression to 92.0%                                               |
| `throughput` | 3 · images a second in training the notes' network                            |
| `optimizers` | 4 · the race of the update rules                                              |
| `tfrecord`   | 5 · writing and reading TFRecord files                                        |
| `inception`  | 6 · image recognition                                                         |
| `readers`    | 7 · seconds to read captchas, and digits row by row                           |
| `course`     | 8 · the course itself: its notebooks, its tests                               |

Each claim is a module with a `TITLE` and a function `run(quick, say)` that returns a `race.Claim`.
The code under test is the course's own: cells of the notebooks through `taught`, and the packages.
"""

from week02_basics import (
    quiet as quiet,
)  # first of all, before any module imports TensorFlow

CLAIMS = (
    "softmax",
    "throughput",
    "optimizers",
    "tfrecord",
    "inception",
    "readers",
    "mnist",
    "course",
)
