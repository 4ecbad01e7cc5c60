"""The same primitives for NVIDIA GPUs, in CUDA C."""
