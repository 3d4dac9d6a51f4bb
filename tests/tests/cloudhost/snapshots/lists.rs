//! Lists and results.

use insta::{assert_snapshot, with_settings};

use super::{FILTERS, snapshot};
use crate::support::{generate, generated, url};

#[test]
fn a_list_of_machine_types() {
    let sandbox = generated();
    let args = [
        "run",
        "aws",
        "instance-types",
        "list",
        "--offline",
        "--family",
        "g5",
        "--region",
        "eu-north-1",
    ];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    TYPE         VCPUS  MEMORY   ARCH    ACCELERATORS  DISKS       NETWORK           REGIONS  AVAILABLE  PRICE/H
    g5.12xlarge  48     192 GiB  x86_64  4x A10G       1x 3800 GB  40 Gigabit        1        unknown    unknown
    g5.16xlarge  64     256 GiB  x86_64  1x A10G       1x 1900 GB  25 Gigabit        1        unknown    unknown
    g5.24xlarge  96     384 GiB  x86_64  4x A10G       1x 3800 GB  50 Gigabit        1        unknown    unknown
    g5.2xlarge   8      32 GiB   x86_64  1x A10G       1x 450 GB   Up to 10 Gigabit  1        unknown    unknown
    g5.48xlarge  192    768 GiB  x86_64  8x A10G       2x 3800 GB  100 Gigabit       1        unknown    unknown
    g5.4xlarge   16     64 GiB   x86_64  1x A10G       1x 600 GB   Up to 25 Gigabit  1        unknown    unknown
    g5.8xlarge   32     128 GiB  x86_64  1x A10G       1x 900 GB   25 Gigabit        1        unknown    unknown
    g5.xlarge    4      16 GiB   x86_64  1x A10G       1x 250 GB   Up to 10 Gigabit  1        unknown    unknown
    --- stderr
    aws: stored catalog, [AGE] old; 8 instance types
    ");
}

#[test]
fn a_list_of_regions() {
    let sandbox = generated();
    let args = [
        "run",
        "aws",
        "regions",
        "list",
        "--offline",
        "--region",
        "eu-north-1",
    ];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    REGION      DESCRIPTION  ZONES                                  TYPES
    eu-north-1  -            eu-north-1a, eu-north-1b, eu-north-1c  715
    --- stderr
    aws: stored catalog, [AGE] old; 1 region
    ");
}

#[test]
fn a_list_of_images() {
    let sandbox = generated();
    let args = [
        "run",
        "aws",
        "images",
        "list",
        "--offline",
        "--arch",
        "arm64",
    ];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    DISTRIBUTION   RELEASE                 ARCH   GPU  OWNER         REGION     ID                     NAME
    almalinux      10.0                    arm64  no   764336703387  us-east-1  ami-a353ac787aeb6c994  AlmaLinux OS 10.0.20250801 aarch64
    almalinux      10.1                    arm64  no   764336703387  us-east-1  ami-d3238f1aa4b9975ea  AlmaLinux OS 10.1.20260605 aarch64
    almalinux      8.10                    arm64  no   764336703387  us-east-1  ami-bfbebc675a62a2126  AlmaLinux OS 8.10.20260610 aarch64
    almalinux      9.5                     arm64  no   764336703387  us-east-1  ami-a2aa6f55047bc5401  AlmaLinux OS 9.5.20250118 aarch64
    almalinux      9.6                     arm64  no   764336703387  us-east-1  ami-3b168836fd28179c6  AlmaLinux OS 9.6.20260602 aarch64
    amazon         2-kernel-5.10           arm64  no   137112412989  us-east-1  ami-f5ff571cf0ce7f127  amzn2-ami-kernel-5.10-hvm-2.0.20260930.0-arm64-gp2
    amazon         2023-kernel-6.1         arm64  no   137112412989  us-east-1  ami-0f9a568fc3aa6daa4  al2023-ami-2023.12.20260930.0-kernel-6.1-arm64
    amazon         2023-kernel-6.12        arm64  no   137112412989  us-east-1  ami-ced815629f9772e32  al2023-ami-2023.12.20260930.0-kernel-6.12-arm64
    centos         stream-10               arm64  no   125523088429  us-east-1  ami-ada9fd036d2920bbe  CentOS Stream 10 aarch64 20260825
    centos         stream-9                arm64  no   125523088429  us-east-1  ami-937c41f0eb3ff3b0f  CentOS Stream 9 aarch64 20260824
    debian         11                      arm64  no   136693071363  us-east-1  ami-6bec4286ff7051f5a  debian-11-arm64-20260501-2100
    debian         12                      arm64  no   136693071363  us-east-1  ami-66ee1d2d1d0226e97  debian-12-arm64-20260811-2567
    debian         13                      arm64  no   136693071363  us-east-1  ami-737129aaf482655f6  debian-13-arm64-20260911-2598
    deep-learning  base-amazon-linux-2023  arm64  yes  898082745236  us-east-1  ami-f4ef52a2f8c29f0f8  Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) 20260925
    deep-learning  base-ubuntu-24.04       arm64  yes  898082745236  us-east-1  ami-2e94bb2bc1b414029  Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) 20260925
    fedora         42                      arm64  no   125523088429  us-east-1  ami-1bc204cf6dc080bf3  Fedora-Cloud-Base-AmazonEC2.aarch64-42-1.1
    fedora         43                      arm64  no   125523088429  us-east-1  ami-018b631449eb182fa  Fedora-Cloud-Base-AmazonEC2.aarch64-43-1.6
    fedora         44                      arm64  no   125523088429  us-east-1  ami-5853a72493c436cef  Fedora-Cloud-Base-AmazonEC2.aarch64-44-1.7
    redhat         10.0                    arm64  no   309956199498  us-east-1  ami-fc65f3a5e16e38643  RHEL-10.0_HVM-20250930-arm64-1-Hourly2-GP3
    redhat         10.1                    arm64  no   309956199498  us-east-1  ami-9a00afa5261f0bb39  RHEL-10.1_HVM-20260520-arm64-2-Hourly2-GP3
    redhat         8.10.0                  arm64  no   309956199498  us-east-1  ami-bbfbf4c9447c00a94  RHEL-8.10.0_HVM-20260310-arm64-12-Hourly2-GP3
    redhat         9.5.0                   arm64  no   309956199498  us-east-1  ami-69cbc14dc5f271829  RHEL-9.5.0_HVM-20250313-arm64-0-Hourly2-GP3
    redhat         9.6.0                   arm64  no   309956199498  us-east-1  ami-e9413b90ff1cc67b8  RHEL-9.6.0_HVM-20260512-arm64-3-Hourly2-GP3
    rocky          10.0                    arm64  no   792107900819  us-east-1  ami-280d7035a755e20de  Rocky-10-EC2-Base-10.0-20250611.1.aarch64
    rocky          10.1                    arm64  no   792107900819  us-east-1  ami-a071ab794fb4c5c64  Rocky-10-EC2-Base-10.1-20260601.0.aarch64
    rocky          8.10                    arm64  no   792107900819  us-east-1  ami-e855345a0e43975ed  Rocky-8-EC2-Base-8.10-20240528.0.aarch64
    rocky          9.5                     arm64  no   792107900819  us-east-1  ami-d4a045ffd881f22d7  Rocky-9-EC2-Base-9.5-20241118.0.aarch64
    rocky          9.6                     arm64  no   792107900819  us-east-1  ami-ac8082b90dd5d8b61  Rocky-9-EC2-Base-9.6-20260531.0.aarch64
    suse           15-sp6                  arm64  no   013907871322  us-east-1  ami-c85647f2e9c9dd98c  suse-sles-15-sp6-v20250808-hvm-ssd-arm64
    suse           15-sp7                  arm64  no   013907871322  us-east-1  ami-d129bd004c7a9c5a0  suse-sles-15-sp7-v20260908-hvm-ssd-arm64
    suse           16-0                    arm64  no   013907871322  us-east-1  ami-5134e424466b31b76  suse-sles-16-0-v20260901-hvm-ssd-arm64
    ubuntu         20.04                   arm64  no   099720109477  us-east-1  ami-af72cb4565c3f2c6c  ubuntu/images/hvm-ssd/ubuntu-focal-20.04-arm64-server-20250603.1
    ubuntu         22.04                   arm64  no   099720109477  us-east-1  ami-98a76370b22c22592  ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20260902
    ubuntu         24.04                   arm64  no   099720109477  us-east-1  ami-dce4ec90d66e5573a  ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20260915.1
    ubuntu         26.04                   arm64  no   099720109477  us-east-1  ami-d0b94bd9cda42e77a  ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-arm64-server-20260920
    --- stderr
    aws: stored catalog, [AGE] old; 35 images
    ");
}

#[test]
fn a_generation_as_json() {
    let sandbox = generated();
    let args = ["--offline", "--family", "m5", "--output", "json", "--quiet"];
    let outcome = generate(&sandbox, args, &url());
    let mut json = outcome.json().unwrap();
    json["files"]["removed"] = json["files"]["removed"].as_array().unwrap().len().into();
    json["catalog"]["age_seconds"] = 0.into();
    with_settings!({ filters => FILTERS.to_vec() }, {
        assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
        {
          "audit": {
            "crashed": 0,
            "denied": 0,
            "limited": 0,
            "refused": 0,
            "signed": 0
          },
          "catalog": {
            "account": null,
            "age_seconds": 0,
            "fetched_at": "[TIME]",
            "former_plugin": null,
            "origin": "aws environment aws_access_key_id=AKIAIOSFODNN7EXAMPLE, at http://127.0.0.1:[PORT]/",
            "source": "live"
          },
          "files": {
            "edited": [],
            "removed": 187,
            "unchanged": [
              "instance-types/Kconfig.m5.generated"
            ],
            "written": [
              "Kconfig.ami.generated",
              "Kconfig.compute.generated",
              "Kconfig.gpu-amis.generated",
              "Kconfig.location.generated"
            ]
          },
          "missing": [],
          "output_dir": "out",
          "provider": "aws"
        }
        "#);
    });
}
