"""The control interface: JSON below `/stand-in/`.

    POST   reset       {setting: value}: forget everything; settings as in `cloud.SETTINGS`
    POST   settings    {setting: value}: change these
    POST   faults      {"action": "RunInstances" or "*", "nth": 1, "times": 1, "region": "", "fault": {"kind": ..}}
    DELETE faults      remove all
    GET    requests    all requests in the order of arrival, with parameters, status, effect and loss
    GET    resources   what was made since the reset, by moto's own view
    POST   call        {"region", "action", "params"}: act by another hand; {"status", "body"}
    POST   held        {"seconds"}: wait until a request is held; {"held": number}
    POST   release     {"drop": false}: let held requests go on, or drop them
    POST   clock       {"seconds"}: let time pass for lags, rates and tokens
    POST   expire      {"key"}: expire an access key
    POST   forget      {}: forget all client tokens
"""

import json

from .cloud import Cloud

PREFIX = "/stand-in/"


def respond(cloud: Cloud, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Returns status and body."""
    try:
        given = json.loads(body) if body else {}
        result = act(cloud, f"{method} {path.removeprefix(PREFIX)}", given)
    except (KeyError, TypeError, ValueError) as fault:
        return 400, json.dumps({"error": f"{type(fault).__name__}: {fault}"}).encode()
    return 200, json.dumps(result).encode()


def act(cloud: Cloud, verb: str, given: dict):
    if verb == "POST held":
        with cloud.changed:
            cloud.changed.wait_for(lambda: cloud.held, given.get("seconds", 10))
            return {"held": len(cloud.held)}
    if verb == "POST release":
        cloud.release(given.get("drop", False))
        return None
    if verb == "POST call":
        reply = cloud.by_another_hand(given["region"], given["action"], given.get("params", {}))
        return {"status": reply.status, "body": reply.body.decode()}
    with cloud.lock:
        if verb == "POST reset":
            cloud.reset(given)
        elif verb == "POST settings":
            cloud.configure(given)
        elif verb == "POST faults":
            cloud.faults.add(**given)
        elif verb == "DELETE faults":
            cloud.faults.rules.clear()
        elif verb == "GET requests":
            return cloud.log
        elif verb == "GET resources":
            return cloud.resources()
        elif verb == "POST clock":
            cloud.offset += given["seconds"]
        elif verb == "POST expire":
            cloud.expired.add(given["key"])
        elif verb == "POST forget":
            cloud.tokens.used.clear()
        else:
            raise ValueError(f"unknown request `{verb}`")
    return None
