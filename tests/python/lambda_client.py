"""Reads a Lambda Cloud with a client from PyPI.

`lambda_client.py URL KEY` reads the API below URL with lambda-cloud-api-client, whose models are generated from their
own API description and reject a response without one of their fields. Prints JSON: {"types": {name: record},
"capacity": {name: [region]}, "regions": [record]}, or {"status": code, "error": record}.
"""

import json
import sys

from lambda_cloud_api_client import AuthenticatedClient
from lambda_cloud_api_client.api.default import instance_types
from lambda_cloud_api_client.models import ErrorResponseBody, InstanceType, Region


def fetch(url: str, key: str) -> dict:
    client = AuthenticatedClient(base_url=f"{url}/api/v1", token=key, raise_on_unexpected_status=True)
    response = instance_types.sync_detailed(client=client)
    body = json.loads(response.content)
    if response.status_code != 200:
        return {"status": int(response.status_code), "error": ErrorResponseBody.from_dict(body).error.to_dict()}
    regions = client.get_httpx_client().get("/regions")
    assert regions.status_code == 200, regions.text
    types, capacity = {}, {}
    for name, item in body["data"].items():
        types[name] = InstanceType.from_dict(item["instance_type"]).to_dict()
        assert types[name] == item["instance_type"], f"fields of {name} that the client does not know"
        free = [Region.from_dict(region) for region in item["regions_with_capacity_available"]]
        capacity[name] = [region.name for region in free]
    return {
        "types": types,
        "capacity": capacity,
        "regions": [Region.from_dict(region).to_dict() for region in regions.json()["data"]],
    }


if __name__ == "__main__":
    print(json.dumps(fetch(*sys.argv[1:])))
