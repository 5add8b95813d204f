#!/usr/bin/env bash
# CPU cost of dragoman beside its peers; see bench/__main__.py for what may be said after it.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ "${1:-}" == --gateway ]]; then
    exec .venv/bin/python -m bench.gateway "${@:2}"
fi
exec .venv/bin/python -m bench "$@"
