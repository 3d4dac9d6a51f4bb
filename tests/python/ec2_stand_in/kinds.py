"""Kinds of resources: how EC2 lists them and says that there is none."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of resource. Paths are those of the XML response."""

    name: str
    describe: str
    items: str
    id: str
    ids: str
    unknown: tuple[str, str]
    state: str = ""
    state_filter: str = ""
    created: str = ""


KINDS = [
    Kind(
        "instance",
        "DescribeInstances",
        "reservationSet/item/instancesSet",
        "instanceId",
        "InstanceId",
        ("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist"),
        "instanceState/name",
        "instance-state-name",
        "launchTime",
    ),
    Kind(
        "volume",
        "DescribeVolumes",
        "volumeSet",
        "volumeId",
        "VolumeId",
        ("InvalidVolume.NotFound", "The volume '{}' does not exist."),
        "status",
        "status",
        "createTime",
    ),
    Kind(
        "snapshot",
        "DescribeSnapshots",
        "snapshotSet",
        "snapshotId",
        "SnapshotId",
        ("InvalidSnapshot.NotFound", "The snapshot '{}' does not exist."),
        "status",
        "status",
        "startTime",
    ),
    Kind(
        "key-pair",
        "DescribeKeyPairs",
        "keySet",
        "keyName",
        "KeyName",
        ("InvalidKeyPair.NotFound", "The key pair '{}' does not exist"),
        created="createTime",
    ),
    Kind(
        "security-group",
        "DescribeSecurityGroups",
        "securityGroupInfo",
        "groupId",
        "GroupId",
        ("InvalidGroup.NotFound", "The security group '{}' does not exist"),
    ),
    Kind(
        "subnet",
        "DescribeSubnets",
        "subnetSet",
        "subnetId",
        "SubnetId",
        ("InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist"),
    ),
    Kind("vpc", "DescribeVpcs", "vpcSet", "vpcId", "VpcId", ("InvalidVpcID.NotFound", "The vpc ID '{}' does not exist")),
    Kind(
        "address",
        "DescribeAddresses",
        "addressesSet",
        "allocationId",
        "AllocationId",
        ("InvalidAllocationID.NotFound", "The allocation ID '{}' does not exist"),
    ),
]
BY_NAME = {kind.name: kind for kind in KINDS}
BY_DESCRIBE = {kind.describe: kind for kind in KINDS}

# Paths of the ids in the response of a creating action.
CREATED = {
    "RunInstances": ("instance", "instancesSet/item/instanceId"),
    "CreateVolume": ("volume", "volumeId"),
    "CreateSnapshot": ("snapshot", "snapshotId"),
    "CopySnapshot": ("snapshot", "snapshotId"),
    "CreateKeyPair": ("key-pair", "keyName"),
    "ImportKeyPair": ("key-pair", "keyName"),
    "CreateSecurityGroup": ("security-group", "groupId"),
    "CreateSubnet": ("subnet", "subnet/subnetId"),
    "CreateVpc": ("vpc", "vpc/vpcId"),
    "AllocateAddress": ("address", "allocationId"),
}

# Deleting actions, their kind and the parameter with the id. What they delete stays listed for a while.
DELETED = {
    "DeleteVolume": ("volume", "VolumeId"),
    "DeleteSnapshot": ("snapshot", "SnapshotId"),
    "DeleteKeyPair": ("key-pair", "KeyName"),
    "DeleteSecurityGroup": ("security-group", "GroupId"),
}
