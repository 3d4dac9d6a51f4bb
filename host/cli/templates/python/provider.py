"""Acme as a cloudhost plugin: responses of its API become records, and records become Kconfig menus.

A plugin is pure translation. It does not wait, retry, cache or print: the host does. It names a credential and never
sees one. The records are those of `wit/`; `componentize-py bindings` writes them as Python for an editor.

The API is made up, so that this works before you know yours. Each page is requested with

    GET https://api.acme.example/v1/instance-types?page=2
    {"instance_types": [{"name": "standard-2", "vcpus": 2, "memory_gib": 4, "architecture": "x86_64",
                         "hourly_price_cents": 5, "regions": ["north-1"]}],
     "next_page": null}

where `hourly_price_cents` is null for an unknown price.
"""

import json
import sys

import catalog_data
import menus
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import catalog, provider
from wit_world.imports import http, log, types
from wit_world.imports.http import HttpErrorKind
from wit_world.imports.types import DataKind, ErrorKind

TYPES = "https://api.acme.example/v1/instance-types"
# Limit on pages, for a cloud whose pages never end.
MOST_PAGES = 50
# Errors by status; all above 499 are `UNAVAILABLE`.
KINDS = {
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.PERMISSION_DENIED,
    404: ErrorKind.NOT_FOUND,
    429: ErrorKind.RATE_LIMITED,
}


def crashed(kind, error, trace):
    """Logs an uncaught error before the component ends: it has no stream to print it to."""
    places = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.write(log.Level.ERROR, f"{kind.__name__}: {error} at {' > '.join(places)}")


sys.excepthook = crashed


class Provider(exports.Provider):
    def describe(self):
        shown = [DataKind.REGIONS, DataKind.INSTANCE_TYPES, DataKind.OFFERS, DataKind.PRICES]
        return provider.Description(title="Acme", settings=[], freshness=[], menus=shown)


class Catalog(exports.Catalog):
    async def fetch(self, query):
        rows, page, seen = [], 1, set()
        while page is not None:
            if page in seen or len(seen) >= MOST_PAGES:
                raise failure(ErrorKind.INTERNAL, f"the pages do not end: {page} after {len(seen)} of them")
            seen.add(page)
            response = await get(f"{TYPES}?page={page}")
            rows += parsed(lambda: response["instance_types"])
            page = parsed(lambda: response["next_page"])
        return parsed(lambda: listing(rows))

    def bundled(self):
        rows = catalog_data.RESPONSE["instance_types"]
        data = listing(rows)
        return catalog.Bundle(listing=data, fetched_at=catalog_data.FETCHED_AT, source=catalog_data.SOURCE)


class Kconfig(exports.Kconfig):
    def emit_kconfig(self, catalog, dialect):
        return menus.files("TERRAFORM_ACME", catalog, dialect)


async def get(url):
    """The response to one request, as JSON."""
    request = http.Request(http.Method.GET, url, [], None, [http.Auth_Bearer("acme")])
    try:
        response = await http.fetch(request)
    except Err as error:
        raise unreachable(url, error.value) from None
    if not 200 <= response.status < 300:
        kind = ErrorKind.UNAVAILABLE if response.status > 499 else ErrorKind.INTERNAL
        start = response.body[:200].decode(errors="replace")
        raise failure(KINDS.get(response.status, kind), f"GET {url}: HTTP {response.status}: {start}")
    try:
        return json.loads(response.body)
    except ValueError as error:
        raise failure(ErrorKind.INTERNAL, f"GET {url}: the response is not JSON: {error}") from None


def listing(rows):
    """The records of the rows of all pages."""
    regions = sorted({name for row in rows for name in row["regions"]})
    places = [(row, region) for row in rows for region in row["regions"]]
    market = types.Market.ON_DEMAND
    return catalog.Listing(
        regions=[types.Region(name, None, zones=[], location=None, place=None, country=None) for name in regions],
        instance_types=[instance_type(row) for row in rows],
        offers=[types.Offer(row["name"], region, zones=[], market=market, interruption=None) for row, region in places],
        images=None,
        # An unknown price has no record; it is never 0.
        prices=[price(row, region) for row, region in places if row["hourly_price_cents"]],
        capacity=None,
        missing=[],
    )


def instance_type(row):
    return types.InstanceType(
        name=row["name"],
        family=row["name"].split("-")[0],
        architectures=[row["architecture"]],
        cpu_manufacturer=None,
        vcpus=row["vcpus"],
        memory_mib=row["memory_gib"] * 1024,
        accelerators=[],
        disks=[],
        network=None,
        network_mbps=None,
        bare_metal=False,
        burstable=False,
        free_tier=False,
        current_generation=True,
        markets=[types.Market.ON_DEMAND],
        attributes=[],
    )


def price(row, region):
    # Whole nano-units of a dollar: a cent is 10^7 of them.
    per_hour = types.Money(nanos=row["hourly_price_cents"] * 10_000_000, currency="USD")
    return types.Price(
        row["name"], region, None, types.Market.ON_DEMAND, per_hour, source="api.acme.example", published=None
    )


def parsed(read):
    """The result of `read`; a response of an undocumented shape is an error of the cloud, not a crash."""
    try:
        return read()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise failure(ErrorKind.INTERNAL, f"GET {TYPES}: the response has an unexpected shape: {error!r}") from None


def unreachable(url, error):
    kind = {
        HttpErrorKind.DENIED: ErrorKind.PERMISSION_DENIED,
        HttpErrorKind.CREDENTIAL_MISSING: ErrorKind.UNAUTHENTICATED,
        HttpErrorKind.INVALID_REQUEST: ErrorKind.INTERNAL,
        HttpErrorKind.BODY_TOO_LARGE: ErrorKind.INTERNAL,
    }.get(error.kind, ErrorKind.UNAVAILABLE)
    return failure(kind, f"GET {url}: {error.message}")


def failure(kind, message):
    return Err(types.Error(kind, types.Scope_Request(), None, message, None, None, None))
