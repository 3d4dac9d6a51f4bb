//! Menus of good catalogs and of odd ones: what comes back is Kconfig, or an error that says why not.

use super::case::{
    Cases, MENUS, MENUS_BARE, MENUS_COLLISION, MENUS_EMPTY, MENUS_ODD, Spec, Verdict,
};
use super::cloud::{Cloud, Way};
use super::subject::Subject;
use cloudhost::catalog::checked;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{Error as CloudError, ErrorKind};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::contract::exports::cloudhost::provider::kconfig::{
    Catalog, Dialect, Entry, File, Value,
};
use cloudhost::host::describe;
use cloudhost::kconfig::{Options, Rendered, render};
use std::collections::BTreeSet;
use std::sync::Arc;

const DIALECTS: [Dialect; 3] = [Dialect::Kdevops, Dialect::KdevopsMain, Dialect::Plain];

/// Names that no cloud has yet and every catalog may hold. None that `.config` must not have: the host refuses those.
const ODD: [&str; 5] = ["größe-1", "with space", "a&b;(c)|d", "endmenu", "-"];
/// Names that are one symbol.
const COLLIDING: [&str; 4] = ["a.b", "a-b", "a_b", "A.B"];

/// What a plugin made of a catalog.
enum Made {
    /// Files, and the texts that a symbol can have for its value.
    Files(Vec<Rendered>, BTreeSet<String>),
    Refused(CloudError),
    /// It crashed, or its entries are no Kconfig.
    Wrong(String),
}

pub(super) async fn run(subject: &Subject<'_>, listing: &Listing, cases: &mut Cases) {
    if let Made::Refused(error) = make(subject, &escape_untrusted(listing), Dialect::Kdevops).await
        && error.kind == ErrorKind::Unsupported
    {
        cases.skip(MENUS, "it makes no menus");
        return;
    }
    let bare = Listing {
        prices: None,
        capacity: None,
        ..listing.clone()
    };
    let mut long = ODD.map(str::to_owned).to_vec();
    // Longer than any real one; a Kconfig symbol has at most 128 characters, its prefix included.
    long.push("x".repeat(64));
    let odd = named(listing, &long);
    let colliding = named(listing, &COLLIDING.map(str::to_owned));
    let nothing = Listing {
        regions: Some(Vec::new()),
        ..Listing::default()
    };
    good(subject, cases, MENUS, "the catalog", listing).await;
    good(
        subject,
        cases,
        MENUS_BARE,
        "the catalog without prices and capacity",
        &bare,
    )
    .await;
    let any = |_: &CloudError| true;
    tolerant(
        subject,
        cases,
        MENUS_EMPTY,
        "an empty catalog",
        &nothing,
        any,
    )
    .await;
    let (Some(odd), Some(colliding)) = (odd, colliding) else {
        cases.skip(
            MENUS_ODD,
            "the catalog has no machine type and region to rename",
        );
        cases.skip(
            MENUS_COLLISION,
            "the catalog has no machine type and region to rename",
        );
        return;
    };
    let given = format!("a catalog with the names {}", long.join(", "));
    good(subject, cases, MENUS_ODD, &given, &odd).await;
    let given = format!("a catalog with the names {}", COLLIDING.join(", "));
    let names_one = |error: &CloudError| COLLIDING.iter().any(|name| error.message.contains(name));
    tolerant(
        subject,
        cases,
        MENUS_COLLISION,
        &given,
        &colliding,
        names_one,
    )
    .await;
}

/// The menus must be there, in every dialect, and the same twice.
async fn good(
    subject: &Subject<'_>,
    cases: &mut Cases,
    spec: Spec,
    given: &str,
    listing: &Listing,
) {
    tolerant(subject, cases, spec, given, listing, |_| false).await;
}

/// The same, where some errors will do.
async fn tolerant(
    subject: &Subject<'_>,
    cases: &mut Cases,
    spec: Spec,
    given: &str,
    listing: &Listing,
    will_do: impl Fn(&CloudError) -> bool,
) {
    let catalog = escape_untrusted(listing);
    for dialect in DIALECTS {
        let given = format!("{given}, for {dialect:?}");
        let files = match make(subject, &catalog, dialect).await {
            Made::Files(files, texts) => {
                if let Some(name) = names(&catalog).find(|name| !texts.contains(*name)) {
                    let did = format!(
                        "no symbol can have the value {}",
                        cloudhost::contract::escape_untrusted(name)
                    );
                    let expected = "every region, and every type that is sold";
                    return cases.add(spec, Verdict::failed(given, did, expected));
                }
                files
            }
            Made::Refused(error) if will_do(&error) => continue,
            Made::Refused(error) => {
                let did = format!(
                    "it answered with the error {}: {}",
                    error.kind.as_str(),
                    describe(&error)
                );
                return cases.add(
                    spec,
                    Verdict::failed(given, did, "files that Kconfig accepts"),
                );
            }
            Made::Wrong(why) => {
                return cases.add(
                    spec,
                    Verdict::failed(given, why, "files that Kconfig accepts"),
                );
            }
        };
        match make(subject, &catalog, dialect).await {
            Made::Files(again, _) if again == files => {}
            _ => {
                let did = "it made other files the second time";
                return cases.add(spec, Verdict::failed(given, did, "the same files"));
            }
        }
    }
    cases.add(spec, Verdict::Passed);
}

async fn make(subject: &Subject<'_>, catalog: &Catalog, dialect: Dialect) -> Made {
    let cloud = Arc::new(Cloud::new(None, Way::AsRecorded));
    let answer = match subject.session(&cloud) {
        Ok(session) => subject.plugin.emit_kconfig(session, catalog, dialect).await,
        Err(error) => Err(error),
    };
    let mut options = Options::new(dialect);
    options.source_prefix = "menus".to_owned();
    match answer {
        Ok(Ok(_)) if cloud.asked() > 0 => {
            Made::Wrong(format!("it made {} requests for menus", cloud.asked()))
        }
        Ok(Ok(files)) => match render(&files, &options) {
            Ok(rendered) => Made::Files(rendered, texts(&files)),
            Err(error) => Made::Wrong(format!("its menus are refused: {error}")),
        },
        Ok(Err(error)) => Made::Refused(error),
        Err(error) => Made::Wrong(error.to_string()),
    }
}

/// What menus must be able to say: every region, and every type that is sold somewhere, if it is known what is.
fn names(catalog: &Catalog) -> impl Iterator<Item = &String> {
    let sold: BTreeSet<&String> = catalog
        .offers
        .iter()
        .map(|one| &one.instance_type)
        .collect();
    let types = catalog.instance_types.iter().map(|one| &one.name);
    let types = types.filter(move |name| sold.is_empty() || sold.contains(name));
    catalog.regions.iter().map(|one| &one.name).chain(types)
}

/// The texts that a symbol has for a default.
fn texts(files: &[File]) -> BTreeSet<String> {
    let entries = files.iter().flat_map(|file| &file.entries);
    let symbols = entries.filter_map(|entry| match entry {
        Entry::Symbol(symbol) => Some(symbol),
        _ => None,
    });
    let values = symbols.flat_map(|symbol| &symbol.defaults);
    values
        .filter_map(|default| match &default.value {
            Value::Text(text) => Some(text.clone()),
            Value::Boolean(_) => None,
        })
        .collect()
}

/// A listing as menus show it.
fn escape_untrusted(listing: &Listing) -> Catalog {
    let listing = listing.clone();
    Catalog {
        regions: listing.regions.unwrap_or_default(),
        instance_types: listing.instance_types.unwrap_or_default(),
        offers: listing.offers.unwrap_or_default(),
        images: listing.images.unwrap_or_default(),
        prices: listing.prices.unwrap_or_default(),
        capacity: listing.capacity.unwrap_or_default(),
    }
}

/// A catalog in which the first type and region come once more under each of these names, sold there. `None` where
/// there is none, or the host would not accept it.
fn named(listing: &Listing, names: &[String]) -> Option<Listing> {
    let machine = listing.instance_types.as_ref()?.first()?;
    let region = listing.regions.as_ref()?.first()?;
    let mut odd = listing.clone();
    for name in names {
        let mut machine = machine.clone();
        machine.name.clone_from(name);
        machine.family.clone_from(name);
        let mut region = region.clone();
        region.name.clone_from(name);
        region.description = Some(name.clone());
        region.zones.clear();
        let offer = listing.offers.iter().flatten().next().cloned();
        if let (Some(mut offer), Some(offers)) = (offer, odd.offers.as_mut()) {
            offer.instance_type.clone_from(name);
            offer.region.clone_from(name);
            offer.zones.clear();
            offers.push(offer);
        }
        odd.instance_types.as_mut()?.push(machine);
        odd.regions.as_mut()?.push(region);
    }
    checked(odd).ok()
}
