"""Requests to the API: all pages of a list, and the meaning of errors.

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
PER_PAGE = 200  # the API's maximum
PAGE_CAP = 50  # ten thousand rows: more than any list has
FILTERS = {"images": "&type=distribution"}

# Errors without a response.
KINDS = {
    HttpErrorKind.DENIED: ErrorKind.PERMISSION_DENIED,
    HttpErrorKind.CREDENTIAL_MISSING: ErrorKind.UNAUTHENTICATED,
    HttpErrorKind.INVALID_REQUEST: ErrorKind.INTERNAL,
    HttpErrorKind.BODY_TOO_LARGE: ErrorKind.INTERNAL,
}
# Responses that are not a success.
STATUSES = {
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.PERMISSION_DENIED,
    404: ErrorKind.NOT_FOUND,
    429: ErrorKind.RATE_LIMITED,
}
# Kinds of errors in the order of reporting: the first says most about the remedy.
TELLING = [
    ErrorKind.UNAUTHENTICATED,
    ErrorKind.PERMISSION_DENIED,
    ErrorKind.RATE_LIMITED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.INTERNAL,
]


class Failed(Exception):
    """An error in the contract's form. Its scope is the whole provider: there is one endpoint and one token."""

    def __init__(self, kind: ErrorKind, message: str, code: str | None = None, request_id: str | None = None):
        super().__init__(message)
        self.error = Error(kind, Scope_Provider(), code, message, request_id, None, None)


def most_telling(failures) -> Failed:
    rank = {kind: n for n, kind in enumerate(TELLING)}
    return min(failures, key=lambda failure: rank.get(failure.error.kind, len(rank)))


async def rows(what: str) -> list:
    """Fetches all rows of the list `GET /WHAT`. The first page gives the number of the last; the others are fetched
    concurrently."""
    query = f"?per_page={PER_PAGE}{FILTERS.get(what, '')}"
    first = await get(what, query)
    last = page_of(pages(first).get("last")) or 1
    if last > PAGE_CAP:
        raise Failed(ErrorKind.INTERNAL, f"GET /{what}: {last} pages, more than {PAGE_CAP}")
    others = await asyncio.gather(*(get(what, f"{query}&page={page}") for page in range(2, last + 1)))
    answers = [first, *others]
    if pages(answers[-1]).get("next"):
        raise Failed(ErrorKind.INTERNAL, f"GET /{what}: the last page, {last}, links to another page")
    lists = [answer.get(what) for answer in answers]
    if not all(isinstance(rows, list) for rows in lists):
        raise Failed(ErrorKind.INTERNAL, f"GET /{what}: the response has no list `{what}`")
    return [row for rows in lists for row in rows]


async def get(what: str, query: str = "") -> dict:
    """Fetches `GET /WHAT` as JSON. Its numbers keep every digit."""
    title = f"GET /{what}"
    request = http.Request(
        method=http.Method.GET,
        url=f"{API}/{what}{query}",
        headers=[],
        body=None,
        auth=[http.Auth_Bearer(CREDENTIAL)],
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
        raise Failed(ErrorKind.INTERNAL, f"{title}: response is not a JSON object; it starts with {answer.body[:40]!r}")
    return body


def failure(title: str, status: int, body) -> Failed:
    """Creates the error of a response with this status: `{"id", "message", "request_id"}`, unless it is a proxy's."""
    kind = STATUSES.get(status) or (ErrorKind.UNAVAILABLE if status >= 500 else ErrorKind.INVALID_ARGUMENT)
    said = body if isinstance(body, dict) else {}
    code, message, request_id = (text(said.get(field)) for field in ("id", "message", "request_id"))
    return Failed(kind, f"{title}: HTTP {status}: {message or 'no message'}", code, request_id)


def pages(answer: dict) -> dict:
    """Returns `links.pages`, whose `last` and `next` are URLs; empty if there is only one page."""
    return part(part(answer, "links"), "pages")


def page_of(url) -> int | None:
    """Parses the page number of a URL."""
    try:
        return int(parse_qs(urlsplit(url).query)["page"][0])
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def part(answer: dict, name: str) -> dict:
    """Returns an object inside a response; empty if there is none."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def text(value) -> str | None:
    """Returns a text that is not empty."""
    return value if isinstance(value, str) and value else None
