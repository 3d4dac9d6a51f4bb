//! `cloudhost credentials set|check|test|list|path|remove`

use crate::args::{CredentialsCommand, Format, SourceArgs};
use crate::exit::Exit;
use crate::interrupt::Interrupted;
use crate::record_replay::RecordReplay;
use crate::runtime::{Threads, block_on};
use crate::session::{ProviderSession, Session};
use crate::unsupported::Unsupported;
use crate::{print, report, views};
use anyhow::{Context as _, anyhow};
use cloudhost::credentials::{Credentials, CredentialsError, Environment, Token};
use cloudhost::host::HostError;
use cloudhost::install::{InstallError, Installed, Plugins};
use cloudhost_api::{
    CredentialCheck, CredentialList, CredentialPath, CredentialRemoved, CredentialStored,
    CredentialTest,
};
use cloudhost_builtin::PROVIDERS;
use std::io::{ErrorKind, IsTerminal as _, Read as _};
use std::string::FromUtf8Error;

/// Limit of bytes read from stdin, longer than any token.
const MAX_INPUT: u64 = 16 * 1024;

pub fn execute(session: &Session<'_>, command: &CredentialsCommand) -> anyhow::Result<Exit> {
    let credentials = Credentials::new(Environment::of_process());
    match command {
        CredentialsCommand::Set { provider, keyring } => {
            set(session, &credentials, provider, *keyring)
        }
        CredentialsCommand::Check { provider } => check(session, &credentials, provider),
        CredentialsCommand::Test { provider, endpoint } => {
            let sources = SourceArgs {
                endpoint: endpoint.clone(),
                ..SourceArgs::default()
            };
            session.with_provider(provider, &sources, async |session| test(&session).await)
        }
        CredentialsCommand::List => list(session, &credentials),
        CredentialsCommand::Path { provider } => path(session, &credentials, provider),
        CredentialsCommand::Remove { provider } => remove(session, &credentials, provider),
    }
}

fn set(
    session: &Session<'_>,
    credentials: &Credentials,
    provider: &str,
    keyring: bool,
) -> anyhow::Result<Exit> {
    // Obstacles are reported before the prompt for the secret.
    credentials.destination(provider).map_err(HostError::from)?;
    check_known(session, provider)?;
    let text = match std::io::stdin().is_terminal() {
        true => ask(provider)?,
        false => piped()?,
    };
    let stored = Token::new(text)
        .and_then(|token| match keyring {
            true => credentials.set_in_keyring(provider, &token),
            false => credentials.set(provider, &token),
        })
        .map_err(HostError::from)?;
    let view = CredentialStored {
        provider: provider.to_owned(),
        path: stored.path,
        shadowed_by: stored.shadowed_by,
    };
    session.print_data(&view)?;
    let mut parts = vec![match &view.path {
        Some(path) => format!("{provider}: stored in {}", path.display()),
        None => format!("{provider}: stored in the system keyring, which Terraform does not read"),
    }];
    if let Some(other) = &view.shadowed_by {
        parts.push(format!("but {other} takes precedence"));
    }
    session.close(&parts);
    Ok(Exit::Done)
}

/// Credentials that plugins request.
struct Requested {
    /// Names of those of built-in plugins, which need no directory, and of installed plugins.
    names: Vec<String>,
    /// Records of plugins that the user has not agreed to: they do not run.
    unsealed: Vec<Installed>,
    /// The reason that nothing is known of installed plugins.
    fault: Option<HostError>,
}

fn names(plugin: &Installed) -> impl Iterator<Item = String> {
    let all = plugin.manifest.credentials.iter();
    all.map(|one| one.name.clone())
}

impl Requested {
    fn of(session: &Session<'_>) -> Self {
        let read = |plugins: Plugins| Ok((plugins.list()?, plugins.unsealed()?));
        // Without a directory, nothing is installed.
        let read = session
            .plugins()
            .map_or_else(|_| Ok(Default::default()), read);
        let ((installed, unsealed), fault) = match read {
            Ok(both) => (both, None),
            Err::<_, InstallError>(error) => (Default::default(), Some(error.into())),
        };
        let builtin = PROVIDERS.iter().map(|plugin| plugin.name.to_owned());
        Self {
            names: builtin.chain(installed.iter().flat_map(names)).collect(),
            unsealed,
            fault,
        }
    }

    /// Parts that are left out, one line each.
    fn missing(&self) -> Vec<String> {
        let unknown = self.fault.iter().map(|error| {
            let why = report::causes(error);
            format!("the credentials of installed plugins are unknown: {why}")
        });
        let unsealed = self.unsealed.iter().filter_map(|record| {
            let names: Vec<String> = names(record).collect();
            let (plugin, names) = (record.name(), names.join(", "));
            let why = "it does not run until it is installed again";
            (!names.is_empty())
                .then(|| format!("credentials of the plugin {plugin} ({names}): {why}"))
        });
        unknown.chain(unsealed).collect()
    }
}

fn list(session: &Session<'_>, credentials: &Credentials) -> anyhow::Result<Exit> {
    let requested = Requested::of(session);
    let missing = requested.missing();
    let list = CredentialList::new(credentials.list(requested.names), missing.clone());
    session.print(&list, views::credential_list)?;
    if missing.is_empty() {
        return Ok(Exit::Done);
    }
    session.close(&missing);
    Ok(Exit::Incomplete)
}

/// Rejects the name of a credential that no plugin would use: a typo must not hide the token.
fn check_known(session: &Session<'_>, name: &str) -> anyhow::Result<()> {
    let Requested {
        names: known,
        unsealed,
        fault,
    } = Requested::of(session);
    if known.iter().any(|one| one == name) {
        return Ok(());
    }
    if let Some(error) = fault {
        let unknown = format!("cannot tell if a plugin requests a credential `{name}`");
        return Err(anyhow::Error::from(error).context(unknown));
    }
    if let Some(record) = unsealed
        .iter()
        .find(|record| names(record).any(|one| one == name))
    {
        // Its error says how to agree to it.
        session
            .plugins()?
            .find(record.name())
            .map_err(HostError::from)?;
    }
    let name = name.to_owned();
    Err(HostError::UnknownCredential { name, known }.into())
}

fn check(session: &Session<'_>, credentials: &Credentials, provider: &str) -> anyhow::Result<Exit> {
    let checked = block_on(Threads::One, credentials.check(provider))?;
    if let Err(error @ CredentialsError::Unknown { .. }) = checked {
        return Err(HostError::from(error).into());
    }
    let source = credentials.source(provider).ok().flatten();
    let check = CredentialCheck::new(provider, source, &checked);
    session.print(&check, views::credential_check)?;
    checked.map_err(HostError::from)?;
    Ok(Exit::Done)
}

/// Prints the account that the cloud returns for the credential.
async fn test(session: &ProviderSession<'_>) -> anyhow::Result<Exit> {
    let (run, provider) = (session.session, session.name());
    let account = session
        .provider
        .whoami()
        .await?
        .ok_or_else(|| Unsupported::identity(provider))?;
    let accepts = match &run.record_replay {
        replay @ RecordReplay::Replay { .. } => {
            format!("{} and the cloud accepted", replay.responses_from())
        }
        RecordReplay::None | RecordReplay::Record { .. } => "the cloud accepts".to_owned(),
    };
    let source = session.provider.facts().await.source;
    run.print(
        &CredentialTest::new(provider, source, account),
        views::credential_test,
    )?;
    let mut parts = vec![format!("{provider}: {accepts} the credential")];
    parts.extend(report::audited(session.provider.audited()));
    run.close(&parts);
    Ok(Exit::Done)
}

fn path(session: &Session<'_>, credentials: &Credentials, provider: &str) -> anyhow::Result<Exit> {
    let path = credentials.path(provider).map_err(HostError::from)?;
    let keyring = credentials
        .is_in_keyring(provider)
        .map_err(HostError::from)?;
    if keyring {
        session.close(&[format!("{provider}: it is in the system keyring")]);
    }
    if session.cli.output == Format::Table {
        use std::os::unix::ffi::OsStringExt as _;
        let mut line = path.into_os_string().into_vec();
        line.push(b'\n');
        return print::raw(&line);
    }
    let view = CredentialPath {
        provider: provider.to_owned(),
        exists: path.exists(),
        keyring,
        path,
    };
    session.print_data(&view)?;
    Ok(Exit::Done)
}

fn remove(
    session: &Session<'_>,
    credentials: &Credentials,
    provider: &str,
) -> anyhow::Result<Exit> {
    let removed = credentials.remove(provider).map_err(HostError::from)?;
    let view = CredentialRemoved {
        provider: provider.to_owned(),
        path: removed.path,
        removed: removed.removed,
        from_keyring: removed.from_keyring,
        still: removed.left,
    };
    session.print_data(&view)?;
    let path = view.path.display();
    let mut parts = vec![match (view.removed, view.from_keyring) {
        (true, true) => format!("{provider}: removed from {path} and from the system keyring"),
        (true, false) => format!("{provider}: removed from {path}"),
        (false, true) => format!("{provider}: removed from the system keyring"),
        (false, false) => format!("{provider}: nothing was stored in {path}"),
    }];
    if let Some(other) = &view.still {
        parts.push(format!("but {other} still has one"));
    }
    session.close(&parts);
    Ok(Exit::Done)
}

/// Prompts for a token on the terminal, without echo.
fn ask(provider: &str) -> anyhow::Result<String> {
    // Ctrl-C arrives while the terminal does not echo: as long as it is waited for here, the signal does not end the
    // process before the terminal is as it was.
    block_on(Threads::One, async {
        let interrupt = tokio::signal::unix::SignalKind::interrupt();
        let _held = tokio::signal::unix::signal(interrupt).context("cannot wait for signals")?;
        let prompt = format!("Token of {provider} (not shown): ");
        rpassword::prompt_password(prompt).map_err(|error| match error.kind() {
            ErrorKind::Interrupted | ErrorKind::UnexpectedEof => Interrupted.into(),
            _ => anyhow!("cannot prompt on the terminal: {error}"),
        })
    })?
}

/// Reads a token from stdin.
fn piped() -> anyhow::Result<String> {
    // Large enough from the start: a buffer that grows leaves copies in memory.
    let mut text = Vec::with_capacity(usize::try_from(MAX_INPUT).unwrap_or(0));
    let mut input = std::io::stdin().lock().take(MAX_INPUT);
    input
        .read_to_end(&mut text)
        .map_err(|error| anyhow!("cannot read the token from standard input: {error}"))?;
    // Bytes that are not UTF-8 are no token: `Token::new` rejects them.
    let shown = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
    Ok(String::from_utf8(text).unwrap_or_else(shown))
}
