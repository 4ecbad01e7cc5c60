"""The same primitives for the CPU, in Numba."""


def describe():
    """One line: Numba's version, the vectors and the threads."""
    import numba

    from .jit import threads
    from .simd import WIDTH
    return f"Numba {numba.__version__}, vectors of {WIDTH} floats, {threads()} threads"
