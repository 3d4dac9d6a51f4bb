//! Contract 0.1.0, for components that were built against it: its bindings, and its records from and to those of the
//! newest version. Fields that it lacks are empty.

use crate::cloudhost::provider::{credentials, http, log, types};
use crate::exports::cloudhost::provider::{catalog, kconfig, provider};
use crate::with_billing::exports::cloudhost::provider::billing;
use crate::with_identity::exports::cloudhost::provider::identity;

wasmtime::component::bindgen!({
    path: "../../wit/0.1",
    world: "plugin",
    exports: { default: async },
    additional_derives: [PartialEq],
});

/// Optional interface of a plugin: owner of a credential.
pub mod with_identity {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1",
        world: "with-identity",
        exports: { default: async },
        with: {
            "cloudhost:provider/types": super::cloudhost::provider::types,
            "cloudhost:provider/http": super::cloudhost::provider::http,
            "cloudhost:provider/credentials": super::cloudhost::provider::credentials,
            "cloudhost:provider/log": super::cloudhost::provider::log,
        },
    });
}

/// Optional interface of a plugin: bills.
pub mod with_billing {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1",
        world: "with-billing",
        exports: { default: async },
        with: {
            "cloudhost:provider/types": super::cloudhost::provider::types,
            "cloudhost:provider/http": super::cloudhost::provider::http,
            "cloudhost:provider/credentials": super::cloudhost::provider::credentials,
            "cloudhost:provider/log": super::cloudhost::provider::log,
        },
    });
}

use cloudhost::provider as old;
use exports::cloudhost::provider as old_exports;

/// Converts the items of a list.
pub fn all<A: Into<B>, B>(list: Vec<A>) -> Vec<B> {
    list.into_iter().map(Into::into).collect()
}

/// Converts enumerations with the same cases.
macro_rules! same_cases {
    ($($from:ty => $to:ty: $($case:ident)*;)*) => {$(
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value {
                    $(<$from>::$case => Self::$case,)*
                }
            }
        }
    )*};
}

/// Converts records with the same fields, and gives those that are new.
macro_rules! same_fields {
    ($value:ident; $($from:ty => $to:ty: $($field:ident)* $(; $new:ident: $expr:expr)*;;)*) => {$(
        impl From<$from> for $to {
            fn from($value: $from) -> Self {
                Self {
                    $($field: $value.$field.into(),)*
                    $($new: $expr,)*
                }
            }
        }
    )*};
}

same_cases! {
    old::types::DataKind => types::DataKind: Regions InstanceTypes Offers Images Prices Capacity;
    types::DataKind => old::types::DataKind: Regions InstanceTypes Offers Images Prices Capacity;
    old::types::Market => types::Market: OnDemand Spot CapacityBlock;
    types::Market => old::types::Market: OnDemand Spot CapacityBlock;
    old::types::DiskKind => types::DiskKind: Hdd Ssd Unknown;
    types::DiskKind => old::types::DiskKind: Hdd Ssd Unknown;
    old::types::AcceleratorKind => types::AcceleratorKind: Gpu Neuron Inference Fpga Media;
    old::http::Method => http::Method: Get Head Post Put Patch Delete;
    http::HttpErrorKind => old::http::HttpErrorKind:
        Denied InvalidRequest CredentialMissing LimitReached BodyTooLarge Unreachable Interrupted Timeout;
    old::log::Level => log::Level: Error Warn Info Debug;
    old_exports::kconfig::SymbolKind => kconfig::SymbolKind: Boolean Text;
    kconfig::Dialect => old_exports::kconfig::Dialect: Kdevops KdevopsMain Plain;
}

impl From<types::AcceleratorKind> for old::types::AcceleratorKind {
    fn from(kind: types::AcceleratorKind) -> Self {
        match kind {
            types::AcceleratorKind::Gpu => Self::Gpu,
            types::AcceleratorKind::Neuron => Self::Neuron,
            types::AcceleratorKind::Fpga => Self::Fpga,
            types::AcceleratorKind::Media => Self::Media,
            types::AcceleratorKind::Tpu | types::AcceleratorKind::Inference => Self::Inference,
        }
    }
}

/// Code by which a component of 0.1.0 reports two names that would become the same symbol.
const SYMBOL_COLLISION: &str = "symbol-collision";

impl From<old::types::Error> for types::Error {
    fn from(error: old::types::Error) -> Self {
        use old::types::ErrorKind as Old;
        let collision = error.code.as_deref() == Some(SYMBOL_COLLISION);
        Self {
            kind: match error.kind {
                Old::Internal if collision => types::ErrorKind::NameCollision,
                Old::InvalidArgument => types::ErrorKind::InvalidArgument,
                Old::Unauthenticated => types::ErrorKind::Unauthenticated,
                Old::PermissionDenied => types::ErrorKind::PermissionDenied,
                Old::NotFound => types::ErrorKind::NotFound,
                Old::AlreadyExists => types::ErrorKind::AlreadyExists,
                Old::Busy => types::ErrorKind::Busy,
                Old::FailedPrecondition => types::ErrorKind::FailedPrecondition,
                Old::QuotaExceeded => types::ErrorKind::QuotaExceeded,
                Old::InsufficientCapacity => types::ErrorKind::InsufficientCapacity,
                Old::RateLimited => types::ErrorKind::RateLimited,
                Old::Unavailable => types::ErrorKind::Unavailable,
                Old::Unsupported => types::ErrorKind::Unsupported,
                Old::Indeterminate => types::ErrorKind::Indeterminate,
                Old::Internal => types::ErrorKind::Internal,
            },
            scope: match error.scope {
                old::types::Scope::Request => types::Scope::Request,
                old::types::Scope::Zone(name) => types::Scope::Zone(name),
                old::types::Scope::Region(name) => types::Scope::Region(name),
                old::types::Scope::Provider => types::Scope::Provider,
            },
            code: error.code,
            message: error.message,
            request_id: error.request_id,
            retry_after_ms: error.retry_after_ms,
            advice: None,
        }
    }
}

same_fields! {
    value;
    old::types::Zone => types::Zone: name id;;
    types::Zone => old::types::Zone: name id;;
    old::types::Location => types::Location: latitude longitude;;
    types::Location => old::types::Location: latitude longitude;;
    old::types::Disk => types::Disk: count size_gb kind;;
    types::Disk => old::types::Disk: count size_gb kind;;
    old::types::Accelerator => types::Accelerator: kind name manufacturer count memory_mib;;
    types::Accelerator => old::types::Accelerator: kind name manufacturer count memory_mib;;
    old::types::Money => types::Money: nanos currency;;
    types::Money => old::types::Money: nanos currency;;
    old::types::Gap => types::Gap: kind error;;
    old::types::Capacity => types::Capacity: instance_type region zone market available;;
    types::Capacity => old::types::Capacity: instance_type region zone market available;;
    old::types::Price => types::Price: instance_type region zone market per_hour source published;;
    types::Price => old::types::Price: instance_type region zone market per_hour source published;;
    old::types::Offer => types::Offer: instance_type region zones market; interruption: None;;
    types::Offer => old::types::Offer: instance_type region zones market;;
    old::http::Header => http::Header: name value;;
    http::Header => old::http::Header: name value;;
    old::http::Sigv4 => http::Sigv4: credential service region;;
    http::HttpError => old::http::HttpError: kind message;;
    credentials::Facts => old::credentials::Facts: configured source account region;;
    old_exports::provider::Setting => provider::Setting: name help default;;
    old_exports::provider::Freshness => provider::Freshness: kind seconds;;
    old_exports::catalog::Bundle => catalog::Bundle: listing fetched_at source;;
    with_identity::exports::cloudhost::provider::identity::Account => identity::Account: id principal;;
    with_billing::exports::cloudhost::provider::billing::Amount => billing::Amount: nanos currency;;
    with_billing::exports::cloudhost::provider::billing::Charge => billing::Charge: service amount estimated;;
    billing::Period => with_billing::exports::cloudhost::provider::billing::Period: start end;;
    old_exports::kconfig::ChoiceDefault => kconfig::ChoiceDefault: symbol; when: terms(value.when);;
    old_exports::kconfig::DefaultValue => kconfig::DefaultValue: value; when: terms(value.when);;
    old_exports::kconfig::Symbol => kconfig::Symbol: name kind prompt help exported;
        defaults: all(value.defaults); depends_on: terms(value.depends_on);;
    old_exports::kconfig::Choice => kconfig::Choice: prompt help;
        defaults: all(value.defaults); depends_on: terms(value.depends_on);;
    old_exports::kconfig::File => kconfig::File: path; entries: all(value.entries);;
}

impl From<old::types::Region> for types::Region {
    fn from(region: old::types::Region) -> Self {
        Self {
            name: region.name,
            description: region.description,
            zones: all(region.zones),
            location: region.location.map(Into::into),
            place: None,
            country: None,
        }
    }
}

impl From<types::Region> for old::types::Region {
    fn from(region: types::Region) -> Self {
        Self {
            name: region.name,
            description: region.description,
            zones: all(region.zones),
            location: region.location.map(Into::into),
        }
    }
}

impl From<old::types::InstanceType> for types::InstanceType {
    fn from(of: old::types::InstanceType) -> Self {
        Self {
            name: of.name,
            family: of.family,
            architectures: of.architectures,
            cpu_manufacturer: of.cpu_manufacturer,
            vcpus: of.vcpus,
            memory_mib: of.memory_mib,
            accelerators: all(of.accelerators),
            disks: all(of.disks),
            network: of.network,
            network_mbps: None,
            bare_metal: of.bare_metal,
            burstable: of.burstable,
            free_tier: of.free_tier,
            current_generation: of.current_generation,
            markets: all(of.markets),
            attributes: Vec::new(),
        }
    }
}

impl From<types::InstanceType> for old::types::InstanceType {
    fn from(of: types::InstanceType) -> Self {
        Self {
            name: of.name,
            family: of.family,
            architectures: of.architectures,
            cpu_manufacturer: of.cpu_manufacturer,
            vcpus: of.vcpus,
            memory_mib: of.memory_mib,
            accelerators: all(of.accelerators),
            disks: all(of.disks),
            network: of.network,
            bare_metal: of.bare_metal,
            burstable: of.burstable,
            free_tier: of.free_tier,
            current_generation: of.current_generation,
            markets: all(of.markets),
        }
    }
}

impl From<old::types::Image> for types::Image {
    fn from(image: old::types::Image) -> Self {
        Self {
            id: image.id,
            name: image.name,
            owner: image.owner,
            distribution: image.distribution,
            release: image.release,
            architecture: image.architecture,
            name_glob: image.name_glob,
            region: Some(image.region),
            created: image.created,
            gpu: image.gpu,
            disk_gib: None,
            attributes: Vec::new(),
        }
    }
}

/// The image in a region, which is always one of the catalog's: the host gives an image of all regions one record for each.
impl From<types::Image> for old::types::Image {
    fn from(image: types::Image) -> Self {
        Self {
            id: image.id,
            name: image.name,
            owner: image.owner,
            distribution: image.distribution,
            release: image.release,
            architecture: image.architecture,
            name_glob: image.name_glob,
            region: image.region.unwrap_or_default(),
            created: image.created,
            gpu: image.gpu,
        }
    }
}

impl From<old_exports::catalog::Listing> for catalog::Listing {
    fn from(listing: old_exports::catalog::Listing) -> Self {
        Self {
            regions: listing.regions.map(all),
            instance_types: listing.instance_types.map(all),
            offers: listing.offers.map(all),
            images: listing.images.map(all),
            prices: listing.prices.map(all),
            capacity: listing.capacity.map(all),
            missing: all(listing.missing),
        }
    }
}

impl From<catalog::Query> for old_exports::catalog::Query {
    fn from(query: catalog::Query) -> Self {
        Self {
            wanted: all(query.wanted),
            settings: query.settings,
        }
    }
}

impl From<old_exports::provider::Description> for provider::Description {
    fn from(description: old_exports::provider::Description) -> Self {
        Self {
            title: description.title,
            settings: all(description.settings),
            freshness: all(description.freshness),
            menus: all(description.menus),
        }
    }
}

impl From<kconfig::Catalog> for old_exports::kconfig::Catalog {
    fn from(catalog: kconfig::Catalog) -> Self {
        Self {
            regions: all(catalog.regions),
            instance_types: all(catalog.instance_types),
            offers: all(catalog.offers),
            images: all(catalog.images),
            prices: all(catalog.prices),
            capacity: all(catalog.capacity),
        }
    }
}

/// A request, and the component's own claim that it changes nothing.
impl From<old::http::Request> for (http::Request, bool) {
    fn from(request: old::http::Request) -> Self {
        let auth = match request.auth {
            old::http::Auth::None => Vec::new(),
            old::http::Auth::Sigv4(sigv4) => vec![http::Auth::Sigv4(sigv4.into())],
            old::http::Auth::Bearer(name) => vec![http::Auth::Bearer(name)],
        };
        let read_only = request.read_only;
        let request = http::Request {
            method: request.method.into(),
            url: request.url,
            headers: all(request.headers),
            body: request.body,
            auth,
        };
        (request, read_only)
    }
}

impl From<http::Response> for old::http::Response {
    fn from(response: http::Response) -> Self {
        Self {
            status: response.status,
            headers: all(response.headers),
            body: response.body,
        }
    }
}

fn terms(condition: Vec<Vec<old_exports::kconfig::Term>>) -> Vec<Vec<kconfig::Term>> {
    condition.into_iter().map(all).collect()
}

impl From<old_exports::kconfig::Term> for kconfig::Term {
    fn from(term: old_exports::kconfig::Term) -> Self {
        match term {
            old_exports::kconfig::Term::Set(name) => Self::Set(name),
            old_exports::kconfig::Term::Unset(name) => Self::Unset(name),
        }
    }
}

impl From<old_exports::kconfig::Value> for kconfig::Value {
    fn from(value: old_exports::kconfig::Value) -> Self {
        match value {
            old_exports::kconfig::Value::Text(text) => Self::Text(text),
            old_exports::kconfig::Value::Boolean(on) => Self::Boolean(on),
        }
    }
}

impl From<old_exports::kconfig::Entry> for kconfig::Entry {
    fn from(entry: old_exports::kconfig::Entry) -> Self {
        use old_exports::kconfig::Entry as Old;
        match entry {
            Old::Comment(text) => Self::Comment(text),
            Old::Source(path) => Self::Source(path),
            Old::OpenIf(condition) => Self::OpenIf(terms(condition)),
            Old::OpenChoice(choice) => Self::OpenChoice(choice.into()),
            Old::Close => Self::Close,
            Old::Symbol(symbol) => Self::Symbol(symbol.into()),
        }
    }
}
