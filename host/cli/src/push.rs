//! `cloudhost plugin push FILE oci://REFERENCE`

use super::args::{Cli, PushArgs};
use super::views::PushedView;
use super::{Exit, print};
use crate::quote::quoted;
use anstream::eprintln;
use anyhow::Context as _;
use cloudhost::plugin::Artifact;
use cloudhost::source::{FetchOptions, Source, push};

/// Checks the component, pushes it, and prints where it is by digest.
#[allow(clippy::print_stderr)]
pub fn execute(cli: &Cli, args: &PushArgs) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let most = cli.allowance().limits.component;
    let mut options = FetchOptions::default();
    options.max_bytes = most;
    let file = Source::File(args.file.clone());
    let fetched = runtime.block_on(file.fetch(&options));
    let fetched = fetched.inspect_err(|error| cli.refused(error.refusal()))?;
    let signature = match &args.signature {
        Some(path) => Some(cloudhost::source::Signature::open(path)?),
        None => fetched.signature,
    };
    let artifact = Artifact::read_within(fetched.bytes, most);
    let artifact = artifact.inspect_err(|error| cli.refused(error.refusal()))?;
    let to = push(&args.reference, &artifact, signature.as_ref(), &options);
    let pushed = runtime.block_on(to)?;
    if !cli.quiet {
        let manifest = &artifact.manifest;
        let signed = signature.as_ref().map_or("not signed", |_| "signed");
        eprintln!(
            "pushed {} {} ({signed}) to {}; this installs it: cloudhost plugin install {}",
            manifest.name,
            manifest.version,
            args.reference,
            quoted(pushed.to_string().as_ref())
        );
    }
    let view = PushedView::new(&pushed, &artifact, signature.is_some());
    print::result(cli.output, &view, |view| Some(view.table()))?;
    Ok(Exit::Done)
}
