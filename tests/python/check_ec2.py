"""Checks each behaviour of the stand-in for EC2 as boto3 sees it.

`check_ec2.py [NAME]..` starts the stand-in and runs the tests, or those with these names. boto3 sends each request
once, so that one call here is one request there.
"""

import json
import os
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

HERE = Path(__file__).parent
AMIS = HERE.parent / "data" / "amis.json"
KEY = "AKIAIOSFODNN7EXAMPLE"
LOST = (ConnectionClosedError, IncompleteReadError, ResponseParserError, ResponseStreamingError)
# Keeps the models of services, which take long to read.
SESSION = boto3.session.Session()
# No lag and no passing state: tests of other things set them aside.
AT_ONCE = {"lag": {"calls": 0}, "tag_lag": {"calls": 0}, "gone_lag": {"calls": 0}, "polls": 0}


class StandIn:
    """The server and its control interface."""

    def __init__(self) -> None:
        environment = {**os.environ, "MOTO_AMIS_PATH": str(AMIS), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, str(HERE / "serve_ec2.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def control(self, verb: str, body: dict | None = None):
        method, path = verb.split()
        data = json.dumps(body or {}).encode()
        request = urllib.request.Request(f"{self.url}/stand-in/{path}", data if method != "GET" else None, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def fault(self, action: str, nth: int = 1, times: int = 1, **fault) -> None:
        self.control("POST faults", {"action": action, "nth": nth, "times": times, "fault": fault})

    def requests(self, action: str = "") -> list[dict]:
        return [entry for entry in self.control("GET requests") if action in ("", entry["action"])]

    def made(self, kind: str) -> list[dict]:
        return [row for row in self.control("GET resources") if row["kind"] == kind]

    def client(self, service: str = "ec2", region: str = "us-east-1", key: str = KEY, **config):
        config = {"retries": {"total_max_attempts": 1}, "read_timeout": 20, "connect_timeout": 5, **config}
        names = {"aws_access_key_id": key, "aws_secret_access_key": "secret", "endpoint_url": self.url}
        return SESSION.client(service, region_name=region, config=Config(**config), **names)


class Case(unittest.TestCase):
    settings: dict = AT_ONCE

    def setUp(self) -> None:
        stand_in.control("POST reset", self.settings)
        self.ec2 = stand_in.client()

    def refused(self, code: str, status: int, call, **params) -> None:
        with self.assertRaises(ClientError) as caught:
            call(**params)
        response = caught.exception.response
        self.assertEqual((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]), (code, status))

    def run_one(self, ec2=None, **params) -> str:
        params = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **params}
        return (ec2 or self.ec2).run_instances(**params)["Instances"][0]["InstanceId"]

    def tagged(self, kind: str, **tags) -> list[dict]:
        return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]

    def ids(self, ec2=None, **params) -> list[str]:
        found = (ec2 or self.ec2).describe_instances(**params)["Reservations"]
        return [instance["InstanceId"] for one in found for instance in one["Instances"]]

    def state(self, instance: str) -> str:
        found = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"]
        return found[0]["Instances"][0]["State"]["Name"]

    def states(self, instance: str, count: int) -> list[str]:
        return [self.state(instance) for _ in range(count)]

    def volume(self, zone: str = "us-east-1a", **params) -> str:
        return self.ec2.create_volume(AvailabilityZone=zone, Size=10, VolumeType="gp3", **params)["VolumeId"]


class ClientTokens(Case):
    def test_the_same_request_makes_one_instance(self) -> None:
        first = self.run_one(ClientToken="one")
        self.assertEqual(self.run_one(ClientToken="one"), first)
        self.assertEqual(len(stand_in.made("instance")), 1)
        flags = [(entry["effect"], entry["repeated"]) for entry in stand_in.requests("RunInstances")]
        self.assertEqual(flags, [(True, False), (False, True)])
        self.assertEqual(self.ids(Filters=[{"Name": "client-token", "Values": ["one"]}]), [first])
        self.assertEqual(self.ids(Filters=[{"Name": "client-token", "Values": ["two"]}]), [])
        self.assertEqual(stand_in.made("instance")[0]["token"], "one")

    def test_a_repeated_request_reports_the_state_of_the_moment(self) -> None:
        stand_in.control("POST settings", {"polls": 1})
        request = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "ClientToken": "one"}
        state = lambda: self.ec2.run_instances(**request)["Instances"][0]["State"]["Name"]  # noqa: E731
        self.assertEqual([state(), state()], ["pending", "pending"])
        self.ids()
        self.assertEqual(state(), "running")

    def test_other_parameters_clash(self) -> None:
        self.run_one(ClientToken="one")
        self.refused("IdempotentParameterMismatch", 400, self.run_one, ClientToken="one", InstanceType="t3.small")
        self.refused("IdempotentParameterMismatch", 400, self.run_one, ClientToken="one", UserData="echo")
        self.assertEqual(len(stand_in.made("instance")), 1)

    def test_other_parameters_may_be_ignored(self) -> None:
        stand_in.control("POST settings", {"loose_tokens": True})
        first = self.run_one(ClientToken="one")
        self.assertEqual(self.run_one(ClientToken="one", InstanceType="t3.small"), first)
        self.assertEqual([row["type"] for row in stand_in.made("instance")], ["t3.micro"])

    def test_zone_and_region_are_not_compared(self) -> None:
        zones = ["us-east-1a", "us-east-1b"]
        made = {self.run_one(ClientToken="one", Placement={"AvailabilityZone": zone}) for zone in zones * 2}
        made.add(self.run_one(stand_in.client(region="eu-west-1"), ClientToken="one"))
        self.assertEqual(len(made), 3)
        places = sorted(row["zone"] for row in stand_in.made("instance"))
        self.assertEqual(places, ["eu-west-1a", "us-east-1a", "us-east-1b"])

    def test_a_subnet_stands_for_its_zone(self) -> None:
        subnets = {row["AvailabilityZone"]: row["SubnetId"] for row in self.ec2.describe_subnets()["Subnets"]}
        first, second = [
            self.run_one(ClientToken="one", SubnetId=subnets[zone]) for zone in ("us-east-1a", "us-east-1b")
        ]
        self.assertNotEqual(first, second)
        self.assertEqual(self.run_one(ClientToken="one", SubnetId=subnets["us-east-1a"]), first)

    def test_after_the_end_the_token_is_refused(self) -> None:
        instance = self.run_one(ClientToken="one")
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.refused("IdempotentInstanceTerminated", 400, self.run_one, ClientToken="one")
        stand_in.control("POST settings", {"token_seconds": 86400})
        stand_in.control("POST clock", {"seconds": 86000})
        self.refused("IdempotentInstanceTerminated", 400, self.run_one, ClientToken="one")
        stand_in.control("POST clock", {"seconds": 500})
        self.assertNotEqual(self.run_one(ClientToken="one"), instance)

    def test_a_forgotten_token_makes_a_duplicate(self) -> None:
        self.run_one(ClientToken="one")
        stand_in.control("POST forget")
        self.run_one(ClientToken="one")
        self.assertEqual(len(stand_in.made("instance")), 2)

    def test_volumes_have_tokens_and_snapshots_have_none(self) -> None:
        volume = self.volume(ClientToken="v")
        self.assertEqual(self.volume(ClientToken="v"), volume)
        self.refused("IdempotentParameterMismatch", 400, self.volume, ClientToken="v", Encrypted=True)
        self.assertNotEqual(self.volume("us-east-1b", ClientToken="v"), volume)
        snapshots = {self.ec2.create_snapshot(VolumeId=volume, Description="same")["SnapshotId"] for _ in range(2)}
        self.assertEqual(len(snapshots), 2)

    def test_a_failed_request_uses_no_token_up(self) -> None:
        stand_in.control("POST settings", {"capacity": {"us-east-1a": 0}})
        place = {"Placement": {"AvailabilityZone": "us-east-1a"}}
        self.refused("InsufficientInstanceCapacity", 500, self.run_one, ClientToken="one", **place)
        stand_in.control("POST settings", {"capacity": {}})
        self.run_one(ClientToken="one", **place)

    def test_at_once_they_make_one(self) -> None:
        made = []
        threads = [threading.Thread(target=lambda: made.append(self.run_one(ClientToken="one"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(made), len(set(made)), len(stand_in.made("instance"))), (8, 1, 1))


class Lags(Case):
    settings = {**AT_ONCE, "lag": {"calls": 2}, "tag_lag": {"calls": 3}, "gone_lag": {"calls": 2}}
    mine = [{"Name": "tag:owner", "Values": ["me"]}]

    def test_a_new_instance_is_unknown(self) -> None:
        instance = self.run_one()
        self.refused("InvalidInstanceID.NotFound", 400, self.state, instance=instance)
        self.assertEqual([self.ids(), self.ids(), self.ids(InstanceIds=[instance])], [[], [instance], [instance]])
        self.assertEqual([row["id"] for row in stand_in.made("instance")], [instance], "moto's own view has no lag")

    def test_its_root_volume_is_unknown_too(self) -> None:
        self.run_one()
        volumes = lambda: len(self.ec2.describe_volumes()["Volumes"])  # noqa: E731
        self.assertEqual([volumes(), self.ids(), self.ids(), volumes()], [0, [], [], 1])

    def test_tags_lag_longer(self) -> None:
        instance = self.run_one(TagSpecifications=self.tagged("instance", owner="me"))
        seen = [self.ids(Filters=self.mine) for _ in range(4)]
        self.assertEqual(seen, [[], [], [], [instance]])
        self.ec2.create_tags(Resources=[instance], Tags=[{"Key": "late", "Value": "1"}])
        late = [{"Name": "tag-key", "Values": ["late"]}]
        self.assertEqual([len(self.ids(Filters=late)) for _ in range(4)], [0, 0, 0, 1])
        self.assertEqual(self.ids(Filters=self.mine), [instance], "older tags are known")
        self.ec2.create_tags(Resources=[instance], Tags=[{"Key": "later", "Value": "1"}])
        found = lambda: [row["Key"] for row in self.ec2.describe_tags()["Tags"] if row["Key"] == "later"]  # noqa: E731
        self.assertEqual([found() for _ in range(4)], [[], [], [], ["later"]])

    def test_lags_in_seconds(self) -> None:
        stand_in.control("POST settings", {"lag": {"seconds": 30}, "tag_lag": {"seconds": 60}})
        instance = self.run_one(TagSpecifications=self.tagged("instance", owner="me"))
        self.assertEqual(self.ids(), [])
        stand_in.control("POST clock", {"seconds": 31})
        self.assertEqual((self.ids(), self.ids(Filters=self.mine)), ([instance], []))
        stand_in.control("POST clock", {"seconds": 30})
        self.assertEqual(self.ids(Filters=self.mine), [instance])

    def test_terminated_instances_stay_for_a_while(self) -> None:
        stand_in.control("POST settings", {"lag": {"calls": 0}, "terminated": {"seconds": 3600}})
        instance = self.run_one()
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.assertEqual(self.states(instance, 2), ["terminated"] * 2)
        stand_in.control("POST clock", {"seconds": 3601})
        self.assertEqual(self.ids(), [])
        self.refused("InvalidInstanceID.NotFound", 400, self.state, instance=instance)

    def test_what_is_deleted_stays_listed(self) -> None:
        stand_in.control("POST settings", {"lag": {"calls": 0}, "tag_lag": {"calls": 0}})
        volume = self.volume(TagSpecifications=self.tagged("volume", owner="me"))
        snapshot = self.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        self.ec2.import_key_pair(KeyName="key", PublicKeyMaterial=PUBLIC_KEY)
        self.ec2.delete_volume(VolumeId=volume)
        self.ec2.delete_snapshot(SnapshotId=snapshot)
        self.ec2.delete_key_pair(KeyName="key")
        self.assertEqual([stand_in.made(kind) for kind in ("volume", "snapshot", "key-pair")], [[], [], []])
        volumes = lambda **params: [row["State"] for row in self.ec2.describe_volumes(**params)["Volumes"]]  # noqa: E731
        self.assertEqual(volumes(Filters=[{"Name": "status", "Values": ["available"]}]), [])
        self.assertEqual([volumes(VolumeIds=[volume]), volumes(Filters=self.mine)], [["deleting"], ["deleting"]])
        self.refused("InvalidVolume.NotFound", 400, self.ec2.describe_volumes, VolumeIds=[volume])
        snapshots = lambda: len(self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])  # noqa: E731
        self.assertEqual([snapshots(), snapshots(), snapshots()], [1, 1, 0])
        keys = lambda: len(self.ec2.describe_key_pairs()["KeyPairs"])  # noqa: E731
        self.assertEqual([keys(), keys(), keys()], [1, 1, 0])
        self.refused("InvalidVolume.NotFound", 400, self.ec2.delete_volume, VolumeId=volume)

    def test_changes_lag_where_they_are_set_to(self) -> None:
        stand_in.control("POST settings", {"commands_lag": True})
        instance = self.run_one()
        self.refused("InvalidInstanceID.NotFound", 400, self.ec2.terminate_instances, InstanceIds=[instance])
        self.assertEqual(stand_in.made("instance")[0]["state"], "running")
        self.refused("InvalidInstanceID.NotFound", 400, self.state, instance=instance)
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.assertEqual(stand_in.made("instance")[0]["moto_state"], "terminated")


class States(Case):
    settings = {**AT_ONCE, "polls": 2}

    def test_a_machine_passes_through_its_states(self) -> None:
        instance = self.run_one()
        self.assertEqual(self.states(instance, 3), ["pending", "pending", "running"])
        change = self.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
        self.assertEqual((change["PreviousState"]["Name"], change["CurrentState"]["Name"]), ("running", "stopping"))
        again = self.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
        self.assertEqual((again["PreviousState"]["Name"], again["CurrentState"]["Name"]), ("stopping", "stopping"))
        self.assertEqual(self.states(instance, 3), ["stopping", "stopping", "stopped"])
        self.ec2.start_instances(InstanceIds=[instance])
        self.assertEqual(self.states(instance, 3), ["pending", "pending", "running"])
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.assertEqual(self.states(instance, 3), ["shutting-down", "shutting-down", "terminated"])
        last = self.ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"][0]
        self.assertEqual(last["CurrentState"], {"Code": 48, "Name": "terminated"})

    def test_states_forbid_changes(self) -> None:
        instance = self.run_one()
        self.refused("IncorrectInstanceState", 400, self.ec2.stop_instances, InstanceIds=[instance])
        self.states(instance, 2)
        self.ec2.stop_instances(InstanceIds=[instance])
        self.refused("IncorrectInstanceState", 400, self.ec2.start_instances, InstanceIds=[instance])
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.refused("IncorrectInstanceState", 400, self.ec2.start_instances, InstanceIds=[instance])

    def test_filters_by_state_see_passing_states(self) -> None:
        instance = self.run_one()
        by = lambda state: self.ids(Filters=[{"Name": "instance-state-name", "Values": [state]}])  # noqa: E731
        self.assertEqual([by("running"), by("pending"), by("running")], [[], [instance], [instance]])
        self.assertEqual(self.ids(Filters=[{"Name": "instance-state-code", "Values": ["16"]}]), [instance])

    def test_the_status_list_has_running_ones_only(self) -> None:
        self.run_one()
        found = lambda **all: len(self.ec2.describe_instance_status(**all)["InstanceStatuses"])  # noqa: E731
        self.assertEqual([found(IncludeAllInstances=True), found(), found()], [1, 0, 1])

    def test_old_states_are_reported_for_a_while(self) -> None:
        instance = self.run_one()
        self.states(instance, 2)
        stand_in.control("POST settings", {"stale_polls": 1})
        self.ec2.stop_instances(InstanceIds=[instance])
        self.assertEqual(self.states(instance, 4), ["running", "stopping", "stopping", "stopped"])

    def test_volumes_and_attachments_take_polls(self) -> None:
        instance, volume = self.run_one(), self.volume()
        state = lambda: self.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]  # noqa: E731
        attach = {"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdf"}
        self.refused("IncorrectState", 400, self.ec2.attach_volume, **attach)
        self.states(instance, 2)
        self.refused("IncorrectState", 400, self.ec2.attach_volume, **attach)
        self.refused("IncorrectState", 400, self.ec2.create_snapshot, VolumeId=volume)
        self.assertEqual([state()["State"] for _ in range(3)], ["creating", "creating", "available"])
        self.assertEqual(self.ec2.attach_volume(**attach)["State"], "attaching")
        self.refused("VolumeInUse", 400, self.ec2.attach_volume, **attach)
        self.refused("VolumeInUse", 400, self.ec2.delete_volume, VolumeId=volume)
        seen = [(row["State"], row["Attachments"][0]["State"]) for row in (state(), state(), state())]
        self.assertEqual(seen, [("in-use", "attaching"), ("in-use", "attaching"), ("in-use", "attached")])
        self.assertEqual(self.ec2.detach_volume(VolumeId=volume)["State"], "detaching")
        self.refused("IncorrectState", 400, self.ec2.detach_volume, VolumeId=volume)
        self.refused("VolumeInUse", 400, self.ec2.delete_volume, VolumeId=volume)
        seen = [(row["State"], [at["State"] for at in row["Attachments"]]) for row in (state(), state(), state())]
        self.assertEqual(seen, [("in-use", ["detaching"]), ("in-use", ["detaching"]), ("available", [])])
        self.ec2.delete_volume(VolumeId=volume)
        self.assertEqual([row for row in stand_in.made("volume") if not row["attached_to"]], [])

    def test_snapshots_take_polls_with_progress(self) -> None:
        volume = self.volume()
        for _ in range(2):
            self.ec2.describe_volumes(VolumeIds=[volume])
        made = self.ec2.create_snapshot(VolumeId=volume, TagSpecifications=self.tagged("snapshot", owner="me"))
        snapshot = made["SnapshotId"]
        self.assertEqual((made["State"], made["Progress"]), ("pending", ""))
        restore = {"AvailabilityZone": "us-east-1b", "SnapshotId": snapshot}
        self.refused("IncorrectState", 400, self.ec2.create_volume, **restore)
        ireland = stand_in.client(region="eu-west-1")
        copy = {"SourceRegion": "us-east-1", "SourceSnapshotId": snapshot}
        self.refused("IncorrectState", 400, ireland.copy_snapshot, **copy)
        found = lambda ec2, name: ec2.describe_snapshots(SnapshotIds=[name])["Snapshots"][0]  # noqa: E731
        seen = [(row["State"], row["Progress"]) for row in (found(self.ec2, snapshot) for _ in range(3))]
        self.assertEqual(seen, [("pending", "0%"), ("pending", "50%"), ("completed", "100%")])
        there = ireland.copy_snapshot(**copy)["SnapshotId"]
        self.assertEqual([found(ireland, there)["State"] for _ in range(3)], ["pending", "pending", "completed"])
        self.assertTrue(self.ec2.create_volume(**restore)["VolumeId"])
        self.assertEqual({row["region"] for row in stand_in.made("snapshot")}, {"us-east-1", "eu-west-1"})
        self.assertEqual(stand_in.made("volume")[-1]["snapshot"], snapshot)


class Refusals(Case):
    def test_what_hangs_together_is_not_taken_apart(self) -> None:
        here = {"Placement": {"AvailabilityZone": "us-east-1a"}}
        group = self.ec2.create_security_group(GroupName="g", Description="d")["GroupId"]
        instance = self.run_one(SecurityGroupIds=[group], **here)
        near, far = self.volume(), self.volume("us-east-1b")
        attach = lambda volume, device: self.ec2.attach_volume(  # noqa: E731
            VolumeId=volume, InstanceId=instance, Device=device
        )
        self.refused("InvalidVolume.ZoneMismatch", 400, attach, volume=far, device="/dev/sdf")
        self.refused("InvalidParameterValue", 400, attach, volume=near, device="/dev/sda1")
        root = next(row["id"] for row in stand_in.made("volume") if row["attached_to"])
        self.refused("OperationNotPermitted", 400, self.ec2.detach_volume, VolumeId=root)
        self.refused("DependencyViolation", 400, self.ec2.delete_security_group, GroupId=group)
        self.ec2.stop_instances(InstanceIds=[instance])
        self.ec2.detach_volume(VolumeId=root)
        stand_in.control("POST settings", {"polls": 1})
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.refused("DependencyViolation", 400, self.ec2.delete_security_group, GroupId=group)
        self.ids()
        self.ec2.delete_security_group(GroupId=group)

    def test_protected_machines_do_not_end(self) -> None:
        instance = self.run_one(DisableApiTermination=True)
        self.refused("OperationNotPermitted", 400, self.ec2.terminate_instances, InstanceIds=[instance])
        off = {"InstanceId": instance, "DisableApiTermination": {"Value": False}}
        self.ec2.modify_instance_attribute(**off)
        self.ec2.terminate_instances(InstanceIds=[instance])

    def test_parameters_are_checked(self) -> None:
        zone = {"Placement": {"AvailabilityZone": "us-east-1e"}}
        self.refused("Unsupported", 400, self.run_one, InstanceType="g5.xlarge", **zone)
        for wrong in [
            {"InstanceType": "t9.micro"},
            {"IamInstanceProfile": {"Name": "none"}},
            {"UserData": "x" * 16385},
        ]:
            self.refused("InvalidParameterValue", 400, self.run_one, **wrong)
        self.refused("InvalidClientToken", 400, self.run_one, ClientToken="x" * 65)
        self.refused("InvalidZone.NotFound", 400, self.volume, zone="us-east-1z")
        snapshot = self.ec2.create_snapshot(VolumeId=self.volume())["SnapshotId"]
        small = {"AvailabilityZone": "us-east-1a", "SnapshotId": snapshot, "Size": 5}
        self.refused("InvalidParameterValue", 400, self.ec2.create_volume, **small)
        self.assertEqual(stand_in.made("instance"), [])

    def test_what_is_unknown_is_named(self) -> None:
        for call, params, name in [
            (self.ec2.delete_volume, "VolumeId", "vol-0123456789abcdef0"),
            (self.ec2.delete_snapshot, "SnapshotId", "snap-0123456789abcdef0"),
            (self.ec2.create_snapshot, "VolumeId", "vol-0123456789abcdef0"),
        ]:
            with self.assertRaisesRegex(ClientError, f"NotFound.*'{name}' does not exist"):
                call(**{params: name})


class Network(Case):
    def test_a_request_is_lost_before_its_effect(self) -> None:
        stand_in.fault("RunInstances", kind="lost-before")
        with self.assertRaises(LOST):
            self.run_one()
        self.assertEqual(stand_in.made("instance"), [])
        self.run_one()
        log = [(entry["lost"], entry["effect"], entry["status"]) for entry in stand_in.requests("RunInstances")]
        self.assertEqual(log, [("before", False, None), ("", True, 200)])

    def test_a_response_is_lost_after_the_effect(self) -> None:
        stand_in.fault("RunInstances", 2, kind="lost-after")
        self.run_one()
        with self.assertRaises(LOST):
            self.run_one(ClientToken="two")
        self.assertEqual(len(stand_in.made("instance")), 2)
        self.run_one(ClientToken="two")
        self.assertEqual(len(stand_in.made("instance")), 2, "the token finds it")

    def test_a_response_is_cut(self) -> None:
        stand_in.fault("CreateVolume", kind="cut")
        with self.assertRaises(LOST):
            self.volume()
        self.assertEqual(len(stand_in.made("volume")), 1)

    def test_responses_come_late(self) -> None:
        ec2 = stand_in.client(read_timeout=1)
        stand_in.fault("RunInstances", kind="late-response", seconds=3)
        with self.assertRaises(ReadTimeoutError):
            self.run_one(ec2)
        self.assertEqual(len(stand_in.made("instance")), 1)

    def test_requests_take_effect_late(self) -> None:
        ec2 = stand_in.client(read_timeout=1)
        stand_in.fault("RunInstances", kind="late-request", seconds=5)
        with self.assertRaises(ReadTimeoutError):
            self.run_one(ec2)
        self.assertEqual(stand_in.made("instance"), [])
        end = time.monotonic() + 60
        while not stand_in.made("instance") and time.monotonic() < end:
            time.sleep(0.2)
        self.assertEqual(len(stand_in.made("instance")), 1, "the client had gone")

    def test_a_late_request_has_no_effect_on_the_next_test(self) -> None:
        stand_in.fault("RunInstances", kind="late-request", seconds=1)
        with self.assertRaises(ReadTimeoutError):
            self.run_one(stand_in.client(read_timeout=0.2))
        stand_in.control("POST reset", self.settings)
        time.sleep(1.2)
        self.assertEqual((stand_in.made("instance"), stand_in.requests()), ([], []))

    def test_requests_are_held(self) -> None:
        for kind, drop, made in [
            ("hold-before", True, 0),
            ("hold-before", False, 1),
            ("hold-after", True, 1),
            ("hold-after", False, 1),
        ]:
            with self.subTest(kind=kind, drop=drop):
                stand_in.control("POST reset", self.settings)
                stand_in.fault("*", kind=kind)
                failed = []

                def call() -> None:
                    try:
                        self.run_one(stand_in.client())
                    except LOST:
                        failed.append(True)

                caller = threading.Thread(target=call)
                caller.start()
                self.assertEqual(stand_in.control("POST held", {"seconds": 30}), {"held": 1})
                self.assertEqual(len(stand_in.made("instance")), 0 if kind == "hold-before" else 1)
                self.assertEqual(stand_in.requests()[0]["lost"], "held")
                stand_in.control("POST release", {"drop": drop})
                caller.join()
                self.assertEqual((len(stand_in.made("instance")), bool(failed)), (made, drop))

    def test_errors_with_and_without_effect(self) -> None:
        stand_in.fault("CreateVolume", kind="error", code="InternalError", effect=True)
        stand_in.fault("CreateVolume", kind="error", code="IncorrectState", message="Busy.")
        stand_in.fault("CreateVolume", 3, kind="error", code="RequestLimitExceeded")
        self.refused("InternalError", 500, self.volume)
        self.assertEqual(len(stand_in.made("volume")), 1)
        self.volume()
        self.refused("RequestLimitExceeded", 503, self.volume)
        self.assertEqual(len(stand_in.made("volume")), 2)

    def test_faults_are_about_action_number_and_times(self) -> None:
        stand_in.fault("DescribeVpcs", 2, 2, kind="error", code="Unavailable")
        codes = []
        for _ in range(5):
            self.ec2.describe_subnets()
            try:
                self.ec2.describe_vpcs()
                codes.append("")
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
        self.assertEqual(codes, ["", "Unavailable", "Unavailable", "", ""])
        stand_in.fault("*", kind="error", code="Unavailable")
        stand_in.control("DELETE faults")
        self.ec2.describe_vpcs()


class Limits(Case):
    def test_zones_run_out_of_capacity(self) -> None:
        stand_in.control("POST settings", {"capacity": {"us-east-1a": 0, "us-east-1b/t3.micro": 1}})
        at = lambda zone, **params: self.run_one(Placement={"AvailabilityZone": zone}, **params)  # noqa: E731
        self.refused("InsufficientInstanceCapacity", 500, at, zone="us-east-1a")
        at("us-east-1b")
        self.refused("InsufficientInstanceCapacity", 500, at, zone="us-east-1b")
        at("us-east-1b", InstanceType="t3.small")
        self.run_one()
        zones = sorted(row["zone"] for row in stand_in.made("instance"))
        self.assertEqual(zones, ["us-east-1b", "us-east-1b", "us-east-1c"], "EC2 chose a zone with capacity")

    def test_a_stopped_machine_may_not_start_again(self) -> None:
        instance = self.run_one(Placement={"AvailabilityZone": "us-east-1a"})
        self.ec2.stop_instances(InstanceIds=[instance])
        stand_in.control("POST settings", {"capacity": {"us-east-1a": 0}})
        self.refused("InsufficientInstanceCapacity", 500, self.ec2.start_instances, InstanceIds=[instance])

    def test_quotas(self) -> None:
        stand_in.control("POST settings", {"quota": {"vcpus": 4, "spot_vcpus": 2, "volumes": 4}})
        quotas = stand_in.client("service-quotas").list_service_quotas(ServiceCode="ec2")["Quotas"]
        self.assertEqual([row["Value"] for row in quotas], [4.0, 2.0])
        first = self.run_one()
        self.run_one()
        self.refused("VcpuLimitExceeded", 400, self.run_one)
        spot = {"InstanceMarketOptions": {"MarketType": "spot"}}
        self.run_one(**spot)
        self.refused("MaxSpotInstanceCountExceeded", 400, self.run_one, **spot)
        self.ec2.terminate_instances(InstanceIds=[first])
        self.run_one()
        stand_in.control("POST settings", {"quota": {"instances": 3}})
        self.refused("InstanceLimitExceeded", 400, self.run_one)
        stand_in.control("POST settings", {"quota": {"volumes": 3}})
        self.refused("VolumeLimitExceeded", 400, self.volume)

    def test_throttling(self) -> None:
        stand_in.control("POST settings", {"rates": {"DescribeVpcs": {"size": 2, "refill": 1}}})
        self.ec2.describe_vpcs()
        self.ec2.describe_vpcs()
        self.refused("RequestLimitExceeded", 503, self.ec2.describe_vpcs)
        self.ec2.describe_subnets()
        stand_in.client(region="eu-west-1").describe_vpcs()
        stand_in.control("POST clock", {"seconds": 1})
        self.ec2.describe_vpcs()

    def test_dry_runs_and_permissions(self) -> None:
        self.refused("DryRunOperation", 412, self.run_one, DryRun=True)
        self.refused("DryRunOperation", 412, self.ec2.create_snapshot, VolumeId="vol-12345678", DryRun=True)
        stand_in.control("POST settings", {"deny": ["RunInstances"]})
        self.refused("UnauthorizedOperation", 403, self.run_one, DryRun=True)
        self.refused("UnauthorizedOperation", 403, self.run_one)
        self.assertEqual(stand_in.control("GET resources"), [])

    def test_credentials_expire_in_the_middle(self) -> None:
        stand_in.fault("*", 2, kind="expire")
        self.ec2.describe_vpcs()
        self.refused("RequestExpired", 400, self.run_one)
        self.refused("RequestExpired", 400, self.ec2.describe_vpcs)
        sts = stand_in.client("sts")
        self.refused("ExpiredToken", 403, sts.get_caller_identity)
        self.run_one(stand_in.client(key="AKIAOTHEROTHEROTHER0"))
        stand_in.control("POST expire", {"key": "AKIAOTHEROTHEROTHER0"})
        other = stand_in.client(key="AKIAOTHEROTHEROTHER0")
        self.refused("RequestExpired", 400, other.describe_vpcs)


class Whole(Case):
    def test_identity_and_roles_pass(self) -> None:
        sts = stand_in.client("sts")
        self.assertEqual(sts.get_caller_identity()["Account"], "123456789012")
        role = {"RoleArn": "arn:aws:iam::222222222222:role/other", "RoleSessionName": "test"}
        given = sts.assume_role(**role)["Credentials"]
        session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        there = session.client("ec2", region_name="us-east-1", endpoint_url=stand_in.url)
        self.run_one(ClientToken="one")
        self.run_one(there, ClientToken="one")
        self.assertEqual({row["account"] for row in stand_in.made("instance")}, {"123456789012", "222222222222"})
        self.assertEqual(len(self.ids()), 1)
        stand_in.fault("AssumeRole", kind="error", code="AccessDenied")
        self.refused("AccessDenied", 403, sts.assume_role, **role)

    def test_keys_groups_and_networks(self) -> None:
        self.ec2.import_key_pair(KeyName="key", PublicKeyMaterial=PUBLIC_KEY)
        self.refused(
            "InvalidKeyPair.Duplicate", 400, self.ec2.import_key_pair, KeyName="key", PublicKeyMaterial=PUBLIC_KEY
        )
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1b")
        group = self.ec2.create_security_group(GroupName="ssh", Description="d", VpcId=vpc)["GroupId"]
        instance = self.run_one(KeyName="key", SubnetId=subnet["Subnet"]["SubnetId"], SecurityGroupIds=[group])
        made = {(row["kind"], row["name"] or row["id"]) for row in stand_in.control("GET resources")}
        for row in [("key-pair", "key"), ("security-group", "ssh"), ("vpc", vpc), ("instance", instance)]:
            self.assertIn(row, made)
        self.refused("InvalidKeyPair.NotFound", 400, self.run_one, KeyName="none")
        self.refused("InvalidAMIID.NotFound", 400, self.run_one, ImageId="ami-0123456789abcdef0")

    def test_lists_have_pages(self) -> None:
        made = {self.run_one() for _ in range(7)}
        pages = self.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5})
        sizes, seen = [], set()
        for page in pages:
            found = [row["InstanceId"] for one in page["Reservations"] for row in one["Instances"]]
            sizes.append(len(found))
            seen.update(found)
        self.assertEqual((sizes, seen), ([5, 2], made))
        once = {"InstanceIds": [next(iter(made))], "MaxResults": 5}
        self.refused("InvalidParameterCombination", 400, self.ec2.describe_instances, **once)
        volumes = self.ec2.describe_volumes(MaxResults=6)
        self.assertEqual(len(volumes["Volumes"]), 6)
        self.assertEqual(len(self.ec2.describe_volumes(MaxResults=6, NextToken=volumes["NextToken"])["Volumes"]), 1)
        self.refused("InvalidPaginationToken", 400, self.ec2.describe_volumes, MaxResults=6, NextToken="none")

    def test_a_later_page_counts_as_the_same_list(self) -> None:
        stand_in.control("POST settings", {"lag": {"calls": 1}})
        for _ in range(7):
            self.run_one()
        self.assertEqual(self.ids(), [])
        first = self.ec2.describe_instances(MaxResults=5)
        self.run_one()
        rest = self.ids(MaxResults=5, NextToken=first["NextToken"])
        self.assertEqual((len(rest), len(self.ids()), len(self.ids())), (2, 7, 8))

    def test_other_hands(self) -> None:
        def call(action: str, **params) -> dict:
            return stand_in.control("POST call", {"region": "us-east-1", "action": action, "params": params})

        stand_in.control("POST settings", {"lag": {"calls": 5}, "polls": 5})
        launch = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": "1", "MaxCount": "1"}
        tag = {"TagSpecification.1.ResourceType": "instance", "TagSpecification.1.Tag.1.Key": "cloudhost"}
        tag["TagSpecification.1.Tag.1.Value"] = "theirs"
        self.assertEqual(call("RunInstances", **launch, **tag)["status"], 200)
        self.assertEqual(len(self.ids()), 1, "what others made is known")
        foreign = stand_in.made("instance")
        self.assertEqual([(row["foreign"], row["tags"]) for row in foreign], [(True, {"cloudhost": "theirs"})])
        mine = self.run_one()
        call("TerminateInstances", **{"InstanceId.1": mine})
        states = {row["id"]: (row["foreign"], row["state"]) for row in stand_in.made("instance")}
        self.assertEqual(states, {foreign[0]["id"]: (True, "running"), mine: (False, "terminated")})
        self.assertEqual([entry["action"] for entry in stand_in.requests()], ["DescribeInstances", "RunInstances"])
        self.assertEqual(call("TerminateInstances", **{"InstanceId.1": "i-0123456789abcdef0"})["status"], 400)

    def test_the_log_has_all_requests_in_order(self) -> None:
        self.ec2.describe_vpcs()
        self.volume(TagSpecifications=self.tagged("volume", owner="me"))
        stand_in.client("sts").get_caller_identity()
        log = stand_in.requests()
        self.assertEqual([entry["action"] for entry in log], ["DescribeVpcs", "CreateVolume", "GetCallerIdentity"])
        self.assertEqual([entry["number"] for entry in log], [1, 2, 3])
        self.assertEqual(log[1]["params"]["TagSpecification.1.Tag.1.Value"], "me")
        self.assertEqual([entry["effect"] for entry in log], [False, True, False])
        self.assertEqual([entry["service"] for entry in log], ["ec2", "ec2", "sts"])

    def test_filters(self) -> None:
        self.run_one(TagSpecifications=self.tagged("instance", owner="a*b"))
        other = self.run_one(TagSpecifications=self.tagged("instance", owner="axb"))
        by = lambda value: self.ids(Filters=[{"Name": "tag:owner", "Values": [value]}])  # noqa: E731
        self.assertEqual([len(by("a*b")), len(by("a?b")), len(by("a\\*b")), len(by("A*"))], [2, 2, 1, 0])
        self.assertEqual(self.ids(Filters=[{"Name": "instance-id", "Values": [other]}]), [other])
        both = [{"Name": "tag-key", "Values": ["owner"]}, {"Name": "image-id", "Values": ["ami-none"]}]
        self.assertEqual(self.ids(Filters=both), [], "moto has the others")

    def test_keys_by_their_id(self) -> None:
        keys = {"PublicKeyMaterial": PUBLIC_KEY, "TagSpecifications": self.tagged("key-pair", owner="me")}
        one, two = [self.ec2.import_key_pair(KeyName=name, **keys)["KeyPairId"] for name in ("one", "two")]
        names = lambda **by: [row["KeyName"] for row in self.ec2.describe_key_pairs(**by)["KeyPairs"]]  # noqa: E731
        self.assertEqual(names(KeyPairIds=[two]), ["two"])
        self.assertEqual(names(Filters=[{"Name": "key-pair-id", "Values": [one]}]), ["one"])
        self.assertEqual(names(Filters=[{"Name": "tag:owner", "Values": ["me"]}]), ["one", "two"])
        self.ec2.delete_key_pair(KeyPairId=one)
        self.assertEqual([row["name"] for row in stand_in.made("key-pair")], ["two"])
        self.refused("InvalidKeyPair.NotFound", 400, names, KeyPairIds=[one])
        stand_in.control("POST settings", {"gone_lag": {"calls": 1}})
        self.ec2.delete_key_pair(KeyPairId=two)
        self.assertEqual([names(KeyPairIds=[two]), names()], [["two"], []])

    def test_the_date_is_that_of_the_cloud(self) -> None:
        date = lambda: parsedate_to_datetime(  # noqa: E731
            self.ec2.describe_vpcs()["ResponseMetadata"]["HTTPHeaders"]["date"]
        )
        first = date()
        stand_in.control("POST clock", {"seconds": 3600})
        self.assertGreaterEqual((date() - first).total_seconds(), 3600)

    def test_what_was_there_before_is_not_ours(self) -> None:
        self.ec2.describe_snapshots()
        self.assertEqual(stand_in.control("GET resources"), [])
        self.assertEqual(self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"], [])
        self.volume()
        self.assertEqual([row["kind"] for row in stand_in.control("GET resources")], ["volume"])

    def test_the_control_interface_refuses_what_it_does_not_know(self) -> None:
        for verb, body in [("POST settings", {"lags": 1}), ("POST nothing", {}), ("POST faults", {"action": "*"})]:
            with self.assertRaises(urllib.error.HTTPError):
                stand_in.control(verb, body)
        with self.assertRaises(urllib.error.HTTPError):
            stand_in.fault("*", kind="unheard-of")


IMAGE = next(image["ami_id"] for image in json.loads(AMIS.read_text()) if image["architecture"] == "x86_64")
PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9mLVn3Qqg3mLKV1lqTGdBVxUWqDgbYyEqQ2kM1Jz0w test@example.org"
).encode()

if __name__ == "__main__":
    stand_in = StandIn()
    unittest.main(verbosity=1)
