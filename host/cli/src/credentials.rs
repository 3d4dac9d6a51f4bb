//! `cloudhost credentials set|check|test|list|path|remove`

use super::args::{Cli, Format, SourceArgs};
use super::unsupported::Unsupported;
use super::run::{Interrupted, Session};
use super::tape::Tape;
use super::views::{CheckView, ListedView, PathView, RemovedView, SetView, TestView};
use super::{Exit, args, print, report, run};
use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use cloudhost::Builtin;
use cloudhost::credentials::{Credentials, CredentialsError, Environment, Token};
use cloudhost::host::HostError;
use std::io::{ErrorKind, IsTerminal as _, Read as _};
use std::string::FromUtf8Error;
use url::Url;

/// Bytes of standard input that are read: more than any token has.
const MAX_INPUT: u64 = 16 * 1024;

#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// Store a token, asked for on the terminal or read from standard input
    Set {
        /// The provider, as `lambdalabs`
        provider: String,

        /// Keep it in the system keyring. Without this it is in a file, which Terraform reads too
        #[arg(long)]
        keyring: bool,
    },
    /// Whether there is one that can be used, and where it comes from; exit status 3 if not
    Check {
        /// The provider
        provider: String,
    },
    /// Ask the cloud whose it is, with one request
    Test {
        /// The provider
        provider: String,

        /// Send the request elsewhere
        #[arg(long, value_name = "PROVIDER=URL", value_parser = args::endpoint)]
        endpoint: Vec<(String, Url)>,
    },
    /// All that are known, and where they come from
    List,
    /// Print the file that one is read from, or would be
    Path {
        /// The provider
        provider: String,
    },
    /// Remove what `set` stored
    Remove {
        /// The provider
        provider: String,
    },
}

pub fn execute(cli: &Cli, command: &CredentialsCommand) -> anyhow::Result<Exit> {
    let credentials = Credentials::new(Environment::of_process());
    match command {
        CredentialsCommand::Set { provider, keyring } => set(cli, &credentials, provider, *keyring),
        CredentialsCommand::Check { provider } => check(cli, &credentials, provider),
        CredentialsCommand::Test { provider, endpoint } => {
            let sources = SourceArgs {
                endpoint: endpoint.clone(),
                ..SourceArgs::default()
            };
            run::with_provider(cli, provider, &sources, async |session| {
                test(&session).await
            })
        }
        CredentialsCommand::List => {
            let view = ListedView {
                credentials: credentials.list(),
            };
            print::result(cli.output, &view, |view| Some(view.table()))?;
            Ok(Exit::Done)
        }
        CredentialsCommand::Path { provider } => path(cli, &credentials, provider),
        CredentialsCommand::Remove { provider } => remove(cli, &credentials, provider),
    }
}

fn set(
    cli: &Cli,
    credentials: &Credentials,
    provider: &str,
    keyring: bool,
) -> anyhow::Result<Exit> {
    // Whatever stands in the way is told before the secret is asked for.
    credentials.destination(provider).map_err(HostError::from)?;
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
    let view = SetView {
        provider,
        path: stored.path,
        shadowed_by: stored.shadowed_by,
    };
    print::result(cli.output, &view, |_| None)?;
    let mut parts = vec![match &view.path {
        Some(path) => format!("{provider}: stored in {}", path.display()),
        None => format!("{provider}: stored in the system keyring, where Terraform does not look"),
    }];
    if let Some(other) = &view.shadowed_by {
        parts.push(format!("but {other} comes first as long as it is there"));
    }
    if Builtin::find(provider).is_none() && !is_installed(cli, provider) {
        parts.push("there is no provider of this name".to_owned());
    }
    close(cli, &parts);
    Ok(Exit::Done)
}

fn is_installed(cli: &Cli, provider: &str) -> bool {
    let plugins = cli.plugins().ok();
    plugins.is_some_and(|plugins| matches!(plugins.find(provider), Ok(Some(_))))
}

fn check(cli: &Cli, credentials: &Credentials, provider: &str) -> anyhow::Result<Exit> {
    let runtime = runtime()?;
    let checked = runtime.block_on(credentials.check(provider));
    // A provider that hangs must not hold up the end.
    runtime.shutdown_background();
    if let Err(error @ CredentialsError::Unknown { .. }) = checked {
        return Err(HostError::from(error).into());
    }
    let source = credentials.source(provider).ok().flatten();
    let view = CheckView::new(provider, source, &checked);
    print::result(cli.output, &view, |view| Some(view.table()))?;
    checked.map_err(HostError::from)?;
    Ok(Exit::Done)
}

/// Prints who the cloud says it is.
async fn test(session: &Session<'_>) -> anyhow::Result<Exit> {
    let (cli, provider) = (session.cli, session.provider.name());
    let account = session
        .provider
        .whoami()
        .await?
        .ok_or_else(|| Unsupported::identity(provider))?;
    let accepts = match cli.tape {
        Tape::Replay { .. } => format!("{} and the cloud accepted", cli.tape.asked()),
        Tape::None | Tape::Record { .. } => "the cloud accepts".to_owned(),
    };
    let view = TestView::new(provider, session.provider.facts().await.source, account);
    print::result(cli.output, &view, |view| Some(view.table()))?;
    let mut parts = vec![format!("{provider}: {accepts} the credential")];
    parts.extend(report::audited(session.provider.audited()));
    close(cli, &parts);
    Ok(Exit::Done)
}

fn path(cli: &Cli, credentials: &Credentials, provider: &str) -> anyhow::Result<Exit> {
    let path = credentials.path(provider).map_err(HostError::from)?;
    let keyring = credentials
        .is_in_keyring(provider)
        .map_err(HostError::from)?;
    if keyring {
        close(cli, &[format!("{provider}: it is in the system keyring")]);
    }
    if cli.output == Format::Table {
        use std::os::unix::ffi::OsStringExt as _;
        let mut line = path.into_os_string().into_vec();
        line.push(b'\n');
        return print::raw(&line);
    }
    let view = PathView {
        provider,
        exists: path.exists(),
        keyring,
        path,
    };
    print::result(cli.output, &view, |_| None)?;
    Ok(Exit::Done)
}

fn remove(cli: &Cli, credentials: &Credentials, provider: &str) -> anyhow::Result<Exit> {
    let removed = credentials.remove(provider).map_err(HostError::from)?;
    let view = RemovedView {
        provider,
        path: removed.path,
        removed: removed.removed,
        from_keyring: removed.from_keyring,
        still: removed.left,
    };
    print::result(cli.output, &view, |_| None)?;
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
    close(cli, &parts);
    Ok(Exit::Done)
}

/// Asks on the terminal, without echo.
fn ask(provider: &str) -> anyhow::Result<String> {
    // Ctrl-C arrives while the terminal does not echo: as long as it is waited for here, the signal does not end the
    // process before the terminal is as it was.
    let runtime = runtime()?;
    let _guard = runtime.enter();
    let interrupt = tokio::signal::unix::SignalKind::interrupt();
    let _held = tokio::signal::unix::signal(interrupt).context("cannot wait for signals")?;
    rpassword::prompt_password(format!("Token of {provider} (it is not shown): ")).map_err(
        |error| match error.kind() {
            ErrorKind::Interrupted | ErrorKind::UnexpectedEof => Interrupted.into(),
            _ => anyhow!("cannot ask on the terminal: {error}"),
        },
    )
}

/// Reads what is piped in.
fn piped() -> anyhow::Result<String> {
    // Large enough from the start, so that no smaller copy stays behind in memory.
    let mut text = Vec::with_capacity(usize::try_from(MAX_INPUT).unwrap_or(0));
    let mut input = std::io::stdin().lock().take(MAX_INPUT);
    input
        .read_to_end(&mut text)
        .map_err(|error| anyhow!("cannot read the token from standard input: {error}"))?;
    // What is no text is no token, which is said where tokens are looked at.
    let shown = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
    Ok(String::from_utf8(text).unwrap_or_else(shown))
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn close(cli: &Cli, parts: &[String]) {
    if !cli.quiet {
        report::closing(parts);
    }
}
