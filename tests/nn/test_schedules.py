import math

import pytest

from sklearn_gar.nn import SCHEDULES, learning_rate_factor


@pytest.mark.parametrize("schedule, progress, factor", [
    ("constant", 0.0, 1.0),
    ("constant", 0.99, 1.0),
    ("cosine", 0.0, 1.0),
    ("cosine", 0.25, (2 + math.sqrt(2)) / 4),
    ("cosine", 1 / 3, 0.75),
    ("cosine", 0.5, 0.5),
    ("cosine", 2 / 3, 0.25),
    ("step", 0.0, 1.0),
    ("step", 0.499, 1.0),
    ("step", 0.5, 0.1),
    ("step", 0.749, 0.1),
    ("step", 0.75, 0.01),
    ("step", 0.999, 0.01),
])
def test_factor(schedule, progress, factor):
    assert learning_rate_factor(schedule, progress) == pytest.approx(factor, rel=1e-12)


def test_every_schedule_is_tested_and_none_grows():
    assert set(SCHEDULES) == {"constant", "cosine", "step"}
    for schedule in SCHEDULES:
        factors = [learning_rate_factor(schedule, step / 100) for step in range(100)]
        assert factors[0] == 1
        assert factors == sorted(factors, reverse=True)
        assert min(factors) > 0


def test_unknown_schedule():
    with pytest.raises(KeyError, match="linear"):
        learning_rate_factor("linear", 0.0)
