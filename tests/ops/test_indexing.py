"""x[...] and x[...] = value, against torch: written cases and fuzzing."""
import numpy as np
import pytest
import torch
from check_op import check_op
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt

ROWS, COLUMN = np.array([0, 2, 2]), np.array([[1], [-1]])
MASK = np.array([True, False, True])
CASES = [
    0, -1, (1, 2), (0, 0, 0), (0, 0, 0, 0), slice(None), slice(1, 3), slice(None, None, 2),
    slice(-2, None), slice(5, 9), slice(2, 1), ..., (..., 0), (0, ..., 1), None, (None, 0, None),
    (..., None), (slice(None), slice(1, None, 2), 1), (),
    ROWS, COLUMN, (slice(None), ROWS), (ROWS, ROWS), (ROWS, COLUMN), (0, ROWS), (ROWS, 0),
    (0, slice(None), ROWS), (ROWS, slice(None), ROWS), (slice(None), ROWS, ROWS),
    (slice(None), ROWS, slice(None), ROWS), (ROWS, None, ROWS), (None, ROWS), (..., ROWS),
    (COLUMN, ..., ROWS), [0, 1], ([0, 1], [1, 0]), [], (0, [], 1), range(2),
    np.array([0, 2], np.int32), np.int64(1), np.array(2),
    True, False, (True, 0), (slice(None), False), (True, ROWS), [True, False, True], MASK,
    (MASK, 0), (slice(None), np.array([True, False, True, False])),
    (0, MASK.repeat(2)[:4]), (MASK, [3, 3]),
    (slice(None), np.zeros(4, bool)), np.arange(12).reshape(3, 4) % 5 == 0, (MASK, ..., ROWS[:2]),
    (slice(None), np.arange(12).reshape(4, 3) % 3 == 0),
]
SHAPE = (3, 4, 3, 3)


def torch_index(index):
    """The same index with arrays as torch tensors."""
    if isinstance(index, tuple):
        return tuple([torch_index(i) for i in index])
    return torch.from_numpy(index) if isinstance(index, np.ndarray) else index


def our_index(index):
    """The same index with arrays as Tensors."""
    if isinstance(index, tuple):
        return tuple([our_index(i) for i in index])
    return mt.Tensor(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("index", CASES, ids=str)
def test_getitem(index):
    check_op(lambda x: x[index], lambda x: x[torch_index(index)], SHAPE, dtypes=(np.float64,))
    check_op(lambda x: x[our_index(index)], lambda x: x[torch_index(index)], SHAPE,
             dtypes=(np.float32,))


@pytest.mark.parametrize("index", CASES, ids=str)
def test_setitem(index):
    x = np.arange(108.).reshape(SHAPE)
    ours, theirs = mt.Tensor(x.copy()), torch.from_numpy(x.copy())
    shape = theirs[torch_index(index)].shape
    for value in (-1, np.random.default_rng(0).standard_normal(shape[-1:])):
        ours[index] = value
        theirs[torch_index(index)] = value if isinstance(value, int) else torch.from_numpy(value)
    if "2, 2" not in str(index):  # of the values for a repeated place, any may win
        np.testing.assert_array_equal(ours.data, theirs.numpy())


@pytest.mark.parametrize("index", [(), ..., None, True, False, (None, ...), np.array(True)],
                         ids=str)
def test_0d(index):
    check_op(lambda x: x[index], lambda x: x[torch_index(index)], ())


def test_basic_indexing_is_a_view_of_any_layout():
    x = mt.Tensor(np.zeros((4, 6), np.float32))
    y = x.t()[1::2, None, 0]
    assert np.shares_memory(y.data, x.data) and np.shares_memory(x[0, 0].data, x.data)
    y += 1
    assert x.data.sum() == 3
    assert not np.shares_memory(x[[0, 1]].data, x.data)


def test_layouts():
    check_op(lambda x: x.t()[ROWS], lambda x: x.t()[torch.from_numpy(ROWS)], (2, 3))
    check_op(lambda x: x.expand(4, 3)[:, ROWS], lambda x: x.expand(4, 3)[:, torch.from_numpy(ROWS)],
             (1, 3))
    check_op(lambda x: x[:, 1:], lambda x: x[:, 1:], (0, 3))


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("index", [[[0, 1], [2, 2]], [[0, 1]], [slice(1), 0], [None, 1], [0, ...],
                                   [[[0], [1]]]])
def test_a_list_of_more_than_numbers_is_a_tuple(index):
    check_op(lambda x: x[index], lambda x: x[index], (3, 3))


def test_tensors_bound_slices():
    x = mt.Tensor(np.arange(5.))
    one, four = mt.Tensor(np.array(1)), mt.Tensor(np.array(4))
    assert x[one:four].tolist() == [1, 2, 3] and x[four].item() == 4


ITEMS = st.one_of(
    st.integers(-3, 2), st.none(), st.just(...), st.booleans(),
    st.builds(slice, st.none() | st.integers(-4, 4), st.none() | st.integers(-4, 4),
              st.none() | st.integers(1, 3)),
    st.lists(st.integers(-3, 2), min_size=0, max_size=3),
    st.builds(lambda bits: np.array(bits), st.lists(st.booleans(), min_size=3, max_size=3)),
    st.builds(lambda bits: np.array(bits).reshape(3, 3),
              st.lists(st.booleans(), min_size=9, max_size=9)),
    st.builds(lambda n: np.array(n).reshape(2, 1),
              st.lists(st.integers(-3, 2), min_size=2, max_size=2)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ITEMS, max_size=5).map(tuple))
def test_fuzz_getitem(index):
    """Any index into (3, 3, 3): both refuse it, or both give the same result and gradient."""
    assume(sum(item is ... for item in index) < 2)
    x = np.random.default_rng(0).standard_normal((3, 3, 3))
    theirs = torch.from_numpy(x).requires_grad_()
    try:
        expected = theirs[torch_index(index)]
    except IndexError:
        with pytest.raises(IndexError, match="index:"):
            mt.Tensor(x)[index]
        return
    ours = mt.Tensor(x, requires_grad=True)
    y = ours[index]
    np.testing.assert_array_equal(y.data, expected.detach().numpy())
    dy = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(dy)
    expected.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("dtype, value, expected", [
    (np.int64, 1.9, 1), (np.float32, 7, 7.0), (bool, 3, True), (np.uint8, True, 1)])
def test_setitem_casts(dtype, value, expected):
    x = mt.Tensor(np.zeros(2, dtype))
    x[0] = value
    assert x.dtype == dtype and x.tolist() == [expected, 0]


def test_setitem_broadcasts_and_takes_tensors_arrays_and_lists():
    x = mt.Tensor(np.zeros((2, 3)))
    x[:, 1:] = mt.Tensor(np.ones((1, 2)))
    x[0] = np.array([5, 6, 7])
    x[1, :1] = [4]
    x[1:] += 1
    assert x.tolist() == [[5, 6, 7], [5, 2, 2]]
    x[x > 5] = 0
    assert x.tolist() == [[5, 0, 0], [5, 2, 2]]


def test_setitem_is_refused_where_it_would_have_to_be_recorded():
    x = mt.Tensor(np.zeros(3), requires_grad=True)
    plain = mt.Tensor(np.zeros(3))
    for target, value in ((x, 1), (x * 2, 1), (plain, x)):
        with pytest.raises(RuntimeError,
                           match=r"requires a gradient .*; use where\(mask, value, x\).*no_grad"):
            target[:] = value
    with mt.no_grad():
        x[0] = 5
    assert x.tolist() == [5, 0, 0] and x.requires_grad


X = mt.Tensor(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("index, error, message", [
    (2, IndexError, "index: 2 is out of range for dim 0 of size 2"),
    ((0, -4), IndexError, "index: -4 is out of range for dim 1 of size 3"),
    ([0, 2], IndexError, "index: 2 is out of range for dim 0 of size 2"),
    ((slice(None), [-4]), IndexError, "index: -4 is out of range for dim 1 of size 3"),
    ((0, 0, 0), IndexError, "index: 3 indices for a tensor of 2 dimensions"),
    ((..., ...), IndexError, "index: an index can hold one"),
    (1.0, IndexError, "index: a float cannot be an index"),
    ("a", IndexError, "index: a str cannot be an index"),
    ([0.5], IndexError, "index: arrays must hold integers or bools, got float64"),
    (np.zeros(2, np.float32), IndexError, "got float32; convert them with .long"),
    (([[0, 1], [0]],), IndexError, "must hold integers or bools, in rows of one length"),
    (([0, slice(1)],), IndexError, "must hold integers or bools, got object"),
    (slice(None, None, -1), ValueError, "the step of a slice must be positive, got -1; use flip"),
    (slice(None, None, 0), ValueError, "must be positive, got 0"),
    (slice(0.5, 2), IndexError, "the bounds of a slice must be integers"),
    (np.ones(3, bool), IndexError, r"a mask of shape \(3,\) does not fit the dims of shape \(2,\)"),
    (([0, 1, 0], [0, 1]), IndexError, r"index: shapes \(3,\), \(2,\) do not broadcast"),
])
def test_messages(index, error, message):
    with pytest.raises(error, match=message):
        X[index]


@pytest.mark.parametrize("index", [0, [0], slice(None)], ids=str)
def test_message_of_a_value_that_does_not_fit(index):
    with pytest.raises(ValueError,
                       match=r"x\[index\] = value: the value's shape \(2,\) does not broadcast"):
        X[index] = np.zeros(2)
