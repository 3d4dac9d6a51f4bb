use super::*;
use crate::ec2::name_pattern::find;
use rstest::rstest;

fn distribution(name: &str) -> &'static Distribution {
    DISTRIBUTIONS.iter().find(|d| d.name == name).unwrap()
}

#[rstest]
#[case(
    "almalinux",
    "AlmaLinux OS 9.4.20240805 x86_64",
    "9.4",
    "AlmaLinux OS 9.4.* x86_64"
)]
#[case(
    "amazon",
    "al2023-ami-2023.6.20241121.0-kernel-6.1-arm64",
    "2023-kernel-6.1",
    "al2023-ami-2023.*-kernel-6.1-arm64"
)]
#[case(
    "amazon",
    "amzn2-ami-kernel-5.10-hvm-2.0.20241113.1-x86_64-gp2",
    "2-kernel-5.10",
    "amzn2-ami-kernel-5.10-hvm-2.0.*-x86_64-gp2"
)]
#[case(
    "amazon",
    "amzn2-ami-hvm-2.0.20180810-x86_64-gp2",
    "2",
    "amzn2-ami-hvm-2.0.*-x86_64-gp2"
)]
#[case(
    "centos",
    "CentOS Stream 9 aarch64 20240805",
    "stream-9",
    "CentOS Stream 9 aarch64 *"
)]
#[case(
    "centos",
    "CentOS Linux 7 x86_64 - 2211",
    "7",
    "CentOS Linux 7 x86_64 ? *"
)]
#[case("debian", "debian-13-arm64-20250814-2204", "13", "debian-13-arm64-*")]
#[case(
    "deep-learning",
    "Deep Learning OSS Nvidia Driver AMI GPU PyTorch 2.5.1 (Ubuntu 22.04) 20241120",
    "pytorch-2.5.1-ubuntu-22.04",
    "Deep Learning OSS Nvidia Driver AMI GPU PyTorch 2.5.1 ?Ubuntu 22.04? *"
)]
#[case(
    "fedora",
    "Fedora-Cloud-Base-AmazonEC2.aarch64-41-1.4",
    "41",
    "Fedora-Cloud-Base-AmazonEC2.aarch64-41-1.*"
)]
#[case(
    "fedora",
    "Fedora-Cloud-Base-40-1.14.x86_64-hvm-us-east-1-gp3-0",
    "40",
    "Fedora-Cloud-Base-40-1.*.x86_64-hvm-*-gp3-0"
)]
#[case(
    "oracle",
    "OL8.10-x86_64-HVM-2024-07-01",
    "8.10",
    "OL8.10-x86_64-HVM-*"
)]
#[case(
    "redhat",
    "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3",
    "9.4.0",
    "RHEL-9.4.0_HVM-*-x86_64-*-Hourly2-GP3"
)]
#[case(
    "redhat",
    "RHEL-7.4_HVM_GA-20170808-x86_64-2-Hourly2-GP2",
    "7.4",
    "RHEL-7.4_HVM_GA-*-x86_64-*-Hourly2-GP2"
)]
#[case(
    "rocky",
    "Rocky-9-EC2-Base-9.4-20240523.0.aarch64",
    "9.4",
    "Rocky-9-EC2-Base-9.4-*.aarch64"
)]
#[case(
    "suse",
    "suse-sles-15-sp6-v20240808-hvm-ssd-x86_64",
    "15-sp6",
    "suse-sles-15-sp6-v*-hvm-ssd-x86_64"
)]
#[case(
    "suse",
    "suse-sles-16-0-v20251104-hvm-ssd-arm64",
    "16-0",
    "suse-sles-16-0-v*-hvm-ssd-arm64"
)]
#[case(
    "ubuntu",
    "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240801",
    "24.04",
    "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"
)]
fn published_names(
    #[case] of: &str,
    #[case] name: &str,
    #[case] release: &str,
    #[case] glob: &str,
) {
    let mut rules = distribution(of).rules.iter();
    let found = rules.find_map(|(pattern, r)| find(pattern, name).map(|f| (f.release(r), f.glob)));
    assert_eq!(found, Some((release.to_owned(), glob.to_owned())));
}

#[rstest]
#[case("almalinux", "AlmaLinux OS Kitten 10.20241227.0 x86_64")]
#[case("amazon", "al2023-ami-minimal-2023.6.20241121.0-kernel-6.1-x86_64")]
#[case("amazon", "al2022-ami-2022.0.20220728.1-kernel-5.15-x86_64")]
#[case("amazon", "amzn-ami-pv-2017.09.1.20171103-x86_64-ebs")]
#[case("debian", "debian-12-backports-amd64-20240717-1811")]
#[case("fedora", "Fedora-Cloud-Base-AmazonEC2.x86_64-Rawhide-20241121.n.0")]
#[case("fedora", "Fedora-Cloud-Base-AmazonEC2.x86_64-41-20241121.0")]
#[case("redhat", "RHEL-9.4.0_HVM_BETA-20240320-x86_64-0-Hourly2-GP3")]
#[case("redhat", "RHEL-8.6.0_HVM-20240605-x86_64-82-Access2-GP2")]
#[case("suse", "suse-sles-15-sp6-byos-v20240808-hvm-ssd-x86_64")]
#[case("suse", "suse-sles-15-sp5-chost-byos-v20240808-hvm-ssd-x86_64")]
#[case(
    "ubuntu",
    "ubuntu-minimal/images/hvm-ssd/ubuntu-jammy-22.04-amd64-minimal-20240801"
)]
#[case(
    "ubuntu",
    "ubuntu/images-testing/hvm-ssd/ubuntu-noble-daily-amd64-server-20240801"
)]
fn names_that_are_not_for_a_menu(#[case] of: &str, #[case] name: &str) {
    assert!(
        distribution(of)
            .rules
            .iter()
            .all(|(pattern, _)| find(pattern, name).is_none())
    );
}

#[test]
fn eleven_sorted_by_name_and_each_with_something_to_fall_back_on() {
    assert_eq!(DISTRIBUTIONS.len(), 11);
    assert!(DISTRIBUTIONS.is_sorted_by(|a, b| a.name < b.name));
    assert!(DISTRIBUTIONS.iter().all(|d| !d.known.is_empty()));
    let mut known = DISTRIBUTIONS.iter().flat_map(|d| d.known);
    assert!(known.all(|(_, _, glob)| cloudhost_sdk::is_value(glob)));
}
