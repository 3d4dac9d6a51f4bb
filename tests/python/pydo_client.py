"""What DigitalOcean's own client understands of a DigitalOcean.

`pydo_client.py URL TOKEN` asks the API below URL with PyPI's pydo, all pages of each list. The client hands on any JSON;
its documentation, which is generated from the published API description, names the fields. So each row is compared
with that. Prints JSON: {"regions": [slug], "sizes": {slug: price}, "images": [slug], "account": uuid}, or {"status": ..,
"code": ..}.
"""

import inspect
import json
import re
import sys

from azure.core.exceptions import HttpResponseError
from pydo import Client

# The client gives its token to no server without TLS, unless it is told to.
LOOPBACK = {"enforce_https": False}


def documented(operation) -> tuple[set[str], set[str]]:
    """The fields that the answer of an operation can have, and those that it must have."""
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
    """All rows of all pages."""
    allowed, required = documented(operation)
    found, page = [], 1
    while page:
        answer = operation(page=page, per_page=200, **filters, **LOOPBACK)
        assert fields(answer) - {"next", "last"} <= allowed, sorted(fields(answer) - allowed)
        found += answer[name]
        next_page = answer["links"]["pages"].get("next")
        page = page + 1 if next_page else None
    assert len(found) == answer["meta"]["total"]
    for row in found:
        assert required - {"total"} <= fields(row), f"{row}: {sorted(required - fields(row))} missing"
    return found


def ask(url: str, token: str) -> dict:
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
    print(json.dumps(ask(*sys.argv[1:])))
