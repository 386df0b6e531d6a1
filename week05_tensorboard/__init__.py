"""Week 5 — TensorBoard.

| module      | holds                                                                      |
|-------------|----------------------------------------------------------------------------|
| `events`    | event files read back: every tag with its steps and values, and the graph  |
| `projector` | what is wrong with a log directory that the embedding projector refuses    |
| `server`    | TensorBoard as a process of its own, started, waited for and stopped       |
| `plots`     | the figures of this week                                                   |
| `faulty`    | a network with a dead layer, and a projector that does not load            |
| `checks`    | the checks of this week's exercises                                        |
"""

from week02_basics import quiet as quiet  # before any module imports TensorFlow
