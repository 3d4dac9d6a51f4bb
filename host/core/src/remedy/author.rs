//! Work for the author of a plugin.

/// A change that only the author of a plugin can make.
///
/// ```
/// use cloudhost::capability::{Grant, Manifest, Policy};
/// use cloudhost::{AuthorTask, HasRemedy as _, Remedy};
///
/// let manifest = Manifest::parse("name = \"x\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"")?;
/// let policy = Policy::new(&manifest, &Grant::default());
/// let denial = policy.allow_url(&"https://api.example.com/".parse()?).unwrap_err();
/// let task = AuthorTask::ListHost("api.example.com".to_owned());
/// assert_eq!(denial.remedy(), Some(Remedy::AskAuthor(task)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorTask {
    /// List this host, or host with a port, in the manifest.
    ListHost(String),
    /// List this setting in the manifest.
    ListSetting(String),
    /// List this credential in the manifest.
    ListCredential(String),
    /// Ask for changes in the manifest, or list the POST request among its reads.
    ListChange,
    /// List this use of a credential in the manifest.
    ListUse(String),
    /// Correct the manifest and build again.
    CorrectManifest,
    /// Declare the plugin once, or put the manifest into a component of another toolchain.
    DeclareManifest,
    /// Export this interface of the contract.
    AddInterface(&'static str),
    /// Use https.
    UseHttps,
    /// Leave the authentication of requests to the host.
    UseCredential,
    /// Remove imports that open sockets or files.
    RemoveImports,
    /// Build a component.
    BuildComponent,
    /// Build the plugin with this version of the SDK, or the newest one.
    Rebuild {
        /// Version of the contract; `None`: the newest.
        contract: Option<String>,
    },
    /// Declare the export as an async function.
    ExportAsync,
    /// Rename the plugin.
    RenamePlugin,
    /// Rename a Kconfig symbol.
    RenameSymbol,
    /// Sign the component, in the current minisign format.
    Sign,
    /// Fix a defect: the message is for the author.
    FixDefect {
        /// True if the log of the same run helps the author.
        log: bool,
    },
}

impl AuthorTask {
    labels! {
        Self::ListHost(_) => "author-list-host",
        Self::ListSetting(_) => "author-list-setting",
        Self::ListCredential(_) => "author-list-credential",
        Self::ListChange => "author-list-change",
        Self::ListUse(_) => "author-list-use",
        Self::CorrectManifest => "author-correct-manifest",
        Self::DeclareManifest => "author-declare-manifest",
        Self::AddInterface(_) => "author-add-interface",
        Self::UseHttps => "author-use-https",
        Self::UseCredential => "author-use-credential",
        Self::RemoveImports => "author-remove-imports",
        Self::BuildComponent => "author-build-component",
        Self::Rebuild { .. } => "author-rebuild",
        Self::ExportAsync => "author-export-async",
        Self::RenamePlugin => "author-rename-plugin",
        Self::RenameSymbol => "author-rename-symbol",
        Self::Sign => "author-sign",
        Self::FixDefect { .. } => "author-fix-defect",
    }
}
