"""Week 5 — TensorBoard.

| module      | holds                                                                      |
|-------------|----------------------------------------------------------------------------|
| `events`    | event files read back: every tag with its steps and values, and the graph  |
| `projector` | what is wrong with a log directory that the embedding projector refuses    |
| `server`    | TensorBoard as a process of its own, started, waited for and stopped       |
| `plots`     | the measured figures of this week                                          |
| `drawings`  | its drawings, of what is explained before its code                         |
| `faulty`    | for the exercises: a dead layer, a sweep, a projector that does not load   |
| `checks`    | the checks of this week's exercises                                        |
"""

from week02_basics import quiet as quiet  # before any module imports TensorFlow
