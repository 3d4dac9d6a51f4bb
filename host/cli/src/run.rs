//! `cloudhost run PROVIDER ...`

use crate::args::{Action, ImagesCommand, PricingCommand, RegionsCommand, Run, TypesCommand};
use crate::exit::Exit;
use crate::session::{ProviderSession, Session};
use crate::{bill, changes, generate, lists, pricing, select};

pub fn execute(session: &Session<'_>, run: &Run) -> anyhow::Result<Exit> {
    let (provider, sources) = (std::slice::from_ref(&run.provider), &run.sources);
    match &run.action {
        Action::Instance(command) => {
            changes::instance::execute(session, provider, sources, command)
        }
        Action::Volume(command) => changes::volume::execute(session, provider, sources, command),
        Action::SshKey(command) => changes::ssh_key::execute(session, provider, sources, command),
        Action::Whoami => changes::whoami::execute(session, provider, sources),
        action => session.with_provider(&run.provider, sources, async |session| {
            query(&session, action).await
        }),
    }
}

/// Queries the catalog of a provider.
async fn query(session: &ProviderSession<'_>, action: &Action) -> anyhow::Result<Exit> {
    match action {
        Action::GenerateKconfig(args) => generate::execute(session, args).await,
        Action::InstanceTypes(TypesCommand::List(args)) => {
            lists::instance_types(session, args).await
        }
        Action::InstanceTypes(TypesCommand::GetCheapest(args)) => {
            select::cheapest(session, &args.wanted).await
        }
        Action::Regions(RegionsCommand::List {
            with_availability,
            region,
        }) => lists::regions(session, *with_availability, region).await,
        Action::Images(ImagesCommand::List { arch }) => lists::images(session, arch).await,
        Action::Pricing(PricingCommand::List {
            instance_type,
            filter,
        }) => pricing::list(session, instance_type, filter).await,
        Action::Pricing(PricingCommand::Verify { region }) => pricing::verify(session, region).await,
        Action::CheckAvailability(args) => select::check(session, args).await,
        Action::SmartSelect(args) => select::smart(session, args).await,
        Action::Bill(args) => bill::execute(session, args).await,
        // Of an account's resources: above.
        Action::Instance(_) | Action::Volume(_) | Action::SshKey(_) | Action::Whoami => {
            Ok(Exit::Done)
        }
    }
}
