"""TensorZero's own server, out of its Python package.   start_tensorzero.py CONFIGURATION PORT_FILE

It binds a port of its choosing, which is written to the file.
"""

import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import tensorzero

configuration, port_file = sys.argv[1:]
gateway = tensorzero._start_http_gateway(  # noqa: SLF001  # the package has no public name for it
    config_file=configuration, clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False
)
fresh = Path(port_file + ".new")
fresh.write_text(str(urlsplit(gateway.base_url).port))
fresh.rename(port_file)
signal.pause()
