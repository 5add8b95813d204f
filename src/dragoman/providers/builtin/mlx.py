"""Models in this process by MLX: Apple silicon, or Linux. Reference: github.com/ml-explore/mlx-lm (read 2026-11-21)."""

from dragoman.providers.in_process import in_process

SPEC = in_process("mlx", docs_url="https://github.com/ml-explore/mlx-lm")
