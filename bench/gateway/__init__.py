"""What a call through a gateway costs: ours beside others, each a process of its own before the same stand-in provider.

    make bench-gateway                                all of it, about twenty minutes
    bash bench/run.sh --gateway --only dragoman,tensorzero --rounds 1      a part; writes nothing

To add a gateway: an environment in ../environments.toml (or a package in npm.toml), and a table in gateways.toml.
"""
