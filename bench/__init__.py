"""What a call costs beside the libraries people use today: CPU time, in one run, as ratios.

    make bench                      everything, about ten minutes; writes results/latest.json and docs/benchmarks.*
    bash bench/run.sh --quick       only what the goals compare, under two minutes; writes nothing

To add a library: an environment in environments.toml, an adapter in peers/, its name in `peers.NAMES`.
"""
