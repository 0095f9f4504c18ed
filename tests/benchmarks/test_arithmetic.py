"""Operations of a training step."""

from benchmarks.arithmetic import product_rate, step_operations


def test_operations_of_a_step_equal_those_counted_by_hand():
    # forward 2 (3 x 4 + 4 x 1), weights as much, inputs of the second layer 2 (4 x 1)
    assert step_operations((3, 4, 1), n_rows=10) == 10 * (32 + 32 + 8)
    assert step_operations((3, 4, 1), n_rows=10, n_networks=5) == 50 * 72
    assert product_rate(8) > 0
