//! `cloudhost run PROVIDER instance-types|regions|images list`

use super::args::FilterArgs;
use super::run::Session;
use super::views::{ImagesView, InstanceTypesView, RegionsView};
use super::{Exit, print};
use crate::catalog::{Catalog, Filter};
use crate::host::{HostError, Summary};

pub async fn instance_types(session: &Session<'_>, args: &FilterArgs) -> anyhow::Result<Exit> {
    let (catalog, summary) = filtered(session, args).await?;
    let view = InstanceTypesView::new(session.provider.name(), &summary, catalog);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let count = view.instance_types.len();
    Ok(session.close(&summary, vec![format!("{count} machine types")]))
}

pub async fn regions(session: &Session<'_>, args: &FilterArgs) -> anyhow::Result<Exit> {
    let (catalog, summary) = filtered(session, args).await?;
    let view = RegionsView::new(session.provider.name(), &summary, catalog);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let count = view.regions.len();
    Ok(session.close(&summary, vec![format!("{count} regions")]))
}

pub async fn images(session: &Session<'_>, args: &FilterArgs) -> anyhow::Result<Exit> {
    let (catalog, summary) = filtered(session, args).await?;
    let view = ImagesView::new(session.provider.name(), &summary, catalog);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    let count = view.images.len();
    Ok(session.close(&summary, vec![format!("{count} images")]))
}

async fn filtered(session: &Session<'_>, args: &FilterArgs) -> anyhow::Result<(Catalog, Summary)> {
    let catalog = session.catalog().await?;
    let summary = Summary::from(&catalog);
    let catalog = filter(args)
        .apply(catalog)
        .map_err(|error| HostError::Catalog(error.into()))?;
    Ok((catalog, summary))
}

/// The filter that the options ask for.
pub fn filter(args: &FilterArgs) -> Filter {
    Filter {
        regions: args.region.clone(),
        families: args.family.clone(),
        gpu: args.gpu,
        min_vcpus: args.min_vcpus,
        architectures: args.arch.clone(),
    }
}
