//! Detection of EC2 instances.
//!
//! Elsewhere the metadata service's address does not respond, and a laptop without credentials would wait for a
//! timeout. So it is contacted only on EC2, detected by the same signs as in cloud-init's `ds-identify`, or where the
//! user gives its address.

use super::super::Environment;
use std::path::Path;

/// Reports whether to contact the metadata service.
pub(super) fn has_instance_metadata(environment: &Environment) -> bool {
    if environment.is_true("AWS_EC2_METADATA_DISABLED") {
        return false;
    }
    environment
        .get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        .is_some()
        || environment.sysfs().is_some_and(is_ec2)
}

/// Nitro instances are marked in DMI, Xen instances in the hypervisor's identifier.
fn is_ec2(sysfs: &Path) -> bool {
    let says = |file: &str, test: fn(&str) -> bool| {
        std::fs::read_to_string(sysfs.join(file)).is_ok_and(|text| test(text.trim()))
    };
    says("class/dmi/id/sys_vendor", |vendor| vendor == "Amazon EC2")
        || says("class/dmi/id/board_asset_tag", |tag| tag.starts_with("i-"))
        || says("hypervisor/uuid", |uuid| uuid.starts_with("ec2"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nitro("class/dmi/id/sys_vendor", "Amazon EC2\n", true)]
    #[case::nitro_metal("class/dmi/id/board_asset_tag", "i-0123456789abcdef0\n", true)]
    #[case::xen("hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef\n", true)]
    #[case::laptop("class/dmi/id/sys_vendor", "LENOVO\n", false)]
    #[case::other_xen("hypervisor/uuid", "4dc5a9f0-0000-0000-0000-000000000000\n", false)]
    #[case::nothing("unrelated", "", false)]
    fn signs(#[case] file: &str, #[case] text: &str, #[case] expected: bool) {
        let sysfs = tempfile::tempdir().unwrap();
        let path = sysfs.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        let on = |variables: &[(&str, &str)]| {
            let environment = Environment::new(variables.iter().copied(), None);
            has_instance_metadata(&environment.with_sysfs(sysfs.path().to_owned()))
        };
        assert_eq!(on(&[]), expected);
        assert!(!on(&[("AWS_EC2_METADATA_DISABLED", "true")]));
        assert!(on(&[(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "http://[::1]:1"
        )]));
    }
}
