//! Instance types: a streaming parser of `DescribeInstanceTypes`, some 6 MB for all of them.

use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{Accelerator, AcceleratorKind, Disk, DiskKind, InstanceType, Market};

/// Parser of any number of responses.
#[derive(Debug, Default)]
pub(super) struct Parser {
    draft: Draft,
    types: Vec<InstanceType>,
    incomplete: Vec<String>,
}

impl Parser {
    /// Processes one element; the path starts below the root.
    pub fn see(&mut self, path: &[&str], step: Step<'_>) {
        match (path, step) {
            (["instanceTypeSet", "item"], Step::Close(_)) => {
                let draft = std::mem::take(&mut self.draft);
                let name = draft.name.clone();
                match draft.finish() {
                    Some(machine) => self.types.push(machine),
                    None => self.incomplete.push(name),
                }
            }
            (["instanceTypeSet", "item", rest @ ..], Step::Open) => self.draft.open(rest),
            (["instanceTypeSet", "item", rest @ ..], Step::Close(Some(text))) => {
                self.draft.leaf(rest, text);
            }
            _ => {}
        }
    }

    /// Returns the types, and the names of those without vCPUs or memory, which a record cannot leave unknown.
    pub fn finish(self) -> (Vec<InstanceType>, Vec<String>) {
        (self.types, self.incomplete)
    }
}

/// An incomplete type.
#[derive(Debug, Default)]
struct Draft {
    name: String,
    architectures: Vec<String>,
    cpu_manufacturer: Option<String>,
    vcpus: Option<u32>,
    memory_mib: Option<u64>,
    accelerators: Vec<Accelerator>,
    disks: Vec<(Option<u32>, Option<u64>, DiskKind)>,
    network: Option<String>,
    bare_metal: bool,
    burstable: bool,
    free_tier: bool,
    current_generation: bool,
    markets: Vec<Market>,
}

impl Draft {
    fn open(&mut self, path: &[&str]) {
        match path {
            ["instanceStorageInfo", "disks", _] => {
                self.disks.push((None, None, DiskKind::Unknown));
            }
            [info, list, _] => {
                if let Some(kind) = accelerator_kind(info, list) {
                    self.accelerators.push(Accelerator {
                        kind,
                        name: String::new(),
                        manufacturer: None,
                        count: None,
                        memory_mib: None,
                    });
                }
            }
            _ => {}
        }
    }

    fn leaf(&mut self, path: &[&str], text: &str) {
        let words = || Some(text.to_owned()).filter(|text| !text.is_empty());
        match path {
            ["instanceType"] => text.clone_into(&mut self.name),
            ["currentGeneration"] => self.current_generation = text == "true",
            ["freeTierEligible"] => self.free_tier = text == "true",
            ["bareMetal"] => self.bare_metal = text == "true",
            ["burstablePerformanceSupported"] => self.burstable = text == "true",
            ["supportedUsageClasses", _] => self.markets.extend(market(text)),
            ["processorInfo", "supportedArchitectures", _] => self.architectures.extend(words()),
            ["processorInfo", "manufacturer"] => self.cpu_manufacturer = words(),
            ["vCpuInfo", "defaultVCpus"] => self.vcpus = text.parse().ok(),
            ["memoryInfo", "sizeInMiB"] => self.memory_mib = text.parse().ok(),
            ["networkInfo", "networkPerformance"] => self.network = words(),
            ["instanceStorageInfo", "disks", _, field] => {
                if let Some((count, size, kind)) = self.disks.last_mut() {
                    match *field {
                        "count" => *count = text.parse().ok(),
                        "sizeInGB" => *size = text.parse().ok(),
                        "type" => *kind = disk_kind(text),
                        _ => {}
                    }
                }
            }
            [info, list, _, field @ ..] if accelerator_kind(info, list).is_some() => {
                let Some(last) = self.accelerators.last_mut() else {
                    return;
                };
                match field {
                    ["name"] => text.clone_into(&mut last.name),
                    ["manufacturer"] => last.manufacturer = words(),
                    // A type with a share of a GPU (g6f) has a count of 0.
                    ["count"] => last.count = text.parse().ok().filter(|count| *count > 0),
                    ["memoryInfo", "sizeInMiB"] => {
                        last.memory_mib = text.parse().ok().filter(|size| *size > 0);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn finish(self) -> Option<InstanceType> {
        let (vcpus, memory_mib) = (self.vcpus?, self.memory_mib?);
        if self.name.is_empty() || vcpus == 0 || memory_mib == 0 {
            return None;
        }
        let disks = self.disks.into_iter().filter_map(|(count, size, kind)| {
            Some(Disk {
                count: count?,
                size_gb: size?,
                kind,
            })
        });
        Some(InstanceType {
            family: self.name.split('.').next().unwrap_or_default().to_owned(),
            name: self.name,
            architectures: self.architectures,
            cpu_manufacturer: self.cpu_manufacturer,
            vcpus,
            memory_mib,
            accelerators: merged(self.accelerators),
            disks: disks.collect(),
            network: self.network,
            bare_metal: self.bare_metal,
            burstable: self.burstable,
            network_mbps: None,
            attributes: Vec::new(),
            free_tier: self.free_tier,
            current_generation: self.current_generation,
            markets: self.markets,
        })
    }
}

/// Merges the two records of an Inferentia: EC2 lists it as a Neuron device and as an inference accelerator. The second
/// adds the manufacturer.
fn merged(all: Vec<Accelerator>) -> Vec<Accelerator> {
    let (inference, mut kept): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|a| a.kind == AcceleratorKind::Inference);
    for other in inference {
        let same = |a: &&mut Accelerator| a.kind == AcceleratorKind::Neuron && a.name == other.name;
        match kept.iter_mut().find(same) {
            Some(neuron) => {
                neuron.manufacturer = neuron.manufacturer.take().or(other.manufacturer);
            }
            None => kept.push(other),
        }
    }
    kept
}

fn accelerator_kind(info: &str, list: &str) -> Option<AcceleratorKind> {
    match (info, list) {
        ("gpuInfo", "gpus") => Some(AcceleratorKind::Gpu),
        ("neuronInfo", "neuronDevices") => Some(AcceleratorKind::Neuron),
        ("inferenceAcceleratorInfo", "accelerators") => Some(AcceleratorKind::Inference),
        ("fpgaInfo", "fpgas") => Some(AcceleratorKind::Fpga),
        ("mediaAcceleratorInfo", "accelerators") => Some(AcceleratorKind::Media),
        _ => None,
    }
}

fn market(usage_class: &str) -> Option<Market> {
    match usage_class {
        "on-demand" => Some(Market::OnDemand),
        "spot" => Some(Market::Spot),
        "capacity-block" => Some(Market::CapacityBlock),
        _ => None,
    }
}

fn disk_kind(kind: &str) -> DiskKind {
    match kind {
        "hdd" => DiskKind::Hdd,
        "ssd" => DiskKind::Ssd,
        _ => DiskKind::Unknown,
    }
}

#[cfg(test)]
#[path = "types_tests.rs"]
mod tests;
