"""The same primitives for the CPU, in Numba."""
