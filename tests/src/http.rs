//! A minimal HTTP/1.1 implementation for test servers: it reads and writes whole messages.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::SystemTime;

/// A request or a response with its complete body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Request line or status line, without line end.
    pub start: String,
    /// Headers in order of arrival.
    pub headers: Vec<(String, String)>,
    /// Body, without transfer coding.
    pub body: Vec<u8>,
}

impl Message {
    /// Creates a response with a body.
    pub fn answer(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self {
            start: format!("HTTP/1.1 {status} Test"),
            headers,
            body,
        }
    }

    /// First header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Status code of a response.
    pub fn status(&self) -> Option<u16> {
        self.start.split(' ').nth(1)?.parse().ok()
    }

    /// Reads one message; `None` if the peer closed the connection instead.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(start) = line(reader)? else {
            return Ok(None);
        };
        let mut message = Self {
            start,
            ..Self::default()
        };
        while let Some(field) = line(reader)?.filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once(':').ok_or_else(|| invalid(&field))?;
            message
                .headers
                .push((name.to_owned(), value.trim().to_owned()));
        }
        message.read_body(reader)?;
        Ok(Some(message))
    }

    fn read_body(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        if let Some(length) = self.header("content-length") {
            let length: u64 = length.parse().map_err(|_| invalid(length))?;
            reader.take(length).read_to_end(&mut self.body)?;
        } else if self.header("transfer-encoding").is_some() {
            while let Some(size) = line(reader)? {
                let size = u64::from_str_radix(&size, 16).map_err(|_| invalid(&size))?;
                reader.take(size).read_to_end(&mut self.body)?;
                line(reader)?;
                if size == 0 {
                    break;
                }
            }
        } else if self.start.starts_with("HTTP/") {
            reader.read_to_end(&mut self.body)?;
        }
        Ok(())
    }

    /// Serialises the start line and the headers, with `length` as the length of the body.
    pub fn head(&self, length: usize) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.start);
        let own = ["content-length", "transfer-encoding", "connection"];
        for (name, value) in &self.headers {
            if !own.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        head.push_str(&format!("Content-Length: {length}\r\n\r\n"));
        head.into_bytes()
    }

    /// Sends the whole message.
    pub fn write(&self, writer: &mut impl Write) -> io::Result<()> {
        let mut bytes = self.head(self.body.len());
        bytes.extend_from_slice(&self.body);
        writer.write_all(&bytes)
    }
}

/// Sends a request on a new connection and reads the response.
pub(crate) fn exchange(upstream: SocketAddr, request: &Message) -> io::Result<Message> {
    let mut stream = TcpStream::connect(upstream)?;
    stream.set_nodelay(true)?;
    request.write(&mut stream)?;
    let response = Message::read(&mut BufReader::new(stream))?;
    response.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "no response"))
}

/// Formats a time as the header `Date` has it (RFC 9110, IMF-fixdate).
pub(crate) fn date(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ];
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 1 March of year 0, whose years end with the leap day; 400 of them have 146,097 days.
    let (eras, day) = ((days + 719_468) / 146_097, (days + 719_468) % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let named = |names: &[&'static str], at: u64| {
        let at = usize::try_from(at).unwrap_or_default();
        names.get(at).copied().unwrap_or_default()
    };
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        named(&DAYS, days % 7),
        day - (153 * month + 2) / 5 + 1,
        named(&MONTHS, month),
        eras * 400 + year + u64::from(month > 9),
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("not HTTP/1.1: {what:?}"),
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(super::date(time), text);
        }
    }
}
