//! Content of the stand-in for Lambda Cloud, in the format of its API.

use serde_json::{Map, Value, json};

/// Name, description and GPU, cents per hour, processors, GiB of memory and of storage, GPUs, and the regions with
/// capacity.
type Row = (
    &'static str,
    (&'static str, &'static str),
    u64,
    [u64; 4],
    &'static [&'static str],
);

/// Types as the real cloud names and builds them; prices and capacity are made up.
const TYPES: [Row; 7] = [
    (
        "cpu_4x_general",
        ("4x CPU General (16 GiB)", "N/A"),
        20,
        [4, 16, 512, 0],
        &[],
    ),
    (
        "gpu_1x_a10",
        ("1x A10 (24 GB PCIe)", "A10 (24 GB PCIe)"),
        75,
        [30, 200, 1400, 1],
        &["us-east-1", "us-west-1"],
    ),
    (
        "gpu_1x_a100_sxm4",
        ("1x A100 (40 GB SXM4)", "A100 (40 GB SXM4)"),
        129,
        [30, 200, 512, 1],
        &["us-west-1"],
    ),
    (
        "gpu_1x_gh200",
        ("1x GH200 (96 GB)", "GH200 (96 GB)"),
        149,
        [64, 432, 4096, 1],
        &["us-east-3"],
    ),
    (
        "gpu_1x_rtx6000",
        ("1x RTX 6000 (24 GB)", "RTX 6000 (24 GB)"),
        50,
        [14, 46, 512, 1],
        &[],
    ),
    (
        "gpu_8x_a100_80gb_sxm4",
        ("8x A100 (80 GB SXM4)", "A100 (80 GB SXM4)"),
        1432,
        [240, 1800, 20480, 8],
        &[],
    ),
    (
        "gpu_8x_h100_sxm5",
        ("8x H100 (80 GB SXM5)", "H100 (80 GB SXM5)"),
        2392,
        [208, 1800, 22528, 8],
        &["us-west-1"],
    ),
];

const NOWHERE: &[&str] = &[];

/// Regions as the real cloud describes them. By default, two have no capacity.
const REGIONS: [(&str, &str); 5] = [
    ("europe-central-1", "Germany"),
    ("us-east-1", "Virginia, USA"),
    ("us-east-3", "Washington D.C, USA"),
    ("us-midwest-1", "Illinois, USA"),
    ("us-west-1", "California, USA"),
];

/// Content of the stand-in. The values are those of `data` in its responses. Tests may change them.
#[derive(Clone, Debug)]
pub struct Content {
    /// `GET /instance-types`: a map by name.
    pub types: Map<String, Value>,
    /// `GET /regions`: a list.
    pub regions: Vec<Value>,
    /// `GET /images`: a list.
    pub images: Vec<Value>,
}

impl Default for Content {
    fn default() -> Self {
        let image = |id: &str, family: &str, version: &str, architecture: &str| {
            json!({
                "id": id, "name": format!("{family}-{version}"), "description": "Made for a test", "family": family,
                "version": version, "architecture": architecture, "region": region("us-west-1"),
                "created_time": "2026-08-01T00:00:00Z", "updated_time": "2026-08-01T00:00:00Z",
            })
        };
        Self {
            types: TYPES.iter().map(item).collect(),
            regions: REGIONS.iter().map(|(name, _)| region(name)).collect(),
            images: vec![
                image(
                    "43336648-096d-4cba-9aa2-f9bb7727639d",
                    "lambda-stack-22-04",
                    "22.4.5",
                    "x86_64",
                ),
                image(
                    "53336648-096d-4cba-9aa2-f9bb7727639d",
                    "lambda-stack-22-04",
                    "22.4.5",
                    "arm64",
                ),
            ],
        }
    }
}

impl Content {
    /// Gives a type capacity in exactly these regions. Adds an unknown type, with one GPU.
    pub fn capacity(&mut self, name: &str, regions: &[&str]) -> &mut Self {
        let free: Vec<Value> = regions.iter().map(|name| region(name)).collect();
        if let Some(item) = self.item(name).as_object_mut() {
            item.insert("regions_with_capacity_available".to_owned(), free.into());
        }
        self
    }

    /// Sets the price of a type: cents, or an invalid value. `None` removes it.
    pub fn price(&mut self, name: &str, cents: Option<Value>) -> &mut Self {
        let machine = self.item(name).get_mut("instance_type");
        if let Some(machine) = machine.and_then(Value::as_object_mut) {
            machine.remove("price_cents_per_hour");
            machine.extend(cents.map(|cents| ("price_cents_per_hour".to_owned(), cents)));
        }
        self
    }

    fn item(&mut self, name: &str) -> &mut Value {
        self.types.entry(name).or_insert_with(|| {
            let words = (
                "",
                ("1x New (24 GB)", "New (24 GB)"),
                100,
                [8, 64, 512, 1],
                NOWHERE,
            );
            let (_, mut item) = item(&words);
            if let Some(own) = item.pointer_mut("/instance_type/name") {
                *own = name.into();
            }
            item
        })
    }

    /// Returns the data of a path.
    pub(crate) fn at(&self, path: &str) -> Option<Value> {
        match path {
            "/instance-types" => Some(self.types.clone().into()),
            "/regions" => Some(self.regions.clone().into()),
            "/images" => Some(self.images.clone().into()),
            _ => None,
        }
    }
}

fn item((name, (description, gpu), cents, specs, free): &Row) -> (String, Value) {
    let [vcpus, memory, storage, gpus] = specs;
    let free: Vec<Value> = free.iter().map(|name| region(name)).collect();
    let item = json!({
        "instance_type": {
            "name": name, "description": description, "gpu_description": gpu, "price_cents_per_hour": cents,
            "specs": {"vcpus": vcpus, "memory_gib": memory, "storage_gib": storage, "gpus": gpus},
        },
        "regions_with_capacity_available": free,
    });
    ((*name).to_owned(), item)
}

/// Returns a region by name. An unknown one is described by its name.
fn region(name: &str) -> Value {
    let known = REGIONS.iter().find(|(of, _)| *of == name);
    json!({ "name": name, "description": known.map_or(name, |(_, description)| description) })
}
