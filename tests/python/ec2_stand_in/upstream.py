"""moto in this process, called without a socket."""

import threading
from urllib.parse import urlencode

from moto.iam.models import get_account_id_from
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.test import EnvironBuilder, run_wsgi_app

from .message import Refused, Reply, Request, error, parse

class Moto:
    """moto's server. One call at a time, as its models are not made for threads."""

    def __init__(self) -> None:
        self.app = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.RLock()

    def forward(self, request: Request) -> Reply:
        """Carries a request out."""
        headers = [(name, value) for name, value in request.headers if name.lower() not in ("content-length", "connection")]
        path, _, query = request.target.partition("?")
        builder = EnvironBuilder(method=request.method, path=path, query_string=query, headers=headers, data=request.body)
        with self.lock:
            try:
                chunks, status, fields = run_wsgi_app(self.app, builder.get_environ(), buffered=True)
            except Exception as fault:
                return error(request, "InternalError", f"moto: {type(fault).__name__}: {fault}")
            body = b"".join(chunks)
        number = int(status.split(" ")[0])
        code = ""
        if number >= 400 and request.service == "ec2":
            code = parse(body).findtext("Errors/Error/Code", "")
        return Reply(number, [(name, value) for name, value in fields if name.lower() != "content-length"], body, code)

    def call(self, key: str, region: str, action: str, params: dict[str, str]):
        """Carries an action of EC2 out and returns its parsed response."""
        reply = self.forward(query(key, region, action, params))
        root = parse(reply.body)
        if reply.status >= 400:
            found = root.find("Errors/Error")
            raise Refused(found.findtext("Code", ""), found.findtext("Message", ""), reply.status)
        return root

    @staticmethod
    def account(key: str) -> str:
        """Returns the account of an access key, also of an assumed role's."""
        return get_account_id_from(key)

    def reset(self) -> None:
        self.forward(Request("POST", "/moto-api/reset", [], b""))


def query(key: str, region: str, action: str, params: dict[str, str]) -> Request:
    """Returns a request to EC2 in the name of a key."""
    scope = f"AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/ec2/aws4_request, SignedHeaders=host, Signature=0"
    headers = [("Authorization", scope), ("Content-Type", "application/x-www-form-urlencoded"), ("Host", "localhost")]
    form = urlencode({"Action": action, "Version": "2016-11-15", **params}).encode()
    return Request("POST", "/", headers, form)
