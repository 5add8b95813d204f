"""Make the environment in which `make test-local` runs models, under `.local/`: MLX, and PyTorch for the CPU.

llama.cpp is not in it: llama-cpp-python is compiled where it is installed, which takes up to an hour on two cores.
Installed by hand, it stays, and its tests no longer skip.
"""

from __future__ import annotations

import sys

from client_environments import OUR_TESTS, ROOT, make, with_pip

FOLDER = ROOT.parent / ".local"

TORCH = ["--find-links", "https://download.pytorch.org/whl/cpu/torch/", "torch==2.13.0"]
"""The package index's own build for Linux is the one for CUDA, of several gigabytes; this page has the other."""
MLX = ["mlx[cpu]>=0.32,<0.33" if sys.platform == "linux" else "mlx>=0.32,<0.33", "mlx-lm>=0.32,<0.33"]
LOCAL = ["transformers>=5.23,<6", *MLX, "llguidance>=1.9,<2", "gguf>=0.19", "numpy", "psutil>=7", *OUR_TESTS]


if __name__ == "__main__":
    make(FOLDER, with_pip(FOLDER, TORCH, LOCAL), [*TORCH, *LOCAL])  # pip: llama.cpp is added to it by hand
