use super::*;
use rstest::rstest;

/// Ten types from moto's dump of the API, without the lists of network cards.
const RECORDED: &str = include_str!("../../fixtures/types.xml");

fn parse(body: &str) -> (Vec<InstanceType>, Vec<String>) {
    let mut parser = Parser::default();
    cloudhost_sdk::xml::walk(body.as_bytes(), |path, step| {
        if let [_, rest @ ..] = path {
            parser.see(rest, step);
        }
    })
    .unwrap();
    parser.finish()
}

fn recorded(name: &str) -> InstanceType {
    parse(RECORDED)
        .0
        .into_iter()
        .find(|t| t.name == name)
        .unwrap()
}

#[rstest]
#[case("t3.micro", "t3", 2, 1024, "Up to 5 Gigabit", "Intel", &["x86_64"])]
#[case("t2.micro", "t2", 1, 1024, "Low to Moderate", "Intel", &["i386", "x86_64"])]
#[case("mac2.metal", "mac2", 8, 16384, "10 Gigabit", "Apple", &["arm64_mac"])]
#[case("g4dn.metal", "g4dn", 96, 393_216, "100 Gigabit", "Intel", &["x86_64"])]
fn basics(
    #[case] name: &str,
    #[case] family: &str,
    #[case] vcpus: u32,
    #[case] memory_mib: u64,
    #[case] network: &str,
    #[case] maker: &str,
    #[case] architectures: &[&str],
) {
    let got = recorded(name);
    assert_eq!(
        (got.family.as_str(), got.vcpus, got.memory_mib),
        (family, vcpus, memory_mib)
    );
    assert_eq!(got.network.as_deref(), Some(network));
    assert_eq!(got.cpu_manufacturer.as_deref(), Some(maker));
    assert_eq!(got.architectures, architectures);
}

#[rstest]
#[case("t3.micro", (false, true, true))]
#[case("g4dn.metal", (true, false, false))]
#[case("inf1.xlarge", (false, false, false))]
fn has_flags(#[case] name: &str, #[case] flags: (bool, bool, bool)) {
    let got = recorded(name);
    assert_eq!((got.bare_metal, got.burstable, got.free_tier), flags);
    assert!(got.markets.contains(&Market::OnDemand));
}

#[rstest]
#[case(
    "g4dn.metal",
    AcceleratorKind::Gpu,
    "T4",
    Some("NVIDIA"),
    Some(8),
    16384
)]
#[case("g6f.large", AcceleratorKind::Gpu, "L4", Some("NVIDIA"), None, 2861)]
#[case(
    "inf1.xlarge",
    AcceleratorKind::Neuron,
    "Inferentia",
    Some("AWS"),
    Some(1),
    8192
)]
#[case(
    "dl2q.24xlarge",
    AcceleratorKind::Inference,
    "Qualcomm AI100",
    Some("Qualcomm"),
    Some(8),
    16000
)]
#[case(
    "f2.6xlarge",
    AcceleratorKind::Fpga,
    "Virtex UltraScale+ (VU47P)",
    Some("Xilinx"),
    Some(1),
    81920
)]
#[case(
    "vt1.3xlarge",
    AcceleratorKind::Media,
    "U30",
    Some("Xilinx"),
    Some(1),
    24576
)]
fn has_accelerators(
    #[case] name: &str,
    #[case] kind: AcceleratorKind,
    #[case] model: &str,
    #[case] maker: Option<&str>,
    #[case] count: Option<u32>,
    #[case] memory: u64,
) {
    let expected = Accelerator {
        kind,
        name: model.to_owned(),
        manufacturer: maker.map(str::to_owned),
        count,
        memory_mib: Some(memory),
    };
    assert_eq!(recorded(name).accelerators, [expected]);
}

#[rstest]
#[case("d3.xlarge", &[Disk { count: 3, size_gb: 1980, kind: DiskKind::Hdd }])]
#[case("g4dn.metal", &[Disk { count: 2, size_gb: 900, kind: DiskKind::Ssd }])]
#[case("t3.micro", &[])]
fn has_disks(#[case] name: &str, #[case] disks: &[Disk]) {
    assert_eq!(recorded(name).disks, disks);
}

#[test]
fn a_type_without_memory_or_vcpus_is_named_and_not_0() {
    let item = |inner: &str| {
        format!(
            "<R><instanceTypeSet><item><instanceType>x.y</instanceType>{inner}</item></instanceTypeSet></R>"
        )
    };
    let vcpus = "<vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo>";
    let memory = |n: &str| format!("<memoryInfo><sizeInMiB>{n}</sizeInMiB></memoryInfo>");
    for body in [
        vcpus.to_owned(),
        memory("4"),
        format!("{vcpus}{}", memory("many")),
        format!("{vcpus}{}", memory("0")),
    ] {
        assert_eq!(
            parse(&item(&body)),
            (vec![], vec!["x.y".to_owned()]),
            "{body}"
        );
    }
    assert_eq!(parse(&item(&format!("{vcpus}{}", memory("4")))).0.len(), 1);
}

#[test]
fn nothing_of_the_recording_is_lost() {
    let (types, incomplete) = parse(RECORDED);
    assert_eq!((types.len(), incomplete.len()), (10, 0));
}
