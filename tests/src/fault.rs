//! Failures of a cloud or of the network to it.

use std::time::Duration;

/// Condition of a rule. Every given part must match.
#[derive(Clone, Debug, Default)]
pub struct Match {
    region: Option<String>,
    action: Option<String>,
}

impl Match {
    /// Matches every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Restricts the match to requests that are signed for this region.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// Restricts the match to requests for this action, such as `DescribeImages`.
    #[must_use]
    pub fn action(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    fn fits(&self, region: &str, action: &str) -> bool {
        self.region.as_deref().is_none_or(|wanted| wanted == region)
            && self.action.as_deref().is_none_or(|wanted| wanted == action)
    }
}

/// Fault that replaces or alters a response.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This response.
    Answer {
        /// Status code.
        status: u16,
        /// Headers.
        headers: Vec<(String, String)>,
        /// Body.
        body: Vec<u8>,
    },
    /// The true head and half of the body; then the connection closes.
    Truncate,
    /// A well-formed response whose body is at least this many bytes.
    Oversize(usize),
    /// No response while the client waits.
    Hang,
    /// The true response, with one byte of the body per interval.
    Drip(Duration),
    /// The connection closes without a response.
    Drop,
    /// The true response, which always announces another page.
    EndlessPages {
        /// A new token each time; otherwise always the same.
        fresh: bool,
    },
    /// The true response in pages of this many items.
    Pages(usize),
    /// The true response with one text in place of another, and the reverse in the request: the cloud has another name for
    /// something.
    Replace(String, String),
}

/// Returns an error in the format of EC2.
pub fn ec2_error(status: u16, code: &str, message: &str) -> Fault {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code>\
         <Message>{message}</Message></Error></Errors><RequestID>ffffffff-0000-4000-8000-000000000001\
         </RequestID></Response>"
    );
    let headers = vec![(
        "Content-Type".to_owned(),
        "text/xml;charset=UTF-8".to_owned(),
    )];
    Fault::Answer {
        status,
        headers,
        body: body.into_bytes(),
    }
}

/// A fault, the requests that it affects, and how often.
#[derive(Clone, Debug)]
pub struct Rule {
    when: Match,
    fault: Fault,
    left: Option<usize>,
}

impl Rule {
    /// Creates a rule that applies a fault to every matching request.
    pub fn new(when: Match, fault: Fault) -> Self {
        Self {
            when,
            fault,
            left: None,
        }
    }

    /// Limits the rule to the first `count` matching requests; the others pass.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.left = Some(count);
        self
    }

    /// Returns the fault for this request if the rule matches and is not used up.
    pub(crate) fn take(&mut self, region: &str, action: &str) -> Option<Fault> {
        if !self.when.fits(region, action) {
            return None;
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(self.fault.clone())
    }
}
