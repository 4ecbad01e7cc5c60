"""Build and install minitorch_cnn. Everything pip needs to know stands here."""
from pathlib import Path

from setuptools import find_packages, setup

# The kernels lie in the top-level folder kernels/, to be found and read, and are installed as
# minitorch_cnn.kernels.<language>: on PyPI the name "kernels" belongs to another project.
LANGUAGES = ("reference", "cpu", "cuda")

# NVIDIA's compiler for CUDA, which needs no GPU: the tests compile every kernel with it.
SIM = [f"{package}; sys_platform == 'linux'" for package in (
    "nvidia-cuda-nvrtc==13.0.88", "nvidia-cuda-runtime==13.0.96", "nvidia-cuda-crt==13.0.88")]

setup(
    name="minitorch_cnn",
    version="0.1.0",
    description="A deep-learning framework to read: autograd, layers and kernels by hand",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.10",
    packages=find_packages(include=["minitorch_cnn", "minitorch_cnn.*"])
    + [f"minitorch_cnn.kernels.{name}" for name in LANGUAGES],
    package_dir={f"minitorch_cnn.kernels.{name}": f"kernels/{name}" for name in LANGUAGES},
    package_data={
        "minitorch_cnn.kernels.cuda": ["*.cu", "*.cuh"],
        "minitorch_cnn.datasets": ["mnist_data/*"],
    },
    install_requires=["numpy>=2", "numba", "matplotlib", "pillow", "tqdm", "safetensors",
                      "threadpoolctl"],
    extras_require={
        "cuda12": ["cupy-cuda12x", "cuda-toolkit[cublas,cudart,nvrtc]==12.*"],
        "cuda13": ["cupy-cuda13x", "cuda-toolkit[cublas,cudart,nvrtc]==13.*"],
        "study": ["scikit-learn"],
        "test": ["pytest", "pytest-cov", "hypothesis", "scikit-learn", "setuptools>=70.1",
                 "torch==2.13.0", "torchvision==0.28.0", *SIM],
        "sim": SIM,
        "dev": ["ruff", "mypy"],
    },
)
