//! The body of an answer: unpacked here, counted as it comes and as it is unpacked, and cut off at its limits.
//!
//! Both counts are needed. A few bytes can unpack to gigabytes, and gigabytes can unpack to nothing: a stream of
//! empty blocks is valid, and would keep a processor and the line busy for as long as a request may take.

use super::FetchError;
use super::budget::Budget;
use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use std::io::{self, Write};

/// Bytes that are set aside for an answer before it comes.
const FIRST_RESERVE: usize = 1 << 20;

/// A body as far as it is there.
pub(super) enum Body<'a> {
    /// As it is.
    Plain(Counted<'a>),
    /// Packed by gzip (RFC 9110, 8.4.1.3), with the number of bytes that came.
    Gzip(Box<MultiGzDecoder<Counted<'a>>>, u64),
}

/// The bytes that the plugin gets.
pub(super) struct Counted<'a> {
    host: &'a str,
    budget: &'a Budget,
    bytes: Vec<u8>,
    /// The limit that was reached. Nothing more is taken.
    over: Option<FetchError>,
}

impl<'a> Body<'a> {
    /// The body that these header fields announce. What is unpacked here is no longer said in them.
    ///
    /// # Errors
    /// [`FetchError::Encoded`] where it is packed as it was not asked for: a plugin would unpack it past all limits.
    /// [`FetchError::TooLarge`] where more is announced than is taken.
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
                Ok(Self::Gzip(Box::new(MultiGzDecoder::new(counted)), 0))
            }
            // Which one is not said: the server wrote it, and knows what was in the request.
            _ => Err(FetchError::Encoded {
                host: host.to_owned(),
            }),
        }
    }

    /// The next bytes, as they came.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        match self {
            Self::Plain(counted) => {
                counted.budget.came(bytes.len())?;
                counted.take(bytes)
            }
            Self::Gzip(packed, came) => {
                packed.get_ref().budget.came(bytes.len())?;
                *came += bytes.len() as u64;
                let outcome = packed.write_all(bytes);
                outcome.map_err(|error| packed.get_ref().broken(&error))
            }
        }
    }

    /// The whole body, when all of it has come.
    pub(super) fn finish(self) -> Result<Vec<u8>, FetchError> {
        match self {
            Self::Plain(counted) => Ok(counted.bytes),
            // As the answer to HEAD is.
            Self::Gzip(_, 0) => Ok(Vec::new()),
            Self::Gzip(mut packed, _) => match packed.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut packed.get_mut().bytes)),
                Err(error) => Err(packed.get_ref().broken(&error)),
            },
        }
    }
}

impl Counted<'_> {
    fn reserved(mut self, announced: u64) -> Result<Self, FetchError> {
        if announced > self.budget.limits.response_body {
            return Err(self.too_large());
        }
        // A promise is not yet memory: hundreds of answers may promise the most at once.
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

    /// Why it cannot be unpacked.
    fn broken(&self, error: &io::Error) -> FetchError {
        self.over
            .clone()
            .unwrap_or_else(|| FetchError::Interrupted {
                host: self.host.to_owned(),
                why: format!("it cannot be unpacked: {error}"),
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
