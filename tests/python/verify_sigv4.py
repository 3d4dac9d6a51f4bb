"""Checks recorded requests against botocore's own signer.

Reads a JSON list of exchanges, as the kit's proxy records them, from standard input. The argument is the secret
key. Each signature is recomputed from the recorded request. Prints one line for each request with an invalid
signature. The exit status is 1 if there is one, or no request.
"""

import datetime
import json
import re
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<signed>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
MAX_AGE = datetime.timedelta(minutes=5)


def problem(exchange: dict, secret: str) -> str | None:
    headers = {name.lower(): value for name, value in exchange["headers"]}
    if secret in json.dumps(exchange):
        return "the secret itself is in the request"
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if not found:
        return f"not signed: {headers.get('authorization')!r}"
    signed = found["signed"].split(";")
    if signed != sorted(signed) or "host" not in signed or "x-amz-date" not in signed:
        return f"signed headers {signed}"
    timestamp = headers["x-amz-date"]
    sent = datetime.datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ")
    if abs(datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - sent) > MAX_AGE:
        return f"date {timestamp}"
    if not timestamp.startswith(found["date"]):
        return f"date {timestamp} and scope {found['date']}"
    host = headers["host"]
    if host.startswith("ec2.") and found["region"] != host.split(".")[1]:
        return f"host {host} and region {found['region']}"

    request = AWSRequest(
        method=exchange["method"],
        url=f"https://{host}{exchange['path']}",
        headers={name: headers[name] for name in signed},
        data=exchange["body"].encode(),
    )
    request.context["timestamp"] = timestamp
    signer = SigV4Auth(Credentials(found["key"], secret), found["service"], found["region"])
    canonical = signer.canonical_request(request)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    if expected != found["signature"]:
        return f"signature {found['signature']}, but botocore says {expected} for:\n{canonical}"
    return None


def main() -> int:
    exchanges = json.load(sys.stdin)
    problems = 0
    for number, exchange in enumerate(exchanges):
        if found := problem(exchange, sys.argv[1]):
            print(f"{number} {exchange['action']} {exchange['region']}: {found}")
            problems += 1
    print(f"{len(exchanges)} requests, {problems} not as botocore signs them")
    return 1 if problems or not exchanges else 0


if __name__ == "__main__":
    sys.exit(main())
