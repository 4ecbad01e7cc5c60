"""What CuPy has of NumPy's names, and of arrays' methods: the stand-in has no others.

From CuPy's reference, https://docs.cupy.dev/en/stable/reference/ (version 14). What the package
does not use may be missing here; what CuPy lacks must not be added.
"""


def _set(text):
    return set(text.split())


FUNCTIONS = _set("""
abs absolute add all allclose amax amin any append arange arccos arccosh arcsin arcsinh arctan
arctan2 arctanh argmax argmin argpartition argsort argwhere around array_equal array_split
atleast_1d atleast_2d atleast_3d bincount bitwise_and bitwise_not bitwise_or bitwise_xor
broadcast_arrays broadcast_to can_cast ceil clip column_stack compress concatenate conj copy
copysign copyto corrcoef cos cosh count_nonzero cross cumprod cumsum deg2rad degrees delete diag
diagflat diagonal diff digitize divide divmod dot dsplit dstack einsum equal exp exp2 expand_dims
expm1 extract eye fabs fill_diagonal flatnonzero flip fliplr flipud float_power floor floor_divide
fmax fmin fmod frexp full full_like gcd greater greater_equal heaviside histogram hsplit hstack
hypot i0 identity indices inner interp invert isclose isfinite isin isinf isnan isneginf isposinf
kron lcm ldexp left_shift less less_equal lexsort linspace log log10 log1p log2 logaddexp
logaddexp2 logical_and logical_not logical_or logical_xor logspace matmul max maximum mean median
meshgrid min minimum mod modf moveaxis multiply nan_to_num nanargmax nanargmin nancumsum nanmax
nanmean nanmedian nanmin nanprod nanstd nansum nanvar ndim negative nextafter nonzero not_equal
ones ones_like outer pad partition percentile place positive power prod promote_types ptp put
put_along_axis quantile rad2deg radians ravel reciprocal remainder repeat reshape resize result_type
right_shift rint roll rollaxis rot90 round searchsorted select shape sign signbit sin sinc sinh size
sort split sqrt square squeeze stack std subtract sum swapaxes take take_along_axis tan tanh
tensordot tile trace transpose trapezoid tri tril tril_indices triu triu_indices true_divide trunc
unique unravel_index var vdot vsplit vstack where zeros zeros_like
""")

CONSTANTS = _set("""
bool_ complex128 complex64 dtype e finfo float16 float32 float64 iinfo inf int16 int32 int64 int8
integer floating generic intp issubdtype nan newaxis pi uint16 uint32 uint64 uint8 ndindex
""")

METHODS = _set("""
all any argmax argmin argpartition argsort astype choose clip compress conj copy cumprod cumsum
diagonal dot flatten item max mean min nonzero partition prod put ravel repeat reshape round
searchsorted sort squeeze std sum swapaxes take tobytes tolist trace transpose var view
""")

ATTRIBUTES = _set("shape strides dtype ndim size itemsize nbytes T real imag")

# ufunc.at adds up; other ufuncs raise NotImplementedError
AT = {"add", "subtract", "maximum", "minimum", "bitwise_and", "bitwise_or", "bitwise_xor"}

# what CuPy leaves to cuBLAS, which it does not call while a stream captures
BY_CUBLAS = _set("dot einsum inner matmul outer tensordot vdot")

# what needs a number from the GPU, or CuPy's sorting, which waits for it
WAITING = _set("""
argpartition argsort argwhere bincount choose compress delete digitize extract flatnonzero histogram
isin lexsort nonzero partition repeat sort tril_indices triu_indices unique
""")

# what changes its first argument and has no result
IN_PLACE = _set("copyto fill_diagonal place put put_along_axis")
