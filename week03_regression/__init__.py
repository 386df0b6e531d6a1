"""Week 3 — Regression and classification.

| module     | holds                                                                      |
|------------|----------------------------------------------------------------------------|
| `digits`   | MNIST, or without network and cache the scans that scikit-learn ships      |
| `scans`    | those scans, in MNIST's shapes                                             |
| `study`    | learning rates for two costs, tried on held-out digits, and their results  |
| `drawings` | what is explained, drawn before its formula                                |
| `plots`    | what was measured                                                          |
| `checks`   | the checks of this week's exercises                                        |
"""

from week02_basics import quiet as quiet  # before any module imports Keras
