//! Cases and their verdicts.

/// Name and promise of a case. Names are stable: scripts of plugin authors can match them.
pub(crate) type Spec = (&'static str, &'static str);

/// One promise, tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Stable name, such as `errors.429`.
    pub name: &'static str,
    /// The promise of a provider.
    pub promise: &'static str,
    /// Name of the recording that was replayed, if one was.
    pub recording: Option<String>,
    /// Result.
    pub verdict: Verdict,
}

/// Result of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The plugin conforms.
    Passed,
    /// It could not be tested.
    Skipped(Skipped),
    /// The plugin does not conform.
    Failed(Failure),
}

/// Reason for skipping a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The missing data.
    pub reason: String,
    /// Step for the plugin's author.
    pub advice: Option<Advice>,
}

/// Step that lets a skipped case be tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Record a run that lists the catalog.
    RecordCatalog,
    /// Record a bill.
    RecordBill,
    /// Name the fields of this key in the fields file of the recording.
    NameFields(&'static str),
}

impl Advice {
    /// Stable label.
    pub fn label(self) -> &'static str {
        match self {
            Self::RecordCatalog => "record-catalog",
            Self::RecordBill => "record-bill",
            Self::NameFields(_) => "name-fields",
        }
    }
}

/// A failed case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Input of the plugin.
    pub given: String,
    /// Its reaction.
    pub did: String,
    /// The reaction that keeps the promise.
    pub expected: String,
}

impl Verdict {
    pub(crate) fn failed(
        given: impl Into<String>,
        did: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Failed(Failure {
            given: given.into(),
            did: did.into(),
            expected: expected.into(),
        })
    }

    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(Skipped {
            reason: reason.into(),
            advice: None,
        })
    }

    /// Skips a case for which the author can do something.
    pub(crate) fn advised(reason: impl Into<String>, advice: Advice) -> Self {
        Self::Skipped(Skipped {
            reason: reason.into(),
            advice: Some(advice),
        })
    }

    /// Skips a case whose fields are not named.
    pub(crate) fn unnamed(key: &'static str) -> Self {
        let reason = format!("no `{key}` are named in a fields file");
        Self::advised(reason, Advice::NameFields(key))
    }
}

/// The cases so far.
#[derive(Default)]
pub(crate) struct Cases {
    list: Vec<Case>,
    recording: Option<String>,
}

impl Cases {
    /// Sets the recording of the cases that follow.
    pub(crate) fn about(&mut self, recording: Option<&str>) {
        self.recording = recording.map(str::to_owned);
    }

    pub(crate) fn add(&mut self, (name, promise): Spec, verdict: Verdict) {
        self.list.push(Case {
            name,
            promise,
            recording: self.recording.clone(),
            verdict,
        });
    }

    pub(crate) fn skip(&mut self, spec: Spec, reason: impl Into<String>) {
        self.add(spec, Verdict::skipped(reason));
    }

    pub(crate) fn have(&self, (name, _): Spec) -> bool {
        self.list.iter().any(|case| case.name == name)
    }

    pub(crate) fn into_list(self) -> Vec<Case> {
        self.list
    }
}
