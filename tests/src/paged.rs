//! Stand-ins for clouds that return JSON lists in pages: Hetzner Cloud and DigitalOcean.
//!
//! Each is built from its vendor's publications, and the vendor's own client reads it in a test:
//! - Hetzner Cloud: the OpenAPI description at <https://docs.hetzner.cloud/cloud.spec.json>, version 1.0.0: the paths
//!   `/v1/locations`, `/server_types`, `/images` and `/pricing`, and the chapters "Authentication", "Pagination" and
//!   "Errors"; PyPI's `hcloud` in `tests/python/hcloud_client.py`.
//! - DigitalOcean: <https://github.com/digitalocean/openapi>, `specification/resources`: the paths `/v2/regions`,
//!   `/sizes`, `/images` and `/account`, with `shared/pages.yml`, `meta.yml` and the error model; PyPI's `pydo`, and
//!   the fields that its documentation names, in `tests/python/pydo_client.py`.
//!
//! Their content is in `tests/data`: names and sizes are those of the real clouds; prices and capacity are made up.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::lock;
use crate::peer::{ReceivedRequest, Reply, ScriptedServer};
use crate::place::workspace;

/// The token that both accept. It must not appear in any output.
pub const PAGED_TOKEN: &str = "test-token-0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5";

/// Vendor of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    Hetzner,
    DigitalOcean,
}

/// Fault that replaces or alters responses.
#[derive(Clone, Debug)]
pub enum PagedFault {
    /// This status, with the body that the vendor documents for it.
    Status(u16),
    /// 200 with this body.
    Body(String),
    /// There is always a next page.
    Endless,
}

/// One of the stand-ins, on loopback. Dropping it stops the server.
#[derive(Debug)]
pub struct PagedCloud {
    state: Arc<Mutex<State>>,
    peer: ScriptedServer,
}

#[derive(Debug)]
struct State {
    vendor: Vendor,
    /// Lists and objects by the last part of their path.
    data: Value,
    /// Maximum rows of a page, whatever `per_page` is.
    rows: usize,
    /// Path, such as `/sizes`, or all of them, and the fault.
    faults: Vec<(Option<String>, PagedFault)>,
}

impl PagedCloud {
    /// Starts a Hetzner Cloud with five locations and seven types, three rows per page.
    ///
    /// # Errors
    ///
    /// No port is available, or the data cannot be read.
    pub fn hetzner() -> io::Result<Self> {
        Self::start(Vendor::Hetzner, "hetzner.json")
    }

    /// Starts a DigitalOcean with five regions and eight sizes, three rows per page.
    ///
    /// # Errors
    ///
    /// Same as [`PagedCloud::hetzner`].
    pub fn digitalocean() -> io::Result<Self> {
        Self::start(Vendor::DigitalOcean, "digitalocean.json")
    }

    fn start(vendor: Vendor, file: &str) -> io::Result<Self> {
        let data = std::fs::read(workspace().join("tests/data").join(file))?;
        let state = Arc::new(Mutex::new(State {
            vendor,
            data: serde_json::from_slice(&data)?,
            rows: 3,
            faults: Vec::new(),
        }));
        let served = Arc::clone(&state);
        let peer = ScriptedServer::start(move |request| lock(&served).respond(request))?;
        Ok(Self { state, peer })
    }

    /// Its URL without a path.
    pub fn url(&self) -> String {
        self.peer.url()
    }

    /// Returns its content in the format of its API: lists and objects by the last part of their path.
    pub fn data(&self) -> Value {
        lock(&self.state).data.clone()
    }

    /// Changes its content.
    pub fn change(&self, change: impl FnOnce(&mut Value)) -> &Self {
        change(&mut lock(&self.state).data);
        self
    }

    /// Breaks every request of this path, such as `/sizes`, or of all paths.
    pub fn fail(&self, path: Option<&str>, fault: PagedFault) -> &Self {
        lock(&self.state)
            .faults
            .push((path.map(str::to_owned), fault));
        self
    }

    /// Returns path and query of every request so far, below the API's version, such as `/sizes?page=1`.
    pub fn asked(&self) -> Vec<String> {
        let prefix = lock(&self.state).vendor.prefix();
        let target = |request: ReceivedRequest| {
            let target = request.target();
            target.strip_prefix(prefix).unwrap_or(target).to_owned()
        };
        self.peer.heard().into_iter().map(target).collect()
    }
}

impl State {
    fn respond(&self, request: &ReceivedRequest) -> Reply {
        let target = request.target();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.strip_prefix(self.vendor.prefix()).unwrap_or_default();
        let fault = self.faults.iter().find(|(of, _)| match of {
            Some(of) => of == path,
            None => true,
        });
        let fault = fault.map(|(_, fault)| fault);
        match fault {
            Some(PagedFault::Status(status)) => return self.vendor.error(*status),
            Some(PagedFault::Body(body)) => return reply(200, body.clone()),
            Some(PagedFault::Endless) | None => {}
        }
        if request.header("authorization") != Some(&format!("Bearer {PAGED_TOKEN}")) {
            return self.vendor.error(401);
        }
        let name = path.trim_start_matches('/');
        let query: Vec<(&str, &str)> = query.split('&').filter_map(|p| p.split_once('=')).collect();
        match self.data.get(name) {
            Some(Value::Array(rows)) if request.start.starts_with("GET ") => {
                let page = self.page(name, rows, &query, fault.is_some());
                reply(200, page.to_string())
            }
            Some(object) if request.start.starts_with("GET ") => {
                reply(200, json!({ name: object }).to_string())
            }
            _ => self.vendor.error(404),
        }
    }

    fn page(&self, name: &str, rows: &[Value], query: &[(&str, &str)], endless: bool) -> Value {
        let number = |of: &str| {
            let found = query.iter().find(|(name, _)| *name == of)?;
            found.1.parse().ok()
        };
        let page = number("page").unwrap_or(1).max(1);
        let wanted = number("per_page").unwrap_or(self.vendor.rows());
        let per_page = wanted.clamp(1, self.rows);
        // Other parameters are filters: Hetzner's are by the field of that name; DigitalOcean's name no field.
        let paging = ["page", "per_page"];
        let fits = |row: &&Value| {
            let mut filters = query.iter().filter(|(name, _)| !paging.contains(name));
            self.vendor == Vendor::DigitalOcean || filters.all(|(name, value)| row[*name] == *value)
        };
        let rows: Vec<&Value> = rows.iter().filter(fits).collect();
        let last = rows.len().div_ceil(per_page).max(1);
        let (page_rows, next, last) = match endless {
            true => (0, Some(page + 1), page + 1),
            false => (page - 1, (page < last).then(|| page + 1), last),
        };
        let some: Vec<&Value> = rows
            .iter()
            .skip(page_rows * per_page)
            .take(per_page)
            .copied()
            .collect();
        match self.vendor {
            Vendor::Hetzner => json!({
                name: some,
                "meta": {"pagination": {
                    "page": page, "per_page": per_page, "previous_page": (page > 1).then(|| page - 1), "next_page": next,
                    "last_page": last, "total_entries": rows.len(),
                }},
            }),
            Vendor::DigitalOcean => {
                let url = |page: usize| {
                    format!(
                        "https://api.digitalocean.com/v2/{name}?page={page}&per_page={per_page}"
                    )
                };
                let mut pages = json!({});
                if let Some(next) = next {
                    pages = json!({ "next": url(next), "last": url(last) });
                }
                json!({ name: some, "links": {"pages": pages}, "meta": {"total": rows.len()} })
            }
        }
    }
}

impl Vendor {
    fn prefix(self) -> &'static str {
        match self {
            Self::Hetzner => "/v1",
            Self::DigitalOcean => "/v2",
        }
    }

    /// Default rows of a page.
    fn rows(self) -> usize {
        match self {
            Self::Hetzner => 25,
            Self::DigitalOcean => 20,
        }
    }

    fn error(self, status: u16) -> Reply {
        let (hetzner, digitalocean, message) = match status {
            401 => ("unauthorized", "Unauthorized", "unable to authenticate"),
            403 => ("forbidden", "Forbidden", "insufficient permissions"),
            404 => ("not_found", "not_found", "not found"),
            429 => (
                "rate_limit_exceeded",
                "too_many_requests",
                "API rate limit exceeded",
            ),
            _ => (
                "server_error",
                "server_error",
                "Unexpected server-side error",
            ),
        };
        let body = match self {
            Self::Hetzner => {
                json!({"error": {"code": hetzner, "message": message, "details": null}})
            }
            Self::DigitalOcean => {
                let id = "4d9d8375-3c56-4925-a3e7-eb137fed17e9";
                json!({"id": digitalocean, "message": message, "request_id": id})
            }
        };
        reply(status, body.to_string())
    }
}

fn reply(status: u16, body: String) -> Reply {
    let kind = ("Content-Type".to_owned(), "application/json".to_owned());
    Reply::Answer(status, vec![kind], body.into_bytes())
}
