//! Output of `plugin` and `cache`.

use super::{nobody, snapshot};
use crate::support::{generated, row};

#[test]
fn plugin_list() {
    let (sandbox, outcome) = nobody(&["plugin", "list"]);
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    PROVIDER    VERSION  CONTRACT  GRANTED  SIGNER  ORIGIN    DIGEST
    aws         0.1.0    0.2.0     all      -       built in  sha256:[DIGEST]
    lambdalabs  0.1.0    0.2.0     all      -       built in  sha256:[DIGEST]
    --- stderr
    ");
}

#[test]
fn plugin_inspect() {
    let (sandbox, outcome) = nobody(&["plugin", "inspect", "aws"]);
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    PLUGIN       aws
    version      0.1.0
    contract     0.2.0
    digest       sha256:[DIGEST]
    size         [SIZE] bytes
    grant        built in: granted all that its manifest requests
    hosts        ec2.*.amazonaws.com
                 ec2.*.amazonaws.com.cn
                 sts.*.amazonaws.com
                 sts.*.amazonaws.com.cn
                 api.pricing.us-east-1.amazonaws.com
                 ce.us-east-1.amazonaws.com
                 servicequotas.*.amazonaws.com
                 servicequotas.*.amazonaws.com.cn
                 b0.p.awsstatic.com
                 website.spot.ec2.aws.a2z.com
    rates
    credentials  aws (sigv4 for ec2, sts, pricing, ce, servicequotas)
    change       yes
    reads        POST ec2.*.amazonaws.com/ Action=DescribeAvailabilityZones, DescribeImages, DescribeInstanceAttribute, DescribeInstanceTypeOfferings, DescribeInstanceTypes, DescribeInstances, DescribeKeyPairs, DescribeRegions, DescribeSecurityGroups, DescribeSnapshots, DescribeSubnets, DescribeVolumes, DescribeVpcs
                 POST sts.*.amazonaws.com/ Action=GetCallerIdentity
                 POST servicequotas.*.amazonaws.com/ x-amz-target=ServiceQuotasV20190624.ListServiceQuotas
                 POST ec2.*.amazonaws.com.cn/ Action=DescribeAvailabilityZones, DescribeImages, DescribeInstanceAttribute, DescribeInstanceTypeOfferings, DescribeInstanceTypes, DescribeInstances, DescribeKeyPairs, DescribeRegions, DescribeSecurityGroups, DescribeSnapshots, DescribeSubnets, DescribeVolumes, DescribeVpcs
                 POST sts.*.amazonaws.com.cn/ Action=GetCallerIdentity
                 POST servicequotas.*.amazonaws.com.cn/ x-amz-target=ServiceQuotasV20190624.ListServiceQuotas
                 POST api.pricing.us-east-1.amazonaws.com/ x-amz-target=AWSPriceListService.GetProducts
                 POST ce.us-east-1.amazonaws.com/ x-amz-target=AWSInsightsIndexService.GetCostAndUsage
                 POST ec2.*.amazonaws.com/ Action=AttachVolume, CopySnapshot, CreateSnapshot, CreateVolume, DeleteKeyPair, DeleteSnapshot, DeleteVolume, DetachVolume, ImportKeyPair, ModifyInstanceAttribute, RunInstances, StartInstances, StopInstances, TerminateInstances with DryRun=true
                 POST ec2.*.amazonaws.com.cn/ Action=AttachVolume, CopySnapshot, CreateSnapshot, CreateVolume, DeleteKeyPair, DeleteSnapshot, DeleteVolume, DetachVolume, ImportKeyPair, ModifyInstanceAttribute, RunInstances, StartInstances, StopInstances, TerminateInstances with DryRun=true
    settings     home-region: Region to fetch first, and for images; only regions of its partition are fetched. [default: the credential's region, else us-east-1]
                 price-source: Source of prices: feed, the public price feeds of AWS, or getproducts, its price list API. [default: feed]
                 price-regions: Regions to fetch prices of, such as us-east-1,eu-west-1. [default: all known regions with feed, the home region with getproducts]
    imports      cloudhost:provider/credentials@0.2.0
                 cloudhost:provider/http@0.2.0
                 cloudhost:provider/log@0.2.0
                 cloudhost:provider/resources@0.2.0
                 cloudhost:provider/types@0.2.0
                 wasi:cli/environment@[WASI]
                 wasi:cli/exit@[WASI]
                 wasi:cli/stderr@[WASI]
                 wasi:cli/stdin@[WASI]
                 wasi:cli/stdout@[WASI]
                 wasi:cli/terminal-input@[WASI]
                 wasi:cli/terminal-output@[WASI]
                 wasi:cli/terminal-stderr@[WASI]
                 wasi:cli/terminal-stdin@[WASI]
                 wasi:cli/terminal-stdout@[WASI]
                 wasi:io/error@[WASI]
                 wasi:io/poll@[WASI]
                 wasi:io/streams@[WASI]
    exports      cloudhost:provider/account@0.2.0
                 cloudhost:provider/billing@0.2.0
                 cloudhost:provider/catalog@0.2.0
                 cloudhost:provider/identity@0.2.0
                 cloudhost:provider/instances@0.2.0
                 cloudhost:provider/kconfig@0.2.0
                 cloudhost:provider/operations@0.2.0
                 cloudhost:provider/provider@0.2.0
                 cloudhost:provider/storage@0.2.0
    --- stderr
    ");
}

#[test]
fn the_rates_of_a_plugin() {
    let (_, outcome) = nobody(&["plugin", "inspect", "lambdalabs"]);
    let rate = row(&outcome, "rates");
    assert!(
        rate.ends_with("cloud.lambda.ai: 1 request in 1 s"),
        "{outcome}"
    );
    let (_, outcome) = nobody(&["plugin", "inspect", "lambdalabs", "--output", "json"]);
    let rate =
        serde_json::json!({"host": "cloud.lambda.ai", "requests": 1, "seconds": 1, "burst": 1});
    assert_eq!(outcome.json().unwrap()["rates"][0], rate);
}

#[test]
fn cache_status_of_nothing() {
    let (sandbox, outcome) = nobody(&["cache", "status"]);
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    PROVIDER  SOURCE  DATA  ROWS  AGE  FRESH  SCOPE
    --- stderr
    0 catalogs, 0 bytes in [DIR]/home/.cache/cloudhost
    ");
}

#[test]
fn cache_status_and_clear() {
    let sandbox = generated();
    let outcome = sandbox
        .cloudhost(["cache", "status"])
        .unwrap()
        .run()
        .unwrap();
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    PROVIDER  SOURCE  DATA            ROWS   AGE  FRESH  SCOPE
    aws       live    regions         20     [AGE]  yes    aws environment aws_access_key_id=AKIAIOSFODNN7EXAMPLE, at http://127.0.0.1:[PORT]/
    aws       live    instance-types  1394   [AGE]  yes    aws environment aws_access_key_id=AKIAIOSFODNN7EXAMPLE, at http://127.0.0.1:[PORT]/
    aws       live    offers          17202  [AGE]  yes    aws environment aws_access_key_id=AKIAIOSFODNN7EXAMPLE, at http://127.0.0.1:[PORT]/
    aws       live    images          78     [AGE]  yes    aws environment aws_access_key_id=AKIAIOSFODNN7EXAMPLE, at http://127.0.0.1:[PORT]/
    --- stderr
    1 catalog, [SIZE] bytes in [DIR]/cache
    ");
    let outcome = sandbox
        .cloudhost(["cache", "clear"])
        .unwrap()
        .run()
        .unwrap();
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    --- stderr
    dropped 1 catalog and compiled code: 7 files, [SIZE] bytes
    ");
}
