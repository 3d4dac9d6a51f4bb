use super::hint;
use crate::args::Cli;
use clap::CommandFactory as _;
use cloudhost::capability::Scheme;
use cloudhost::contract::Digest;
use cloudhost::install::{AcceptedChange, Agreement, GrantChoice};
use cloudhost::limits::Limit;
use cloudhost::select::Rule;
use cloudhost::{AuthorTask, CredentialStep, FilePurpose, Fix, Form, Remedy};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn text(text: &str) -> String {
    text.to_owned()
}

fn files(fix: Fix, purpose: FilePurpose) -> Remedy {
    Remedy::Files { fix, purpose }
}

fn tool(step: CredentialStep, profile: Option<&str>) -> Remedy {
    Remedy::CredentialTool {
        scheme: Scheme::SigV4,
        step,
        profile: profile.map(text),
    }
}

/// Each remedy, and its hint.
#[rustfmt::skip]
fn remedies() -> Vec<(Remedy, String)> {
    let path = || PathBuf::from("a b");
    let digest = Digest::of(b"");
    let author = |task, hint: &str| (Remedy::AskAuthor(task), text(hint));
    let form = |form, hint: &str| (Remedy::WriteAs { form }, text(hint));
    let relax = |rule, value: &str, hint: &str| {
        let (instance_type, region) = (text("new"), text("east"));
        (Remedy::Relax { rule, value: text(value), instance_type, region }, format!("with {hint} there is new in east"))
    };
    let named = |name: &str| Remedy::InspectPlugin { name: text(name) };
    let mut all = vec![
        (Remedy::AnyOf(vec![Remedy::RunAgain, Remedy::Refresh]), text("run it again\nor: fetch the catalog again: --refresh")),
        (Remedy::Advice { provider: text("aws"), text: text("set the clock") }, text("aws advises: set the clock")),
        (Remedy::RunAgain, text("run it again")),
        (Remedy::Wait { seconds: None }, text("run it again later")),
        (Remedy::Wait { seconds: Some(0) }, text("wait a minute and run it again")),
        (Remedy::Wait { seconds: Some(61) }, text("wait 2 minutes and run it again")),
        (Remedy::WaitForOtherRun, text("wait for the other run, or end it")),
        (Remedy::Refresh, text("fetch the catalog again: --refresh")),
        (Remedy::FetchCatalog { provider: text("aws"), verbose: false }, text("cloudhost run aws regions list --refresh")),
        (Remedy::FetchCatalog { provider: text("aws"), verbose: true }, text("cloudhost -vv run aws regions list --refresh")),
        (Remedy::UseStoredCatalog { provider: text("aws") }, text("with --offline and without --refresh, the catalog that was fetched from aws before is used")),
        (Remedy::UseBundledCatalog { provider: text("aws") }, text("with --offline and without --refresh, the catalog bundled in the plugin of aws is used")),
        (Remedy::AllowNetwork, text("leave out --offline")),
        (Remedy::AllowIncomplete, text("leave out --strict")),
        (Remedy::AllowUnknownCapacity, text("select without known capacity: --allow-unknown-capacity")),
        (Remedy::AllowUnsigned, text("leave out --key to review an unsigned component")),
        (Remedy::ListAvailable, text("list what has capacity: --available-only")),
        (Remedy::UseName { close: vec![text("a"), text("b")], known: 2 }, text("the names are: a, b")),
        (Remedy::UseName { close: vec![text("a"), text("b")], known: 9 }, text("of the 9 names, the closest are: a, b")),
        (Remedy::GiveOnce { setting: text("regions") }, text("give it once: --set regions=VALUE")),
        (Remedy::RelaxFilters { given: vec![] }, text("relax the filters: leave out an option such as --region or --family")),
        (Remedy::RelaxFilters { given: vec![Rule::Tier, Rule::MaxPrice] }, text("relax the filters: change or leave out --tier, --max-price")),
        (Remedy::NarrowFilters, text("narrow the filters, for example with --region or --family")),
        (Remedy::FetchLess, text("fetch less, such as one region: --set regions=NAME")),
        (Remedy::GiveLocation { close: vec![] }, text("give your location: --near Berlin, or --near 52.52,13.40")),
        (Remedy::GiveLocation { close: vec![text("Sydney, AU"), text("Lyon, FR")] }, text("--near 'Sydney, AU', or coordinates as --near 47.6,-122.3; also close: Lyon, FR")),
        (Remedy::ListPlugins, text("cloudhost plugin list")),
        (named("aws"), text("cloudhost plugin inspect aws")),
        // A name can come from a stranger's file.
        (named("a;b"), text("cloudhost plugin inspect 'a;b'")),
        (Remedy::InspectComponent, text("a plugin that `cloudhost_sdk::plugin!` declares is complete: cloudhost plugin inspect FILE")),
        (Remedy::RunPlugin { name: text("$(id)") }, text("cloudhost run '$(id)'")),
        (Remedy::GrantHost { plugin: Some(text("x")), host: text("*.a.test") }, text("cloudhost plugin grant x --host '*.a.test'")),
        (Remedy::GrantHost { plugin: None, host: text("a.test") }, text("cloudhost plugin grant NAME --host a.test")),
        (Remedy::GrantChange { plugin: Some(text("x")) }, text("cloudhost plugin grant x --change")),
        (Remedy::GrantCredential { plugin: Some(text("x")), credential: text("c") }, text("cloudhost plugin grant x --credential c")),
        (Remedy::RevokeHost { plugin: text("x"), host: text("*.a.test") }, text("*.a.test was given as a whole: cloudhost plugin revoke x --host '*.a.test', then grant less of it")),
        (Remedy::UpdatePlugin { name: text("x"), source: Some(text("a b.wasm")) }, text("cloudhost plugin update x 'a b.wasm'")),
        // A source can come from a stranger's file, too: it is no option.
        (Remedy::UpdatePlugin { name: text("x"), source: Some(text("--grant-all")) }, text("cloudhost plugin update x ./--grant-all")),
        (Remedy::UseSource { source: text("--grant-all") }, text("if you mean this one, give: ./--grant-all")),
        (Remedy::UpdatePlugin { name: text("x"), source: None }, text("cloudhost plugin update x SOURCE, or install it under its own name")),
        (Remedy::PushComponent, text("push it with `cloudhost plugin push FILE oci://REGISTRY/REPOSITORY:TAG`")),
        (Remedy::UseSource { source: text("http://127.0.0.1/;touch$IFS/tmp/x;") }, text("if you mean this one, give: 'http://127.0.0.1/;touch$IFS/tmp/x;'")),
        (Remedy::CheckName, text("check the name")),
        (Remedy::PinDigest { digest }, format!("find out who changed it; to review the new content, give --digest {digest}")),
        (Remedy::ConfirmDigest, text("do not use it; report it to the registry's operator, and check the digest with its author")),
        (Remedy::ConfirmKey, text("do not use it before its author has confirmed the key through another channel")),
        (Remedy::UpdateHost, text("update cloudhost")),
        (Remedy::RaiseLimit { limit: Limit::Wall, value: 600_000 }, text("run it again: with --timeout 20 requests that hang end sooner, and -vv shows each of them; if you trust the plugin with more: --limit wall=10min")),
        (Remedy::ListLimits, text("see the list of limits: cloudhost --help")),
        (Remedy::SetCredential { name: text("x"), keyring: false }, text("cloudhost credentials set x")),
        (Remedy::SetCredential { name: text("x"), keyring: true }, text("cloudhost credentials set x --keyring")),
        (Remedy::CheckCredentials { provider: text("aws") }, text("show the credential and its source: cloudhost credentials check aws")),
        (tool(CredentialStep::Configure, None), text("aws configure")),
        (tool(CredentialStep::ShowConfiguration, None), text("aws configure list")),
        (tool(CredentialStep::ListProfiles, None), text("aws configure list-profiles")),
        (tool(CredentialStep::SignIn, Some("a b")), text("aws sso login --profile 'a b'")),
        (tool(CredentialStep::Test, Some("x")), text("aws sts get-caller-identity --profile x")),
        (tool(CredentialStep::Test, None), text("aws sts get-caller-identity")),
        (Remedy::ChangeResolver { credential: text("x") }, text("change x at the source of the program's resolver")),
        (Remedy::UnlockKeyring, text("unlock the keyring")),
        (Remedy::SetVariables { variables: vec![(text("A"), text("...")), (text("B"), text("x"))] }, text("export A=... B=x")),
        (Remedy::LogIn { registry: Some(text("a.test")) }, text("docker login a.test")),
        (Remedy::LogIn { registry: None }, text("docker login REGISTRY")),
        (Remedy::AskForPermission, text("ask for the permission that the message names")),
        (Remedy::CheckNetwork, text("check the network and the endpoint, then run it again")),
        (Remedy::SetEndpoint { plugin: Some(text("aws")) }, text("--endpoint aws=https://host[:port][/path], or an address of this machine such as http://127.0.0.1:4566")),
        (Remedy::InstallPackage { package: "x" }, text("sudo apt-get install x")),
        (Remedy::ReplaceUntrusted { path: path(), purpose: FilePurpose::AuditLog }, text("other users can have changed it: start over with mv 'a b' 'a b'.others; or inspect it, and if all of it is yours: chmod go-w 'a b'")),
        (Remedy::ReplaceUntrusted { path: path(), purpose: FilePurpose::Plugins }, text("other users can have changed it: start over with mv 'a b' 'a b'.others, and reinstall your plugins; or inspect it, and if all of it is yours: chmod go-w 'a b'")),
        (Remedy::GiveSecret, text("give a secret of yours: (umask 077; head -c 32 /dev/urandom > FILE), then --seal-file FILE")),
        (Remedy::RestoreFile { path: path() }, text("restore the file; or start over: mv 'a b' 'a b'.damaged, and reinstall the plugins that it names")),
        (Remedy::Record { path: path() }, text("record it again with --record 'a b'")),
        (Remedy::RecordAgain { how: text("make record") }, text("record it again: make record")),
        (Remedy::MarkEdited { line: "{}", append: true }, text("if nothing else is missing, add this line to its end: {}")),
        (Remedy::MarkEdited { line: "{}", append: false }, text("if the change is intended, replace its last line with: {}")),
        (files(Fix::Elsewhere, FilePurpose::Output), text("use another directory with --output-dir DIR")),
        (files(Fix::Elsewhere, FilePurpose::Recording), text("use another file with --record FILE")),
        (files(Fix::RealPath, FilePurpose::Output), text("give the real path of the directory with --output-dir DIR")),
        (files(Fix::ShorterPath, FilePurpose::Output), text("give a directory with a shorter name with --output-dir DIR")),
        (files(Fix::Remove(path()), FilePurpose::Cache), text("rm 'a b', or use another directory with --cache-dir DIR")),
        (files(Fix::MoveAway(path()), FilePurpose::Plugins), text("mv 'a b' elsewhere, or use another directory with --plugin-dir DIR")),
        (files(Fix::MakeWritable(path()), FilePurpose::Output), text("chmod u+rwX 'a b', or use another directory with --output-dir DIR")),
        (files(Fix::DenyOthers(path()), FilePurpose::Cache), text("chmod go-w 'a b'")),
        (files(Fix::MakePrivate(path()), FilePurpose::Credential), text("chmod 600 'a b'")),
        (files(Fix::MakePrivate(path()), FilePurpose::Secret), text("chmod 600 'a b'")),
        (
            files(Fix::MountPrivate(path()), FilePurpose::Secret),
            text("have 'a b' mounted with mode 0440 and a group of this process (Kubernetes: `defaultMode: 0440` and `fsGroup`)"),
        ),
        (files(Fix::MakeRoom(path()), FilePurpose::AuditLog), text("make room: df -h 'a b', or use another file with --audit-log FILE")),
        (files(Fix::Inspect(path()), FilePurpose::Credential), text("see: ls -ld 'a b'")),
        (files(Fix::Search(path()), FilePurpose::Recording), text("check the name: ls 'a b'")),
        (files(Fix::Wait(path()), FilePurpose::Output), text("wait for it; `fuser -v 'a b'` shows the process")),
        (files(Fix::AllowLargerFiles, FilePurpose::Output), text("allow larger files: ulimit -f unlimited")),
        (files(Fix::Discard(path()), FilePurpose::Output), text("look at the files, then: rm -r 'a b'")),
        (files(Fix::RunAgain { stage: path(), first: Some(Box::new(Fix::AllowLargerFiles)) }, FilePurpose::Output),
            text("fix the cause and run again, which restores the earlier files from 'a b'; allow larger files: ulimit -f unlimited")),
    ];
    all.extend([
        (Remedy::InOrder(vec![Remedy::RunAgain, Remedy::ListPlugins]), text("run it again\nthen: cloudhost plugin list")),
        (Remedy::GivePublicKey, text("give the file that ends in .pub: --ssh-key ~/.ssh/id_ed25519.pub")),
        (Remedy::GiveRegion { provider: text("aws") }, text("--region NAME; the names are: cloudhost run aws regions list")),
        (Remedy::ListResources { provider: text("aws"), kind: "instance" }, text("cloudhost instance list --provider aws")),
        (Remedy::ListResources { provider: text("aws"), kind: "snapshot" }, text("cloudhost volume snapshot list --provider aws")),
        (Remedy::ShowResource { provider: text("aws"), kind: "volume", id: text("a b") }, text("cloudhost volume get 'a b' --provider aws")),
        (Remedy::SearchRegion, text("search in one region: --region NAME")),
        (Remedy::OtherName, text("give another name")),
        (Remedy::AllowForeign, text("if it is yours to change: add --not-mine")),
        (Remedy::Unprotect, text("take the protection away: add --unprotect")),
        (Remedy::RaisePrice, text("raise --max-price, or leave it out")),
        (Remedy::RaiseQuota, text("ask the cloud to raise the quota that the message names")),
        (Remedy::TryElsewhere, text("give more places or types, which are tried in order: --zone, --region, --instance-type")),
        (Remedy::ListOperations, text("cloudhost operation list")),
        (Remedy::ShowOperation { id: text("a1") }, text("cloudhost operation show a1")),
        (Remedy::ResumeOperation { id: text("a1") }, text("cloudhost operation resume a1")),
        (Remedy::RestoreJournal { path: path() }, text("restore the file from a backup; or start over, and end by hand what it knew: mv 'a b' 'a b'.damaged")),
        author(AuthorTask::AddInterface("storage"), "its author can add the interface `storage`: docs/writing-a-plugin.md"),
        form(Form::Amount, "write it as 2.50, in US dollars, or with another currency as \"18.5 CNY\""),
        form(Form::Coordinates, "latitude first, both in degrees: --near 47.6,-122.3"),
        form(Form::Endpoint, "write it as https://host, or an address of this machine such as http://127.0.0.1:4566"),
        form(Form::Month, "write it as 2026-11, or leave it out for this month"),
        form(Form::SourcePrefix, "give the directory's path for Kconfig in plain characters: --source-prefix terraform/aws/kconfigs"),
        form(Form::SignerKey, "give the line of the signer's .pub file that begins with RW"),
        form(Form::Source, "write FILE, https://HOST/PATH or oci://REGISTRY/REPOSITORY:TAG"),
        relax(Rule::Market, "spot", "--market spot"),
        relax(Rule::InstanceType, "x", "--instance-type x"),
        relax(Rule::Family, "x", "--family x"),
        relax(Rule::Architecture, "arm64", "--arch arm64"),
        relax(Rule::MinVcpus, "8", "--min-vcpus 8"),
        relax(Rule::MinGpus, "1", "--min-gpus 1"),
        relax(Rule::Region, "east", "--region east"),
        relax(Rule::MaxPrice, "18.5 CNY", "--max-price '18.5 CNY'"),
        author(AuthorTask::ListChange, "the plugin's author adds it to manifest.toml: change = true, for requests of `run`, `undo` and `cancel`; or the POST request in [[reads]], if it changes nothing"),
        author(AuthorTask::ListHost(text("a.test")), "the plugin's author adds it to manifest.toml: hosts = [\"a.test\"]"),
        author(AuthorTask::ListSetting(text("x")), "the plugin's author adds it to manifest.toml: settings = [\"x\"]"),
        author(AuthorTask::ListCredential(text("x")), "the plugin's author adds it to manifest.toml: [[credentials]] with name = \"x\""),
        author(AuthorTask::ListUse(text("x")), "the plugin's author adds this use to manifest.toml, at the credential x"),
        author(AuthorTask::CorrectManifest, "the plugin's author has to correct manifest.toml and rebuild"),
        author(AuthorTask::DeclareManifest, "declare the plugin once with `cloudhost_sdk::plugin!(Type, manifest = \"manifest.toml\")`, or put the manifest into a component of other tools: cloudhost plugin pack FILE"),
        author(AuthorTask::UseHttps, "the plugin's author uses https://"),
        author(AuthorTask::UseCredential, "the plugin's author names a credential of manifest.toml in the request, and the host signs it"),
        author(AuthorTask::RemoveImports, "a plugin reaches the network by cloudhost:provider/http only: ask its author to remove what opens sockets or files"),
        author(AuthorTask::BuildComponent, "build it with `cargo build --release --target wasm32-wasip2`"),
        author(AuthorTask::Rebuild { contract: None }, "ask the plugin's author to rebuild it with the newest cloudhost-sdk"),
        author(AuthorTask::Rebuild { contract: Some(text("0.1")) }, "ask the plugin's author to rebuild it with cloudhost-sdk 0.1"),
        author(AuthorTask::ExportAsync, "the plugin's author must declare the export `async func`"),
        author(AuthorTask::RenamePlugin, "do not use it before you know its author; the author gives it another name"),
        author(AuthorTask::RenameSymbol, "ask the plugin's author for a symbol of its own: `Symbols::make` with another prefix"),
        author(AuthorTask::Sign, "the author signs with minisign 0.10 or later: minisign -S -m FILE"),
        author(AuthorTask::FixDefect { log: false }, "report this message to the plugin's author"),
        author(AuthorTask::FixDefect { log: true }, "report this to the plugin's author, with the output of the same command and -vv"),
    ]);
    all
}

#[test]
fn hints() {
    for (remedy, expected) in remedies() {
        assert_eq!(hint(&remedy).as_deref(), Some(&*expected), "{remedy:?}");
    }
}

/// No remedy of the library is without a hint.
#[test]
fn every_remedy_has_a_hint() {
    let all = remedies();
    let shown: BTreeSet<&str> = all.iter().map(|(remedy, _)| remedy.label()).collect();
    // The command of consent has tests of its own: `consent_command`.
    let known = Remedy::LABELS.iter().chain(AuthorTask::LABELS);
    let known = known.copied().filter(|label| *label != "agree");
    let known: BTreeSet<&str> = known.collect();
    assert_eq!(shown, known);
}

/// Every hint names an existing option or command.
#[test]
fn options_and_commands_exist() {
    let (commands, options) = names();
    for (remedy, hint) in remedies() {
        for (at, _) in hint.match_indices("--") {
            let option = name_at(&hint, at + 2);
            let elsewhere = ["profile", "release", "target"];
            assert!(
                options.contains(option) || elsewhere.contains(&option) || option.is_empty(),
                "--{option} of {remedy:?}"
            );
        }
        let of_cloudhost = hint
            .match_indices("cloudhost ")
            .map(|(at, text)| at + text.len());
        for at in of_cloudhost {
            let command = name_at(&hint, at);
            assert!(
                commands.contains(command) || command.is_empty() || command.starts_with('-'),
                "cloudhost {command} of {remedy:?}"
            );
        }
    }
}

/// The library says no option and no command of this program: it does not know who embeds it.
#[test]
fn the_library_holds_no_command_lines() {
    let (commands, options) = names();
    let mut found = Vec::new();
    for (path, text) in library_sources() {
        for (number, line) in text.lines().enumerate() {
            let option = line
                .match_indices("--")
                .any(|(at, _)| options.contains(name_at(line, at + 2)));
            let command = line
                .match_indices("cloudhost ")
                .any(|(at, text)| commands.contains(name_at(line, at + text.len())));
            if option || command {
                found.push(format!(
                    "{}:{}: {}",
                    path.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The names of all commands, and of all options.
fn names() -> (BTreeSet<String>, BTreeSet<String>) {
    fn add(
        command: &clap::Command,
        commands: &mut BTreeSet<String>,
        options: &mut BTreeSet<String>,
    ) {
        for argument in command.get_arguments() {
            options.extend(argument.get_long().map(str::to_owned));
        }
        for sub in command.get_subcommands() {
            commands.insert(sub.get_name().to_owned());
            add(sub, commands, options);
        }
    }
    let (mut commands, mut options) = Default::default();
    add(&Cli::command(), &mut commands, &mut options);
    options.insert("help".to_owned());
    (commands, options)
}

/// The name that begins there.
fn name_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// The sources of the library, without their tests.
pub(crate) fn library_sources() -> Vec<(PathBuf, String)> {
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<PathBuf> = ["contract", "files", "core", "conformance"]
        .map(|part| host.join(part).join("src"))
        .to_vec();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "tests" {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                // A module of tests ends its file.
                let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
                sources.push((path, text[..tests].to_owned()));
            }
        }
    }
    assert!(sources.len() > 100, "{}", sources.len());
    sources
}

mod consent_command {
    use super::*;
    use cloudhost::capability::Grant;
    use cloudhost::install::Signer;
    use rstest::rstest;

    fn install() -> Agreement {
        Agreement {
            dir: None,
            update: None,
            source: text("/x/a b.wasm"),
            digest: Digest::of(b""),
            signer: None,
            given: None,
            limits: Vec::new(),
            accept: Vec::new(),
        }
    }

    fn update() -> Agreement {
        Agreement {
            update: Some(text("probe")),
            source: text("oci://a.test/probe:1"),
            ..install()
        }
    }

    fn these() -> GrantChoice {
        GrantChoice::These(Grant {
            hosts: vec!["*.b.test".parse().unwrap()],
            credentials: vec![text("aws")],
            change: false,
        })
    }

    #[rstest]
    #[case::repair(install(), "install '/x/a b.wasm' --digest DIGEST")]
    #[case::install(
        Agreement { dir: Some("/p d".into()), given: Some(GrantChoice::All), ..install() },
        "--plugin-dir '/p d' install '/x/a b.wasm' --digest DIGEST --grant-all"
    )]
    #[case::signed(
        Agreement { signer: Some(Signer::Known(text("RWx"))), ..update() },
        "update probe oci://a.test/probe:1 --digest DIGEST --key RWx"
    )]
    #[case::source_like_an_option(
        Agreement { source: text("--grant-all"), ..update() },
        "update probe ./--grant-all --digest DIGEST"
    )]
    #[case::another_signer(
        Agreement { signer: Some(Signer::Unknown), accept: vec![AcceptedChange::Signer], ..update() },
        "update probe oci://a.test/probe:1 --digest DIGEST --key KEY --accept signer"
    )]
    #[case::what_was_typed(
        Agreement {
            given: Some(these()),
            limits: vec![(Limit::Memory, 300 << 20)],
            accept: vec![AcceptedChange::Downgrade],
            ..update()
        },
        "update probe oci://a.test/probe:1 --digest DIGEST --allow-host '*.b.test' --allow-credential aws \
         --limit 'memory=300MiB' --accept downgrade"
    )]
    fn commands(#[case] agreement: Agreement, #[case] expected: &str) {
        let digest = agreement.digest.to_string();
        let expected = format!("cloudhost plugin {}", expected.replace("DIGEST", &digest));
        assert_eq!(hint(&Remedy::Agree(Box::new(agreement))), Some(expected));
    }
}
