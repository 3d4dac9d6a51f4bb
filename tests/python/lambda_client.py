"""Reads and changes a Lambda Cloud with a client from PyPI.

lambda-ai-cloud-api-client is generated from the published description of the API. Its models reject a response without
one of their fields, and this script one with a field that they do not know.

`lambda_client.py URL KEY` prints JSON: {"types": {name: record}, "capacity": {name: [region]}, "regions": [record]}, or
{"status": code, "error": record}. `lambda_client.py URL KEY CALLS` makes the calls of a JSON list, such as
[["launch_instance", {body}], ["get_instance", "id"]], and prints a list of {"status": code, "data": ..}, {"status":
code, "error": record} or {"status": 0, "error": class} where there was no response. "$0" stands for the first id that a
launch returned, "$1" for the second one.
"""

import importlib
import json
import sys

import httpx
from lambda_ai_cloud_api_client import AuthenticatedClient
from lambda_ai_cloud_api_client.api.instances import list_instance_types
from lambda_ai_cloud_api_client.models import (
    AddSSHKeyRequest,
    FilesystemCreateRequest,
    InstanceLaunchRequest,
    InstanceModificationRequest,
    InstanceRestartRequest,
    InstanceTerminateRequest,
    Region,
)
from lambda_ai_cloud_api_client.types import UNSET

MODULES = {
    "launch_instance": ("instances", InstanceLaunchRequest),
    "terminate_instance": ("instances", InstanceTerminateRequest),
    "restart_instance": ("instances", InstanceRestartRequest),
    "post_instance": ("instances", InstanceModificationRequest),
    "get_instance": ("instances", None),
    "list_instances": ("instances", None),
    "list_filesystems": ("filesystems", None),
    "create_filesystem": ("filesystems", FilesystemCreateRequest),
    "filesystem_delete": ("filesystems", None),
    "list_ssh_keys": ("ssh_keys", None),
    "add_ssh_key": ("ssh_keys", AddSSHKeyRequest),
    "delete_ssh_key": ("ssh_keys", None),
}


def known(record) -> None:
    """Fails if a record has a field that its model does not know."""
    if isinstance(record, list):
        for one in record:
            known(one)
    elif hasattr(record, "additional_properties"):
        fields = {name: value for name, value in vars_of(record).items() if value is not UNSET}
        extra = fields.pop("additional_properties")
        # A map by name, such as that of instance types, has nothing but such fields.
        assert not extra or not fields, f"{type(record).__name__}: {sorted(extra)}"
        for value in [*fields.values(), *extra.values()]:
            known(value)


def vars_of(record) -> dict:
    return {field.name: getattr(record, field.name) for field in type(record).__attrs_attrs__}


def fetch(client: AuthenticatedClient) -> dict:
    response = list_instance_types.sync_detailed(client=client)
    known(response.parsed)
    body = json.loads(response.content)
    if response.status_code != 200:
        return {"status": int(response.status_code), "error": response.parsed.error.to_dict()}
    regions = client.get_httpx_client().get("/api/v1/regions")
    assert regions.status_code == 200, regions.text
    types, capacity = {}, {}
    for name, item in response.parsed.data.additional_properties.items():
        types[name] = item.instance_type.to_dict()
        assert types[name] == body["data"][name]["instance_type"], name
        capacity[name] = [str(region.name) for region in item.regions_with_capacity_available]
    return {
        "types": types,
        "capacity": capacity,
        "regions": [Region.from_dict(region).to_dict() for region in regions.json()["data"]],
    }


def call(client: AuthenticatedClient, operation: str, given, made: list[str]) -> dict:
    folder, body = MODULES[operation]
    module = importlib.import_module(f"lambda_ai_cloud_api_client.api.{folder}.{operation}")
    arguments = {}
    for argument in given:
        if isinstance(argument, dict):
            arguments["body"] = body.from_dict(argument)
        else:
            arguments["id"] = argument
    identity = (arguments.pop("id"),) if "id" in arguments else ()
    try:
        response = module.sync_detailed(*identity, client=client, **arguments)
    except httpx.HTTPError as error:
        return {"status": 0, "error": type(error).__name__}
    known(response.parsed)
    result = {"status": int(response.status_code)}
    if response.parsed is None:
        return result
    if result["status"] != 200:
        return {**result, "error": response.parsed.error.to_dict()}
    data = json.loads(response.content)["data"]
    if operation == "launch_instance":
        made.extend(data["instance_ids"])
    return {**result, "data": data}


def main(url: str, key: str, calls: str | None = None):
    client = AuthenticatedClient(base_url=url, token=key, timeout=httpx.Timeout(20), raise_on_unexpected_status=False)
    if calls is None:
        return fetch(client)
    results, made = [], []
    for operation, *given in json.loads(calls):
        text = json.dumps(given)
        for number, identity in enumerate(made):
            text = text.replace(f'"${number}"', json.dumps(identity))
        results.append(call(client, operation, json.loads(text), made))
    return results


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
