"""A minimal OpenTelemetry collector: it prints its port, and then each received span as a line of JSON.

It ends when standard input ends.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def attributes(pairs) -> dict:
    """Returns attributes by their keys, each with the value that is set."""
    named = {}
    for pair in pairs:
        kind = pair.value.WhichOneof("value")
        named[pair.key] = getattr(pair.value, kind) if kind else None
    return named


class Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = (
            self.path == "/v1/traces"
            and self.headers["Content-Type"] == "application/x-protobuf"
        )
        if not known:
            self.send_error(415)
            return
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = attributes(resource.resource.attributes).get("service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    line = {
                        "service": service,
                        "name": span.name,
                        "trace": span.trace_id.hex(),
                        "id": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "nanoseconds": span.end_time_unix_nano
                        - span.start_time_unix_nano,
                        "attributes": attributes(span.attributes),
                    }
                    print(json.dumps(line), flush=True)
        response = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, *_) -> None:
        pass


threading.Thread(target=end_with_parent, daemon=True).start()
server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
print(server.server_port, flush=True)
server.serve_forever()
