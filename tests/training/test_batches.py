"""Batches: full and disjoint, in orders that follow the seeds."""

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar._training.batches import Batches, Table


def numbered_table(length, *, weighted=False, n_features=2, **members):
    """Rows that carry their own number in every column, target and weight."""
    number = torch.arange(length, dtype=torch.float64)
    X = number[:, None].repeat(1, n_features)
    return Table(X, number[:, None] + 1000, number + 1 if weighted else None, **members)


def spans(starts, n_rows):
    """Index of the rows of each member, from its start on."""
    return [torch.arange(start, start + n) for start, n in zip(starts, n_rows)]


def numbers(batches, n_members):
    """Row numbers (m, b) of each batch, after a check that X, y and weight belong together."""
    result = []
    for X, y, weight in batches:
        drawn = X[..., 0]
        assert_close(X[..., 1], drawn)
        assert_close(y[..., 0], drawn + 1000)
        if weight is not None:
            assert_close(weight, drawn + 1)
        if n_members == 1 or drawn.ndim == 1:
            assert drawn.ndim == 1, "rows of a single member have no member dimension"
            drawn = drawn.expand(n_members, -1)
        assert drawn.shape[0] == n_members
        result.append(drawn.long())
    return result


def epoch(table, batch_size, seeds):
    return numbers(Batches(table, batch_size, seeds), len(seeds))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_rows, batch_size, n_batches", [
    (20, 5, 4), (23, 5, 4), (24, 5, 4), (9, 5, 1), (10, 9, 1), (7, 2, 3)])
@pytest.mark.parametrize("seeds", [(0,), (3, 1, 4)], ids=str)
def test_batches_are_full_and_disjoint(weighted, n_rows, batch_size, n_batches, seeds):
    table = numbered_table(n_rows, weighted=weighted, rows=[None] * len(seeds))
    batches = Batches(table, batch_size, seeds)
    assert len(batches) == n_batches
    drawn = numbers(batches, len(seeds))
    assert [batch.shape[1] for batch in drawn] == [batch_size] * n_batches
    for member in torch.cat(drawn, dim=1):
        assert len(set(member.tolist())) == n_batches * batch_size
        assert 0 <= member.min() and member.max() < n_rows


def test_the_remainder_is_left_out_of_one_epoch_and_drawn_again_in_the_next():
    table = numbered_table(11, rows=[None])
    batches = Batches(table, 5, [0])
    left_out = []
    for _ in range(60):
        (drawn,) = torch.cat(numbers(batches, 1), dim=1)
        left_out += set(range(11)) - set(drawn.tolist())
    assert len(left_out) == 60
    assert set(left_out) == set(range(11))


def test_orders_follow_the_seeds():
    table = numbered_table(40, rows=[None] * 4)
    batches = Batches(table, 8, [5, 6, 5, 7])
    epochs = [torch.cat(numbers(batches, 4), dim=1) for _ in range(3)]
    for order in epochs:
        assert torch.equal(order[0], order[2])
        assert not torch.equal(order[0], order[1])
        assert not torch.equal(order[1], order[3])
    assert not torch.equal(epochs[0], epochs[1])
    again = Batches(table, 8, [5, 6, 5, 7])
    for order in epochs:
        assert torch.equal(torch.cat(numbers(again, 4), dim=1), order)


def test_order_of_a_member_is_the_same_in_any_stack():
    seeds = [5, 6, 5, 7]
    stack = Batches(numbered_table(40, rows=[None] * 4), 8, seeds)
    alone = [Batches(numbered_table(40, rows=[None]), 8, [seed]) for seed in seeds]
    for _ in range(3):
        order = torch.cat(numbers(stack, 4), dim=1)
        for member, single in enumerate(alone):
            assert torch.equal(torch.cat(numbers(single, 1), dim=1)[0], order[member])


def test_orders_are_shuffled_evenly():
    batches = Batches(numbered_table(10, rows=[None]), 2, [0])
    first = torch.cat([next(iter(numbers(batches, 1)))[0] for _ in range(2000)])
    # each of 10 numbers is expected 400 times, with a standard deviation under 18
    counts = torch.bincount(first, minlength=10)
    assert (counts - 400).abs().max() < 5 * 18


def test_the_global_generator_is_neither_used_nor_advanced():
    table = numbered_table(20, rows=[None])
    torch.manual_seed(0)
    before = torch.get_rng_state()
    order = torch.cat(epoch(table, 5, [1]))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert torch.equal(torch.cat(epoch(table, 5, [1])), order)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch_size", [12, 13, 1000])
@pytest.mark.parametrize("seeds", [(0,), (3, 1, 4)], ids=str)
def test_a_table_of_one_batch_is_passed_whole_and_in_order(weighted, batch_size, seeds):
    table = numbered_table(12, weighted=weighted, rows=[None] * len(seeds))
    for _ in range(2):
        (batch,) = epoch(table, batch_size, seeds)
        assert torch.equal(batch, torch.arange(12).expand(len(seeds), -1))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_rows", [(10, 10, 10), (10, 9, 11)], ids=str)
def test_members_see_their_own_rows_alone(weighted, n_rows):
    starts = (0, 10, 20)
    table = numbered_table(31, weighted=weighted, rows=spans(starts, n_rows))
    batches = Batches(table, 4, [0, 1, 0])
    assert len(batches) == 2
    seen = torch.cat([torch.cat(numbers(batches, 3), dim=1) for _ in range(40)], dim=1)
    for member, start, n in zip(seen, starts, n_rows):
        assert set(member.tolist()) == set(range(start, start + n))


def test_members_with_own_rows_are_trained_on_them_whole_where_they_fit_one_batch():
    table = numbered_table(30, weighted=True, rows=spans((0, 10, 20), (10, 10, 10)))
    (batch,) = epoch(table, 10, [0, 1, 2])
    assert torch.equal(batch, torch.arange(30).view(3, 10))


def test_members_may_share_a_part_of_the_table():
    table = numbered_table(30, rows=spans((10, 10), (10, 10)))
    (batch,) = epoch(table, 16, [0, 1])
    assert torch.equal(batch, torch.arange(10, 20).expand(2, -1))
    drawn = torch.cat(epoch(table, 5, [0, 1]), dim=1)
    assert (drawn.sort(dim=1).values == torch.arange(10, 20)).all()


@pytest.mark.parametrize("batch_size", [5, 8])
def test_members_read_scattered_rows(batch_size):
    rows = [torch.tensor([0, 3, 4, 7, 9, 11, 15, 16]), torch.tensor([1, 2, 3, 8, 10, 12, 14, 19])]
    table = numbered_table(20, weighted=True, rows=rows)
    batches = Batches(table, batch_size, [0, 1])
    drawn = torch.cat([torch.cat(numbers(batches, 2), dim=1) for _ in range(20)], dim=1)
    for member, index in zip(drawn, rows):
        assert set(member.tolist()) == set(index.tolist())


@pytest.mark.parametrize("batch_size", [5, 16])
def test_equal_problems_in_different_places_are_drawn_alike(batch_size):
    table = numbered_table(24, rows=spans((0, 12), (12, 12)))
    drawn = torch.cat(epoch(table, batch_size, [3, 3]), dim=1)
    assert torch.equal(drawn[0] + 12, drawn[1])


@pytest.mark.parametrize("batch_size", [8, 16])
def test_no_member_is_given_rows_of_another_when_some_tables_fit_one_batch(batch_size):
    table = numbered_table(16, rows=spans((0, 10), (10, 6)))
    try:
        drawn = torch.cat(epoch(table, batch_size, [0, 1]), dim=1)
    except ValueError:
        return
    assert drawn[0].max() < 10
    assert drawn[1].min() >= 10
    assert all(len(set(member.tolist())) == len(member) for member in drawn)


def test_length_is_that_of_the_table():
    assert len(numbered_table(7)) == 7
