//! What the probe does when it is hostile, as a value: a test writes an [`ProbeAction`] as JSON into the setting `act`, the
//! plugin does it inside the sandbox, and tells what it saw as text that [`unpack`] reads.

use crate::numbered;
use cloudhost_sdk::http::{HttpErrorKind, Request, Response};
use cloudhost_sdk::kconfig::File;
use cloudhost_sdk::{Error, Level, Listing, Region, World, join_all, log};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::future::poll_fn;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::SystemTime;

/// Characters of a body that are told.
const BODY: usize = 4_000;
/// Characters of one piece of what is told: a description of a region may have 256 bytes.
const PIECE: usize = 200;

/// Calls that this instance has had.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// One act.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ProbeAction {
    /// Sends these requests at once.
    Send(Vec<Request>),
    /// Sends these requests one after the other.
    SendInTurn(Vec<Request>),
    /// Sends the same request so many times at once.
    Repeat(Request, usize),
    /// Sends a request with so many more header fields, each with a value of so many bytes.
    Headers(Request, usize, usize),
    /// Sends these requests, and crashes when the first of them is answered.
    CrashDuring(Vec<Request>),
    /// Asks about these credentials.
    Describe(Vec<String>),
    /// Writes these messages to the log, so many times.
    Log(Vec<String>, usize),
    /// Writes so many MiB to standard output, with lines that look like the host's.
    Print(usize),
    /// Tells everything that an ordinary program knows of where it runs.
    LookAround,
    /// Tells how many calls this instance has had.
    Count,
    /// Tells the time on its clock, and what its hash tables hash with.
    Time,
    /// Answers so that the menus are these files, the entries of each repeated so many times.
    Menus(Vec<File>, usize),
}

/// What came of a request, or of another thing that a plugin can look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// How many in a row saw the same.
    pub times: usize,
    /// Why there is no answer, as the contract names it; empty where there is one.
    pub kind: String,
    /// Status of the answer, or 0.
    pub status: u16,
    /// Header fields of the answer, a line for each.
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

    fn answer(answer: Response) -> Self {
        let fields = answer.headers.iter();
        let body = String::from_utf8_lossy(&answer.body);
        Self {
            status: answer.status,
            headers: fields
                .map(|field| format!("{}: {}\n", field.name, field.value))
                .collect(),
            length: answer.body.len(),
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

    /// The reason at the head of a message, as `denied.host`.
    pub fn reason(&self) -> &str {
        self.text.split(':').next().unwrap_or_default()
    }
}

/// Does it.
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
    };
    Ok(listing(pack(&seen)))
}

/// The files of [`ProbeAction::Menus`], from the regions that it answered.
pub fn menus(regions: &[Region]) -> Option<Vec<File>> {
    let (mut files, times): (Vec<File>, usize) =
        unpack(regions.iter().map(|region| region.description.as_deref())).ok()?;
    for file in &mut files {
        let all = file.entries.len() * times;
        file.entries = file.entries.iter().cycle().take(all).cloned().collect();
    }
    Some(files)
}

async fn all<W: World>(world: &W, requests: Vec<Request>) -> Vec<Seen> {
    let sent = requests.into_iter().map(|request| world.fetch(request));
    let mut seen: Vec<Seen> = Vec::new();
    for outcome in join_all(sent).await {
        let next = match outcome {
            Ok(answer) => Seen::answer(answer),
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
        panic!("the probe was told to crash after {} answers", seen.len());
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

/// Text in pieces, in the order of their names.
fn pack(value: &impl Serialize) -> Vec<String> {
    // Only printable ASCII comes through the checks of the host unchanged.
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

/// Reads what the plugin told: the descriptions of the regions, sorted by name.
///
/// # Errors
/// It is not what [`ProbeAction`] makes a plugin tell.
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
