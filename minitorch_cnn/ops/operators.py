"""Python's operators and PyTorch's methods on Tensor: the only file that attaches them.

Tensor lies a floor below the ops, so it cannot name them. When ``ops`` has been imported, it hands
all its public functions to ``attach``, which goes through the tables below:

- ``x + y`` is ``add(x, y)``, and ``2 - x``, where the number asks x to do it, is ``sub(2, x)``;
- ``x.sum(1)`` is ``sum(x, 1)``: a method is the function itself;
- ``x.reshape(2, 3)`` packs its numbers: ``reshape(x, (2, 3))``;
- ``x.add_(y)`` and ``x += y`` compute ``add(x, y)`` and write it into x (``inplace.py``).
"""
import functools

from ..autograd import Tensor
from . import arrange, convert, inplace, joining, selection, shape
from .indexing import getitem

# Python's name of the operator: the function
ARITHMETIC = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div",
              "floordiv": "floor_divide", "mod": "remainder", "pow": "pow", "matmul": "matmul",
              "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
COMPARISONS = {"eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
UNARY = {"neg": "neg", "abs": "abs", "invert": "bitwise_not"}

METHODS = """
    abs absolute acos add addcdiv addcmul addmm all allclose amax amin aminmax any arccos arcsin
    arctan arctan2 argmax argmin argsort argwhere asin atan atan2 bernoulli bitwise_and
    bitwise_not bitwise_or bitwise_xor bmm broadcast_to ceil chunk clamp clamp_max clamp_min
    clip clone cos cosh count_nonzero cumsum diag diagonal div divide dot eq equal erf exp exp2
    expm1 fix flatten fliplr flipud floor floor_divide fmax fmin fmod frac gather ge greater
    greater_equal gt hardshrink index_add index_fill index_select isclose isfinite isinf isnan
    le lerp less less_equal log log10 log1p log2 log_softmax logaddexp logical_and logical_not
    logical_or logical_xor logsumexp lt masked_fill masked_select matmul max maximum mean median
    min minimum mm moveaxis movedim msort mul multiply mv narrow ne neg negative nonzero norm
    not_equal outer pow prelu prod ravel reciprocal relu remainder repeat_interleave roll rot90
    round rsqrt scatter scatter_add select sigmoid sign sin sinh softmax sort split sqrt square
    squeeze std sub subtract sum swapaxes swapdims t take take_along_dim tan tanh tensor_split
    topk transpose tril triu true_divide trunc unbind unflatten unique unsqueeze var
"""

IN_PLACE = """
    abs absolute acos add addcdiv addcmul addmm arccos arcsin arctan arctan2 asin atan atan2
    bitwise_and bitwise_not bitwise_or bitwise_xor ceil clamp clamp_max clamp_min clip cos cosh
    cumsum div divide eq erf exp exp2 expm1 fix floor floor_divide fmod frac ge greater
    greater_equal gt index_add index_fill le lerp less less_equal log log10 log1p log2
    logical_and logical_not logical_or logical_xor lt masked_fill mul multiply ne neg negative
    not_equal pow reciprocal relu remainder round rsqrt scatter scatter_add sigmoid sign sin
    sinh sqrt square sub subtract tan tanh tril triu true_divide trunc
"""

IN_PLACE_VIEWS = "squeeze swapaxes swapdims t transpose unsqueeze"


def attach(functions):
    """Give Tensor its operators and methods; ``functions`` is {name: public function}."""
    for name in METHODS.split():
        setattr(Tensor, name, functions[name])
    for name in IN_PLACE.split():
        setattr(Tensor, name + "_", inplace.in_place(name, functions[name]))
    for name in IN_PLACE_VIEWS.split():
        setattr(Tensor, name + "_", inplace.in_place_view(name, functions[name]))
    for name, function in SIZED.items():
        setattr(Tensor, name, _sized(function))
    for name, function in ONLY_METHODS.items():
        setattr(Tensor, name, function)
    for symbol, name in UNARY.items():
        setattr(Tensor, f"__{symbol}__", functions[name])
    for symbol, name in COMPARISONS.items():
        setattr(Tensor, f"__{symbol}__", _comparison(functions[name]))
    for symbol, name in ARITHMETIC.items():
        setattr(Tensor, f"__{symbol}__", functions[name])
        setattr(Tensor, f"__r{symbol}__", _reflected(functions[name]))
        if symbol != "matmul":  # x @= y changes the shape as a rule: Python turns it into x = x @ y
            setattr(Tensor, f"__i{symbol}__", inplace.in_place(name, functions[name]))


def _reflected(function):
    """The method for ``other <op> x`` where ``other`` does not know Tensors."""
    def method(self, other):
        return function(other, self)

    return method


def _comparison(function):
    """The method for ``x == other``: elementwise; with what is no number, Python's own answer."""
    def method(self, other):
        return function(self, other) if _is_number(other) else NotImplemented

    return method


def _is_number(x):
    return isinstance(x, (Tensor, bool, int, float)) or hasattr(x, "dtype")


def _sized(function):
    """The method of ``function(input, sizes)`` that also takes the sizes one by one."""
    @functools.wraps(function)
    def method(self, *sizes, **options):
        if options or len(sizes) == 1:
            return function(self, *sizes, **options)
        return function(self, sizes)

    return method


def _contains(self, element):
    """``element in x``: whether any element of x equals it."""
    if not _is_number(element):
        raise TypeError(f"in: a tensor contains numbers, not {type(element).__name__}")
    return bool((self == element).data.any())


def _iterate(self):
    """``for row in x``: the slices along dim 0, each an op of its own on the tape."""
    if self.ndim == 0:
        raise TypeError("iter: a 0-d tensor has nothing to go through; use item()")
    return iter(joining.unbind(self))


def _transposed(self):
    """The tensor with its dims in reverse order: a matrix transposed."""
    return shape.Permute(tuple(range(self.ndim))[::-1])(self)


def _matrices_transposed(self):
    """The tensor with its last two dims swapped: each matrix of a batch transposed."""
    return shape.transpose(self, -2, -1)


def _where(self, condition, other):
    """``x.where(condition, other)``: x where the condition is true, ``other`` elsewhere."""
    return selection.where(condition, self, other)


SIZED = {"permute": shape.permute, "reshape": shape.reshape, "flip": arrange.flip,
         "tile": arrange.tile}

ONLY_METHODS = {
    "__getitem__": getitem, "__iter__": _iterate, "__contains__": _contains,
    "T": property(_transposed), "mT": property(_matrices_transposed),
    "view": shape.view, "expand": shape.expand, "repeat": arrange.repeat, "unfold": arrange.unfold,
    "view_as": shape.view_as, "reshape_as": shape.reshape_as, "expand_as": shape.expand_as,
    "__pos__": lambda self: self, "__reversed__": arrange.reverse, "ndimension": Tensor.dim,
    "where": _where, "to": convert.to, "type": convert.type_, "type_as": convert.type_as,
    "cpu": convert.cpu, "cuda": convert.cuda, "contiguous": convert.contiguous,
    "new_full": convert.new_full, "new_zeros": convert.new_zeros, "new_ones": convert.new_ones,
    "new_empty": convert.new_empty, "new_tensor": convert.new_tensor,
    **{name: convert.converter(name, dtype) for name, dtype in convert.CONVERTERS.items()},
    **inplace.NEW_METHODS,
}
