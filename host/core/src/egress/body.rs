//! The body of a response: unpacked here, counted as it is unpacked, and cut off at its limits.
//!
//! The socket counts what arrives. Both counts are needed. A few bytes can unpack to gigabytes, and gigabytes can unpack
//! to nothing: a stream of empty blocks is valid, and would keep a processor and the line busy until the request times
//! out. So is one of empty members (RFC 1952, 2.2), or of chunks of one byte (RFC 9112, 7.1), and each of these has to
//! be set up: it counts as more bytes than it has.

use super::FetchError;
use super::budget::Budget;
use flate2::write::GzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use std::io::{self, Write};

/// Bytes that are reserved for a response before it arrives.
const FIRST_RESERVE: usize = 1 << 20;

/// Bytes that each further member of a packed body counts as: setting it up takes the time of unpacking this many.
const MEMBER: usize = 4096;

/// Bytes that each chunk of a body counts as at least.
const CHUNK: usize = 64;

/// A body as far as it has arrived.
pub(super) enum Body<'a> {
    /// Not packed.
    Plain(Counted<'a>),
    /// Packed by gzip (RFC 9110, 8.4.1.3): the current member, and a flag that something arrived.
    Gzip(Box<GzDecoder<Counted<'a>>>, bool),
}

/// The bytes that the plugin gets.
pub(super) struct Counted<'a> {
    host: &'a str,
    budget: &'a Budget,
    bytes: Vec<u8>,
    /// The limit that was reached. Nothing more is read.
    over: Option<FetchError>,
}

impl<'a> Body<'a> {
    /// The body that these headers announce. The headers of an encoding that is removed here are dropped.
    ///
    /// # Errors
    /// [`FetchError::Encoded`] where its encoding is unsupported: a plugin would unpack it past all limits.
    /// [`FetchError::TooLarge`] where more is announced than the limit.
    pub(super) fn announced(
        headers: &mut HeaderMap,
        length: Option<u64>,
        host: &'a str,
        budget: &'a Budget,
    ) -> Result<Self, FetchError> {
        let encodings = headers.get_all(CONTENT_ENCODING).iter();
        let encodings: Vec<_> = encodings
            .map(|value| value.as_bytes().trim_ascii().to_ascii_lowercase())
            .filter(|encoding| encoding != b"identity")
            .collect();
        let counted = Counted {
            host,
            budget,
            bytes: Vec::new(),
            over: None,
        };
        match encodings.as_slice() {
            [] => counted.reserved(length.unwrap_or(0)).map(Self::Plain),
            [one] if one == b"gzip" || one == b"x-gzip" => {
                headers.remove(CONTENT_ENCODING);
                headers.remove(CONTENT_LENGTH);
                Ok(Self::Gzip(Box::new(GzDecoder::new(counted)), false))
            }
            // The encoding is not named: the server wrote it, and knows what was in the request.
            _ => Err(FetchError::Encoded {
                host: host.to_owned(),
            }),
        }
    }

    /// The next chunk, as it arrived.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let budget = match self {
            Self::Plain(counted) => counted.budget,
            Self::Gzip(member, _) => member.get_ref().budget,
        };
        budget.came(CHUNK.saturating_sub(bytes.len()))?;
        match self {
            Self::Plain(counted) => counted.take(bytes),
            Self::Gzip(member, came) => {
                *came |= !bytes.is_empty();
                unpack(member, bytes)
            }
        }
    }

    /// The whole body, once all of it has arrived.
    pub(super) fn finish(self) -> Result<Vec<u8>, FetchError> {
        match self {
            Self::Plain(counted) => Ok(counted.bytes),
            // Like the response to HEAD.
            Self::Gzip(_, false) => Ok(Vec::new()),
            Self::Gzip(mut member, _) => ended(&mut member).map(|counted| counted.bytes),
        }
    }
}

fn unpack(member: &mut GzDecoder<Counted<'_>>, mut bytes: &[u8]) -> Result<(), FetchError> {
    while !bytes.is_empty() {
        let taken = member.write(bytes);
        match taken.map_err(|error| member.get_ref().broken(&error))? {
            // It has all of its bytes: these belong to the next one.
            0 => {
                let counted = ended(member)?;
                counted.budget.came(MEMBER)?;
                *member = GzDecoder::new(counted);
            }
            taken => bytes = bytes.get(taken..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// The unpacked bytes, once all of the member has arrived.
fn ended<'a>(member: &mut GzDecoder<Counted<'a>>) -> Result<Counted<'a>, FetchError> {
    match member.try_finish() {
        Ok(()) => Ok(member.get_mut().moved()),
        Err(error) => Err(member.get_ref().broken(&error)),
    }
}

impl Counted<'_> {
    fn moved(&mut self) -> Self {
        Self {
            host: self.host,
            budget: self.budget,
            bytes: std::mem::take(&mut self.bytes),
            over: self.over.take(),
        }
    }

    fn reserved(mut self, announced: u64) -> Result<Self, FetchError> {
        if announced > self.budget.limits.response_body {
            return Err(self.too_large());
        }
        // Memory is not reserved by an announced length alone: hundreds of responses may announce the most at once.
        let announced = usize::try_from(announced).unwrap_or(0);
        self.bytes.reserve(announced.min(FIRST_RESERVE));
        Ok(self)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.budget.received(bytes.len())?;
        if (self.bytes.len() + bytes.len()) as u64 > self.budget.limits.response_body {
            return Err(self.too_large());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn too_large(&self) -> FetchError {
        FetchError::TooLarge {
            host: self.host.to_owned(),
            limit: self.budget.limits.response_body,
        }
    }

    /// The reason that it cannot be unpacked.
    fn broken(&self, error: &io::Error) -> FetchError {
        self.over
            .clone()
            .unwrap_or_else(|| FetchError::Interrupted {
                host: self.host.to_owned(),
                why: format!("decompression failed: {error}"),
            })
    }
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.over.is_none() {
            self.over = self.take(bytes).err();
        }
        match self.over {
            None => Ok(bytes.len()),
            Some(_) => Err(io::Error::other("a limit is reached")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
