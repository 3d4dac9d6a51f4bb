//! `cloudhost run PROVIDER ...`

use crate::args::{Action, ImagesCommand, PricingCommand, RegionsCommand, Run, TypesCommand};
use crate::exit::Exit;
use crate::session::Session;
use crate::{bill, generate, lists, pricing, select};

pub fn execute(session: &Session<'_>, run: &Run) -> anyhow::Result<Exit> {
    let action = &run.action;
    session.with_provider(&run.provider, &run.sources, async |session| match action {
        Action::GenerateKconfig(args) => generate::execute(&session, args).await,
        Action::InstanceTypes(TypesCommand::List(args)) => {
            lists::instance_types(&session, args).await
        }
        Action::InstanceTypes(TypesCommand::GetCheapest(args)) => {
            select::cheapest(&session, &args.wanted).await
        }
        Action::Regions(RegionsCommand::List {
            with_availability,
            region,
        }) => lists::regions(&session, *with_availability, region).await,
        Action::Images(ImagesCommand::List { arch }) => lists::images(&session, arch).await,
        Action::Pricing(PricingCommand::List {
            instance_type,
            filter,
        }) => pricing::list(&session, instance_type, filter).await,
        Action::Pricing(PricingCommand::Verify { region }) => {
            pricing::verify(&session, region).await
        }
        Action::CheckAvailability(args) => select::check(&session, args).await,
        Action::SmartSelect(args) => select::smart(&session, args).await,
        Action::Bill(args) => bill::execute(&session, args).await,
    })
}
