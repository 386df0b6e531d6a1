"""Week 3 — Regression and classification.

| module   | holds                                                                      |
|----------|----------------------------------------------------------------------------|
| `digits` | MNIST, or without network and cache the scans that scikit-learn ships      |
| `scans`  | those scans, in MNIST's shapes                                             |
| `plots`  | the figures of this week                                                   |
| `checks` | the checks of this week's exercises                                        |
"""

from week02_basics import quiet as quiet  # before any module imports Keras
