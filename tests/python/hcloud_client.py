"""Reads a Hetzner Cloud with Hetzner's own client.

`hcloud_client.py URL TOKEN` fetches all pages of each list below URL with PyPI's hcloud, and compares the fields
of each row with those that the client knows. Prints JSON: {"locations": {name: [latitude, longitude]}, "types":
{name: {"prices": {location: net}, "available": {location: bool}, ..}}, "images": [[name, architecture], ..]}, or
{"status": .., "code": ..}.
"""

import json
import sys

import requests
from hcloud import APIException, Client
from hcloud.images.domain import Image
from hcloud.locations.domain import Location
from hcloud.server_types.domain import ServerType, ServerTypeLocation

# Removed from the API:
# https://docs.hetzner.cloud/changelog#2024-07-25-cloud-api-returns-traffic-information-in-different-format
GONE = {"included_traffic"}


def known(rows: list[dict], domain) -> None:
    for row in rows:
        assert set(row) == set(domain.__api_properties__) - GONE, f"{row['name']}: {sorted(row)}"


def fetch(url: str, token: str) -> dict:
    client = Client(token=token, api_endpoint=f"{url}/v1")
    try:
        locations = client.locations.get_all()
    except APIException as error:
        return {"status": 401, "code": error.code}
    types, images = client.server_types.get_all(), client.images.get_all(type="system")

    def raw(what: str) -> list[dict]:
        headers = {"Authorization": f"Bearer {token}"}
        rows, page = [], 1
        while page:
            response = requests.get(f"{url}/v1/{what}?page={page}", headers=headers, timeout=10).json()
            rows, page = rows + response[what], response["meta"]["pagination"]["next_page"]
        return rows

    known(raw("locations"), Location)
    known(raw("images"), Image)
    raw_types = raw("server_types")
    known(raw_types, ServerType)
    for row in raw_types:
        fields = {"id", "name", *ServerTypeLocation.__api_properties__} - {"location"}
        assert all(set(at) == fields for at in row["locations"]), f"{row['name']}: {row['locations']}"
    return {
        "locations": {at.name: [at.latitude, at.longitude] for at in locations},
        "types": {
            of.name: {
                "cores": of.cores,
                "memory": of.memory,
                "prices": {price["location"]: price["price_hourly"]["net"] for price in of.prices},
                "available": {at.location.name: at.available for at in of.locations},
            }
            for of in types
        },
        "images": [[image.name, image.architecture] for image in images],
    }


if __name__ == "__main__":
    print(json.dumps(fetch(*sys.argv[1:])))
