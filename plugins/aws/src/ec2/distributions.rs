//! The eleven publishers of images: their accounts, and the names of their images.
//!
//! Owner accounts are the publishers' own, as documented by them (the same that kdevops uses). A rule matches only
//! released server images for hardware virtualisation: no betas, dailies, previews, minimal or desktop images, and none
//! that require a separate subscription. Names are from the publishers' image lists.

/// A publisher's line of images.
#[derive(Debug)]
pub(crate) struct Distribution {
    /// Name in lower case.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// AWS account of the publisher.
    pub owner: &'static str,
    /// Made for GPU work.
    pub gpu: bool,
    /// Patterns of names (see `name_pattern`), and the release of a match.
    pub rules: &'static [Rule],
    /// Published names as a fallback if there are no images of the account: release, architecture, glob.
    pub known: &'static [(&'static str, &'static str, &'static str)],
}

/// Pattern, and template of the release.
pub(crate) type Rule = (&'static str, &'static str);

/// All distributions, by name.
pub(crate) const DISTRIBUTIONS: &[Distribution] = &[
    Distribution {
        name: "almalinux",
        title: "AlmaLinux",
        owner: "764336703387",
        gpu: false,
        rules: &[("AlmaLinux OS {n}.{n}.{d} {a}", "{1}.{2}")],
        known: &[
            ("9", "x86_64", "AlmaLinux OS 9.* x86_64"),
            ("9", "arm64", "AlmaLinux OS 9.* aarch64"),
        ],
    },
    Distribution {
        name: "amazon",
        title: "Amazon Linux",
        owner: "137112412989",
        gpu: false,
        rules: &[
            ("al2023-ami-2023.{d}-kernel-{v}-{a}", "2023-kernel-{1}"),
            ("amzn2-ami-kernel-{v}-hvm-2.0.{d}-{a}-gp2", "2-kernel-{1}"),
            ("amzn2-ami-hvm-2.0.{d}-{a}-gp2", "2"),
        ],
        known: &[
            (
                "2023-kernel-6.1",
                "x86_64",
                "al2023-ami-2023.*-kernel-6.1-x86_64",
            ),
            (
                "2023-kernel-6.1",
                "arm64",
                "al2023-ami-2023.*-kernel-6.1-arm64",
            ),
        ],
    },
    Distribution {
        name: "centos",
        title: "CentOS",
        owner: "125523088429",
        gpu: false,
        rules: &[
            ("CentOS Stream {n} {a} {d}", "stream-{1}"),
            ("CentOS Linux {n} {a} - {d}", "{1}"),
        ],
        known: &[
            ("stream-9", "x86_64", "CentOS Stream 9 x86_64 *"),
            ("stream-9", "arm64", "CentOS Stream 9 aarch64 *"),
        ],
    },
    Distribution {
        name: "debian",
        title: "Debian",
        owner: "136693071363",
        gpu: false,
        rules: &[("debian-{n}-{a}-{d}", "{1}")],
        known: &[
            ("13", "x86_64", "debian-13-amd64-*"),
            ("13", "arm64", "debian-13-arm64-*"),
            ("12", "x86_64", "debian-12-amd64-*"),
            ("12", "arm64", "debian-12-arm64-*"),
        ],
    },
    Distribution {
        name: "deep-learning",
        title: "AWS Deep Learning",
        owner: "898082745236",
        gpu: true,
        rules: &[
            (
                "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu {v}) {d}",
                "base-ubuntu-{1}",
            ),
            (
                "Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux {n}) {d}",
                "base-amazon-linux-{1}",
            ),
            (
                "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Ubuntu {v}) {d}",
                "base-ubuntu-{1}",
            ),
            (
                "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Amazon Linux {n}) {d}",
                "base-amazon-linux-{1}",
            ),
            (
                "Deep Learning Base AMI with Single CUDA (Ubuntu {v}) {d}",
                "single-cuda-ubuntu-{1}",
            ),
            (
                "Deep Learning Base AMI with Single CUDA (Amazon Linux {n}) {d}",
                "single-cuda-amazon-linux-{1}",
            ),
            (
                "Deep Learning OSS Nvidia Driver AMI GPU PyTorch {v} (Ubuntu {v}) {d}",
                "pytorch-{1}-ubuntu-{2}",
            ),
            (
                "Deep Learning OSS Nvidia Driver AMI GPU PyTorch {v} (Amazon Linux {n}) {d}",
                "pytorch-{1}-amazon-linux-{2}",
            ),
            (
                "Deep Learning OSS Nvidia Driver AMI GPU TensorFlow {v} (Ubuntu {v}) {d}",
                "tensorflow-{1}-ubuntu-{2}",
            ),
            (
                "Deep Learning OSS Nvidia Driver AMI GPU TensorFlow {v} (Amazon Linux {n}) {d}",
                "tensorflow-{1}-amazon-linux-{2}",
            ),
        ],
        known: &[
            (
                "base-ubuntu-22.04",
                "x86_64",
                "Deep Learning Base OSS Nvidia Driver GPU AMI ?Ubuntu 22.04? *",
            ),
            (
                "base-ubuntu-22.04",
                "arm64",
                "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI ?Ubuntu 22.04? *",
            ),
            (
                "base-amazon-linux-2023",
                "x86_64",
                "Deep Learning Base OSS Nvidia Driver GPU AMI ?Amazon Linux 2023? *",
            ),
            (
                "base-amazon-linux-2023",
                "arm64",
                "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI ?Amazon Linux 2023? *",
            ),
        ],
    },
    Distribution {
        name: "fedora",
        title: "Fedora",
        owner: "125523088429",
        gpu: false,
        rules: &[
            ("Fedora-Cloud-Base-AmazonEC2.{a}-{n}-1.{d}", "{1}"),
            ("Fedora-Cloud-Base-{n}-1.{d}.{a}-hvm-{x}-gp3-0", "{1}"),
        ],
        known: &[
            ("42", "x86_64", "Fedora-Cloud-Base-AmazonEC2.x86_64-42-1.*"),
            ("42", "arm64", "Fedora-Cloud-Base-AmazonEC2.aarch64-42-1.*"),
        ],
    },
    Distribution {
        name: "oracle",
        title: "Oracle Linux",
        owner: "131827586825",
        gpu: false,
        rules: &[("OL{n}.{n}-{a}-HVM-{d}", "{1}.{2}")],
        known: &[("9.4", "x86_64", "OL9.4-x86_64-HVM-*")],
    },
    Distribution {
        name: "redhat",
        title: "Red Hat Enterprise Linux",
        owner: "309956199498",
        gpu: false,
        rules: &[
            ("RHEL-{v}_HVM-{d}-{a}-{d}-Hourly2-GP3", "{1}"),
            ("RHEL-{v}_HVM-{d}-{a}-{d}-Hourly2-GP2", "{1}"),
            ("RHEL-{v}_HVM_GA-{d}-{a}-{d}-Hourly2-GP2", "{1}"),
        ],
        known: &[
            ("9.4.0", "x86_64", "RHEL-9.4.0_HVM-*-x86_64-*-Hourly2-GP3"),
            ("9.4.0", "arm64", "RHEL-9.4.0_HVM-*-arm64-*-Hourly2-GP3"),
        ],
    },
    Distribution {
        name: "rocky",
        title: "Rocky Linux",
        owner: "792107900819",
        gpu: false,
        rules: &[("Rocky-{n}-EC2-Base-{n}.{n}-{d}.{a}", "{2}.{3}")],
        known: &[
            ("9", "x86_64", "Rocky-9-EC2-Base-9.*.x86_64"),
            ("9", "arm64", "Rocky-9-EC2-Base-9.*.aarch64"),
        ],
    },
    Distribution {
        name: "suse",
        title: "SUSE Linux Enterprise",
        owner: "013907871322",
        gpu: false,
        rules: &[
            ("suse-sles-{n}-{w}-v{d}-hvm-ssd-{a}", "{1}-{2}"),
            ("suse-sles-{n}-v{d}-hvm-ssd-{a}", "{1}"),
        ],
        known: &[
            ("15-sp6", "x86_64", "suse-sles-15-sp6-v*-hvm-ssd-x86_64"),
            ("15-sp6", "arm64", "suse-sles-15-sp6-v*-hvm-ssd-arm64"),
        ],
    },
    Distribution {
        name: "ubuntu",
        title: "Ubuntu",
        owner: "099720109477",
        gpu: false,
        rules: &[
            (
                "ubuntu/images/hvm-ssd-gp3/ubuntu-{w}-{v}-{a}-server-{d}",
                "{2}",
            ),
            ("ubuntu/images/hvm-ssd/ubuntu-{w}-{v}-{a}-server-{d}", "{2}"),
        ],
        known: &[
            (
                "24.04",
                "x86_64",
                "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*",
            ),
            (
                "24.04",
                "arm64",
                "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*",
            ),
        ],
    },
];

#[cfg(test)]
#[path = "distributions_tests.rs"]
mod tests;
