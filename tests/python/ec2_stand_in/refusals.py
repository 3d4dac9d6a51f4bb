"""Changes that EC2 refuses, by the states of what they name or by what it is part of."""

import base64

from .kinds import BY_NAME, KINDS
from .lists import Lists
from .message import Refused, Reply, Request, error
from .upstream import Moto

# States of an instance in which an action has nothing to change it to.
FORBIDDEN = {
    "StopInstances": ("stopped", {"pending", "shutting-down", "terminated"}),
    "StartInstances": ("started", {"stopping", "shutting-down", "terminated"}),
    "RebootInstances": ("rebooted", {"stopping", "stopped", "shutting-down", "terminated"}),
}


class Refusals:
    """The refusals of one request."""

    def __init__(self, lists: Lists, moto: Moto, request: Request) -> None:
        self.lists, self.moto, self.request, self.params = lists, moto, request, request.params

    def check(self) -> dict[str, str]:
        """Refuses the request if it has to be, and returns the states of the instances that it names."""
        states = {}
        for instance in self.request.listed("InstanceId"):
            states[instance] = self.lists.state(self.request, BY_NAME["instance"], instance)
            word, forbidden = FORBIDDEN.get(self.request.action, ("", set()))
            if states[instance] in forbidden:
                message = f"The instance '{instance}' is not in a state from which it can be {word}."
                raise Refused("IncorrectInstanceState", message)
        rules = {
            "AttachVolume": self.attach_volume,
            "CopySnapshot": self.copy_snapshot,
            "CreateSnapshot": self.create_snapshot,
            "CreateVolume": self.create_volume,
            "DeleteSecurityGroup": self.delete_security_group,
            "DeleteVolume": self.delete_volume,
            "DetachVolume": self.detach_volume,
            "RunInstances": self.run_instances,
        }
        if rule := rules.get(self.request.action):
            rule()
        return states

    def find(self, kind: str, name: str):
        """Returns a resource that a parameter names, and its state."""
        item = self.lists.find(self.request, BY_NAME[kind], self.params.get(name, ""))
        state = self.lists.states.now(self.params.get(name, ""), item.findtext(BY_NAME[kind].state, ""))
        return item, state

    def attachment(self) -> str:
        """Returns the passing state of the attachment of a volume."""
        return self.lists.attachments.now(self.params.get("VolumeId", ""), "")

    def attach_volume(self) -> None:
        name, instance = self.params.get("VolumeId", ""), self.params.get("InstanceId", "")
        machine, running = self.find("instance", "InstanceId")
        volume, state = self.find("volume", "VolumeId")
        if running not in ("running", "stopped"):
            raise Refused("IncorrectState", f"Instance '{instance}' is not 'running'.")
        if state == "in-use" or self.attachment():
            raise Refused("VolumeInUse", f"{name} is already attached to an instance")
        if state != "available":
            raise Refused("IncorrectState", f"{name} is not 'available'.")
        if volume.findtext("availabilityZone") != machine.findtext("placement/availabilityZone"):
            message = f"The volume '{name}' is not in the same availability zone as instance '{instance}'"
            raise Refused("InvalidVolume.ZoneMismatch", message)
        device = self.params.get("Device", "")
        if device in [at.text for at in machine.findall("blockDeviceMapping/item/deviceName")]:
            message = f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
            raise Refused("InvalidParameterValue", message)

    def detach_volume(self) -> None:
        name = self.params.get("VolumeId", "")
        volume, state = self.find("volume", "VolumeId")
        if state != "in-use" or self.attachment() == "detaching":
            raise Refused("IncorrectState", f"Volume '{name}' is in the 'available' state.")
        at = volume.find("attachmentSet/item")
        if at is None:
            return
        machine = self.lists.find(self.request, BY_NAME["instance"], at.findtext("instanceId", ""))
        is_root = machine.findtext("rootDeviceName") == at.findtext("device")
        if is_root and machine.findtext("instanceState/name") != "stopped":
            message = f"Unable to detach root volume '{name}' from instance '{at.findtext('instanceId')}'"
            raise Refused("OperationNotPermitted", message)

    def delete_volume(self) -> None:
        name = self.params.get("VolumeId", "")
        _, state = self.find("volume", "VolumeId")
        if self.attachment() == "detaching":
            raise Refused("VolumeInUse", f"Volume {name} is currently attached to an instance")
        if state == "creating":
            raise Refused("IncorrectState", f"Volume '{name}' is in the 'creating' state.")

    def create_snapshot(self) -> None:
        if self.find("volume", "VolumeId")[1] == "creating":
            raise Refused("IncorrectState", f"Volume '{self.params['VolumeId']}' is in the 'creating' state.")

    def copy_snapshot(self) -> None:
        # The source is in another region, so only its passing state is known here.
        source = self.params.get("SourceSnapshotId", "")
        if self.lists.states.now(source, "completed") == "pending":
            raise Refused("IncorrectState", f"Snapshot '{source}' is in the 'pending' state.")

    def create_volume(self) -> None:
        zone = self.params.get("AvailabilityZone", "")
        if zone and zone not in self.zones():
            raise Refused("InvalidZone.NotFound", f"The zone '{zone}' does not exist.")
        if "SnapshotId" not in self.params:
            return
        snapshot, state = self.find("snapshot", "SnapshotId")
        if state == "pending":
            raise Refused("IncorrectState", f"Snapshot '{self.params['SnapshotId']}' is in the 'pending' state.")
        needed, size = snapshot.findtext("volumeSize", "0"), self.params.get("Size")
        if size and int(size) < int(needed):
            name = self.params["SnapshotId"]
            message = f"Volume of {size}GiB is smaller than snapshot '{name}', expect size >= {needed}GiB"
            raise Refused("InvalidParameterValue", message)

    def delete_security_group(self) -> None:
        group = self.params.get("GroupId", "")
        root = self.moto.call(self.request.key, self.request.region, "DescribeInstances", {})
        for item in root.findall("reservationSet/item/instancesSet/item"):
            state = self.lists.states.now(item.findtext("instanceId", ""), item.findtext("instanceState/name", ""))
            interfaces = item.findall("networkInterfaceSet/item/groupSet/item/groupId")
            groups = [at.text for at in [*item.findall("groupSet/item/groupId"), *interfaces]]
            if state != "terminated" and group in groups:
                raise Refused("DependencyViolation", f"resource {group} has a dependent object")

    def run_instances(self) -> None:
        data = self.params.get("UserData", "")
        if len(base64.b64decode(data)) > 16384:
            raise Refused("InvalidParameterValue", "User data is limited to 16384 bytes")
        zone, size = self.params.get("Placement.AvailabilityZone", ""), self.params.get("InstanceType", "m1.small")
        wanted = {"Filter.1.Name": "instance-type", "Filter.1.Value.1": size, "LocationType": "availability-zone"}
        call = (self.request.key, self.request.region, "DescribeInstanceTypeOfferings", wanted)
        offers = [at.text or "" for at in self.moto.call(*call).findall("instanceTypeOfferingSet/item/location")]
        if zone and offers and zone not in offers and zone in self.zones():
            wish = f"instance type ({size}) is not supported in your requested Availability Zone ({zone})."
            advice = f"Please retry your request by choosing {', '.join(sorted(offers))}."
            raise Refused("Unsupported", f"Your requested {wish} {advice}")

    def zones(self) -> list[str]:
        root = self.moto.call(self.request.key, self.request.region, "DescribeAvailabilityZones", {})
        return [item.findtext("zoneName", "") for item in root.findall("availabilityZoneInfo/item")]


def explained(request: Request, reply: Reply) -> Reply:
    """Returns an error of moto as EC2 words it, where moto has another code or no message."""
    if reply.code == "NoSuchEntity":
        name = request.params.get("IamInstanceProfile.Name") or request.params.get("IamInstanceProfile.Arn")
        message = f"Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        return error(request, "InvalidParameterValue", message)
    if reply.code == "InvalidInstanceType.NotFound":
        size = request.params.get("InstanceType")
        return error(request, "InvalidParameterValue", f"Invalid value '{size}' for InstanceType.")
    for kind in KINDS:
        named = request.params.get(kind.ids) or request.params.get(f"Source{kind.ids}")
        if reply.code == kind.unknown[0] and named:
            return error(request, reply.code, kind.unknown[1].format(named))
    return reply
