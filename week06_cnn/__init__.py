"""Week 6 — Convolutional networks, and the training loop that later weeks build on.

| module     | holds                                                                    |
|------------|--------------------------------------------------------------------------|
| `models`   | the small network of this week, with its ingredients as arguments        |
| `training` | the fast training loop with its checks; order, rates, logits, accuracy   |
"""

from week02_basics import quiet as quiet  # before any module imports Keras
