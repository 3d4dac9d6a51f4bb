//! `cloudhost plugin push FILE oci://REFERENCE`

use crate::args::PushArgs;
use crate::exit::Exit;
use crate::quote::quoted;
use crate::runtime::{Threads, block_on};
use crate::session::Session;
use crate::views;
use cloudhost::plugin::Artifact;
use cloudhost::source::{FetchOptions, Signature, Source, push};
use cloudhost_api::PushedPlugin;

/// Checks and pushes the component, and prints its reference by digest.
pub fn execute(session: &Session<'_>, args: &PushArgs) -> anyhow::Result<Exit> {
    let most = session.allowance().limits.component;
    let mut options = FetchOptions::default();
    options.max_bytes = most;
    let file = Source::File(args.file.clone());
    let fetched = block_on(Threads::One, file.fetch(&options))?;
    let fetched = fetched.inspect_err(|error| session.refused(error.refusal()))?;
    let signature = match &args.signature {
        Some(path) => Some(Signature::open(path)?),
        None => fetched.signature,
    };
    let artifact = Artifact::read_within(fetched.bytes, most);
    let artifact = artifact.inspect_err(|error| session.refused(error.refusal()))?;
    let to = push(&args.reference, &artifact, signature.as_ref(), &options);
    let pushed = block_on(Threads::One, to)??;
    if !session.cli.quiet {
        let manifest = &artifact.manifest;
        let signed = signature.as_ref().map_or("not signed", |_| "signed");
        crate::stderr::line(format_args!(
            "pushed {} {} ({signed}) to {}; to install it: cloudhost plugin install {}",
            manifest.name,
            manifest.version,
            args.reference,
            quoted(pushed.to_string().as_ref())
        ));
    }
    let pushed = PushedPlugin::new(pushed.to_string(), &artifact, signature.is_some());
    session.print(&pushed, views::pushed_plugin)?;
    Ok(Exit::Done)
}
