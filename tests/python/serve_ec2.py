"""Runs the stand-in for EC2 on a free port, prints the port, and ends when standard input ends.

`ec2_stand_in` has its rules and their sources; `ec2_stand_in.control` has the control interface, on the same port.
A test process that dies in any way closes the pipe, so that no server outlives it.
"""

import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# moto validates these only where it is asked to, before it is loaded.
os.environ["MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION"] = "true"
os.environ["MOTO_ENABLE_AMI_VALIDATION"] = "true"
os.environ["MOTO_ENABLE_KEYPAIR_VALIDATION"] = "true"

from ec2_stand_in import control  # noqa: E402
from ec2_stand_in.cloud import Cloud  # noqa: E402
from ec2_stand_in.message import Reply, Request  # noqa: E402


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


class Handler(BaseHTTPRequestHandler):
    """Requests of AWS's clients and of the test."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(control.PREFIX):
            status, text = control.respond(cloud, self.command, self.path, body)
            self.send(Reply(status, [("Content-Type", "application/json")], text))
            return
        reply = cloud.handle(Request(self.command, self.path, self.headers.items(), body))
        if reply is None:
            self.hang_up()
        else:
            self.send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = serve

    def send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        # The time that the test let pass is the time of the cloud.
        self.send_header("Date", self.date_time_string(time.time() + cloud.offset))
        for name, value in reply.headers:
            if name.lower() not in ("date", "server", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
        self.wfile.flush()
        if reply.cut:
            self.hang_up()

    def hang_up(self) -> None:
        """Closes the connection without the rest of a response."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            # The client has gone, as killed programs do.
            pass

    def finish(self) -> None:
        try:
            super().finish()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *_) -> None:
        pass


class Server(ThreadingHTTPServer):
    # Many programs may connect at once.
    request_queue_size = 256
    daemon_threads = True


cloud = Cloud()
threading.Thread(target=end_with_parent, daemon=True).start()
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
