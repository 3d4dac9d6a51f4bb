//! Ways in which a cloud, or the way to it, can fail.

use std::time::Duration;

/// Which requests a rule is about. Every part that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct Match {
    region: Option<String>,
    action: Option<String>,
}

impl Match {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests that are signed for this region.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// Requests for this action, as `DescribeImages`.
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

/// What happens to a request instead of its answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer.
    Answer {
        /// Status code.
        status: u16,
        /// Header fields.
        headers: Vec<(String, String)>,
        /// Body.
        body: Vec<u8>,
    },
    /// The true head, half of the body, and the connection ends.
    Truncate,
    /// A well-formed answer whose body is at least this many bytes.
    Oversize(usize),
    /// No answer for as long as the client waits.
    Hang,
    /// The true answer, one byte in each of these intervals.
    Drip(Duration),
    /// The connection ends without an answer.
    Drop,
    /// The true answer, which always promises another page.
    EndlessPages {
        /// A new token each time; otherwise always the same.
        fresh: bool,
    },
    /// The true answer in pages of this many items.
    Pages(usize),
}

/// An error as EC2 words it.
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

/// Which requests fail, how, and how often.
#[derive(Clone, Debug)]
pub struct Rule {
    when: Match,
    fault: Fault,
    left: Option<usize>,
}

impl Rule {
    /// Every matching request fails in this way.
    pub fn new(when: Match, fault: Fault) -> Self {
        Self {
            when,
            fault,
            left: None,
        }
    }

    /// Only the first `count` of them do; the others pass.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.left = Some(count);
        self
    }

    /// What happens to this request, if the rule is about it and is not used up.
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
