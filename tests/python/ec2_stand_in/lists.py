"""Lists: late for what is new, late for what is gone, in pages, with passing states."""

import copy
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from .kinds import BY_DESCRIBE, BY_NAME, DELETED, Kind
from .message import Refused, Reply, Request, dump, parse, set_text, tags_of
from .states import CODES, Lag, States, show
from .upstream import Moto

# Paths of the filters that the stand-in evaluates, by kind, beside states, tags and tokens.
PATHS = {
    "instance": {"instance-id": "instanceId"},
    "volume": {"availability-zone": "availabilityZone", "snapshot-id": "snapshotId", "volume-id": "volumeId"},
    "snapshot": {"owner-id": "ownerId", "snapshot-id": "snapshotId", "volume-id": "volumeId"},
    "key-pair": {"key-name": "keyName", "key-pair-id": "keyPairId"},
    "security-group": {"group-id": "groupId", "group-name": "groupName", "vpc-id": "vpcId"},
}


@dataclass
class Ghost:
    """A deleted resource that lists still show."""

    kind: str
    place: tuple
    item: ET.Element
    lag: Lag


class Lists:
    """Knowledge about resources that moto does not have: since when they are known, and what they pass through."""

    def __init__(self, settings: dict, moto: Moto, clock) -> None:
        self.settings, self.moto, self.clock = settings, moto, clock
        self.states, self.attachments = States(), States()
        # The attachment of a volume that is being detached, which moto has forgotten.
        self.detaching: dict[str, ET.Element] = {}
        self.births: dict[tuple, Lag] = {}
        self.tags: dict[tuple, Lag] = {}
        self.ends: dict[str, Lag] = {}
        self.ghosts: list[Ghost] = []

    # What happened.

    def born(self, place: tuple, kind: str, resource: str) -> None:
        """Notes a new resource, whose id, tags and final state lists learn later."""
        self.births[place, resource] = Lag(self.settings["lag"], self.clock())
        self.tags[place, resource, "*"] = Lag(self.settings["tag_lag"], self.clock())
        first = {"instance": "pending", "volume": "creating", "snapshot": "pending"}.get(kind)
        if first:
            self.states.begin(resource, (first, self.settings["polls"]))

    def tagged(self, place: tuple, resource: str, key: str) -> None:
        self.tags[place, resource, key] = Lag(self.settings["tag_lag"], self.clock())

    def deleted(self, place: tuple, kind: str, item: ET.Element) -> None:
        """Keeps a deleted resource in lists for a while."""
        if kind == "volume":
            set_text(item, "status", "deleting")
        lag = Lag(self.settings["gone_lag"], self.clock())
        self.ghosts.append(Ghost(kind, place, item, lag))

    def unknown(self, place: tuple, resource: str, count: bool = True) -> bool:
        """Returns True while EC2 does not know a resource yet, or no longer."""
        birth, end = self.births.get((place, resource)), self.ends.get(resource)
        late = birth is not None and birth.lasts(self.clock(), count)
        return late or (end is not None and not end.lasts(self.clock(), False))

    def find(self, request: Request, kind: Kind, resource: str) -> ET.Element:
        """Returns a resource as moto has it."""
        try:
            root = self.moto.call(request.key, request.region, kind.describe, {f"{kind.ids}.1": resource})
        except Refused as refused:
            # moto's messages vary.
            known = refused.code == kind.unknown[0]
            raise Refused(refused.code, kind.unknown[1].format(resource) if known else refused.message) from None
        found = root.find(f"{kind.items}/item")
        if found is None:
            raise Refused(kind.unknown[0], kind.unknown[1].format(resource))
        return found

    def state(self, request: Request, kind: Kind, resource: str) -> str:
        """Returns the state of a resource at this moment."""
        return self.states.now(resource, self.find(request, kind, resource).findtext(kind.state, ""))

    # What a list shows.

    def answer(self, request: Request, place: tuple) -> Reply | None:
        """Returns the response to a list, or `None` if moto's own will do."""
        if kind := BY_DESCRIBE.get(request.action):
            return self.describe(request, kind, place)
        if request.action == "DescribeInstanceStatus":
            return self.status(request, place)
        if request.action == "DescribeTags":
            return self.describe_tags(request, place)
        return None

    def describe(self, request: Request, kind: Kind, place: tuple) -> Reply:
        params = dict(request.params)
        size, page = params.pop("MaxResults", None), params.pop("NextToken", None)
        ids = request.listed(kind.ids)
        if size and ids and kind.name == "instance":
            message = "The parameter instancesSet cannot be used with the parameter maxResults"
            raise Refused("InvalidParameterCombination", message)
        # A later page is of the list that the first one was.
        count = page is None
        filters = take_filters(params, kind)
        keys = request.listed("KeyPairId")
        for name in [name for name in params if name.startswith("KeyPairId.")]:
            # moto knows names only.
            del params[name]
        ghosts = self.haunting(place, kind, request, count)
        haunted = {ghost.findtext(kind.id) for ghost in ghosts}
        for name in [name for name, value in params.items() if name.startswith(f"{kind.ids}.") and value in haunted]:
            del params[name]
        reply = self.moto.forward(request.with_params(params))
        if reply.code:
            return reply
        root = parse(reply.body)
        only_ghosts = bool(ids) and haunted.issuperset(ids)
        for container in root.findall(kind.items):
            for item in list(container):
                named = not keys or item.findtext("keyPairId") in keys
                if only_ghosts or not named or not self.shown(item, kind, place, [*ids, *keys], filters, request, count):
                    container.remove(item)
        if ghosts:
            container = root.find(kind.items)
            if container is not None:
                container.extend(ghosts)
        there = [item.findtext("keyPairId") for item in root.findall(f"{kind.items}/item")] if keys else []
        for key in keys:
            if key not in there:
                raise Refused(kind.unknown[0], f"The key pair ID '{key}' does not exist")
        turn_pages(root, kind, size, page)
        for reservation in list(root.findall("reservationSet/item")):
            if not len(reservation.find("instancesSet")):
                root.find("reservationSet").remove(reservation)
        return Reply(reply.status, reply.headers, dump(root))

    def shown(self, item, kind, place, ids, filters, request, count) -> bool:
        """Puts an item into its state of the moment, and returns False if the list must not have it."""
        resource = item.findtext(kind.id, "")
        tags = [(name, values) for name, values in filters if name.startswith("tag")]
        late_tags = bool(tags) and self.untagged(place, resource, tags, count)
        # A volume that was made with an instance is known when the instance is.
        owner = item.findtext("attachmentSet/item/instanceId", "")
        known_later = (place, resource) not in self.births and self.unknown(place, owner, False)
        if known_later or self.unknown(place, resource, count):
            if resource in ids:
                raise Refused(kind.unknown[0], kind.unknown[1].format(resource))
            return False
        if late_tags:
            return False
        if kind.name == "snapshot" and "self" in request.listed("Owner") and item.findtext("ownerId") != place[0]:
            return False
        if not all(fits(item, kind, name, values) for name, values in filters if not is_state(kind, name)):
            return False
        if not kind.state:
            return True
        self.pass_states(item, kind, resource)
        if count:
            self.states.poll(resource)
            self.attachments.poll(resource)
        if kind.name == "instance" and item.findtext(kind.state) == "terminated":
            end = self.ends.setdefault(resource, Lag(self.settings["terminated"], self.clock()))
            end.lasts(self.clock(), count)
        return all(fits(item, kind, name, values) for name, values in filters)

    def pass_states(self, item: ET.Element, kind: Kind, resource: str) -> None:
        """Writes the passing states of a resource and its attachments."""
        show(item, kind.state, self.states.now(resource, item.findtext(kind.state, "")))
        if kind.name == "snapshot":
            set_text(item, "progress", self.states.progress(resource))
        if kind.name == "volume" and (status := self.attachments.now(resource, "")):
            if status == "detaching":
                set_text(item, "status", "in-use")
                if (old := item.find("attachmentSet")) is not None:
                    item.remove(old)
                item.append(copy.deepcopy(self.detaching[resource]))
            for attachment in item.findall("attachmentSet/item"):
                set_text(attachment, "status", status)
        if kind.name == "instance":
            for disk in item.findall("blockDeviceMapping/item/ebs"):
                if status := self.attachments.now(disk.findtext("volumeId", ""), ""):
                    set_text(disk, "status", status)

    def untagged(self, place: tuple, resource: str, filters: list, count: bool) -> bool:
        """Returns True while filters by these tags do not find a resource."""
        keys = {"*"}
        for name, values in filters:
            keys.update(values if name == "tag-key" else [name.removeprefix("tag:")])
        lags = [self.tags.get((place, resource, key)) for key in keys]
        # Each of them counts the call, so no short-circuit.
        return any([lag.lasts(self.clock(), count) for lag in lags if lag])

    def haunting(self, place: tuple, kind: Kind, request: Request, count: bool) -> list[ET.Element]:
        """Returns the deleted resources that this list still shows."""
        ids, filters = request.listed(kind.ids), filters_of(request.params)
        found = []
        for ghost in self.ghosts:
            here = ghost.kind == kind.name and ghost.place == place
            named = not ids or ghost.item.findtext(kind.id) in ids
            keys = request.listed("KeyPairId")
            named = named and (not keys or ghost.item.findtext("keyPairId") in keys)
            if here and named and all(fits(ghost.item, kind, name, values) for name, values in filters):
                if ghost.lag.lasts(self.clock(), count):
                    found.append(copy.deepcopy(ghost.item))
        return found

    def status(self, request: Request, place: tuple) -> Reply:
        """Answers DescribeInstanceStatus: of running instances, unless all are asked for."""
        params = {**request.params, "IncludeAllInstances": "true"}
        kind = BY_NAME["instance"]
        filters = take_filters(params, kind)
        reply = self.moto.forward(request.with_params(params))
        if reply.code:
            return reply
        root = parse(reply.body)
        everything = request.params.get("IncludeAllInstances", "").lower() == "true"
        container = root.find("instanceStatusSet")
        for item in list(container):
            resource = item.findtext("instanceId", "")
            late = self.unknown(place, resource)
            if late and resource in request.listed("InstanceId"):
                raise Refused(kind.unknown[0], kind.unknown[1].format(resource))
            state = self.states.now(resource, item.findtext(kind.state, ""))
            show(item, kind.state, state)
            if not late:
                self.states.poll(resource)
            fitting = all(fits(item, kind, name, values) for name, values in filters)
            if late or not fitting or not (everything or state == "running"):
                container.remove(item)
        return Reply(reply.status, reply.headers, dump(root))

    def describe_tags(self, request: Request, place: tuple) -> Reply:
        reply = self.moto.forward(request)
        if reply.code:
            return reply
        root = parse(reply.body)
        container = root.find("tagSet")
        for item in list(container):
            resource, key = item.findtext("resourceId", ""), item.findtext("key", "")
            if self.untagged(place, resource, [(f"tag:{key}", [])], True):
                container.remove(item)
        return Reply(reply.status, reply.headers, dump(root))

    def before_deletion(self, request: Request) -> tuple[str, ET.Element] | None:
        """Returns what a deleting action is about to delete, if it exists."""
        if request.action not in DELETED:
            return None
        name, param = DELETED[request.action]
        try:
            return name, self.find(request, BY_NAME[name], request.params.get(param, ""))
        except Refused:
            return None


def filters_of(params: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Returns the filters of a request, in order."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name, value in params.items():
        words = name.split(".")
        if words[0] == "Filter" and words[2] == "Name":
            found[words[1]] = (value, [])
    for name, value in params.items():
        words = name.split(".")
        if words[0] == "Filter" and words[2] == "Value" and words[1] in found:
            found[words[1]][1].append(value)
    return list(found.values())


def take_filters(params: dict[str, str], kind: Kind) -> list[tuple[str, list[str]]]:
    """Takes the filters out of the parameters that the stand-in evaluates, and numbers the others again."""
    filters = filters_of(params)
    for name in [name for name in params if name.startswith("Filter.")]:
        del params[name]
    kept = [(name, values) for name, values in filters if not is_own(kind, name)]
    for number, (name, values) in enumerate(kept, 1):
        params[f"Filter.{number}.Name"] = name
        for at, value in enumerate(values, 1):
            params[f"Filter.{number}.Value.{at}"] = value
    return [(name, values) for name, values in filters if is_own(kind, name)]


def is_state(kind: Kind, name: str) -> bool:
    """True for a filter by state, which has to see passing states."""
    return bool(kind.state_filter) and name in (kind.state_filter, "instance-state-code")


def is_own(kind: Kind, name: str) -> bool:
    """True for a filter that the stand-in evaluates: moto has it not, or not with passing states or all wildcards."""
    token = kind.name == "instance" and name == "client-token"
    tag = name.startswith("tag:") or name == "tag-key"
    return token or tag or is_state(kind, name) or name in PATHS.get(kind.name, {})


def fits(item: ET.Element, kind: Kind, name: str, values: list[str]) -> bool:
    """Evaluates a filter of the stand-in. Another one fits nothing: moto evaluates those, but not for the deleted."""
    tags = tags_of(item)
    if name == "tag-key":
        actual = list(tags)
    elif name.startswith("tag:"):
        actual = [tags[name[4:]]] if name[4:] in tags else []
    elif name == "instance-state-code":
        actual = [str(CODES.get(item.findtext(kind.state, ""), ""))]
    elif is_state(kind, name):
        actual = [item.findtext(kind.state, "")]
    elif name == "client-token":
        actual = [item.findtext("clientToken") or ""]
    else:
        path = PATHS.get(kind.name, {}).get(name)
        actual = [item.findtext(path, "")] if path else []
    return any(pattern(value).fullmatch(text) for value in values for text in actual)


def pattern(value: str) -> re.Pattern:
    """Returns the value of a filter as an expression: `*`, `?`, and a backslash before a character that is itself."""
    parts = re.findall(r"\\.|.", value, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)


def turn_pages(root: ET.Element, kind: Kind, size: str | None, page: str | None) -> None:
    """Leaves the items of one page, and a token if there are more."""
    if (old := root.find("nextToken")) is not None:
        root.remove(old)
    if page is not None and not page.removeprefix("page-").isdigit():
        raise Refused("InvalidPaginationToken", "The specified pagination token is not valid.")
    start = int(page.removeprefix("page-")) if page else 0
    if not size:
        end = None
    else:
        end = start + int(size)
    rows = [(container, item) for container in root.findall(kind.items) for item in container]
    for number, (container, item) in enumerate(rows):
        if number < start or (end is not None and number >= end):
            container.remove(item)
    if end is not None and end < len(rows):
        set_text(root, "nextToken", f"page-{end}")
