"""Find chains of ops in a recording that one fused op can do.

A chain may be fused if nobody else sees what is inside it: each result but the last is the argument
of the next op, and of nothing else.
"""
from collections import Counter

import numpy as np

from ..autograd import Function
from ..ops import fused
from ..ops.activation import ReLU
from ..ops.conv import Conv2d
from ..ops.cross_entropy import CrossEntropy, NLLLoss
from ..ops.elementwise import Add
from ..ops.hard_activation import HardTanh
from ..ops.matmul import Linear
from ..ops.norm import BatchNorm
from ..ops.pool import MaxPool2d
from .folded import conv_norm
from .recording import Call, SetGrad, Slot, Write, slots_in


def _conv_relu(conv, *_):
    return fused.ConvReLU(*conv.options["options"])


def _conv_relu_pool(conv, one, other):
    window = _window(one) or _window(other)
    return window and fused.ConvReLUPool(conv.options["options"], window, conv.shape[2:])


def _relu_pool(one, other):
    window = _window(one) or _window(other)
    return window and fused.ReLUPool(window)


def _norm(norm, *others):
    window, bounds = None, (0, None) if others else (None, None)
    if len(others) == 2:
        window = _window(others[0]) or _window(others[1])
        if window is None:
            return None
    options = norm.options
    if others and others[0].kind is HardTanh:
        bounds = others[0].options["low"], others[0].options["high"]
    return fused.BatchNormReLU(options["eps"], options["training"], options["momentum"], window,
                               bounds)


def _add_relu(add, _):
    same = add.shapes[0] == add.shapes[1] == add.shape
    return fused.AddReLU() if same else None


def _conv_norm_relu_pool(conv, norm, one, other):
    """The whole chain: in training, if the images need no gradient and everything else does; or
    with given statistics, if nothing but the images needs one.
    """
    window, training = _window(one) or _window(other), norm.options["training"]
    needs = [need for need, x in zip(conv.needs[1:], conv.arguments[1:]) if x is not None]
    options = conv.options["options"], norm.options["eps"], norm.options["momentum"], window
    if window and not training and not any(needs + list(norm.needs[1:])) and options[1] > 0:
        return fused.NormedConvReLUPool(options[0], window, conv.shape[2:], options[1])
    if window is None or conv.needs[0] or not all(needs) or not training:
        return None
    if fused.FewTapsBatchNormReLUPool.pays(conv.shapes[1], options[0]):
        return fused.FewTapsBatchNormReLUPool(*options, conv.shape[2:])
    return fused.ConvBatchNormReLUPool(*options)


def _linear_relu(linear, _):
    return fused.LinearReLU() if len(linear.shape) == 2 else None


def _label_loss(loss):
    """A loss with one label per position and nothing else to it, so that kernels do it all."""
    options, (_, _, w) = loss.options, loss.arguments
    plain = w is None and not options.get("smoothing") and options["reduction"] in ("mean", "sum")
    if not plain or len(loss.shapes[1]) != max(len(loss.shapes[0]) - 1, 0):
        return None
    kind = fused.LabelNLL if loss.kind is NLLLoss else fused.LabelCrossEntropy
    return kind(options["ignore_index"], options["reduction"] == "mean")


# The longest chain that fits is taken. A ReLU may stand before or behind the pooling: the maximum
# of what is cut off at 0 is the maximum, cut off at 0.
CHAINS = (
    ((Conv2d, BatchNorm, ReLU, MaxPool2d), _conv_norm_relu_pool),
    ((Conv2d, BatchNorm, Add, ReLU), conv_norm),
    ((Conv2d, BatchNorm, Add), conv_norm),
    ((Conv2d, BatchNorm, ReLU), conv_norm),
    ((Conv2d, BatchNorm, HardTanh), conv_norm),
    ((Conv2d, BatchNorm), conv_norm),
    ((Conv2d, ReLU, MaxPool2d), _conv_relu_pool),
    ((Conv2d, MaxPool2d, ReLU), _conv_relu_pool),
    ((BatchNorm, ReLU, MaxPool2d), _norm),
    ((BatchNorm, MaxPool2d, ReLU), None),   # a negative weight turns the order around
    ((BatchNorm, ReLU), _norm),
    ((BatchNorm, HardTanh), _norm),
    ((BatchNorm,), _norm),
    ((Add, ReLU), _add_relu),
    ((Conv2d, ReLU), _conv_relu),
    ((Linear, ReLU), _linear_relu),
    ((ReLU, MaxPool2d), _relu_pool),
    ((MaxPool2d, ReLU), _relu_pool),
    ((CrossEntropy,), _label_loss),
    ((NLLLoss,), _label_loss),
)


def _window(call):
    """The window of a pooling whose windows lie side by side without padding, else None."""
    if call.kind is not MaxPool2d:
        return None
    kernel, stride, padding, dilation = call.options["windows"]
    floor = tuple([n // k for n, k in zip(call.shapes[0][2:], kernel)])
    fits = (stride == kernel and dilation == (1, 1) and padding == ((0, 0), (0, 0))
            and call.shape[2:] == floor and kernel[0] * kernel[1] < 255)
    return kernel if fits else None


def fuse(recording):
    """What becomes of each op of a recording.

    Returns
    -------
    dict
        {number of an event: the Call of the fused op that ends there, or None inside a chain};
        ops that are not in it stay as they are.
    """
    calls = {event.result: (i, event) for i, event in enumerate(recording.events)
             if isinstance(event, Call)}
    followers, seen = _followers(recording), {}
    for i, event in enumerate(recording.events):
        if isinstance(event, Call) and i not in seen:
            chain = _chain(i, event, calls, followers, seen)
            if chain is not None:
                numbers, call = chain
                seen.update(dict.fromkeys(numbers))
                seen[numbers[-1]] = call
    return seen


def _chain(i, event, calls, followers, seen):
    """([numbers of events], Call of the fused op), for the longest chain that starts here."""
    numbers, events = [i], [event]
    while len(events) < 4 and followers.get(events[-1].result) is not None:
        number, following = calls[followers[events[-1].result]]
        if number in seen:      # a sum that another chain ends with
            break
        numbers.append(number)
        events.append(following)
    kinds = tuple([e.kind for e in events])
    for pattern, make in CHAINS:
        length = len(pattern)
        if make is None or kinds[:length] != pattern or event.dtype != np.float32:
            continue
        op = make(*events[:length])
        if op:
            first, last = events[0], events[length - 1]
            join = [[*getattr(first, name), *[x for one, two in zip(events, events[1:length])
                                              for x in _others(name, one, two)]]
                    for name in ("arguments", "needs", "edges", "shapes")]
            call = Call(type(op), dict(op.__dict__), join[0], last.result, last.shape, last.dtype,
                        tuple(join[1]), tuple(join[2]), last.op, join[3], first.user)
            return numbers[:length], call
    return None


def _others(name, one, two):
    """What a call has besides the result of the one before: batch norm's weights, a summand."""
    values, inside = list(getattr(two, name)), two.arguments.index(one.result)
    return values[:inside] + values[inside + 1:]


def _followers(recording):
    """{slot: result of the one op that reads it, as its first argument; of a sum, as either}."""
    uses, follower = Counter(slots_in(recording.outputs)), {}
    inside = {}     # op on the tape -> its result
    for event in recording.events:
        if isinstance(event, Call):
            slots = [x for x in event.arguments if isinstance(x, Slot)]
            uses.update(slots)
            inside[event.op] = event.result
            firsts = event.arguments[:2 if event.kind is Add else 1]
            follower.update({x: event.result for x in firsts if isinstance(x, Slot)})
        elif isinstance(event, (Write, SetGrad)):
            uses.update(slots_in([getattr(event, "target", None), event.slot]))
        for edge in _ends(event):
            uses[inside.get(edge)] += 1
    return {slot: result for slot, result in follower.items() if uses[slot] == 1}


def _ends(event):
    """The ops at which a backward pass starts or is to end."""
    edges = [edge for edge, _ in getattr(event, "roots", ())]
    edges += getattr(event, "targets", None) or ()
    return [edge for edge in edges if isinstance(edge, Function)]
