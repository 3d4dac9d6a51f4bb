"""One question to the API: all pages of a list, and what its errors mean.

Formats: the published OpenAPI description of the DigitalOcean API (https://github.com/digitalocean/openapi).
"""

import asyncio
import json
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from componentize_py_types import Err
from wit_world.imports import http
from wit_world.imports.http import HttpErrorKind
from wit_world.imports.types import Error, ErrorKind, Scope_Provider

API = "https://api.digitalocean.com/v2"
CREDENTIAL = "digitalocean"  # its name in the manifest
PER_PAGE = 200  # the most that the API gives
PAGE_CAP = 50  # ten thousand rows are more than any of the lists has
FILTERS = {"images": "&type=distribution"}

# No answer at all.
KINDS = {
    HttpErrorKind.DENIED: ErrorKind.PERMISSION_DENIED,
    HttpErrorKind.CREDENTIAL_MISSING: ErrorKind.UNAUTHENTICATED,
    HttpErrorKind.INVALID_REQUEST: ErrorKind.INTERNAL,
    HttpErrorKind.BODY_TOO_LARGE: ErrorKind.INTERNAL,
}
# An answer that is no success.
STATUSES = {
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.PERMISSION_DENIED,
    404: ErrorKind.NOT_FOUND,
    429: ErrorKind.RATE_LIMITED,
}
# Of several errors the first of these tells most about what to do.
TELLING = [
    ErrorKind.UNAUTHENTICATED,
    ErrorKind.PERMISSION_DENIED,
    ErrorKind.RATE_LIMITED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.INTERNAL,
]


class Failed(Exception):
    """Why something could not be had, as the contract says it. There is one endpoint and one token: what fails here
    fails everywhere."""

    def __init__(self, kind: ErrorKind, message: str, code: str | None = None, request_id: str | None = None):
        super().__init__(message)
        self.error = Error(kind, Scope_Provider(), code, message, request_id, None)


def most_telling(failures) -> Failed:
    rank = {kind: n for n, kind in enumerate(TELLING)}
    return min(failures, key=lambda failure: rank.get(failure.error.kind, len(rank)))


async def rows(what: str) -> list:
    """All rows of the list `GET /WHAT`. The first page says which is the last; all others are asked at once."""
    query = f"?per_page={PER_PAGE}{FILTERS.get(what, '')}"
    first = await get(what, query)
    last = page_of(pages(first).get("last")) or 1
    if last > PAGE_CAP:
        raise Failed(ErrorKind.INTERNAL, f"GET /{what}: {last} pages, more than {PAGE_CAP}")
    others = await asyncio.gather(*(get(what, f"{query}&page={page}") for page in range(2, last + 1)))
    answers = [first, *others]
    if pages(answers[-1]).get("next"):
        raise Failed(ErrorKind.INTERNAL, f"GET /{what}: after the last page, {last}, there is another")
    lists = [answer.get(what) for answer in answers]
    if not all(isinstance(rows, list) for rows in lists):
        raise Failed(ErrorKind.INTERNAL, f"GET /{what}: the answer has no list `{what}`")
    return [row for rows in lists for row in rows]


async def get(what: str, query: str = "") -> dict:
    """The answer to `GET /WHAT` as JSON. Its numbers keep every digit."""
    title = f"GET /{what}"
    request = http.Request(
        method=http.Method.GET,
        url=f"{API}/{what}{query}",
        headers=[],
        body=None,
        auth=http.Auth_Bearer(CREDENTIAL),
        read_only=True,
    )
    try:
        answer = await http.fetch(request)
    except Err as none:
        kind = KINDS.get(none.value.kind, ErrorKind.UNAVAILABLE)
        raise Failed(kind, f"{title}: {none.value.message}")
    try:
        body = json.loads(answer.body, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        body = None
    if not 200 <= answer.status < 300:
        raise failure(title, answer.status, body)
    if not isinstance(body, dict):
        raise Failed(ErrorKind.INTERNAL, f"{title}: the answer is no JSON object; it starts with {answer.body[:40]!r}")
    return body


def failure(title: str, status: int, body) -> Failed:
    """The error of an answer with this status: `{"id", "message", "request_id"}`, unless a proxy made it."""
    kind = STATUSES.get(status) or (ErrorKind.UNAVAILABLE if status >= 500 else ErrorKind.INVALID_ARGUMENT)
    said = body if isinstance(body, dict) else {}
    code, message, request_id = (text(said.get(field)) for field in ("id", "message", "request_id"))
    return Failed(kind, f"{title}: HTTP {status}: {message or 'no message'}", code, request_id)


def pages(answer: dict) -> dict:
    """`links.pages`, whose `last` and `next` are URLs; empty where all is on one page."""
    return part(part(answer, "links"), "pages")


def page_of(url) -> int | None:
    """The number of the page that a URL asks for."""
    try:
        return int(parse_qs(urlsplit(url).query)["page"][0])
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def part(answer: dict, name: str) -> dict:
    """An object inside an answer; empty where there is none."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def text(value) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None
