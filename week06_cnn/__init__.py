"""Week 6 — Convolutional networks, and the training loop that later weeks build on.

| module     | holds                                                                    |
|------------|--------------------------------------------------------------------------|
| `models`   | the small network, its ingredients as arguments, and the notes' network  |
| `training` | the fast training loop with its checks; order, rates, logits, accuracy   |
| `guards`   | what the loop refuses before it starts: shapes, dtypes, labels, order    |
| `speed`    | what half precision and XLA need to know about the machine               |
| `plots`    | the figures of this week                                                 |
| `checks`   | the checks of this week's exercises                                      |
"""

from week02_basics import quiet as quiet  # before any module imports Keras
