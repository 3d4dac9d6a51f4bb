"""The way of a request: faults, credentials, limits, tokens, states, moto, and what lists learn of it."""

import copy
import re
import threading
import time

from moto.ec2.models.instance_types import INSTANCE_TYPES

from . import quotas, tokens
from .faults import Faults
from .kinds import BY_NAME, CREATED, KINDS, Kind
from .lists import Lists
from .message import Refused, Reply, Request, dump, error, parse, set_text, tags_of
from .refusals import Refusals, explained
from .states import show
from .tokens import Tokens, Used
from .upstream import Moto, query

# A number of calls or seconds; the longer one counts. Neither: for ever.
SETTINGS = {
    "lag": {"calls": 1, "seconds": 0},
    "tag_lag": {"calls": 2, "seconds": 0},
    "gone_lag": {"calls": 1, "seconds": 0},
    "terminated": {"calls": None, "seconds": None},
    "commands_lag": False,
    "polls": 1,
    "stale_polls": 0,
    # Launches left by zone (`us-east-1a`) or by type in a zone (`us-east-1a/t3.micro`). Without an entry, any number.
    "capacity": {},
    # Limits of a region: `vcpus`, `spot_vcpus`, `instances`, `volumes` (a number of volumes).
    "quota": {},
    "deny": [],
    # Buckets by action: `{"RunInstances": {"size": 5, "refill": 2}}`, tokens and tokens per second.
    "rates": {},
    "token_seconds": None,
    # A token that is used with other parameters gives the first resource.
    "loose_tokens": False,
}
ID = re.compile(r"(?:i|vol|snap|sg|eipalloc|subnet|vpc)-[0-9a-f]{8,17}")
CONTROL_KEY = "AKIACONTROLCONTROL00"


class Cloud:
    """One EC2 with all its regions."""

    def __init__(self) -> None:
        self.moto = Moto()
        self.lock = threading.RLock()
        self.changed = threading.Condition()
        # One for each held request: what the test decides about it.
        self.held: list[dict] = []
        self.generation = 0
        self.token_actions = tokens.actions()
        self.lists: Lists | None = None
        self.reset({})

    def reset(self, settings: dict) -> None:
        """Forgets everything, and takes these settings over the defaults."""
        with self.lock:
            self.release(True)
            # Late requests of an earlier test have no effect on the next one.
            self.generation += 1
            self.moto.reset()
            self.settings = copy.deepcopy(SETTINGS)
            self.configure(settings)
            self.offset, self.epoch = 0.0, time.monotonic()
            self.faults, self.tokens = Faults(), Tokens()
            self.lists = Lists(self.settings, self.moto, self.now)
            self.log: list[dict] = []
            self.expired: set[str] = set()
            self.buckets: dict[tuple, tuple[float, float]] = {}
            self.seen: dict[tuple[str, str], str] = {}
            self.baseline: dict[tuple, set[str]] = {}
            self.foreign: set[tuple] = set()

    def configure(self, settings: dict) -> None:
        for name, value in settings.items():
            if name not in SETTINGS:
                raise ValueError(f"unknown setting `{name}`: expected one of {', '.join(SETTINGS)}")
            self.settings[name] = value
        if self.lists:
            self.lists.states.shorten(self.settings["polls"])
            self.lists.attachments.shorten(self.settings["polls"])

    def now(self) -> float:
        """Returns the seconds since the reset, and what the control interface added."""
        return time.monotonic() - self.epoch + self.offset

    # The way of a request.

    def handle(self, request: Request) -> Reply | None:
        """Returns the response, or `None` if the connection has to close without one."""
        with self.lock:
            entry = self.note(request)
            fault = self.faults.take(request.action, request.region)
            generation = self.generation
        kind = fault.get("kind", "")
        if kind == "lost-before":
            return self.lose(entry, "before")
        if kind == "hold-before" and self.hold(entry) == "drop":
            return self.lose(entry, "before")
        if kind == "late-request":
            time.sleep(fault["seconds"])
        if kind == "expire":
            self.expired.add(request.key)
        reply = None
        if kind != "error" or fault.get("effect"):
            with self.lock:
                if generation != self.generation:
                    return self.lose(entry, "before")
                reply = self.answer(request, entry)
        if kind == "error":
            reply = error(request, fault["code"], fault.get("message") or "Made by a test.", fault.get("status"))
        entry["status"], entry["error"] = reply.status, reply.code
        if kind == "lost-after":
            return self.lose(entry, "after")
        if kind == "hold-after" and self.hold(entry) == "drop":
            return self.lose(entry, "after")
        if kind == "late-response":
            time.sleep(fault["seconds"])
        reply.cut = kind == "cut"
        entry["lost"] = "cut" if reply.cut else ""
        return reply

    def note(self, request: Request) -> dict:
        entry = {
            "number": len(self.log) + 1,
            "at": round(self.now(), 6),
            "service": request.service,
            "region": request.region,
            "action": request.action,
            "params": request.params,
            "key": request.key,
            "status": None,
            "error": "",
            "effect": False,
            "repeated": False,
            "lost": "",
        }
        self.log.append(entry)
        return entry

    @staticmethod
    def lose(entry: dict, when: str) -> None:
        entry["lost"] = when

    def hold(self, entry: dict) -> str:
        """Waits until the test lets the request go on, or drops it."""
        mine = {"verdict": ""}
        with self.changed:
            self.held.append(mine)
            entry["lost"] = "held"
            self.changed.notify_all()
            self.changed.wait_for(lambda: mine["verdict"])
            entry["lost"] = ""
            return mine["verdict"]

    def release(self, drop: bool) -> None:
        """Lets all held requests go on, or drops them."""
        with self.changed:
            for held in self.held:
                held["verdict"] = "drop" if drop else "go"
            self.held.clear()
            self.changed.notify_all()

    def answer(self, request: Request, entry: dict) -> Reply:
        """Carries a request out, without faults of the network."""
        try:
            self.admit(request)
            if request.service != "ec2":
                quota = quotas.answer(request, self.moto.account(request.key), self.settings["quota"])
                return quota or self.moto.forward(request)
            if request.params.get("DryRun", "").lower() == "true":
                message = "Request would have succeeded, but DryRun flag is set."
                raise Refused("DryRunOperation", message)
            place = self.place(request)
            if request.reads:
                return self.lists.answer(request, place) or self.moto.forward(request)
            return self.change(request, place, entry)
        except Refused as refused:
            return error(request, refused.code, refused.message, refused.status)

    def admit(self, request: Request) -> None:
        """Refuses what is too fast, not allowed, or signed with a key that has expired."""
        if bucket := self.settings["rates"].get(request.action):
            at = (request.action, request.region)
            left, since = self.buckets.get(at, (float(bucket["size"]), self.now()))
            left = min(bucket["size"], left + (self.now() - since) * bucket["refill"])
            self.buckets[at] = (left - 1 if left >= 1 else left, self.now())
            if left < 1:
                raise Refused("RequestLimitExceeded", "Request limit exceeded.")
        if request.key in self.expired:
            if request.service == "ec2":
                raise Refused("RequestExpired", "Request has expired.")
            raise Refused("ExpiredToken", "The security token included in the request is expired")
        if request.action in self.settings["deny"]:
            message = "You are not authorized to perform this operation. Encoded authorization failure message: dGVzdA=="
            raise Refused("UnauthorizedOperation", message)

    def place(self, request: Request) -> tuple[str, str]:
        """Returns account and region of a request. What there is before the first one is nobody's."""
        account = self.moto.account(request.key)
        self.seen[account, request.region] = request.key
        if (account, request.region) not in self.baseline and not request.reads:
            rows = self.rows(request.key, account, request.region)
            self.baseline[account, request.region] = {(row["kind"], row["id"]) for row in rows}
        return account, request.region

    def change(self, request: Request, place: tuple, entry: dict) -> Reply:
        """Carries a change out once."""
        if len(request.params.get("ClientToken", "")) > 64:
            raise Refused("InvalidClientToken", "The client token is longer than 64 characters.")
        key = self.token_key(request, place)
        if key and (used := self.earlier(key, request)):
            entry["repeated"] = True
            return Reply(200, [("Content-Type", "text/xml;charset=UTF-8")], self.repeated(used))
        request = self.completed(request)
        if self.settings["commands_lag"]:
            self.refuse_unknown(request, place)
        before = Refusals(self.lists, self.moto, request).check()
        zone = self.refuse_limits(request, place)
        params = {**request.params, "Placement.AvailabilityZone": zone} if zone else request.params
        gone = self.lists.before_deletion(request)
        reply = self.moto.forward(request.with_params(params))
        if reply.code or reply.status >= 400:
            return explained(request, reply)
        entry["effect"] = True
        if zone:
            self.take_capacity(zone, request.params.get("InstanceType", ""))
        if gone:
            self.lists.deleted(place, *gone)
        ids = self.learn(request, place, reply, before)
        if key:
            self.tokens.used[key] = Used(Tokens.params(request), reply.body, ids, self.now())
        return reply

    # Tokens.

    def token_key(self, request: Request, place: tuple) -> tuple | None:
        token = request.params.get("ClientToken")
        if not token or request.action not in self.token_actions:
            return None
        return (*place, self.zone(request), request.action, token)

    def zone(self, request: Request) -> str:
        """Returns the zone that a request names by itself or by a subnet."""
        named = request.params.get("Placement.AvailabilityZone") or request.params.get("AvailabilityZone")
        subnet = request.params.get("SubnetId") or request.params.get("NetworkInterface.1.SubnetId")
        if named or not subnet:
            return named or ""
        return self.lists.find(request, BY_NAME["subnet"], subnet).findtext("availabilityZone", "")

    def earlier(self, key: tuple, request: Request) -> Used | None:
        """Returns the earlier use of a token, while the token is valid."""
        used = self.tokens.find(key, request, self.settings["loose_tokens"])
        life = self.settings["token_seconds"]
        if not used:
            return None
        if request.action == "RunInstances":
            states = [self.raw_state(request, instance) for instance in used.ids]
            ended = any(state in ("terminated", "") for state in states)
            if not ended:
                return used
            since = self.ended_at.get(used.ids[0], used.at)
            if life is None or self.now() < since + life:
                raise Refused(
                    "IdempotentInstanceTerminated",
                    "The request to launch an instance uses the same client token as a previous request for which the "
                    "instance has been terminated.",
                )
        elif life is None or self.now() < used.at + life:
            return used
        del self.tokens.used[key]
        return None

    @property
    def ended_at(self) -> dict[str, float]:
        """Returns when instances were terminated, from the log."""
        ends: dict[str, float] = {}
        for entry in self.log:
            if entry["action"] == "TerminateInstances" and entry["effect"]:
                for name, value in entry["params"].items():
                    if name.startswith("InstanceId."):
                        ends.setdefault(value, entry["at"])
        return ends

    def raw_state(self, request: Request, instance: str) -> str:
        try:
            return self.lists.find(request, BY_NAME["instance"], instance).findtext("instanceState/name", "")
        except Refused:
            return ""

    def repeated(self, used: Used) -> bytes:
        """Returns the first response with the states of the moment."""
        root = parse(used.body)
        for item in root.findall("instancesSet/item"):
            show(item, "instanceState/name", self.lists.states.now(item.findtext("instanceId", ""), "running"))
        if (volume := root.findtext("volumeId")) and root.find("status") is not None:
            set_text(root, "status", self.lists.states.now(volume, "available"))
        return dump(root)

    # What is refused.

    def completed(self, request: Request) -> Request:
        """Adds what EC2 finds by itself and moto does not: the instance of an attachment, the name of a key."""
        if key := request.params.pop("KeyPairId", ""):
            root = self.moto.call(request.key, request.region, "DescribeKeyPairs", {})
            pairs = {item.findtext("keyPairId"): item.findtext("keyName", "") for item in root.findall("keySet/item")}
            request.params.setdefault("KeyName", pairs.get(key, key))
        if request.action == "DetachVolume" and "InstanceId" not in request.params:
            item = self.lists.find(request, BY_NAME["volume"], request.params.get("VolumeId", ""))
            if instance := item.findtext("attachmentSet/item/instanceId"):
                request.params["InstanceId"] = instance
        return request

    def refuse_unknown(self, request: Request, place: tuple) -> None:
        for value in request.params.values():
            if ID.fullmatch(value) and self.lists.unknown(place, value):
                kind = next(kind for kind in KINDS if value.startswith(PREFIX[kind.name]))
                raise Refused(kind.unknown[0], kind.unknown[1].format(value))

    def refuse_limits(self, request: Request, place: tuple) -> str:
        """Refuses what is over a quota or has no capacity. Returns the zone of a launch if zones are limited."""
        params, quota = request.params, self.settings["quota"]
        if request.action == "CreateVolume" and "volumes" in quota:
            made = self.rows(request.key, *place, [BY_NAME["volume"]])
            if len(made) >= quota["volumes"]:
                raise Refused("VolumeLimitExceeded", f"Maximum number of active volumes, {len(made)}, has been reached.")
        if request.action == "StartInstances":
            for instance in request.listed("InstanceId"):
                item = self.lists.find(request, BY_NAME["instance"], instance)
                zone, size = item.findtext("placement/availabilityZone", ""), item.findtext("instanceType", "")
                if item.findtext("instanceState/name") == "stopped" and not self.room(zone, size):
                    raise no_capacity(size, zone)
        if request.action != "RunInstances":
            return ""
        size, count = params.get("InstanceType", "m1.small"), int(params.get("MaxCount", "1"))
        self.refuse_quota(request, place, size, count)
        if not self.settings["capacity"]:
            return ""
        named = self.zone(request)
        root = self.moto.call(request.key, request.region, "DescribeAvailabilityZones", {})
        zones = [named] if named else [item.findtext("zoneName", "") for item in root.findall("availabilityZoneInfo/item")]
        free = [zone for zone in zones if self.room(zone, size)]
        if not free:
            raise no_capacity(size, named)
        return free[0]

    def refuse_quota(self, request: Request, place: tuple, size: str, count: int) -> None:
        quota = self.settings["quota"]
        if not quota:
            return
        spot = request.params.get("InstanceMarketOptions.MarketType") == "spot"
        rows = self.rows(request.key, *place, [BY_NAME["instance"]])
        alive = [row for row in rows if row["moto_state"] in ("pending", "running")]
        if "instances" in quota and len(alive) + count > quota["instances"]:
            message = f"You have requested more instances ({len(alive) + count}) than your current instance limit of "
            raise Refused("InstanceLimitExceeded", f"{message}{quota['instances']} allows for the specified instance type.")
        limit = quota.get("spot_vcpus" if spot else "vcpus")
        used = sum(vcpus(row["type"]) for row in alive if row["spot"] == spot)
        if limit is None or used + count * vcpus(size) <= limit:
            return
        if spot:
            raise Refused("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
        raise Refused(
            "VcpuLimitExceeded",
            f"You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket "
            "that the specified instance type belongs to.",
        )

    def room(self, zone: str, size: str) -> bool:
        left = [self.settings["capacity"].get(name, 1) for name in (zone, f"{zone}/{size}")]
        return min(left) > 0

    def take_capacity(self, zone: str, size: str) -> None:
        for name in (zone, f"{zone}/{size}"):
            if name in self.settings["capacity"]:
                self.settings["capacity"][name] -= 1

    # What lists learn.

    def learn(self, request: Request, place: tuple, reply: Reply, before: dict[str, str]) -> list[str]:
        """Notes what a change did, writes passing states into its response, and returns what it made."""
        lists, polls, action = self.lists, self.settings["polls"], request.action
        root = parse(reply.body)
        ids: list[str] = []
        if action in CREATED:
            kind, path = CREATED[action]
            # A copy's region is that of the request.
            ids = [element.text or "" for element in root.findall(path)]
            for resource in ids:
                lists.born(place, kind, resource)
        if request.params.get("DisableApiTermination", "").lower() == "true":
            # moto keeps the attribute of a later request only.
            for instance in ids:
                change = {"InstanceId": instance, "DisableApiTermination.Value": "true"}
                self.moto.call(request.key, request.region, "ModifyInstanceAttribute", change)
        if action in PASSING:
            stale, passing, final = self.settings["stale_polls"], PASSING[action][0], PASSING[action][1]
            for item in root.findall("instancesSet/item"):
                instance = item.findtext("instanceId", "")
                old = before[instance]
                show(item, "previousState/name", old)
                if old in (passing, *final):
                    show(item, "currentState/name", old)
                    continue
                lists.states.begin(instance, (old, stale), (passing, polls))
        volume = request.params.get("VolumeId", "")
        if action == "AttachVolume":
            lists.attachments.begin(volume, ("attaching", polls))
        if action == "DetachVolume":
            attachment = parse(b"<attachmentSet><item/></attachmentSet>")
            for name in ("volumeId", "instanceId", "device", "attachTime"):
                set_text(attachment, f"item/{name}", root.findtext(name, ""))
            lists.detaching[volume] = attachment
            lists.attachments.begin(volume, ("detaching", polls))
        if action == "CreateVolume" and polls:
            set_text(root, "status", "creating")
        if action == "CreateSnapshot" and polls:
            set_text(root, "status", "pending")
            set_text(root, "progress", "")
        if action == "CreateTags":
            for resource in request.listed("ResourceId"):
                for name, value in request.params.items():
                    if re.fullmatch(r"Tag\.\d+\.Key", name):
                        lists.tagged(place, resource, value)
        reply.body = dump(root)
        return ids

    # What there is.

    def rows(self, key: str, account: str, region: str, kinds: list[Kind] = KINDS) -> list[dict]:
        """Returns what exists in a region by moto's own view."""
        found = []
        for kind in kinds:
            # moto has a snapshot of each image, which belongs to the image's owner.
            own = {"Filter.1.Name": "owner-id", "Filter.1.Value.1": account} if kind.name == "snapshot" else {}
            root = self.moto.call(key, region, kind.describe, own)
            for item in root.findall(f"{kind.items}/item"):
                resource = item.findtext(kind.id, "")
                state = item.findtext(kind.state, "") if kind.state else ""
                row = {
                    "kind": kind.name,
                    "id": resource,
                    "account": account,
                    "region": region,
                    "zone": item.findtext("placement/availabilityZone") or item.findtext("availabilityZone") or "",
                    "name": item.findtext(NAMED[kind.name], "") if kind.name in NAMED else "",
                    "state": self.lists.states.now(resource, state),
                    "moto_state": state,
                    "type": item.findtext("instanceType") or item.findtext("volumeType") or "",
                    "spot": item.findtext("instanceLifecycle") == "spot",
                    "token": self.tokens.of(resource),
                    "attached_to": [at.text or "" for at in item.findall("attachmentSet/item/instanceId")],
                    "snapshot": item.findtext("snapshotId", "") if kind.name == "volume" else "",
                    "tags": tags_of(item),
                }
                found.append(row)
        return found

    def resources(self) -> list[dict]:
        """Returns what was made since the reset, in all regions and accounts."""
        found = []
        for (account, region), key in self.seen.items():
            baseline = self.baseline.get((account, region), set())
            if (account, region) not in self.baseline:
                continue
            for row in self.rows(key, account, region):
                if (row["kind"], row["id"]) not in baseline:
                    row["foreign"] = (account, region, row["id"]) in self.foreign
                    found.append(row)
        return found

    def by_another_hand(self, region: str, action: str, params: dict[str, str]) -> Reply:
        """Carries an action out at once, without faults, lag, passing states and log. What it makes is foreign."""
        with self.lock:
            request = query(CONTROL_KEY, region, action, params)
            place = self.place(request)
            reply = self.moto.forward(request)
            if reply.code or reply.status >= 400:
                return reply
            root = parse(reply.body)
            if action in CREATED:
                for element in root.findall(CREATED[action][1]):
                    self.foreign.add((*place, element.text))
                for element in root.findall("instancesSet/item/blockDeviceMapping/item/ebs/volumeId"):
                    self.foreign.add((*place, element.text))
            for value in params.values():
                self.lists.states.end(value)
                self.lists.attachments.end(value)
            return reply


# Passing state of a change of instances, and the states in which it has nothing to do.
PASSING = {
    "StartInstances": ("pending", ("running",)),
    "StopInstances": ("stopping", ("stopped",)),
    "TerminateInstances": ("shutting-down", ("terminated",)),
}
NAMED = {"key-pair": "keyName", "security-group": "groupName"}
PREFIX = {
    "instance": "i-",
    "volume": "vol-",
    "snapshot": "snap-",
    "security-group": "sg-",
    "subnet": "subnet-",
    "vpc": "vpc-",
    "address": "eipalloc-",
    # Key pairs are named, not numbered.
    "key-pair": "\0",
}


def vcpus(size: str) -> int:
    return INSTANCE_TYPES.get(size, {}).get("VCpuInfo", {}).get("DefaultVCpus", 1)


def no_capacity(size: str, zone: str) -> Refused:
    where = f"in the Availability Zone you requested ({zone})" if zone else "in all the Availability Zones"
    return Refused("InsufficientInstanceCapacity", f"We currently do not have sufficient {size} capacity {where}.")
