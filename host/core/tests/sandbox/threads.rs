//! Reading whole files runs on a blocking thread, and does not block the caller's.

use super::Probe;
use cloudhost::SealKey;
use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
use cloudhost::host::GenerateRequest;
use cloudhost::install::{Consent, GrantChoice, Plugins};
use cloudhost::source::{FetchOptions, Source};
use cloudhost_builtin::PROVIDERS;
use futures::{FutureExt as _, poll};
use std::pin::pin;
use std::sync::mpsc;
use tokio::runtime::Builder;

#[test]
fn files_are_read_elsewhere() {
    // One blocking thread, so that it can be kept busy.
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let seal = SealKey::own(dir.path().join("secret"));
    let plugins = Plugins::at(dir.path().join("plugins")).sealed_by(seal.clone());
    let probe = Probe::new(|config| {
        config.builtin = PROVIDERS;
        config.seal = seal;
        config.plugins = Some(plugins.clone());
    });
    let (source, options) = (Source::File(super::path()), FetchOptions::default());
    runtime.block_on(async {
        let fetched = source.fetch(&options).await.unwrap();
        let offer = plugins.offer(fetched, "probe", None, None).unwrap();
        let consent = Consent {
            given: Some(GrantChoice::All),
            ..Consent::default()
        };
        plugins.install(&offer, &consent).unwrap();

        let known = PROVIDERS.first().expect("run `cargo xtask build`");
        let builtin = probe.host.provider(known.name).await.unwrap();
        let menus = GenerateRequest::new(Dialect::Plain, dir.path().join("menus"));
        builtin.generate(&menus).await.unwrap();

        let (free, taken) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || taken.recv());
        // A built-in plugin has no file.
        assert!(probe.host.provider(known.name).now_or_never().is_some());
        let mut installed = pin!(probe.host.provider("probe"));
        let mut fetched = pin!(source.fetch(&options));
        let mut unchanged = pin!(builtin.generate(&menus));
        assert!(poll!(&mut installed).is_pending());
        assert!(poll!(&mut fetched).is_pending());
        assert!(poll!(&mut unchanged).is_pending());
        drop(free);
        assert_eq!(installed.await.unwrap().name(), "probe");
        assert_eq!(fetched.await.unwrap().digest, offer.artifact().digest);
        assert_eq!(unchanged.await.unwrap().changes.written, [""; 0]);
    });
}
