//! The plan of an instance. Reads, all concurrent: its image, network, subnets, security groups, keys and volumes.

use cloudhost_sdk::change::Plan;
use cloudhost_sdk::instances::InstanceSpec;
use cloudhost_sdk::query::Action as Query;
use cloudhost_sdk::resources::{Action, Place, ResourceKind, Step};
use cloudhost_sdk::ssh::PublicKey;
use cloudhost_sdk::{Error, ErrorKind, Market, Scope, World, excerpt};
use futures::future::{OptionFuture, join, join5};

use super::api::{self, rows};
use super::call::Call;
use super::errors::no_default_network;
use super::instances::DEVICE;
use super::keys;
use super::rows::{List, Row};
use super::run::PROTECTION;
use super::storage::VOLUMES;

static IMAGES: List = List {
    at: "imagesSet/item",
    fields: &[
        "imageId",
        "name",
        "imageState",
        "rootDeviceName",
        "rootDeviceType",
        DEVICE,
        "blockDeviceMapping/item/ebs/volumeSize",
        "architecture",
        "creationDate",
    ],
};

static NETWORKS: List = List {
    at: "vpcSet/item",
    fields: &["vpcId"],
};

static SUBNETS: List = List {
    at: "subnetSet/item",
    fields: &[
        "subnetId",
        "vpcId",
        "availabilityZone",
        "availableIpAddressCount",
        "defaultForAz",
    ],
};

static GROUPS: List = List {
    at: "securityGroupInfo/item",
    fields: &["groupId", "groupName", "vpcId"],
};

/// Plans an instance, with the key that it needs before it, and the volumes after it.
pub(super) async fn create<W: World>(world: &W, spec: InstanceSpec) -> Result<Vec<Step>, Error> {
    check(&spec)?;
    let region = spec.place.region.clone();
    let wants_keys = !spec.ssh_keys.is_empty();
    let keys: OptionFuture<_> = wants_keys.then(|| keys::all(world, &region)).into();
    let volumes: OptionFuture<_> = (!spec.volumes.is_empty())
        .then(|| volumes(world, &spec))
        .into();
    let reads = join5(
        image(world, &spec),
        networks(world, &spec),
        subnets(world, &spec),
        groups(world, &spec),
        join(keys, volumes),
    );
    let (image, networks, subnets, groups, (keys, volumes)) = reads.await;
    let volumes = volumes.transpose()?.unwrap_or_default();
    let image = image?;
    let zone = zone(&spec, &volumes)?;
    let network = network(&spec, networks?)?;
    let subnets = subnets?;
    let subnet = subnet(&spec, zone.as_deref(), network.as_deref(), &subnets)?;
    let network = subnet.map(|row| row.text("vpcId")).or(network.as_deref());
    let groups = chosen_groups(&spec, network, &groups?)?;
    let zone = subnet
        .and_then(|row| row.owned("availabilityZone"))
        .or(zone);

    let mut plan = Plan::default();
    let place = Place {
        region: region.clone(),
        zone,
    };
    let key = match spec.ssh_keys.first() {
        Some(wanted) => Some(key(
            &spec,
            wanted,
            &keys.transpose()?.unwrap_or_default(),
            &mut plan,
        )?),
        None => None,
    };
    let call = request(&spec, &image, subnet, &groups, key.as_deref(), &place)?;
    // A protected instance cannot be taken back when a later step fails: it is protected by the last step.
    let last = volumes.is_empty();
    let call = match spec.protected && last {
        true => call.set("DisableApiTermination", "true"),
        false => call,
    };
    let market = match spec.market {
        Market::Spot => "spot instance",
        _ => "instance",
    };
    let at = place.zone.as_deref().unwrap_or(&region);
    let summary = format!(
        "{market} {}, {} in {at}, image {}",
        spec.name,
        spec.instance_type,
        image.name()
    );
    let step = Step::create(ResourceKind::Instance, &spec.name, place.clone(), summary)
        .priced(&spec.instance_type, spec.market, 1)
        .after(if plan.is_empty() { None } else { Some(0) });
    let instance = plan.add(call.on(step)?);
    let mut before = instance;
    for (volume, device) in spec.volumes.iter().zip(image.free_devices()) {
        let summary = format!("attach volume {} to {} as {device}", volume.id, spec.name);
        let call = Call::new("AttachVolume")
            .set("Device", device)
            .set("VolumeId", &volume.id)
            .made("InstanceId", instance);
        before = plan.add(call.on(Step::change(Action::Attach, volume, summary).after([before]))?);
    }
    if spec.protected && !last {
        let summary = format!("protect instance {} against deletion", spec.name);
        let call = Call::new("ModifyInstanceAttribute")
            .made("InstanceId", instance)
            .set(PROTECTION, "true");
        let step = Step {
            action: Action::Protect,
            ..Step::create(ResourceKind::Instance, &spec.name, place, summary)
        };
        plan.add(call.on(step.after([before]))?);
    }
    Ok(plan.steps())
}

/// Rejects what EC2 cannot do.
fn check(spec: &InstanceSpec) -> Result<(), Error> {
    let no = |message: &str, advice: &str| {
        Err(Error::new(ErrorKind::InvalidArgument, message).advice(advice))
    };
    if spec.market == Market::CapacityBlock {
        let message = "this plugin starts no instance in a capacity block";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    if spec.ssh_keys.len() > 1 {
        return no(
            "EC2 takes one SSH key for an instance",
            "add further keys by the user data",
        );
    }
    if spec.protected && spec.market == Market::Spot {
        return no(
            "EC2 protects no spot instance against deletion",
            "leave out the protection, or buy it on demand",
        );
    }
    if spec
        .user_data
        .as_ref()
        .is_some_and(|data| data.len() > MOST_USER_DATA)
    {
        return no(
            "the user data has more than 16 KiB",
            "compress it, or let it fetch the rest",
        );
    }
    Ok(())
}

/// Most bytes of user data before encoding: EC2's user guide, "Run commands at launch".
const MOST_USER_DATA: usize = 16 * 1024;

/// Facts of an image that the plan needs.
struct Image(Row);

impl Image {
    fn id(&self) -> &str {
        self.0.text("imageId")
    }

    /// Returns the name, else the identifier.
    fn name(&self) -> &str {
        self.0.get("name").unwrap_or(self.id())
    }

    /// Returns names for further block devices, as EC2's user guide recommends them for Linux, without those that the image
    /// uses.
    fn free_devices(&self) -> impl Iterator<Item = String> {
        free_devices(&self.0)
    }

    /// Returns the size of the root device.
    fn root_gib(&self) -> Option<u32> {
        let sizes = self
            .0
            .pairs(DEVICE, "blockDeviceMapping/item/ebs/volumeSize");
        let mut root = sizes.filter(|(name, _)| *name == self.0.text("rootDeviceName"));
        root.next()?.1.parse().ok()
    }
}

/// Returns the names for further block devices that EC2's user guide recommends, without those of a row.
pub(super) fn free_devices(row: &Row) -> impl Iterator<Item = String> {
    let used: Vec<String> = row.all(DEVICE).map(str::to_owned).collect();
    let names = ('f'..='p').map(|letter| format!("/dev/sd{letter}"));
    names.filter(move |name| !used.contains(name))
}

async fn image<W: World>(world: &W, spec: &InstanceSpec) -> Result<Image, Error> {
    let region = &spec.place.region;
    let Some(id) = &spec.image else {
        return default_image(world, spec).await;
    };
    let ask = |action: Query| action.param("ImageId.1", id);
    let found = rows(world, region, "DescribeImages", &IMAGES, ask).await;
    let absent = || {
        let id = excerpt(id.as_bytes());
        let message = format!("image {id} does not exist in {region}, or is not for this account");
        let error =
            Error::new(ErrorKind::NotFound, message).in_scope(Scope::Region(region.clone()));
        error.advice(format!(
            "an image has another identifier in each region: list the images of {region}"
        ))
    };
    let found = match found {
        Err(error) if api::is_absence(&error) => return Err(absent()),
        found => found?,
    };
    let image = Image(found.into_iter().next().ok_or_else(absent)?);
    if let Some(state) = image
        .0
        .get("imageState")
        .filter(|state| *state != "available")
    {
        let message = format!("image {} is {state}", image.id());
        return Err(Error::new(ErrorKind::FailedPrecondition, message));
    }
    Ok(image)
}

/// The default image is the newest of Debian's newest release for the processor of the instance type.
async fn default_image<W: World>(world: &W, spec: &InstanceSpec) -> Result<Image, Error> {
    static TYPES: List = List {
        at: "instanceTypeSet/item",
        fields: &["processorInfo/supportedArchitectures/item"],
    };
    let region = &spec.place.region;
    let types = rows(world, region, "DescribeInstanceTypes", &TYPES, |action| {
        action.param("InstanceType.1", &spec.instance_type)
    });
    let images = rows(world, region, "DescribeImages", &IMAGES, |action| {
        action
            .list("Owner", [DEBIAN])
            .filter("name", [DEBIAN_NAMES])
            .filter("state", ["available"])
    });
    let (types, images) = join(types, images).await;
    let types = types?;
    let runs = |image: &&Row| {
        let mut all = types
            .iter()
            .flat_map(|row| row.all("processorInfo/supportedArchitectures/item"));
        all.any(|name| name == image.text("architecture"))
    };
    let images = images?;
    let newest = images
        .iter()
        .filter(runs)
        .max_by_key(|image| image.text("creationDate"));
    let newest = newest.cloned().map(Image);
    newest.ok_or_else(|| {
        let name = excerpt(spec.instance_type.as_bytes());
        let message = format!("there is no default image for {name} in {region}");
        let error =
            Error::new(ErrorKind::NotFound, message).in_scope(Scope::Region(region.clone()));
        error.advice("name an image of the region")
    })
}

/// Account of Debian's images: https://wiki.debian.org/Cloud/AmazonEC2Image.
const DEBIAN: &str = "136693071363";

/// Names of the images of Debian 13.
const DEBIAN_NAMES: &str = "debian-13-*";

async fn networks<W: World>(world: &W, spec: &InstanceSpec) -> Result<Vec<Row>, Error> {
    if spec.subnet.is_some() && spec.network.is_none() {
        return Ok(Vec::new());
    }
    let ask = |action: Query| match &spec.network {
        Some(id) => action.filter("vpc-id", [id]),
        None => action.filter("is-default", ["true"]),
    };
    rows(world, &spec.place.region, "DescribeVpcs", &NETWORKS, ask).await
}

async fn subnets<W: World>(world: &W, spec: &InstanceSpec) -> Result<Vec<Row>, Error> {
    let ask = |action: Query| match (&spec.subnet, &spec.network) {
        (Some(id), _) => action.filter("subnet-id", [id]),
        (None, Some(network)) => action.filter("vpc-id", [network]),
        (None, None) => action.filter("default-for-az", ["true"]),
    };
    rows(world, &spec.place.region, "DescribeSubnets", &SUBNETS, ask).await
}

async fn groups<W: World>(world: &W, spec: &InstanceSpec) -> Result<Vec<Row>, Error> {
    if spec.security_groups.is_empty() {
        return Ok(Vec::new());
    }
    let ids = spec.security_groups.iter();
    let ask = |action: Query| action.filter("group-id", ids);
    rows(
        world,
        &spec.place.region,
        "DescribeSecurityGroups",
        &GROUPS,
        ask,
    )
    .await
}

async fn volumes<W: World>(world: &W, spec: &InstanceSpec) -> Result<Vec<Row>, Error> {
    let ids = spec.volumes.iter().map(|volume| &volume.id);
    let ask = |action: Query| action.filter("volume-id", ids);
    let rows = rows(world, &spec.place.region, "DescribeVolumes", &VOLUMES, ask).await?;
    let lost = spec.volumes.iter().find(|volume| {
        let mut all = rows.iter();
        !all.any(|row| row.text("volumeId") == volume.id)
    });
    match lost {
        Some(volume) => Err(api::gone(&volume.id, &spec.place.region)),
        None => Ok(rows),
    }
}

/// Returns the zone: the chosen one, else that of the volumes.
fn zone(spec: &InstanceSpec, volumes: &[Row]) -> Result<Option<String>, Error> {
    let mut zone = spec.place.zone.clone();
    for row in volumes {
        let own = row.text("availabilityZone");
        match &zone {
            Some(zone) if zone != own => {
                let message = format!(
                    "volume {} is in {own}, and the instance in {zone}",
                    row.text("volumeId")
                );
                let error = Error::new(ErrorKind::FailedPrecondition, message);
                return Err(error.advice(format!(
                    "choose the zone {own}, or clone the volume to {zone}"
                )));
            }
            _ => zone = Some(own.to_owned()),
        }
        if row.text("status") != "available" {
            let message = format!("volume {} is {}", row.text("volumeId"), row.text("status"));
            return Err(Error::new(ErrorKind::FailedPrecondition, message));
        }
    }
    Ok(zone)
}

/// Returns the network; `None` if the subnet gives it.
fn network(spec: &InstanceSpec, found: Vec<Row>) -> Result<Option<String>, Error> {
    let region = &spec.place.region;
    let found = found.first().and_then(|row| row.owned("vpcId"));
    match (&spec.network, found) {
        (_, Some(id)) => Ok(Some(id)),
        (Some(id), None) => {
            let error = api::gone(id, region);
            Err(error.advice(format!(
                "list the networks: aws ec2 describe-vpcs --region {region}"
            )))
        }
        (None, None) if spec.subnet.is_some() => Ok(None),
        (None, None) => {
            let message = format!("{region} has no default network (VPC)");
            let error = Error::new(ErrorKind::FailedPrecondition, message);
            let error = error.in_scope(Scope::Region(region.clone()));
            Err(error.advice(no_default_network(region)))
        }
    }
}

/// Returns the subnet to name: the chosen one, or else that with the most free addresses in the zone. In the default
/// network without a zone EC2 chooses, which finds more capacity.
fn subnet<'r>(
    spec: &InstanceSpec,
    zone: Option<&str>,
    network: Option<&str>,
    found: &'r [Row],
) -> Result<Option<&'r Row>, Error> {
    let region = &spec.place.region;
    let list = || format!("list the subnets: aws ec2 describe-subnets --region {region}");
    if let Some(id) = &spec.subnet {
        let Some(row) = found.first() else {
            return Err(api::gone(id, region).advice(list()));
        };
        let (own, of) = (row.text("availabilityZone"), row.text("vpcId"));
        let apart =
            zone.is_some_and(|zone| zone != own) || network.is_some_and(|network| network != of);
        if apart {
            let message =
                format!("subnet {id} is in {own} of {of}, which is not the chosen zone or network");
            return Err(Error::new(ErrorKind::InvalidArgument, message).advice(list()));
        }
        return Ok(Some(row));
    }
    if spec.network.is_none() && zone.is_none() && spec.public_address.is_none() {
        return Ok(None);
    }
    let fits = |row: &&Row| {
        network.is_none_or(|network| row.text("vpcId") == network)
            && zone.is_none_or(|zone| row.text("availabilityZone") == zone)
    };
    let free = |row: &&Row| {
        let free: u32 = row.number("availableIpAddressCount").unwrap_or_default();
        (free, std::cmp::Reverse(row.text("subnetId").to_owned()))
    };
    let best = found.iter().filter(fits).max_by_key(free);
    best.map(Some).ok_or_else(|| {
        let (scope, at) = match zone {
            Some(zone) => (Scope::Zone(zone.to_owned()), zone),
            None => (Scope::Region(region.clone()), region.as_str()),
        };
        let message = format!("{} has no subnet in {at}", network.unwrap_or("the network"));
        let error = Error::new(ErrorKind::FailedPrecondition, message).in_scope(scope);
        error.advice(format!("choose another zone, or {}", list()))
    })
}

fn chosen_groups(
    spec: &InstanceSpec,
    network: Option<&str>,
    found: &[Row],
) -> Result<Vec<String>, Error> {
    let region = &spec.place.region;
    let list =
        || format!("list the security groups: aws ec2 describe-security-groups --region {region}");
    for id in &spec.security_groups {
        let Some(row) = found.iter().find(|row| row.text("groupId") == id) else {
            return Err(api::gone(id, region).advice(list()));
        };
        if let Some(network) = network.filter(|network| *network != row.text("vpcId")) {
            let message = format!(
                "security group {id} is of {}, and the subnet of {network}",
                row.text("vpcId")
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message).advice(list()));
        }
    }
    Ok(spec.security_groups.clone())
}

/// Returns the name of the key pair; a public key that the region does not have is stored by the first step.
fn key(spec: &InstanceSpec, wanted: &str, found: &[Row], plan: &mut Plan) -> Result<String, Error> {
    let region = &spec.place.region;
    let Some(public) = PublicKey::parse(wanted) else {
        if found.iter().any(|row| row.text("keyName") == wanted) {
            return Ok(wanted.to_owned());
        }
        let shown = excerpt(wanted.as_bytes());
        let message = format!("{region} has no SSH key by the name {shown}");
        let error =
            Error::new(ErrorKind::NotFound, message).in_scope(Scope::Region(region.clone()));
        return Err(error.advice("give the public key itself, or store it in the region first"));
    };
    if let Some(row) = found.iter().find(|row| public.is(row.text("publicKey"))) {
        return Ok(row.text("keyName").to_owned());
    }
    if !keys::is_taken(&public) {
        return Err(keys::not_taken(wanted));
    }
    let name = public.name();
    if !found.iter().any(|row| row.text("keyName") == name) {
        plan.add(keys::step(&public, &name, Place::region(region))?);
    }
    Ok(name)
}

fn request(
    spec: &InstanceSpec,
    image: &Image,
    subnet: Option<&Row>,
    groups: &[String],
    key: Option<&str>,
    place: &Place,
) -> Result<Call, Error> {
    let mut call = Call::new("RunInstances")
        .set("ImageId", image.id())
        .set("InstanceType", &spec.instance_type)
        .set("MinCount", "1")
        .set("MaxCount", "1")
        .set_some("KeyName", key)
        .set_some("Placement.AvailabilityZone", place.zone.as_deref())
        .set_some("UserData", spec.user_data.as_deref().map(super::base64));
    if let Some(gib) = spec.disk_gib {
        if let Some(least) = image.root_gib().filter(|least| *least > gib) {
            let message = format!("image {} needs a boot disk of {least} GiB", image.id());
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let Some(root) = image
            .0
            .get("rootDeviceName")
            .filter(|_| image.0.get("rootDeviceType") != Some("instance-store"))
        else {
            let message = format!("image {} has no boot disk of a size to choose", image.id());
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        call = call
            .set("BlockDeviceMapping.1.DeviceName", root)
            .set("BlockDeviceMapping.1.Ebs.VolumeSize", gib.to_string())
            .set("BlockDeviceMapping.1.Ebs.DeleteOnTermination", "true");
    }
    call = match (subnet, spec.public_address) {
        // Only an interface of its own can have an address that the subnet does not give.
        (Some(subnet), Some(public)) => call
            .set("NetworkInterface.1.DeviceIndex", "0")
            .set("NetworkInterface.1.SubnetId", subnet.text("subnetId"))
            .set(
                "NetworkInterface.1.AssociatePublicIpAddress",
                public.to_string(),
            )
            .set("NetworkInterface.1.DeleteOnTermination", "true")
            .list("NetworkInterface.1.SecurityGroupId", groups),
        (subnet, _) => call
            .set_some("SubnetId", subnet.map(|row| row.text("subnetId")))
            .list("SecurityGroupId", groups),
    };
    if let Some(role) = &spec.role {
        let parameter = match role.starts_with("arn:") {
            true => "IamInstanceProfile.Arn",
            false => "IamInstanceProfile.Name",
        };
        call = call.set(parameter, role);
    }
    if spec.market == Market::Spot {
        call = call.set("InstanceMarketOptions.MarketType", "spot").set(
            "InstanceMarketOptions.SpotOptions.SpotInstanceType",
            "one-time",
        );
    }
    Ok(call)
}

#[cfg(test)]
#[path = "launch_tests.rs"]
mod tests;
