//! `cloudhost credentials ... --keyring`, against GNOME Keyring on its own bus.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cloudhost_tests::{Outcome, Sandbox, program};

const KEY: &str = "secret_kr_0123456789";

/// A session with an unlocked keyring. Dropping it ends the session.
struct Session {
    sandbox: Sandbox,
    child: Child,
    bus: String,
}

impl Session {
    fn new() -> Self {
        for program in ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"] {
            program::require(program).unwrap();
        }
        let sandbox = Sandbox::new().unwrap();
        // `cat`, and with it the session, ends when standard input is closed.
        let script = "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; \
                      echo \"$DBUS_SESSION_BUS_ADDRESS\"; cat";
        let mut child = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", script])
            .env("HOME", sandbox.home())
            .env("XDG_RUNTIME_DIR", sandbox.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut bus = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut bus).unwrap();
        assert!(bus.starts_with("unix:"), "no bus: {bus:?}");
        Self {
            sandbox,
            child,
            bus: bus.trim().to_owned(),
        }
    }

    fn run(&self, args: &[&str], code: i32) -> Outcome {
        let run = self.sandbox.cloudhost(["credentials"]).unwrap();
        let run = args.iter().fold(run, |run, arg| run.arg(arg));
        let run = run
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("INPUT", KEY);
        let pipe = "printf '%s' \"$INPUT\" | env -u INPUT \"$@\"";
        let outcome = run.under(["sh", "-c", pipe, "sh"]).run().unwrap();
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(!outcome.to_string().contains(KEY), "{outcome}");
        outcome
    }

    /// Looks up the secret with the keyring's own program.
    fn found(&self) -> String {
        let lookup = [
            "lookup",
            "application",
            "cloudhost",
            "credential",
            "lambdalabs",
        ];
        let output = Command::new("secret-tool")
            .args(lookup)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn into_the_keyring_and_out_of_it() {
    let session = Session::new();
    let set = session.run(&["set", "lambdalabs", "--keyring"], 0);
    assert!(set.stderr.contains("stored in the system keyring"), "{set}");
    assert!(set.stderr.contains("Terraform does not read"), "{set}");
    assert_eq!(session.found(), KEY);
    assert!(!session.sandbox.home().join(".lambdalabs").exists());

    let check = session.run(&["check", "lambdalabs", "--output", "json"], 0);
    let json = check.json().unwrap();
    assert_eq!(json["source"], "the system keyring");
    assert_eq!(json["usable"], true);
    let list = session.run(&["list"], 0);
    assert!(list.stdout.contains("the system keyring"), "{list}");
    let path = session.run(&["path", "lambdalabs", "--output", "json"], 0);
    let json = path.json().unwrap();
    assert_eq!(
        (&json["exists"], &json["keyring"]),
        (&false.into(), &true.into())
    );

    // A file comes first.
    session.run(&["set", "lambdalabs"], 0);
    let check = session.run(&["check", "lambdalabs", "--output", "json"], 0);
    assert_eq!(
        check.json().unwrap()["source"],
        "file ~/.lambdalabs/credentials"
    );

    let removed = session.run(&["remove", "lambdalabs"], 0);
    assert!(
        removed.stderr.contains("and from the system keyring"),
        "{removed}"
    );
    assert_eq!(session.found(), "");
    session.run(&["check", "lambdalabs"], 3);
    let again = session.run(&["remove", "lambdalabs"], 0);
    assert!(again.stderr.contains("nothing was stored"), "{again}");
}

/// A keyring that is gone gives an error, and soon.
#[test]
fn a_keyring_that_is_gone() {
    let mut session = Session::new();
    session.run(&["set", "lambdalabs", "--keyring"], 0);
    drop(session.child.stdin.take());
    session.child.wait().unwrap();
    let started = Instant::now();
    let check = session.run(&["check", "lambdalabs"], 3);
    assert!(started.elapsed() < Duration::from_secs(10), "{check}");
    assert!(check.stderr.contains("from the system keyring"), "{check}");
    assert!(check.stderr.contains("hint: "), "{check}");
}
