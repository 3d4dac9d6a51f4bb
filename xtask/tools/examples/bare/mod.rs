//! The baseline: the same component on bare wasmtime, with the shortest `fetch` that works.
#![allow(dead_code, reason = "each example uses its part")]

use cloudhost::contract::cloudhost::provider::{credentials, http, log, pools, resources, types};
use cloudhost::contract::exports::cloudhost::provider::catalog::{Listing, Query};
use cloudhost::contract::exports::cloudhost::provider::provider::Description;
use cloudhost::contract::{Plugin as Contract, PluginPre};
use wasmtime::component::{Accessor, Component, HasData, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// A result whose error, of any type, ends a benchmark.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Creates an engine like the host's, without its limits.
pub fn engine(change: impl FnOnce(&mut Config)) -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    change(&mut config);
    Ok(Engine::new(&config)?)
}

/// The minimum of a host.
pub struct Bare {
    engine: Engine,
    plugin: PluginPre<Guest>,
    client: reqwest::Client,
    url: String,
}

/// State that a guest can reach.
pub struct Guest {
    client: reqwest::Client,
    /// URL of all requests; without one, they are denied.
    url: Option<String>,
    wasi: WasiCtx,
    table: ResourceTable,
}

/// Links all imports of the contract and of WASI.
pub fn linker(engine: &Engine) -> Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    Contract::add_to_linker::<_, Imports>(&mut linker, |guest| guest)?;
    Ok(linker)
}

/// Creates an HTTP client that keeps this many connections.
pub fn client(connections: usize) -> Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .pool_max_idle_per_host(connections);
    Ok(client.build()?)
}

impl Bare {
    /// Links a component whose requests all go to this URL.
    pub fn new(
        linker: &Linker<Guest>,
        component: &Component,
        client: &reqwest::Client,
        url: &str,
    ) -> Result<Self> {
        Ok(Self {
            plugin: PluginPre::new(linker.instantiate_pre(component)?)?,
            engine: linker.engine().clone(),
            client: client.clone(),
            url: url.to_owned(),
        })
    }

    /// Creates a store with an instance.
    pub async fn instance(&self, allowed: bool) -> Result<(Store<Guest>, Contract)> {
        let guest = Guest {
            client: self.client.clone(),
            url: allowed.then(|| self.url.clone()),
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(&self.engine, guest);
        let plugin = self.plugin.instantiate_async(&mut store).await?;
        Ok((store, plugin))
    }

    pub async fn describe(&self) -> Result<Description> {
        let (mut store, plugin) = self.instance(false).await?;
        let provider = plugin.cloudhost_provider_provider();
        Ok(provider.call_describe(&mut store).await?)
    }

    pub async fn fetch(&self, query: Query, allowed: bool) -> Result<Listing> {
        let (mut store, plugin) = self.instance(allowed).await?;
        let catalog = plugin.cloudhost_provider_catalog();
        let listing = store
            .run_concurrent(async |accessor| catalog.call_fetch(accessor, query).await)
            .await??;
        Ok(listing.map_err(|error| error.message)?)
    }
}

/// Access of the contract's imports to the guest's state.
struct Imports;

impl HasData for Imports {
    type Data<'a> = &'a mut Guest;
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl types::Host for Guest {}
impl resources::Host for Guest {}
impl pools::Host for Guest {}

impl http::Host for Guest {
    async fn fetch_all(
        &mut self,
        requests: Vec<http::Request>,
    ) -> Vec<std::result::Result<http::Response, http::HttpError>> {
        let denied = |_| {
            Err(http::HttpError {
                kind: http::HttpErrorKind::Denied,
                message: "denied".to_owned(),
            })
        };
        requests.into_iter().map(denied).collect()
    }
}

impl credentials::Host for Guest {}

impl log::Host for Guest {
    fn write(&mut self, _: log::Level, _: String) {}
}

impl<T: Send> credentials::HostWithStore<T> for Imports {
    async fn describe(
        _: &Accessor<T, Self>,
        _: String,
    ) -> std::result::Result<credentials::Facts, String> {
        Err("there is none".to_owned())
    }
}

impl<T: Send> http::HostWithStore<T> for Imports {
    async fn fetch(
        accessor: &Accessor<T, Self>,
        _: http::Request,
    ) -> std::result::Result<http::Response, http::HttpError> {
        let (client, url) = accessor.with(|mut access| {
            let guest = access.get();
            (guest.client.clone(), guest.url.clone())
        });
        let failed = |message: String| http::HttpError {
            kind: http::HttpErrorKind::Denied,
            message,
        };
        let url = url.ok_or_else(|| failed("denied".to_owned()))?;
        let exchange = async {
            let response = client.get(url).send().await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.bytes().await?))
        };
        let (status, body) = exchange.await.map_err(|error| failed(error.to_string()))?;
        Ok(http::Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        })
    }
}
