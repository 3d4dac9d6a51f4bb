"""Reads a DigitalOcean with DigitalOcean's own client.

`pydo_client.py URL TOKEN` fetches all pages of each list below URL with PyPI's pydo. The client returns any JSON, so
each row is compared with the fields in its documentation, which is generated from the published API description.
Prints JSON: {"regions": [slug], "sizes": {slug: price}, "images": [slug], "account": uuid}, or {"status": ..,
"code": ..}.
"""

import inspect
import json
import re
import sys

from azure.core.exceptions import HttpResponseError
from pydo import Client

# Without this, the client sends its token only over TLS.
LOOPBACK = {"enforce_https": False}


def documented(operation) -> tuple[set[str], set[str]]:
    """Returns the fields that the response of an operation can have, and those that it must have."""
    template = inspect.getdoc(operation).split("response == {", 1)[1].split("# response body", 1)[0]
    parts = re.split(r'"(\w+)": ', template)[1:]
    fields = dict(zip(parts[::2], parts[1::2]))
    return set(fields), {name for name, text in fields.items() if "Required." in text}


def fields(value) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(fields, value))
    if isinstance(value, dict):
        return set(value).union(*map(fields, value.values()))
    return set()


def rows(operation, name: str, **filters) -> list[dict]:
    """Returns all rows of all pages."""
    allowed, required = documented(operation)
    found, page = [], 1
    while page:
        response = operation(page=page, per_page=200, **filters, **LOOPBACK)
        assert fields(response) - {"next", "last"} <= allowed, sorted(fields(response) - allowed)
        found += response[name]
        next_page = response["links"]["pages"].get("next")
        page = page + 1 if next_page else None
    assert len(found) == response["meta"]["total"]
    for row in found:
        assert required - {"total"} <= fields(row), f"{row}: {sorted(required - fields(row))} missing"
    return found


def fetch(url: str, token: str) -> dict:
    client = Client(token, endpoint=url)
    try:
        account = client.account.get(**LOOPBACK)
    except HttpResponseError as error:
        return {"status": error.status_code, "code": error.response.json()["id"]}
    allowed, required = documented(client.account.get)
    assert required <= fields(account) <= allowed
    return {
        "regions": [row["slug"] for row in rows(client.regions.list, "regions")],
        "sizes": {row["slug"]: row["price_hourly"] for row in rows(client.sizes.list, "sizes")},
        "images": [row["slug"] for row in rows(client.images.list, "images", type="distribution")],
        "account": account["account"]["uuid"],
    }


if __name__ == "__main__":
    print(json.dumps(fetch(*sys.argv[1:])))
