"""Service Quotas of EC2 and EBS, which moto does not have: the limits that the stand-in holds."""

import json

from .message import Reply, Request, error

# Service, code, name, setting of `quota`, and the value without one. Names and codes are those of the real service.
QUOTAS = [
    ("ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "vcpus", 1152),
    ("ec2", "L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", "spot_vcpus", 1152),
    ("ebs", "L-7A658B76", "Storage for General Purpose SSD (gp3) volumes, in TiB", "", 50),
    ("ebs", "L-309BACF6", "Snapshots per Region", "", 100000),
]


def answer(request: Request, account: str, quota: dict[str, int]) -> Reply | None:
    """Answers ListServiceQuotas and GetServiceQuota of both services; `None` for everything else."""
    if request.service != "servicequotas" or request.action not in ("ListServiceQuotas", "GetServiceQuota"):
        return None
    given = json.loads(request.body)
    rows = [
        {
            "ServiceCode": service,
            "QuotaArn": f"arn:aws:servicequotas:{request.region}:{account}:{service}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(quota.get(setting, value)),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
        for service, code, name, setting, value in QUOTAS
        if service == given.get("ServiceCode") and given.get("QuotaCode", code) == code
    ]
    if not rows:
        return error(request, "NoSuchResourceException", "The specified resource does not exist.")
    body = {"Quotas": rows} if request.action == "ListServiceQuotas" else {"Quota": rows[0]}
    return Reply(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(body).encode())
