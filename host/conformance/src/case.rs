//! What is tried, and what came of it.

/// Name and promise of a case. The names are stable: a plugin's author may have scripts that know them.
pub(super) type Spec = (&'static str, &'static str);

pub(super) const DESCRIBE: Spec = (
    "describe",
    "describe is the same at each call, and makes no request",
);
pub(super) const SETTINGS: Spec = (
    "describe.settings",
    "the settings of describe are those that the manifest lists",
);
pub(super) const BUNDLED: Spec = (
    "bundled",
    "the catalog inside is one that the host accepts, and needs no request",
);
pub(super) const REPLAY: Spec = (
    "replay",
    "recorded answers become a catalog that the host accepts, and a recorded failure the error that it was",
);
pub(super) const ASKED: Spec = ("replay.all", "every recorded request is still made");
pub(super) const OUTCOME: Spec = (
    "replay.outcome",
    "the plugin answers where it did when it was recorded, and gives the same error where it did not",
);
pub(super) const WHOAMI: Spec = (
    "whoami",
    "whose a credential is, or an error that says why that is not known",
);
pub(super) const AGAIN: Spec = ("determinism", "the same answers give the same catalog");
pub(super) const TIME: Spec = (
    "determinism.time",
    "the same answers a day later give the same catalog",
);
pub(super) const ORDER: Spec = (
    "determinism.order",
    "answers that arrive in another order give the same catalog",
);
pub(super) const CANCEL: Spec = (
    "cancel",
    "a call can be dropped at any answer, and the next one is whole",
);
pub(super) const EMPTY: Spec = (
    "empty",
    "empty lists in answers are an empty catalog, not an error",
);
pub(super) const PARTIAL: Spec = (
    "partial",
    "one answer that fails leaves a gap of each kind that lost something, or is an error where nothing else was had",
);
pub(super) const PARTIAL_DAMAGED: Spec = (
    "partial.damaged",
    "one answer that cannot be read leaves the same gaps, or is an error where nothing else was had",
);
pub(super) const PAGES: Spec = (
    "paging.endless",
    "pages that never end are given up, with an error or a gap",
);
pub(super) const PAGES_ALL: Spec = ("paging.all", "the rows of every page are in the catalog");
pub(super) const PRICE_ZERO: Spec = ("prices.zero", "a price of 0 is never a record");
pub(super) const PRICE_NULL: Spec = ("prices.unknown", "a price that is not told has no record");
pub(super) const BILLS: Spec = (
    "bills",
    "recorded answers become charges with a service and a currency, or an error",
);
pub(super) const BILLS_EMPTY: Spec = (
    "bills.empty",
    "empty lists in answers are a bill without charges, not an error",
);
pub(super) const BILLS_SUMS: Spec = ("bills.sums", "every amount counts");
pub(super) const BILLS_UNKNOWN: Spec = (
    "bills.unknown",
    "an amount that is not told is an error: it is not 0, and not left out",
);
pub(super) const BILLS_ERRORS: Spec = (
    "bills.errors",
    "one answer that fails fails the bill, with the kind of error that it is",
);
pub(super) const BILLS_MONTHS: Spec = (
    "bills.months",
    "each month is asked about, also a February, the end of a year and the first of a month",
);
pub(super) const MENUS: Spec = (
    "menus",
    "menus show every region and every type that is sold, as Kconfig accepts it, and are the same each time",
);
pub(super) const MENUS_BARE: Spec = (
    "menus.unknown",
    "menus can be made without a known price or capacity",
);
pub(super) const MENUS_EMPTY: Spec = ("menus.empty", "an empty catalog crashes nothing");
pub(super) const MENUS_ODD: Spec = (
    "menus.odd-names",
    "names of any letters and length become menus that Kconfig accepts",
);
pub(super) const MENUS_COLLISION: Spec = (
    "menus.collisions",
    "names that become one symbol are told apart, or are an error that names one of them",
);

/// One thing that was tried.
///
/// ```
/// use cloudhost_conformance::{Case, Verdict};
///
/// /// A line of a report.
/// fn line(case: &Case) -> String {
///     match &case.verdict {
///         Verdict::Failed(failure) => format!("{} FAILED: {}", case.name, failure.did),
///         Verdict::Skipped(why) => format!("{} skipped: {why}", case.name),
///         Verdict::Passed => format!("{} passed: {}", case.name, case.promise),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What, as `errors.429`; stable.
    pub name: &'static str,
    /// What a provider promises.
    pub promise: &'static str,
    /// The recording that it is about, if it is about one.
    pub recording: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a case.
///
/// ```
/// use cloudhost_conformance::{Case, Verdict};
///
/// fn is_good(cases: &[Case]) -> bool {
///     !cases.iter().any(|case| matches!(case.verdict, Verdict::Failed(_)))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The promise was kept.
    Passed,
    /// It could not be tried, for this reason.
    Skipped(String),
    /// The promise was not kept.
    Failed(Failure),
}

/// A promise that was not kept.
///
/// ```
/// use cloudhost_conformance::Failure;
///
/// fn explain(failure: &Failure) -> String {
///     let Failure { given, did, expected } = failure;
///     format!("given {given}, it {did}; expected: {expected}")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the plugin was given.
    pub given: String,
    /// What it did.
    pub did: String,
    /// What it should have done.
    pub expected: String,
}

impl Verdict {
    /// Failed, with what the plugin was given, did, and should have done.
    pub(super) fn failed(
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
}

/// The cases so far.
#[derive(Default)]
pub(super) struct Cases {
    list: Vec<Case>,
    about: Option<String>,
}

impl Cases {
    /// What follows is about this recording.
    pub(super) fn about(&mut self, recording: &str) {
        self.about = Some(recording.to_owned());
    }

    /// What follows is about no recording.
    pub(super) fn about_nothing(&mut self) {
        self.about = None;
    }

    /// Adds what came of one.
    pub(super) fn add(&mut self, (name, promise): Spec, verdict: Verdict) {
        self.list.push(Case {
            name,
            promise,
            recording: self.about.clone(),
            verdict,
        });
    }

    /// Adds one that cannot be tried.
    pub(super) fn skip(&mut self, spec: Spec, why: impl Into<String>) {
        self.add(spec, Verdict::Skipped(why.into()));
    }

    /// Whether a case was added.
    pub(super) fn have(&self, (name, _): Spec) -> bool {
        self.list.iter().any(|case| case.name == name)
    }

    pub(super) fn into_list(self) -> Vec<Case> {
        self.list
    }
}
