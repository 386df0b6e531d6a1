"""Week 4 — Costs, overfitting and optimizers.

| module     | holds                                                                    |
|------------|--------------------------------------------------------------------------|
| `surfaces` | functions of two numbers to walk down: value, gradient, minimum, source  |
| `race`     | rules walked on a surface from one start, a diverged path cut and named  |
| `stacks`   | several small networks of one shape trained at once: data, starts, order |
| `plots`    | the figures of this week                                                 |
| `animate`  | makes `notebooks/images/week04_race.gif`                                 |
| `checks`   | the checks of this week's exercises                                      |
"""

from week02_basics import quiet as quiet  # before any module imports Keras
