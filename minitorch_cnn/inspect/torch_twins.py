"""The same op in PyTorch: how a recorded call is written there.

Each entry takes (torch, options of the op, *tensors) and returns a tensor. ``torch`` is handed in:
it is imported in audit.py alone.
"""


def _functional(name):
    return lambda torch, o, *xs: getattr(torch.nn.functional, name)(*xs)


def _plain(name):
    return lambda torch, o, *xs: getattr(torch, name)(*xs)


def _padded(torch, x, padding, value=0.0):
    """``x`` with ((top, bottom), (left, right)) more pixels."""
    (top, bottom), (left, right) = padding
    return torch.nn.functional.pad(x, (left, right, top, bottom), value=value)


def _conv2d(torch, o, x, w, b):
    stride, padding, dilation, groups = o["options"]
    x = _padded(torch, x, padding)
    return torch.nn.functional.conv2d(x, w, b, stride, 0, dilation, groups)


def _symmetric(padding):
    """((a, a), (b, b)) -> (a, b), which is all that PyTorch's pooling knows; else None."""
    return tuple(p[0] for p in padding) if all(a == b for a, b in padding) else None


def _max_pool2d(torch, o, x):
    kernel, stride, padding, dilation = o["windows"]
    if _symmetric(padding) is None:
        return None
    return torch.nn.functional.max_pool2d(x, kernel, stride, _symmetric(padding), dilation,
                                          o["ceil_mode"])


def _avg_pool2d(torch, o, x):
    kernel, stride, padding = o["windows"]
    if _symmetric(padding) is None:
        return None
    return torch.nn.functional.avg_pool2d(x, kernel, stride, _symmetric(padding), o["ceil_mode"],
                                          *o["count"])


def _batch_norm(torch, o, x, w, b, *running):
    mean, var = (None, None) if o["training"] else [statistic.detach() for statistic in running]
    return torch.nn.functional.batch_norm(x, mean, var, w, b, o["training"], 0.0, o["eps"])


def _label_loss(name):
    def loss(torch, o, x, labels, weight=None):
        shape = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
        more = {"label_smoothing": o["smoothing"]} if name == "cross_entropy" else {}
        weight = None if weight is None else weight.detach()
        return getattr(torch.nn.functional, name)(
            x, labels.long().reshape(shape), weight, reduction=o["reduction"],
            ignore_index=o["ignore_index"], **more)
    return loss


def _loss(name):
    return lambda torch, o, x, t: getattr(torch.nn.functional, name)(x, t, reduction=o["reduction"])


def _reduction(name):
    def reduce(torch, o, x):
        dims = o["dims"]
        dims = tuple(range(x.ndim)) if dims is None else dims
        return getattr(torch, name)(x, dims, o["keepdim"]) if dims or x.ndim == 0 else None
    return reduce


TWINS = {
    "Conv2d": _conv2d,
    "Linear": _functional("linear"),
    "MatMul": _plain("matmul"),
    "MaxPool2d": _max_pool2d,
    "AvgPool2d": _avg_pool2d,
    "AdaptiveAvgPool2d": lambda torch, o, x: torch.nn.functional.adaptive_avg_pool2d(
        x, o["output_size"]),
    "AdaptiveMaxPool2d": lambda torch, o, x: torch.nn.functional.adaptive_max_pool2d(
        x, o["output_size"]),
    "BatchNorm": _batch_norm,
    "ReLU": _functional("relu"),
    "LeakyReLU": lambda torch, o, x: torch.where(x > 0, x, x * torch.as_tensor(o["slope"])),
    "PReLU": _functional("prelu"),
    "SiLU": _functional("silu"),
    "GELU": _functional("gelu"),
    "GELUTanh": lambda torch, o, x: torch.nn.functional.gelu(x, approximate="tanh"),
    "Mish": _functional("mish"),
    "Softplus": lambda torch, o, x: torch.nn.functional.softplus(x, o["beta"], o["threshold"]),
    "Sigmoid": _plain("sigmoid"),
    "Tanh": _plain("tanh"),
    "LogSoftmax": lambda torch, o, x: torch.log_softmax(x, o["axis"]),
    "Softmax": lambda torch, o, x: torch.softmax(x if o["sign"] > 0 else -x, o["axis"]),
    "CrossEntropy": _label_loss("cross_entropy"),
    "NLLLoss": _label_loss("nll_loss"),
    "MSE": _loss("mse_loss"),
    "L1": _loss("l1_loss"),
    "Dropout": lambda torch, o, x: x * torch.from_numpy(o["mask"]),
    "Reshape": lambda torch, o, x: x.reshape(o["target"]),
    "Permute": lambda torch, o, x: x.permute(o["dims"]),
    "Sum": _reduction("sum"),
    "Mean": _reduction("mean"),
    "Add": _plain("add"),
    "Sub": _plain("sub"),
    "Mul": _plain("mul"),
    "Div": _plain("div"),
    "Neg": _plain("neg"),
    "Abs": _plain("abs"),
    "Square": _plain("square"),
    "Exp": _plain("exp"),
    "Log": _plain("log"),
    "Sqrt": _plain("sqrt"),
    "PowNumber": lambda torch, o, x: x ** o["exponent"],
}


def torch_result(torch, call, dy):
    """(result, gradients for ``dy``) of a float64 call in PyTorch, as arrays; None without a twin.

    Only the package's own ops have twins: a user's op of the same name may be anything.
    """
    twin = TWINS.get(call.op) if ".ops." in call.kind.__module__ else None
    if twin is None:
        return None
    tensors = [torch.from_numpy(x.copy()) if hasattr(x, "dtype") else x for x in call.arguments]
    for tensor in tensors:
        if isinstance(tensor, torch.Tensor) and tensor.is_floating_point():
            tensor.requires_grad_()
    try:
        y = twin(torch, call.options, *tensors)
    except (TypeError, ValueError, RuntimeError):  # some case that PyTorch does not know
        return None
    if y is None or tuple(y.shape) != dy.shape:
        return None
    y.backward(torch.from_numpy(dy.copy()))
    return y.detach().numpy(), [getattr(t, "grad", None) for t in tensors]
