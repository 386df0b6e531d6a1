"""Week 4 — Costs, overfitting and optimizers.

| module     | holds                                                                          |
|------------|--------------------------------------------------------------------------------|
| `surfaces` | functions of two numbers to walk down: value, gradient, minimum, source        |
| `race`     | rules walked on a surface, one by one or at many rates at once, and counted    |
| `samples`  | digits to train on and to choose with, first weights, the order of batches     |
| `study`    | three studies over rates, settings and seeds; `trap.csv`, `remedies.csv`, `seven.csv` |
| `drawings` | the drawings that come before formulas                                         |
| `plots`    | the figures of this week                                                       |
| `animate`  | makes `notebooks/images/week04_race.gif`                                       |
| `checks`   | the checks of this week's exercises                                            |
"""

from week02_basics import quiet as quiet  # before any module imports Keras
