//! Menus of good catalogs and of odd ones: valid Kconfig, or an error with the reason.

use crate::harness::{Cases, MockCloud, Outcome, PluginUnderTest, Scenario, Spec, Verdict};
use cloudhost::catalog::checked;
use cloudhost::contract::cloudhost::provider::types::{Error as CloudError, ErrorKind};
use cloudhost::contract::escape_untrusted;
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::contract::exports::cloudhost::provider::kconfig::{
    Catalog, Dialect, Entry, File, Value,
};
use cloudhost::kconfig::{Options, Rendered, render};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) const MENUS: Spec = (
    "menus",
    "menus show every region and every type that is sold, as Kconfig accepts it, and are the same each time; in the \
     plain dialect they need nothing around them",
);
const BARE: Spec = (
    "menus.unknown",
    "menus can be made without a known price or capacity",
);
const EMPTY: Spec = ("menus.empty", "an empty catalog causes no crash");
const ODD: Spec = (
    "menus.odd-names",
    "names of any characters that a value may have, and of any length, become menus that Kconfig accepts",
);
const COLLISION: Spec = (
    "menus.collisions",
    "names that become the same symbol are distinguished, or are an error that names one of them",
);

const DIALECTS: [Dialect; 3] = [Dialect::Kdevops, Dialect::KdevopsMain, Dialect::Plain];

/// Names that every catalog may have, although no cloud has them yet. The host leaves out those that `.config` must not
/// have.
const ODD_NAMES: [&str; 5] = ["*?", "with space", "a:b@c+d,e", "endmenu", "/x/y_.."];
/// Names that map to one symbol.
const COLLIDING: [&str; 4] = ["a.b", "a-b", "a_b", "A.B"];

/// Result of a call for menus.
enum Made {
    /// Files, and the texts that are a default of a symbol.
    Files(Vec<Rendered>, BTreeSet<String>),
    Refused(CloudError),
    /// It crashed, or its entries are invalid Kconfig.
    Wrong(String),
}

pub(super) async fn run(plugin: &PluginUnderTest<'_>, listing: &Listing, cases: &mut Cases) {
    if let Made::Refused(error) = make(plugin, &catalog(listing), Dialect::Kdevops).await
        && error.kind == ErrorKind::Unsupported
    {
        return cases.skip(MENUS, "it makes no menus");
    }
    let never = |_: &CloudError| false;
    let verdict = tried(plugin, "the catalog", listing, never).await;
    cases.add(MENUS, verdict);
    let bare = Listing {
        prices: None,
        capacity: None,
        ..listing.clone()
    };
    let given = "the catalog without prices and capacity";
    cases.add(BARE, tried(plugin, given, &bare, never).await);
    let nothing = Listing {
        regions: Some(Vec::new()),
        ..Listing::default()
    };
    let verdict = tried(plugin, "an empty catalog", &nothing, |_| true).await;
    cases.add(EMPTY, verdict);
    let mut odd = ODD_NAMES.map(str::to_owned).to_vec();
    // Longer than any real one; a Kconfig symbol has at most 128 characters, its prefix included.
    odd.push("x".repeat(64));
    let colliding = COLLIDING.map(str::to_owned);
    let names_one = |error: &CloudError| COLLIDING.iter().any(|name| error.message.contains(name));
    cases.add(ODD, renamed(plugin, listing, &odd, never).await);
    let verdict = renamed(plugin, listing, &colliding, names_one).await;
    cases.add(COLLISION, verdict);
}

/// Makes menus of a catalog that has these names too.
async fn renamed(
    plugin: &PluginUnderTest<'_>,
    listing: &Listing,
    names: &[String],
    will_do: impl Fn(&CloudError) -> bool,
) -> Verdict {
    let Some(listing) = named(listing, names) else {
        return Verdict::skipped("the catalog has no instance type and region to rename");
    };
    let given = format!("a catalog with the names {}", names.join(", "));
    tried(plugin, &given, &listing, will_do).await
}

/// Makes menus twice in each dialect. They must be valid, complete and the same, unless the error is one that will do.
async fn tried(
    plugin: &PluginUnderTest<'_>,
    given: &str,
    listing: &Listing,
    will_do: impl Fn(&CloudError) -> bool,
) -> Verdict {
    let catalog = catalog(listing);
    for dialect in DIALECTS {
        let failed = |did: String, expected: &str| {
            Verdict::failed(format!("{given}, for {dialect:?}"), did, expected)
        };
        let valid = "files that Kconfig accepts";
        let (files, texts) = match make(plugin, &catalog, dialect).await {
            Made::Files(files, texts) => (files, texts),
            Made::Refused(error) if will_do(&error) => continue,
            Made::Refused(error) => return failed(Outcome::Refused(error).text(), valid),
            Made::Wrong(why) => return failed(why, valid),
        };
        if dialect == Dialect::Plain && !files.iter().any(|file| file.path == "Kconfig") {
            let did = "no file is `Kconfig`".to_owned();
            return failed(did, "a file `Kconfig`, which sources the others");
        }
        if let Some(name) = names(&catalog).find(|name| !texts.contains(*name)) {
            let did = format!("no symbol can have the value {}", escape_untrusted(name));
            return failed(did, "every region, and every type that is sold");
        }
        let again = make(plugin, &catalog, dialect).await;
        if !matches!(again, Made::Files(again, _) if again == files) {
            let did = "it generated different files the second time".to_owned();
            return failed(did, "the same files");
        }
    }
    Verdict::Passed
}

async fn make(plugin: &PluginUnderTest<'_>, catalog: &Catalog, dialect: Dialect) -> Made {
    let cloud = Arc::new(MockCloud::new(None, Scenario::AsRecorded));
    let result = match plugin.session(&cloud) {
        Ok(session) => plugin.plugin.emit_kconfig(session, catalog, dialect).await,
        Err(error) => Err(error),
    };
    let mut options = Options::new(dialect, plugin.name());
    options.source_prefix = "menus".to_owned();
    match result {
        Ok(Ok(_)) if cloud.requests() > 0 => {
            Made::Wrong(format!("it made {} requests for menus", cloud.requests()))
        }
        Ok(Ok(files)) => match render(&files, &options) {
            Ok(rendered) => Made::Files(rendered, texts(&files)),
            Err(error) => Made::Wrong(format!("its menus are invalid: {error}")),
        },
        Ok(Err(error)) => Made::Refused(error),
        Err(error) => Made::Wrong(error.to_string()),
    }
}

/// Names that menus must offer: every region, and every type that is sold, if it is known which are.
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

/// Texts that are a default of a symbol.
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

/// The catalog that menus are made of.
fn catalog(listing: &Listing) -> Catalog {
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

/// A listing in which the first type and region come once more under each of these names, sold there. `None` where
/// there is none, or the host would not accept it.
fn named(listing: &Listing, names: &[String]) -> Option<Listing> {
    let instance_type = listing.instance_types.as_ref()?.first()?;
    let region = listing.regions.as_ref()?.first()?;
    let mut odd = listing.clone();
    for name in names {
        let mut instance_type = instance_type.clone();
        instance_type.name.clone_from(name);
        instance_type.family.clone_from(name);
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
        odd.instance_types.as_mut()?.push(instance_type);
        odd.regions.as_mut()?.push(region);
    }
    checked(odd).ok()
}
