//! Options that all commands about an account's resources share.

use super::SourceArgs;
use super::run::pair;
use clap::{Args, Command, Subcommand};
use url::Url;

/// Commands about the resources of one or more providers
#[derive(Debug, Args)]
pub struct Resources<C: Subcommand> {
    /// Name of the provider [default: all providers, for a list]
    #[arg(long, value_name = "NAME", global = true, help_heading = "Provider")]
    pub provider: Vec<String>,
    #[command(subcommand)]
    pub command: C,
    #[command(flatten)]
    pub sources: SourceArgs,
}

/// Options of every change
#[derive(Debug, Args)]
#[command(next_help_heading = "Change")]
pub struct ChangeArgs {
    /// Agree to the plan
    #[arg(long, short)]
    pub yes: bool,

    /// Print the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Wait until the change is done, which is the default
    #[arg(long, overrides_with = "no_wait")]
    pub wait: bool,

    /// Return as soon as the cloud has accepted the change
    #[arg(long, overrides_with = "wait")]
    pub no_wait: bool,

    /// Wait no longer than TIME, such as `90s`, `30m` or `8h`; the operation goes on [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub timeout: Option<u64>,

    /// Keep what was made when a later step fails, instead of taking it back
    #[arg(long)]
    pub keep: bool,

    /// Change resources that cloudhost did not make on this machine
    #[arg(long)]
    pub not_mine: bool,
}

/// Options of a change that ends resources
#[derive(Debug, Args)]
pub struct EndArgs {
    #[command(flatten)]
    pub which: WhichArgs,

    /// Let the cloud delete a protected resource
    #[arg(long, help_heading = "Change")]
    pub unprotect: bool,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Resources of a command
#[derive(Debug, Args)]
pub struct WhichArgs {
    /// Names or identifiers
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,

    /// Search only these regions
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub region: Vec<String>,
}

/// The resource of a command
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Name or identifier
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Search only these regions
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub region: Vec<String>,
}

/// Options of a list
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub struct ListArgs {
    /// List only these regions
    #[arg(long, value_name = "NAME")]
    pub region: Vec<String>,

    /// List only resources with this tag
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Vec<(String, String)>,

    /// List only what cloudhost made on this machine
    #[arg(long)]
    pub mine: bool,
}

/// Options of what is made
#[derive(Debug, Args)]
#[command(next_help_heading = "Resource")]
pub struct NewArgs {
    /// Tag it
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Vec<(String, String)>,

    /// Let the cloud refuse to delete it
    #[arg(long)]
    pub protect: bool,

    /// End it after TIME, such as `8h` or `30d`: by the cloud where it can, else by `gc`
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub expires_in: Option<u64>,
}

/// Providers of a command, and their endpoints
#[derive(Debug, Args)]
pub struct ProvidersArgs {
    /// Name of the provider [default: all]
    #[arg(long, value_name = "NAME", help_heading = "Provider")]
    pub provider: Vec<String>,

    #[command(flatten)]
    pub endpoints: EndpointArgs,
}

/// Endpoints of providers
#[derive(Debug, Args)]
pub struct EndpointArgs {
    /// Send the provider's requests to URL
    #[arg(long, value_name = "PROVIDER=URL", value_parser = super::run::endpoint, help_heading = "Data source")]
    pub endpoint: Vec<(String, Url)>,

    /// Assume this AWS role
    #[arg(long, value_name = "ARN", env = cloudhost::credentials::ASSUME_ROLE, hide_env_values = true, value_parser = super::run::role, help_heading = "Data source")]
    pub assume_role: Option<String>,
}

impl EndpointArgs {
    /// The same as options of a request.
    pub fn sources(&self) -> SourceArgs {
        SourceArgs {
            endpoint: self.endpoint.clone(),
            assume_role: self.assume_role.clone(),
            ..SourceArgs::default()
        }
    }
}

/// Options of the collector
#[derive(Debug, Args)]
pub struct GcArgs {
    #[command(flatten)]
    pub providers: ProvidersArgs,

    /// List and change nothing
    #[arg(long, help_heading = "Change")]
    pub dry_run: bool,

    /// Agree to what it ends
    #[arg(long, short, help_heading = "Change")]
    pub yes: bool,
}

/// Parses a tag: the value may be empty.
pub fn tag(text: &str) -> Result<(String, String), String> {
    pair(text).map_err(|_| "expected KEY=VALUE".to_owned())
}

/// Parses a time such as `90`, `90s`, `30m`, `8h` or `30d` into seconds.
pub fn span(text: &str) -> Result<u64, String> {
    let expected = || "expected a number and s, m, h or d, such as `8h`".to_owned();
    let at = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(at.unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| expected())?;
    let unit = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(expected()),
    };
    match number.checked_mul(unit) {
        // A hundred years.
        Some(seconds @ 1..=3_153_600_000) => Ok(seconds),
        _ => Err(expected()),
    }
}

/// Names the provider in usage lines of commands that also stand alone.
pub fn below_run(group: &'static str) -> impl FnMut(Command) -> Command {
    move |command| usage(command, format!("cloudhost run <PROVIDER> {group}"))
}

fn usage(mut command: Command, before: String) -> Command {
    let own = command.clone().render_usage().to_string();
    let own = own.strip_prefix("Usage: ").unwrap_or(&own).to_owned();
    let path = format!("{before} {}", command.get_name());
    command = command.override_usage(format!("{before} {own}"));
    command.mut_subcommands(|one| usage(one, path.clone()))
}

#[cfg(test)]
mod tests {
    use super::span;

    #[rstest::rstest]
    #[case("90", Ok(90))]
    #[case("90s", Ok(90))]
    #[case("30m", Ok(1_800))]
    #[case("8h", Ok(28_800))]
    #[case("30d", Ok(2_592_000))]
    #[case("0", Err(()))]
    #[case("h", Err(()))]
    #[case("-1h", Err(()))]
    #[case("8 h", Err(()))]
    #[case("1.5h", Err(()))]
    #[case("99999999999999999999d", Err(()))]
    fn spans(#[case] text: &str, #[case] expected: Result<u64, ()>) {
        assert_eq!(span(text).map_err(drop), expected);
    }
}
