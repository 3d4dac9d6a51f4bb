"""Requests and replies in the Query protocol of EC2 and the formats of its neighbours."""

import json
import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")


@dataclass
class Request:
    """A request as it arrived, with the parts that rules look at."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    key: str = ""
    region: str = ""
    service: str = ""
    action: str = ""
    params: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        headers = {name.lower(): value for name, value in self.headers}
        path, _, query = self.target.partition("?")
        if scope := SCOPE.search(headers.get("authorization", "")):
            self.key, self.region, self.service = scope.groups()
        if "x-www-form-urlencoded" in headers.get("content-type", ""):
            self.params = dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        elif query:
            self.params = dict(parse_qsl(query, keep_blank_values=True))
        target = headers.get("x-amz-target", "").rpartition(".")[2]
        self.action = self.params.pop("Action", "") or target or f"{self.method} {path}"
        self.params.pop("Version", None)

    def with_params(self, params: dict[str, str]) -> "Request":
        """Returns the same request to EC2 with other parameters."""
        form = urlencode({"Action": self.action, "Version": "2016-11-15", **params}).encode()
        headers = [(name, value) for name, value in self.headers if name.lower() not in ("content-length", "content-type")]
        headers.append(("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
        return Request("POST", "/", headers, form)

    @property
    def reads(self) -> bool:
        """True for an action that changes nothing, by EC2's way to name actions."""
        return self.action.startswith(("Describe", "Get", "List", "GET "))

    def listed(self, name: str) -> list[str]:
        """Returns the values of `name.1`, `name.2`, and so on."""
        found = ((re.fullmatch(rf"{name}\.(\d+)", key), value) for key, value in self.params.items())
        return [value for _, value in sorted((int(match[1]), value) for match, value in found if match)]


@dataclass
class Reply:
    """A response. `code` is the error code, or empty."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    code: str = ""
    cut: bool = False


class Refused(Exception):
    """An error that EC2 answers with."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


# Codes whose status is not 400: the server errors of "Error codes for the Amazon EC2 API" and the refusals.
STATUS = {
    "AccessDenied": 403,
    "AuthFailure": 401,
    "DryRunOperation": 412,
    "ExpiredToken": 403,
    "InvalidClientTokenId": 403,
    "SignatureDoesNotMatch": 403,
    "UnauthorizedOperation": 403,
    "InsufficientInstanceCapacity": 500,
    "InternalError": 500,
    "InternalFailure": 500,
    "RequestLimitExceeded": 503,
    "ServiceUnavailable": 503,
    "Unavailable": 503,
}


def error(request: Request, code: str, message: str, status: int | None = None) -> Reply:
    """Returns an error in the format of the service that the request is for."""
    status = status or STATUS.get(code, 400)
    number = str(uuid.uuid4())
    kind = [("Content-Type", "text/xml;charset=UTF-8"), ("x-amzn-requestid", number)]
    root = ET.Element("Response" if request.service == "ec2" else "ErrorResponse")
    at = ET.SubElement(root, "Errors") if request.service == "ec2" else root
    found = ET.SubElement(at, "Error")
    if request.service != "ec2":
        if any(name.lower() == "x-amz-target" for name, _ in request.headers):
            body = json.dumps({"__type": code, "message": message}).encode()
            return Reply(status, [("Content-Type", "application/x-amz-json-1.1")], body, code)
        ET.SubElement(found, "Type").text = "Sender" if status < 500 else "Receiver"
    ET.SubElement(found, "Code").text = code
    ET.SubElement(found, "Message").text = message
    ET.SubElement(root, "RequestID" if request.service == "ec2" else "RequestId").text = number
    return Reply(status, kind, ET.tostring(root, encoding="utf-8", xml_declaration=True), code)


def parse(body: bytes) -> ET.Element:
    """Reads XML and drops the namespace, so that paths need none."""
    root = ET.fromstring(body)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def dump(root: ET.Element) -> bytes:
    """Writes XML in EC2's namespace, with a fresh request id."""
    if (number := root.find("requestId")) is not None:
        number.text = str(uuid.uuid4())
    root.set("xmlns", EC2_NAMESPACE)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def set_text(element: ET.Element, path: str, value: str) -> None:
    """Sets the text of a child, which is added if it is missing."""
    at = element
    for name in path.split("/"):
        child = at.find(name)
        at = ET.SubElement(at, name) if child is None else child
    at.text = value


def tags_of(item: ET.Element) -> dict[str, str]:
    """Returns the tags of an item of a list."""
    return {tag.findtext("key", ""): tag.findtext("value") or "" for tag in item.findall("tagSet/item")}
