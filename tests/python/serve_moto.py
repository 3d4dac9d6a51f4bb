"""Runs moto's server on a free port, prints the port, and ends when standard input ends.

A test process that dies in any way closes the pipe, so that no server outlives it.
"""

import logging
import os
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


logging.getLogger("werkzeug").setLevel(logging.ERROR)
threading.Thread(target=end_with_parent, daemon=True).start()
server = make_server(
    "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True
)
print(server.port, flush=True)
server.serve_forever()
