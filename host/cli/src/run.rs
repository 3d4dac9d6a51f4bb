//! `cloudhost run PROVIDER ...`

use crate::args::{
    Action, ImagesCommand, PricingCommand, Query, RegionsCommand, Run, TypesCommand,
};
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
        Action::Query(asked) => session.with_provider(&run.provider, sources, async |session| {
            query(&session, asked).await
        }),
    }
}

/// Queries the catalog of a provider.
async fn query(session: &ProviderSession<'_>, query: &Query) -> anyhow::Result<Exit> {
    match query {
        Query::GenerateKconfig(args) => generate::execute(session, args).await,
        Query::InstanceTypes(TypesCommand::List(args)) => {
            lists::instance_types(session, args).await
        }
        Query::InstanceTypes(TypesCommand::GetCheapest(args)) => {
            select::cheapest(session, &args.wanted).await
        }
        Query::Regions(RegionsCommand::List {
            with_availability,
            region,
        }) => lists::regions(session, *with_availability, region).await,
        Query::Images(ImagesCommand::List { arch }) => lists::images(session, arch).await,
        Query::Pricing(PricingCommand::List {
            instance_type,
            filter,
        }) => pricing::list(session, instance_type, filter).await,
        Query::Pricing(PricingCommand::Verify { region }) => pricing::verify(session, region).await,
        Query::CheckAvailability(args) => select::check(session, args).await,
        Query::SmartSelect(args) => select::smart(session, args).await,
        Query::Bill(args) => bill::execute(session, args).await,
    }
}
