//! Source of a catalog, observed by the probe's requests: it returns exactly the requested kinds, so that a kind has
//! a new time if it was fetched, and its old one if not.

use super::{Probe, probe};
use cloudhost::capability::{CredentialRequest, Grant, Scheme};
use cloudhost::catalog::{Catalog, KINDS, Source};
use cloudhost::contract::cloudhost::provider::types::DataKind::{
    self, Capacity, Images, InstanceTypes, Offers, Prices, Regions,
};
use cloudhost::credentials::{CredentialsError, Environment};
use cloudhost::host::{CatalogRequest, FetchPolicy, HostError, Provider};
use rstest::rstest;

/// The kinds that the probe's menus show.
const MENUS: [DataKind; 3] = [Offers, Prices, Capacity];

/// These kinds, from the cloud if they are not fresh in the store.
fn of(kinds: &[DataKind]) -> CatalogRequest {
    let mut request = CatalogRequest::of(kinds);
    request.bundled = false;
    request.settings = vec![("do".to_owned(), "answer".to_owned())];
    request
}

/// These kinds, where every result lacks a part of the images.
fn lacking_images(kinds: &[DataKind]) -> CatalogRequest {
    let mut request = of(kinds);
    let gap = ("gap".to_owned(), "images".to_owned());
    request.settings.push(gap);
    request
}

fn strict(mut request: CatalogRequest) -> CatalogRequest {
    request.strict = true;
    request
}

fn bundled(mut request: CatalogRequest) -> CatalogRequest {
    request.bundled = true;
    request
}

fn from(sources: FetchPolicy, mut request: CatalogRequest) -> CatalogRequest {
    request.sources = sources;
    request
}

impl Probe {
    fn provider(&self) -> Provider {
        let artifact = probe();
        let grant = Grant::all_of(&artifact.manifest);
        self.host.load(artifact, &grant)
    }

    /// The probe as a plugin that needs a credential.
    fn provider_with_credential(&self) -> Provider {
        let mut artifact = probe();
        artifact.manifest.credentials.push(CredentialRequest {
            name: "lambdalabs".to_owned(),
            scheme: Scheme::Bearer,
            services: Vec::new(),
            hosts: None,
            header: None,
            parameter: None,
            token_url: None,
            scope: None,
            optional: false,
            help: None,
        });
        let grant = Grant::all_of(&artifact.manifest);
        self.host.load(artifact, &grant)
    }
}

/// The kinds that a catalog holds.
fn held(catalog: &Catalog) -> Vec<DataKind> {
    let times = catalog.fetched.iter();
    times
        .filter_map(|(kind, time)| time.map(|_| kind))
        .collect()
}

/// The kinds that were fetched between two catalogs.
fn asked(before: &Catalog, after: &Catalog) -> Vec<DataKind> {
    let differs = |kind: &DataKind| before.fetched.get(*kind) != after.fetched.get(*kind);
    KINDS.into_iter().filter(differs).collect()
}

#[tokio::test]
async fn only_what_is_not_fresh_is_asked_for() {
    let probe = Probe::new(|_| {});
    let provider = probe.provider();
    let get = async |request| provider.catalog(&request).await.unwrap();

    let first = get(of(&MENUS)).await;
    assert_eq!(held(&first), MENUS);
    assert_eq!(get(of(&[Offers, Prices])).await, first);

    let second = get(of(&[Regions, Offers])).await;
    assert_eq!(asked(&first, &second), [Regions]);
    assert_eq!(held(&second), [Regions, Offers, Prices, Capacity]);
    assert_eq!(
        (second.prices, second.capacity),
        (first.prices, first.capacity)
    );
    assert_eq!(second.fetched_at, first.fetched_at);

    // The probe's capacity is never fresh.
    let second = get(of(&[Regions])).await;
    let third = get(of(&[Offers, Capacity])).await;
    assert_eq!(asked(&second, &third), [Capacity]);

    let refreshed = get(from(FetchPolicy::Refresh, of(&[Offers, Images]))).await;
    assert_eq!(asked(&third, &refreshed), [Offers, Images]);

    let offline = get(from(FetchPolicy::Offline, of(&KINDS))).await;
    assert_eq!(offline, refreshed);
    assert_eq!(offline.fetched.get(InstanceTypes), &None);
}

#[tokio::test]
async fn no_kinds_are_those_of_the_menus() {
    let probe = Probe::new(|_| {});
    let provider = probe.provider();
    let first = provider.catalog(&of(&[])).await.unwrap();
    assert_eq!(held(&first), MENUS);
    let second = provider.catalog(&of(&[])).await.unwrap();
    assert_eq!(asked(&first, &second), [Capacity]);
    let offline = from(FetchPolicy::Offline, of(&[]));
    assert_eq!(provider.catalog(&offline).await.unwrap(), second);
}

#[tokio::test]
async fn a_gap_of_what_is_not_wanted_is_not_told() {
    let probe = Probe::new(|_| {});
    let provider = probe.provider();
    let get = async |request| provider.catalog(&request).await.unwrap();

    // As fetched, and as read from the store.
    let first = get(strict(lacking_images(&[Offers]))).await;
    let stored = get(strict(lacking_images(&[Offers]))).await;
    assert_eq!((&first.missing, &stored.missing), (&vec![], &vec![]));
    assert_eq!(asked(&first, &stored), []);

    let images = get(lacking_images(&[Offers, Images])).await;
    assert_eq!(asked(&first, &images), [Images]);
    let [gap] = &images.missing[..] else {
        panic!("{:?}", images.missing);
    };
    assert_eq!(gap.kind, Images);
    assert_eq!(get(strict(lacking_images(&[Offers]))).await.missing, []);

    // An incomplete catalog is fetched again, but not offline.
    let again = get(lacking_images(&[Offers, Images])).await;
    assert_eq!(asked(&images, &again), [Images]);
    let offline = get(from(FetchPolicy::Offline, lacking_images(&[Images]))).await;
    assert_eq!(offline, again);
}

#[rstest]
#[case::fetched(FetchPolicy::Fresh)]
#[case::refreshed(FetchPolicy::Refresh)]
#[case::stored(FetchPolicy::Offline)]
#[tokio::test]
async fn strict_wants_all_of_what_is_wanted(#[case] sources: FetchPolicy) {
    let probe = Probe::new(|_| {});
    let provider = probe.provider();
    let both = lacking_images(&[Offers, Images]);
    provider.catalog(&both).await.unwrap();
    let request = from(sources, strict(both));
    match provider.catalog(&request).await {
        Err(HostError::Incomplete {
            provider,
            missing,
            offline,
        }) => {
            assert_eq!(provider, "probe");
            assert_eq!(offline, sources == FetchPolicy::Offline);
            let kinds: Vec<_> = missing.iter().map(|gap| gap.kind).collect();
            assert_eq!(kinds, [Images]);
        }
        other => panic!("{other:?}"),
    }
    let offers = from(sources, strict(lacking_images(&[Offers])));
    assert_eq!(provider.catalog(&offers).await.unwrap().missing, []);
}

#[tokio::test]
async fn offline_takes_what_travelled_in_the_plugin() {
    let probe = Probe::new(|_| {});
    let provider = probe.provider();
    let offline = from(FetchPolicy::Offline, of(&[Offers, Prices]));
    let refused = provider.catalog(&offline).await;
    assert!(
        matches!(refused, Err(HostError::NoCatalog { .. })),
        "{refused:?}"
    );

    let catalog = provider.catalog(&bundled(offline.clone())).await.unwrap();
    assert_eq!(catalog.source, Source::Bundled("the probe itself".into()));
    assert_eq!(catalog.fetched_at.to_string(), "2026-02-02T02:40:00Z");
    assert_eq!(held(&catalog), [Regions, Offers]);
    // It is stored now, which changes nothing for a request without it.
    assert_eq!(
        provider.catalog(&bundled(offline.clone())).await.unwrap(),
        catalog
    );
    let refused = provider.catalog(&offline).await;
    assert!(
        matches!(refused, Err(HostError::NoCatalog { .. })),
        "{refused:?}"
    );

    // The cloud's result replaces it completely.
    let live = provider.catalog(&bundled(of(&[Prices]))).await.unwrap();
    assert!(matches!(live.source, Source::Live(_)), "{:?}", live.source);
    assert_eq!(held(&live), [Prices]);
    assert_eq!(provider.catalog(&bundled(offline)).await.unwrap(), live);
}

#[tokio::test]
async fn without_a_credential_the_bundle_answers_where_it_may() {
    let probe = Probe::new(|_| {});
    let provider = probe.provider_with_credential();
    let unconfigured = async |request: CatalogRequest| match provider.catalog(&request).await {
        Err(HostError::Credentials(CredentialsError::NotConfigured { .. })) => {}
        other => panic!("{other:?}"),
    };
    unconfigured(of(&[Offers])).await;
    unconfigured(bundled(from(FetchPolicy::Refresh, of(&[Offers])))).await;

    let catalog = provider.catalog(&bundled(of(&[Offers]))).await.unwrap();
    assert_eq!(catalog.source.label(), "bundled");
    assert!(!catalog.is_capacity_fresh_at(catalog.fetched_at));
    // From the store, however old it is.
    assert_eq!(
        provider.catalog(&bundled(of(&MENUS))).await.unwrap(),
        catalog
    );
    unconfigured(of(&[Offers])).await;
}

#[tokio::test]
async fn with_a_credential_the_cloud_answers() {
    let probe = Probe::new(|config| {
        config.environment = Environment::new([("LAMBDALABS_API_KEY", "a-key-for-tests")], None);
    });
    let provider = probe.provider_with_credential();
    let catalog = provider.catalog(&bundled(of(&[Offers]))).await.unwrap();
    assert_eq!(catalog.source.label(), "live");
    assert_eq!(held(&catalog), [Offers]);
}
