//! Credentials that other programs keep: their files, and the variables that lead to them.

use super::{AWS, aws, bearer};

/// Parts of names by which programs mark a variable that is a credential or leads to one.
const MARKS: [&str; 5] = ["SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "ACCESS_KEY"];
/// Ends of such names.
const ENDS: [&str; 7] = [
    "_TOKEN",
    "_TOKEN_FILE",
    "_TOKENS",
    "_API_KEY",
    "_APIKEY",
    "_PRIVATE_KEY",
    "_PASSPHRASE",
];
/// Beginnings of names without such a mark: settings of cloud tools, files with logins to clusters and registries, and the
/// secret that seals files. The socket of an SSH agent is none: builds use it for private dependencies.
const OTHERS: [&str; 7] = [
    "AWS_",
    "AZURE_CLIENT_",
    "ARM_CLIENT_",
    "KUBECONFIG",
    "DOCKER_CONFIG",
    "DOCKER_AUTH_CONFIG",
    "CLOUDHOST_SEAL_FILE",
];

/// Reports whether a variable of this name is a credential or leads to one: each that this library reads, and those that
/// other programs name so. A program that is started for someone else gets none of them.
///
/// ```
/// use cloudhost::credentials::is_credential_variable;
///
/// assert!(is_credential_variable("CLOUDHOST_MY_CLOUD_TOKEN"));
/// assert!(is_credential_variable("GITHUB_TOKEN"));
/// assert!(!is_credential_variable("PATH"));
/// ```
pub fn is_credential_variable(name: &str) -> bool {
    let known = |known: &bearer::KnownLocations| {
        known.variables.contains(&name) || known.file_variable == name
    };
    // Headers for a collector of spans are mostly its token.
    let exporter = name.starts_with("OTEL_EXPORTER_OTLP") && name.ends_with("HEADERS");
    let upper = name.to_ascii_uppercase();
    let named = MARKS.iter().any(|mark| upper.contains(mark))
        || ENDS.iter().any(|end| upper.ends_with(end))
        || OTHERS.iter().any(|start| upper.starts_with(start));
    named || bearer::name_of(name).is_some() || bearer::KNOWN.iter().any(known) || exporter
}

/// The file in which another program keeps the credential of this name; `None`: only this library stores it.
#[cfg(feature = "source")]
pub(crate) fn file_of(name: &str) -> Option<String> {
    if name == AWS {
        return Some(aws::FILE.to_owned());
    }
    let known = bearer::KNOWN.iter().find(|known| known.name == name)?;
    Some(format!("~/{}", known.file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("AWS_SECRET_ACCESS_KEY", true)]
    #[case("AWS_SESSION_TOKEN", true)]
    #[case("AWS_WEB_IDENTITY_TOKEN_FILE", true)]
    #[case("AWS_PROFILE", true)]
    #[case("AWS_CONTAINER_AUTHORIZATION_TOKEN", true)]
    #[case("CLOUDHOST_HETZNER_TOKEN", true)]
    #[case("LAMBDALABS_API_KEY", true)]
    #[case("LAMBDA_API_KEY", true)]
    #[case("LAMBDALABS_CREDENTIALS_FILE", true)]
    #[case("OTEL_EXPORTER_OTLP_HEADERS", true)]
    #[case("OTEL_EXPORTER_OTLP_TRACES_HEADERS", true)]
    #[case("OTEL_EXPORTER_OTLP_ENDPOINT", false)]
    #[case("GITHUB_TOKEN", true)]
    #[case("CARGO_REGISTRY_TOKEN", true)]
    #[case("CARGO_REGISTRIES_MINE_TOKEN", true)]
    #[case("npm_config__auth_token", true)]
    #[case("GOOGLE_APPLICATION_CREDENTIALS", true)]
    #[case("AZURE_CLIENT_ID", true)]
    #[case("AZURE_CLIENT_SECRET", true)]
    #[case("ARM_CLIENT_CERTIFICATE_PATH", true)]
    #[case("DB_PASSWORD", true)]
    #[case("ALIBABA_CLOUD_ACCESS_KEY_ID", true)]
    #[case("TF_VAR_api_secret", true)]
    #[case("OPENAI_API_KEY", true)]
    #[case("KUBECONFIG", true)]
    #[case("SSH_AUTH_SOCK", false)]
    #[case("CLOUDHOST_SEAL_FILE", true)]
    #[case("CLOUDHOST_CACHE_DIR", false)]
    #[case("CLOUDHOST_TOKEN", true)]
    #[case("TOKENIZERS_PARALLELISM", false)]
    #[case("KEYBOARD", false)]
    #[case("RUSTFLAGS", false)]
    #[case("VIRTUAL_ENV", false)]
    #[case("HOME", false)]
    #[case("CARGO_HOME", false)]
    fn variables(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_credential_variable(name), expected);
    }

    /// Every variable from which a token is read, whatever its name.
    #[test]
    fn each_variable_of_a_token() {
        for name in ["hetzner", "my-cloud", "x2", "lambdalabs"] {
            let environment = super::super::Environment::default();
            let location = bearer::TokenLocation::of(name, &environment);
            let mut variables = location.variables.iter();
            assert!(variables.all(|name| is_credential_variable(name)));
        }
    }

    #[cfg(feature = "source")]
    #[rstest]
    #[case("aws", Some("~/.aws/credentials"))]
    #[case("lambdalabs", Some("~/.lambdalabs/credentials"))]
    #[case("hetzner", None)]
    fn files(#[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(file_of(name).as_deref(), expected);
    }
}
