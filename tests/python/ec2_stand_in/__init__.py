"""A stand-in for EC2 whose changes behave as the real ones do: moto behind a proxy that adds time, lag and faults.

moto carries every call out at once and answers with the final state. The stand-in keeps moto's data and adds what a
program that changes a cloud has to survive. Sources: *model* is botocore's `ec2/2016-11-15/service-2.json` (operation
and field), *guide* is the EC2 Developer Guide or User Guide (page), *errors* is its page "Error codes for the Amazon
EC2 API". A behaviour without a published rule is marked *observed*, with the place where it was.

Client tokens (`tokens.py`); the quotations are from the guide's page "Ensuring idempotency in Amazon EC2 API requests"
- The same token and parameters give the same resource and no second effect: "If you retry a request that completed
  successfully using the same client token and the same parameters, the retry succeeds without performing any further
  actions"; "the result might contain updated information, such as the current creation status".
- Other parameters than the first time: `IdempotentParameterMismatch`, "The request uses the same client token as a
  previous, but non-identical request" (errors). RunInstances may ignore them instead: such retries "either return
  successfully without performing any further actions or fail with an `IdempotentParameterMismatch` error" (setting
  `loose_tokens`).
- Region and zone are not compared: "one or more of the parameters are different, other than the Region or Availability
  Zone". The same token elsewhere makes another resource: "we launch instances in each of those Availability Zones". A
  launch "uses zonal idempotency" if it names a zone in `Placement`, or a subnet ("implicitly"), and else "Regional
  idempotency". So it is for CreateVolume here, whose type of idempotency the page does not say.
- After the instance's end: `IdempotentInstanceTerminated`, "The request to launch an instance uses the same client token
  as a previous request for which the instance has been terminated" (errors). "The client token is valid for at least 24
  hours after the termination of the instance" (an older edition of the page). Setting `token_seconds` counts from the end
  of an instance, and from the creation of anything else.
- Which operations: those whose input in the model has `ClientToken`, "Maximum 64 ASCII characters" (model,
  RunInstances.ClientToken), else `InvalidClientToken` (errors). CreateSnapshot, CopySnapshot, ImportKeyPair and
  CreateSecurityGroup have none, so a repeated CreateSnapshot makes a second one.
- A request that failed uses no token up, as the page is about requests "that completed successfully".

Lists (`lists.py`)
- A new resource is absent from lists, and its id is unknown (`InvalidInstanceID.NotFound` and the like), for some calls
  or seconds. Guide, "Eventual consistency": "its ID might not have propagated throughout the system, and you will get an
  error responding that the resource does not exist". Settings `lag`; with `commands_lag`, also for changes of it.
- Filters by tag lag longer, for new resources and new tags. *Observed*: cdk-real-drift#1422. Setting `tag_lag`.
- What is deleted stays listed for a while. Model, DeleteVolume: "The volume can remain in the `deleting` state for
  several minutes"; TerminateInstances: "Terminated instances remain visible after termination (for approximately one
  hour)". Settings `gone_lag` and `terminated`. Any other filter hides the deleted.
- The stand-in evaluates filters by state, token, tag and id itself: moto does not have `client-token` of DescribeInstances
  (model) and does not know a backslash before a wildcard (guide, "Find your resources": "Your search can
  include the literal values of the wildcard characters; you just need to escape them with a backslash"). The same for
  `KeyPairId` of DescribeKeyPairs and DeleteKeyPair.
- `Owner.1=self` leaves out other accounts' snapshots (model, DescribeSnapshots.OwnerIds). moto ignores it.
- `MaxResults` and `NextToken` page every list that has them in the model, in items; not together with instance ids
  (model, DescribeInstances.MaxResults: "You cannot specify this parameter and the instance IDs parameter in the same
  request").

States (`states.py`, `refusals.py`)
- A change takes polls: pending, running; stopping, stopped; shutting-down, terminated; volume creating, available;
  attaching, attached; detaching, available; snapshot pending with a progress, completed. Model: the enumerations of
  DescribeInstances.Filters `instance-state-name`, DescribeVolumes.Filters `status`, DescribeSnapshots.Filters `status`
  and `progress` ("as a percentage (for example, 80%)"). Setting `polls`: how many lists show each passing state.
  A poll is a list with this resource in it, before filters by state.
- `stale_polls`: how many lists show the old state after a change was accepted (guide, "Eventual consistency").
- Changes that the state forbids (errors): `IncorrectInstanceState` for StopInstances while pending and for StartInstances
  while stopping; `IncorrectState` for AttachVolume to an instance that is pending or stopping, and for a volume or
  snapshot that is not ready ("if you are trying to attach a volume that is still being created"); `VolumeInUse` for
  AttachVolume and DeleteVolume of an attached volume (model, DeleteVolume: "The volume must be in the `available` state").
- Changes that other things forbid, where moto lets them pass (errors): `InvalidVolume.ZoneMismatch`;
  `DependencyViolation` for a security group in use; `OperationNotPermitted` for the root volume of a machine that is not
  stopped (model, DetachVolume: "it can't be detached while the instance is running") and for the end of a machine with
  `DisableApiTermination`; `Unsupported` for a type that its zone does not offer; `InvalidZone.NotFound`;
  `InvalidParameterValue` for a device in use, a volume smaller than its snapshot, user data of more than 16 KB, and an
  unknown profile or instance type (*observed*).
- StartInstances of what runs, StopInstances of what is stopped and a repeated TerminateInstances succeed. Model,
  TerminateInstances: "This operation is idempotent; if you terminate an instance more than once, each call succeeds".

Limits (`cloud.py`)
- `InsufficientInstanceCapacity` by zone, and by type in a zone (setting `capacity`), with status 500: errors lists it as
  a server error, "accompanied by a 500-series HTTP response code". Without a zone, EC2 chooses one with capacity.
- `VcpuLimitExceeded`, `InstanceLimitExceeded`, `VolumeLimitExceeded` (setting `quota`), `MaxSpotInstanceCountExceeded`
  for spot (errors), status 400.
- The same limits by ListServiceQuotas (`quotas.py`), for EC2 and EBS.
- `RequestLimitExceeded` with status 503 (setting `rates`): a token bucket for each action and region. Guide, "Request
  throttling": "Amazon EC2 uses the token bucket algorithm".
- `UnauthorizedOperation` with status 403 for the actions of setting `deny`. DryRun=true gives `DryRunOperation` with
  status 412 or `UnauthorizedOperation`, and has no effect (model, RunInstances.DryRun: "Checks whether you have the
  required permissions for the operation, without actually making the request").
- Expired credentials: EC2 answers `RequestExpired` (errors: "If you're using temporary security credentials, this error
  can also occur if the credentials have expired"), other services `ExpiredToken`. Another access key is not expired.

Network (`faults.py`): responses that are lost before or after the effect, cut, late, held until the test releases them;
requests that take effect late; any error code, with or without the effect. These are no rules of EC2 but of networks.

Not modelled: zones in disruption, regions that are not enabled, permissions of single resources, spot interruptions (a
test terminates the instance by another hand), limits of attachments.
"""
