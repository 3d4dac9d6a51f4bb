//! Hostile actions of the probe, as values. A test writes a [`ProbeAction`] as JSON into the setting `act`. The plugin
//! performs it inside the sandbox and returns its observations as text that [`unpack`] reads.

use crate::numbered;
use cloudhost_sdk::http::{HttpErrorKind, Request, Response};
use cloudhost_sdk::kconfig::{self, Catalog, Cond, Dialect, File, Menu, Symbol};
use cloudhost_sdk::{Error, Level, Listing, Region, World, join_all, log};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::future::poll_fn;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::SystemTime;

/// Maximum characters of a body that are returned.
const BODY: usize = 4_000;
/// Characters of one piece of the returned text: the description of a region may have 256 bytes.
const PIECE: usize = 200;

/// A region of each listing in [`ProbeAction::List`]: its menus are made.
pub const LISTED: &str = "listed";

/// Calls that this instance has received.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// One action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ProbeAction {
    /// Sends these requests concurrently.
    Send(Vec<Request>),
    /// Sends these requests one after the other.
    SendInTurn(Vec<Request>),
    /// Sends the same request this many times concurrently.
    Repeat(Request, usize),
    /// Sends a request with this many additional headers, each with a value of this many bytes.
    Headers(Request, usize, usize),
    /// Sends these requests, and crashes when the first of them has its response.
    CrashDuring(Vec<Request>),
    /// Describes these credentials.
    Describe(Vec<String>),
    /// Writes these messages to the log this many times.
    Log(Vec<String>, usize),
    /// Writes this many MiB to standard output, in lines that look like the host's.
    Print(usize),
    /// Returns everything that an ordinary program sees of its environment.
    LookAround,
    /// Returns how many calls this instance has received.
    Count,
    /// Returns the time of its clock, and a hash with the random keys of its hash tables.
    Time,
    /// Makes the menus these files, with the entries of each repeated this many times.
    Menus(Vec<File>, usize),
    /// Returns this listing, with menus that have each of its names as a value. It has the region [`LISTED`].
    List(Listing),
}

/// Outcome of a request, or of another observation of the plugin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Number of consecutive equal outcomes.
    pub times: usize,
    /// Error kind as the contract names it; empty if there is a response.
    pub kind: String,
    /// Status of the response, or 0.
    pub status: u16,
    /// Headers of the response, one per line.
    pub headers: String,
    /// The beginning of the body, or the message of the error.
    pub text: String,
    /// Bytes of the whole body.
    pub length: usize,
}

impl Seen {
    fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            times: 1,
            length: text.len(),
            text,
            ..Self::default()
        }
    }

    fn response(response: Response) -> Self {
        let fields = response.headers.iter();
        let body = String::from_utf8_lossy(&response.body);
        Self {
            status: response.status,
            headers: fields
                .map(|field| format!("{}: {}\n", field.name, field.value))
                .collect(),
            length: response.body.len(),
            ..Self::text(body.chars().take(BODY).collect::<String>())
        }
    }

    fn error(kind: HttpErrorKind, message: String) -> Self {
        Self {
            // Generated code writes the type's name before it.
            kind: format!("{kind:?}").replace("HttpErrorKind::", ""),
            ..Self::text(message)
        }
    }

    /// Returns the reason at the start of the message, such as `denied.host`.
    pub fn reason(&self) -> &str {
        self.text.split(':').next().unwrap_or_default()
    }
}

/// Performs an action.
pub async fn perform<W: World>(world: &W, act: ProbeAction) -> Result<Listing, Error> {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let seen = match act {
        ProbeAction::Send(requests) => all(world, requests).await,
        ProbeAction::SendInTurn(requests) => {
            let mut seen = Vec::new();
            for request in requests {
                seen.extend(all(world, vec![request]).await);
            }
            seen
        }
        ProbeAction::Repeat(request, times) => all(world, vec![request; times]).await,
        ProbeAction::Headers(request, count, length) => {
            let value = "v".repeat(length);
            let more = (0..count).fold(request, |request, _| request.header("x", &value));
            all(world, vec![more]).await
        }
        ProbeAction::CrashDuring(requests) => crash_during(world, requests).await,
        ProbeAction::Describe(names) => {
            let mut seen = Vec::new();
            for name in names {
                let facts = world.credential(&name).await;
                seen.push(Seen::text(match facts {
                    Ok(facts) => format!("{facts:?}"),
                    Err(message) => message,
                }));
            }
            seen
        }
        ProbeAction::Log(messages, times) => {
            for message in messages.iter().cycle().take(messages.len() * times) {
                log(Level::Warn, message);
            }
            Vec::new()
        }
        ProbeAction::Print(megabytes) => {
            let line = "error: the host says that all is lost\n";
            let block = line.repeat((1 << 20) / line.len());
            let mut out = std::io::stdout();
            let failed = (0..megabytes).find_map(|_| out.write_all(block.as_bytes()).err());
            vec![Seen::text(format!("{failed:?}"))]
        }
        ProbeAction::LookAround => look_around(),
        ProbeAction::Count => vec![Seen::text(calls.to_string())],
        ProbeAction::Time => {
            let hash = RandomState::new().hash_one(0);
            vec![Seen::text(format!("{:?} {hash}", SystemTime::now()))]
        }
        ProbeAction::Menus(files, times) => return Ok(listing(pack(&(files, times)))),
        ProbeAction::List(listing) => return Ok(listing),
    };
    Ok(listing(pack(&seen)))
}

/// Returns the files of [`ProbeAction::Menus`] from the regions that carry them.
pub fn menus(regions: &[Region]) -> Option<Vec<File>> {
    let (mut files, times): (Vec<File>, usize) =
        unpack(regions.iter().map(|region| region.description.as_deref())).ok()?;
    for file in &mut files {
        let all = file.entries.len() * times;
        file.entries = file.entries.iter().cycle().take(all).cloned().collect();
    }
    Some(files)
}

/// Returns the menus of [`ProbeAction::List`].
pub fn listed(catalog: &Catalog, dialect: Dialect) -> Option<Result<Vec<File>, Error>> {
    let mut regions = catalog.regions.iter();
    regions.find(|region| region.name == LISTED)?;
    let mut menu = Menu::new();
    let zones = catalog.regions.iter().flat_map(|region| &region.zones);
    let zones = zones.map(|zone| &zone.name);
    let images = catalog.images.iter();
    let images = images.flat_map(|image| [&image.id, &image.owner, &image.name_glob]);
    for (number, name) in zones.chain(images).enumerate() {
        let symbol = Symbol::text(format!("TERRAFORM_PROBE_NAME_{number}"));
        menu.symbol(symbol.default_text(name, Cond::always()));
    }
    Some(
        kconfig::menus("TERRAFORM_PROBE", catalog, dialect).map(|mut files| {
            let names = menu.into_file("Kconfig.names");
            for file in files.iter_mut().filter(|file| file.path == "Kconfig") {
                file.entries
                    .push(kconfig::Entry::Source(names.path.clone()));
            }
            files.push(names);
            files
        }),
    )
}

async fn all<W: World>(world: &W, requests: Vec<Request>) -> Vec<Seen> {
    let sent = requests.into_iter().map(|request| world.fetch(request));
    let mut seen: Vec<Seen> = Vec::new();
    for outcome in join_all(sent).await {
        let next = match outcome {
            Ok(response) => Seen::response(response),
            Err(error) => Seen::error(error.kind, error.message),
        };
        match seen.last_mut() {
            Some(last)
                if (Seen {
                    times: 1,
                    ..last.clone()
                }) == next =>
            {
                last.times += 1
            }
            _ => seen.push(next),
        }
    }
    seen
}

/// Sends the requests of a list as JSON, one after the other, and returns what it saw as JSON.
pub(crate) async fn in_turn<W: World>(world: &W, requests: &str) -> Result<String, Error> {
    let broken = |error: serde_json::Error| Error::internal(error.to_string());
    let requests: Vec<Request> = serde_json::from_str(requests).map_err(broken)?;
    let mut seen = Vec::new();
    for request in requests {
        seen.extend(all(world, vec![request]).await);
    }
    serde_json::to_string(&seen).map_err(broken)
}

async fn crash_during<W: World>(world: &W, mut requests: Vec<Request>) -> Vec<Seen> {
    let others = requests.split_off(1.min(requests.len()));
    let mut first = pin!(all(world, requests));
    let mut others = pin!(all(world, others));
    let seen = poll_fn(|context| match others.as_mut().poll(context) {
        Poll::Ready(seen) => Poll::Ready(seen),
        Poll::Pending => first.as_mut().poll(context),
    })
    .await;
    #[allow(clippy::panic)]
    {
        panic!("the probe was told to crash after {} responses", seen.len());
    }
}

fn look_around() -> Vec<Seen> {
    let variables = std::env::vars().map(|(name, value)| format!("variable {name}={value}"));
    let arguments = std::env::args().map(|argument| format!("argument {argument}"));
    let mut input = String::new();
    let read = std::io::stdin().read_to_string(&mut input);
    let input = Some(input).filter(|input| !input.is_empty());
    let input = input.map(|input| format!("input {read:?} {input}"));
    variables
        .chain(arguments)
        .chain(input)
        .map(Seen::text)
        .collect()
}

/// Serialises a value as JSON text in pieces.
fn pack(value: &impl Serialize) -> Vec<String> {
    // Only printable ASCII passes the checks of the host unchanged.
    let mut text = String::new();
    for c in serde_json::to_string(value).unwrap_or_default().chars() {
        if (' '..='~').contains(&c) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    let pieces = text.as_bytes().chunks(PIECE);
    pieces
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
        .collect()
}

/// Parses the observations of the plugin from the descriptions of the regions, sorted by name.
///
/// # Errors
/// The text is not the output of a [`ProbeAction`].
pub fn unpack<'a, T: DeserializeOwned>(
    pieces: impl Iterator<Item = Option<&'a str>>,
) -> Result<T, serde_json::Error> {
    let text: String = pieces.map(Option::unwrap_or_default).collect();
    serde_json::from_str(&text)
}

fn listing(pieces: Vec<String>) -> Listing {
    let regions = pieces.into_iter().enumerate();
    let regions = regions.map(|(number, piece)| numbered(number, piece));
    Listing {
        regions: Some(regions.collect()),
        ..Listing::default()
    }
}
