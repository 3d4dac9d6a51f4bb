"""Fetches AWS data through boto3: the reference that lists and menus are compared with.

`aws_facts.py ENDPOINT FILE` writes it as JSON: {"zones": {region: [zone]}, "offers": {region: [type]},
"types": {name: record}, "images": [record]}, with records as boto3 returns them. Regions are those that the
account can use.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config


def client(endpoint: str, region: str):
    return boto3.session.Session().client(
        "ec2",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="unused",
        config=Config(retries={"max_attempts": 2}),
    )


def fetch(endpoint: str) -> dict:
    home = client(endpoint, "us-east-1")
    session = boto3.session.Session()
    # moto lists the regions of all partitions. An account of AWS sees only those of its own.
    regions = [
        region["RegionName"]
        for region in home.describe_regions(AllRegions=True)["Regions"]
        if region["OptInStatus"] != "not-opted-in"
        and session.get_partition_for_region(region["RegionName"]) == "aws"
    ]

    def one(region: str) -> tuple[list[str], list[str]]:
        ec2 = client(endpoint, region)
        zones = ec2.describe_availability_zones()["AvailabilityZones"]
        pages = ec2.get_paginator("describe_instance_type_offerings").paginate()
        offers = [offer["InstanceType"] for page in pages for offer in page["InstanceTypeOfferings"]]
        return sorted(zone["ZoneName"] for zone in zones), sorted(offers)

    with ThreadPoolExecutor(4) as pool:
        found = dict(zip(regions, pool.map(one, regions)))
    pages = home.get_paginator("describe_instance_types").paginate()
    types = {record["InstanceType"]: record for page in pages for record in page["InstanceTypes"]}
    return {
        "zones": {region: zones for region, (zones, _) in found.items()},
        "offers": {region: offers for region, (_, offers) in found.items()},
        "types": types,
        "images": home.describe_images()["Images"],
    }


if __name__ == "__main__":
    endpoint, path = sys.argv[1:]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(fetch(endpoint), file, default=str)
