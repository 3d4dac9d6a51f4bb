//! Meaning of EC2's error codes for a change: kind, extent and advice.
//!
//! Codes: EC2 API reference, "Error codes for the Amazon EC2 API". Those that all AWS services share are in
//! [`cloudhost_sdk::query::kind_of`].

use cloudhost_sdk::resources::Place;
use cloudhost_sdk::{Error, ErrorKind, Scope};

use super::api::is_absence;

/// Completes the error of a change of EC2.
pub(super) fn refine(mut error: Error, action: &str, place: &Place) -> Error {
    let code = error.code.clone().unwrap_or_default();
    let region = || Scope::Region(place.region.clone());
    let zone = || place.zone.clone().map_or_else(region, Scope::Zone);
    match code.as_str() {
        "InsufficientInstanceCapacity"
        | "InsufficientHostCapacity"
        | "InsufficientReservedInstanceCapacity"
        | "InsufficientVolumeCapacity"
        | "InsufficientCapacity"
        | "SpotMaxPriceTooLow" => {
            error.kind = ErrorKind::InsufficientCapacity;
            error.scope = zone();
        }
        // "not supported in your requested Availability Zone": another zone can have it.
        "Unsupported" | "UnsupportedInstanceTypeInZone" => {
            error.kind = ErrorKind::Unsupported;
            error.scope = zone();
        }
        "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "SnapshotCreationPerVolumeRateExceeded" => {
            error.kind = ErrorKind::RateLimited;
            error.scope = region();
        }
        "MaxSpotInstanceCountExceeded"
        | "ResourceCountExceeded"
        | "ReservationCapacityExceeded" => {
            quota(&mut error, region());
        }
        _ if code.ends_with("LimitExceeded") => quota(&mut error, region()),
        "UnauthorizedOperation" => {
            // The message has an encoded text of a thousand characters, and not the action.
            let said = error
                .message
                .split(" Encoded authorization")
                .next()
                .unwrap_or_default();
            error.message = format!("{said} (the permission is ec2:{action})");
            let advice = format!("let the credential call ec2:{action}, in its IAM policy");
            error.advice.get_or_insert(advice);
        }
        "IncorrectState" | "IncorrectInstanceState" | "IncorrectSpotRequestState" => {
            error.kind = ErrorKind::Busy;
        }
        "OperationNotPermitted" => {
            error.kind = ErrorKind::FailedPrecondition;
            if error.message.contains("disableApiTermination") {
                error.advice = Some("remove the protection against deletion first".to_owned());
            }
        }
        "VolumeInUse" | "InvalidVolume.ZoneMismatch" | "InvalidVolume.InUse" => {
            error.kind = ErrorKind::FailedPrecondition;
        }
        "InvalidSnapshot.InUse" => {
            error.kind = ErrorKind::FailedPrecondition;
            let advice =
                "deregister the image that uses it: aws ec2 deregister-image --image-id IMAGE";
            error.advice.get_or_insert(advice.to_owned());
        }
        "InvalidAMIID.Unavailable" => error.kind = ErrorKind::FailedPrecondition,
        "DependencyViolation" => {
            error.kind = ErrorKind::FailedPrecondition;
            let advice = "delete what the message names first, and try again";
            error.advice.get_or_insert(advice.to_owned());
        }
        "VPCIdNotSpecified" | "DefaultVpcDoesNotExist" | "MissingDefaultVpc" => {
            error.kind = ErrorKind::FailedPrecondition;
            error.advice = Some(no_default_network(&place.region));
        }
        // An earlier request with this token and other parameters had an effect: what it made is to be looked for.
        "IdempotentParameterMismatch" | "InvalidClientToken" => {
            error.kind = ErrorKind::Indeterminate
        }
        // What this token made is deleted already: it will make nothing more.
        "IdempotentInstanceTerminated" => error.kind = ErrorKind::FailedPrecondition,
        "InvalidParameterValue"
            if error
                .message
                .to_ascii_lowercase()
                .contains("iaminstanceprofile") =>
        {
            error.kind = ErrorKind::NotFound;
            error.advice = Some(no_role());
        }
        _ if code.ends_with(".Duplicate") || code.ends_with(".AlreadyExists") => {
            error.kind = ErrorKind::AlreadyExists;
        }
        _ if is_absence(&error) => error.kind = ErrorKind::NotFound,
        _ => {}
    }
    if error.scope == Scope::Request && elsewhere_is_no_use(error.kind) {
        error.scope = Scope::Provider;
    }
    error
}

/// Returns true for errors of a credential, which is the same in all places.
fn elsewhere_is_no_use(kind: ErrorKind) -> bool {
    kind == ErrorKind::Unauthenticated
}

fn quota(error: &mut Error, scope: Scope) {
    error.kind = ErrorKind::QuotaExceeded;
    error.scope = scope;
    let advice = "ask for a higher quota, in the Service Quotas console, or use another region";
    error.advice.get_or_insert(advice.to_owned());
}

/// Maps the reason for the state of an instance or its end, such as `Server.InsufficientInstanceCapacity`, to a kind.
pub(super) fn kind_of_reason(code: &str) -> ErrorKind {
    match code {
        "Server.InsufficientInstanceCapacity"
        | "Server.SpotInstanceTermination"
        | "Server.SpotInstanceShutdown" => ErrorKind::InsufficientCapacity,
        "Client.VolumeLimitExceeded" | "Client.InstanceLimitExceeded" => ErrorKind::QuotaExceeded,
        "Client.InvalidSnapshot.NotFound" => ErrorKind::NotFound,
        "Server.InternalError" | "Server.ScheduledStop" => ErrorKind::Unavailable,
        _ => ErrorKind::FailedPrecondition,
    }
}

/// Returns the advice for a region without a default network.
pub(super) fn no_default_network(region: &str) -> String {
    format!(
        "name a subnet, or make a default network: aws ec2 create-default-vpc --region {region}"
    )
}

/// Returns the advice for a role that does not exist.
pub(super) fn no_role() -> String {
    "list the roles that instances can have: aws iam list-instance-profiles".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn place() -> Place {
        Place::zone("us-east-1", "us-east-1a")
    }

    fn refined(code: &str, message: &str) -> Error {
        let kind = cloudhost_sdk::query::kind_of(code, 400);
        let error = Error {
            code: Some(code.to_owned()),
            ..Error::new(kind, message)
        };
        refine(error, "RunInstances", &place())
    }

    #[rstest]
    #[case("InsufficientInstanceCapacity", ErrorKind::InsufficientCapacity, Scope::Zone("us-east-1a".into()))]
    #[case("Unsupported", ErrorKind::Unsupported, Scope::Zone("us-east-1a".into()))]
    #[case("VcpuLimitExceeded", ErrorKind::QuotaExceeded, Scope::Region("us-east-1".into()))]
    #[case("InstanceLimitExceeded", ErrorKind::QuotaExceeded, Scope::Region("us-east-1".into()))]
    #[case("MaxSpotInstanceCountExceeded", ErrorKind::QuotaExceeded, Scope::Region("us-east-1".into()))]
    #[case("RequestLimitExceeded", ErrorKind::RateLimited, Scope::Region("us-east-1".into()))]
    #[case("UnauthorizedOperation", ErrorKind::PermissionDenied, Scope::Request)]
    #[case("IncorrectInstanceState", ErrorKind::Busy, Scope::Request)]
    #[case("VolumeInUse", ErrorKind::FailedPrecondition, Scope::Request)]
    #[case("InvalidInstanceID.NotFound", ErrorKind::NotFound, Scope::Request)]
    #[case("InvalidAMIID.NotFound", ErrorKind::NotFound, Scope::Request)]
    #[case("InvalidKeyPair.Duplicate", ErrorKind::AlreadyExists, Scope::Request)]
    #[case(
        "IdempotentParameterMismatch",
        ErrorKind::Indeterminate,
        Scope::Request
    )]
    #[case(
        "IdempotentInstanceTerminated",
        ErrorKind::FailedPrecondition,
        Scope::Request
    )]
    #[case("DependencyViolation", ErrorKind::FailedPrecondition, Scope::Request)]
    #[case("ExpiredToken", ErrorKind::Unauthenticated, Scope::Provider)]
    #[case("RequestExpired", ErrorKind::Unauthenticated, Scope::Provider)]
    #[case("InvalidParameterValue", ErrorKind::InvalidArgument, Scope::Request)]
    fn codes(#[case] code: &str, #[case] kind: ErrorKind, #[case] scope: Scope) {
        let error = refined(code, "it says so");
        assert_eq!((error.kind, error.scope), (kind, scope), "{code}");
    }

    #[test]
    fn a_missing_permission_has_a_name_and_no_encoded_text() {
        let error = refined(
            "UnauthorizedOperation",
            "You may not. Encoded authorization failure message: 4GIOHl",
        );
        assert_eq!(
            error.message,
            "You may not. (the permission is ec2:RunInstances)"
        );
    }

    #[test]
    fn a_missing_role_is_not_found() {
        let said = "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name";
        let error = refined("InvalidParameterValue", said);
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.advice.unwrap().contains("list-instance-profiles"));
    }
}
