//! `cloudhost credentials ...`: stored secrets are private, and the output never contains one.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use cloudhost_tests::{Outcome, Sandbox};

const KEY: &str = "secret_lab_0123456789.abcdefghijklmnopqrstuvwxyz";
const FILE: &str = ".lambdalabs/credentials";

/// Runs `cloudhost credentials` with these arguments, this standard input, and the key in these variables.
fn credentials(sandbox: &Sandbox, args: &[&str], input: &str, variables: &[&str]) -> Outcome {
    let mut run = sandbox
        .cloudhost(["credentials"])
        .unwrap()
        .env("INPUT", input);
    for arg in args {
        run = run.arg(arg);
    }
    for name in variables {
        run = run.env(name, KEY);
    }
    let pipe = "printf '%s' \"$INPUT\" | env -u INPUT \"$@\"";
    let outcome = run.under(["sh", "-c", pipe, "sh"]).run().unwrap();
    assert!(!outcome.to_string().contains(KEY), "{outcome}");
    outcome
}

#[test]
fn from_nothing_to_a_token_and_back() {
    let sandbox = Sandbox::new().unwrap();
    let run = |args: &[&str], input: &str| credentials(&sandbox, args, input, &[]);
    let file = sandbox.home().join(FILE);

    let none = run(&["check", "lambdalabs"], "");
    assert_eq!(none.code, Some(3), "{none}");
    assert!(
        none.stderr
            .contains("hint: cloudhost credentials set lambdalabs"),
        "{none}"
    );
    assert!(
        none.stderr.contains("or: export LAMBDALABS_API_KEY=..."),
        "{none}"
    );

    let set = run(&["set", "lambdalabs"], &format!("{KEY}\n"));
    assert_eq!((set.code, set.stdout.as_str()), (Some(0), ""), "{set}");
    assert!(
        set.stderr
            .contains(&format!("stored in {}", file.display())),
        "{set}"
    );
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, format!("[default]\nlambdalabs_api_key = {KEY}\n"));
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let check = run(&["check", "lambdalabs", "--output", "json"], "");
    assert_eq!(check.code, Some(0), "{check}");
    let check = check.json().unwrap();
    assert_eq!(check["usable"], true);
    assert_eq!(check["source"], "file ~/.lambdalabs/credentials");

    let path = run(&["path", "lambdalabs"], "");
    assert_eq!(path.stdout, format!("{}\n", file.display()), "{path}");

    let list = run(&["list", "--output", "json"], "").json().unwrap();
    assert_eq!(list["credentials"][0]["name"], "aws");
    assert_eq!(list["credentials"][0]["source"], serde_json::Value::Null);
    assert_eq!(
        list["credentials"][1]["source"],
        "file ~/.lambdalabs/credentials"
    );

    let remove = run(&["remove", "lambdalabs", "--output", "yaml"], "");
    assert!(remove.stdout.contains("removed: true"), "{remove}");
    assert!(!file.exists());
    let again = run(&["remove", "lambdalabs"], "");
    assert_eq!(again.code, Some(0), "{again}");
    assert!(again.stderr.contains("nothing was stored"), "{again}");
}

/// A token under a name that no plugin uses would never be found.
#[test]
fn an_unknown_name_is_refused() {
    let sandbox = Sandbox::new().unwrap();
    let set = credentials(&sandbox, &["set", "lambdalab"], KEY, &[]);
    assert_eq!(set.code, Some(2), "{set}");
    let says = "no plugin requests a credential `lambdalab`; known credentials: lambdalabs, aws";
    assert!(set.stderr.contains(says), "{set}");
    assert_eq!(fs::read_dir(sandbox.home()).unwrap().count(), 0);
}

/// Credentials of built-in plugins need no plugin directory, and survive a damaged one.
#[test]
fn without_a_plugin_directory() {
    let sandbox = Sandbox::new().unwrap();
    let list = || {
        sandbox
            .cloudhost(["credentials", "list", "--output", "json"])
            .unwrap()
    };
    let shows = |outcome: Outcome, code: i32| {
        assert_eq!(outcome.code, Some(code), "{outcome}");
        let listed = outcome.json().unwrap();
        assert_eq!(
            listed["credentials"][1]["source"],
            "environment LAMBDA_API_KEY"
        );
        listed["missing"].as_array().unwrap().len()
    };
    let no_home = list().env("HOME", "rel").env("LAMBDA_API_KEY", KEY);
    let no_home = no_home.without_env("XDG_DATA_HOME").run().unwrap();
    assert_eq!(shows(no_home, 0), 0);
    let plugins = sandbox.path().join("plugins");
    fs::create_dir(&plugins).unwrap();
    fs::set_permissions(&plugins, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(plugins.join("plugins.lock"), "damaged").unwrap();
    fs::set_permissions(
        plugins.join("plugins.lock"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    let open_to_all = sandbox.path().join("open");
    fs::create_dir(&open_to_all).unwrap();
    fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o777)).unwrap();
    for (dir, code, why) in [
        (&plugins, 9, "its seal does not match its content"),
        (&open_to_all, 6, "is writable by other users"),
    ] {
        let with = |run: cloudhost_tests::Invocation| run.env("CLOUDHOST_PLUGIN_DIR", dir);
        let damaged = with(list()).env("LAMBDA_API_KEY", KEY).run().unwrap();
        let says = "the credentials of installed plugins are unknown: ";
        assert!(damaged.stderr.contains(says), "{damaged}");
        assert_eq!(shows(damaged, 5), 1);
        let quiet = with(list()).arg("-q").run().unwrap();
        assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(5), ""));
        assert!(quiet.stdout.contains(why), "{quiet}");
        // It is unknown if there is a plugin that would use a token of this name.
        let set = sandbox.cloudhost(["-q", "credentials", "set", "hetzner"]);
        let set = with(set.unwrap()).run().unwrap();
        assert_eq!(set.code, Some(code), "{set}");
        for says in [
            "cannot tell if a plugin requests a credential `hetzner`\n",
            why,
        ] {
            assert!(set.stderr.contains(says), "{set}");
        }
    }
}

#[test]
fn what_comes_first_is_said() {
    let sandbox = Sandbox::new().unwrap();
    let set = credentials(&sandbox, &["set", "lambdalabs"], KEY, &["LAMBDA_API_KEY"]);
    assert_eq!(set.code, Some(0), "{set}");
    assert!(
        set.stderr
            .contains("but environment LAMBDA_API_KEY takes precedence"),
        "{set}"
    );
    let check = credentials(&sandbox, &["check", "lambdalabs"], "", &["LAMBDA_API_KEY"]);
    assert!(
        check.stdout.contains("environment LAMBDA_API_KEY"),
        "{check}"
    );
    let removed = credentials(&sandbox, &["remove", "lambdalabs"], "", &["LAMBDA_API_KEY"]);
    assert!(
        removed.stderr.contains("LAMBDA_API_KEY still has one"),
        "{removed}"
    );
}

#[test]
fn what_cannot_be_stored_is_not() {
    let sandbox = Sandbox::new().unwrap();
    let cases: [(&[&str], String, i32, &str); 7] = [
        (&["set", "lambdalabs"], String::new(), 2, "it is empty"),
        (
            &["set", "lambdalabs"],
            format!("{KEY} {KEY}"),
            2,
            "character 49",
        ),
        (
            &["set", "lambdalabs"],
            "x".repeat(20_000),
            2,
            "limit of 4096",
        ),
        (&["set", "aws"], KEY.to_owned(), 2, "hint: aws configure"),
        (&["remove", "aws"], String::new(), 2, "hint: aws configure"),
        (
            &["set", "../aws"],
            KEY.to_owned(),
            2,
            "invalid credential name `../aws`",
        ),
        (
            &["set", "lambdalabs", "pasted-here"],
            String::new(),
            2,
            "unexpected argument",
        ),
    ];
    for (args, input, code, says) in cases {
        let outcome = credentials(&sandbox, args, &input, &[]);
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stderr.contains(says), "{says}: {outcome}");
    }
    assert_eq!(fs::read_dir(sandbox.home()).unwrap().count(), 0);
}

#[test]
fn a_file_that_others_can_read_is_refused_with_what_to_do() {
    let sandbox = Sandbox::new().unwrap();
    let file = sandbox.home().join(FILE);
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, format!("[default]\napi_key = {KEY}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let check = credentials(&sandbox, &["check", "lambdalabs"], "", &[]);
    assert_eq!(check.code, Some(3), "{check}");
    let hint = check
        .stderr
        .lines()
        .find_map(|line| line.trim().strip_prefix("hint: "));
    let hint = hint.unwrap().to_owned();
    assert_eq!(hint, format!("chmod 600 {}", file.display()));
    // The hint is a command to paste.
    let mended = sandbox.command("sh").arg("-c").arg(&hint).run().unwrap();
    assert_eq!(mended.code, Some(0), "{mended}");
    let check = credentials(&sandbox, &["check", "lambdalabs"], "", &[]);
    assert_eq!(check.code, Some(0), "{check}");
}
