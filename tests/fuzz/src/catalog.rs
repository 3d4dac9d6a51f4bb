//! The files of the catalog: Arrow IPC files, and the index that names them.
//!
//! A file is parsed only if its digest matches the index, and an index is used only with a seal. So the index here
//! always has the digest of the bytes, and a right seal, as if an attacker had the user's secret.

use cloudhost::SealKey;
use cloudhost::catalog::{
    Digest, Index, KINDS, MadeBy, NewCatalog, Origin, Scope, Source, Store, kind_name,
};
use cloudhost::contract::cloudhost::provider::types::{
    DataKind, InstanceType, Market, Money, Offer, Price, Region, Zone,
};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost_files::Folder;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

struct World {
    /// Held because dropping it removes the directory.
    _root: tempfile::TempDir,
    store: Store,
    seal: SealKey,
    scope: Scope,
    folder: PathBuf,
    index: Value,
    /// Files of the saved catalog.
    files: Vec<OsString>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    // arrow-ipc panics on some damage, and the store catches that. libFuzzer's panic hook would abort first.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let from = info.location().map(|at| at.file().contains("/arrow-"));
        if from != Some(true) {
            hook(info);
        }
    }));
    // Every input is written, so memory is used if it is mounted.
    let memory = Path::new("/dev/shm");
    let root = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    };
    let seal = SealKey::own(root.path().join("secret"));
    let store = Store::open(&root.path().join("catalog"), &seal).unwrap();
    let scope = Scope::new("fuzz", &["account"], "account").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let locked = runtime
        .block_on(store.lock(&scope, Duration::from_secs(10)))
        .unwrap();
    locked.save(small()).unwrap();
    drop(locked);
    let folder = root.path().join("catalog/fuzz").join(scope.key());
    let index = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let files = fs::read_dir(&folder).unwrap();
    let files = files.map(|file| file.unwrap().file_name()).collect();
    World {
        _root: root,
        store,
        seal,
        scope,
        folder,
        index,
        files,
    }
});

/// Checks that the loaded catalog is sorted, or that damage is reported. The first byte selects the file that the rest
/// replaces.
pub fn check(input: &[u8]) {
    let Some((which, bytes)) = input.split_first() else {
        return;
    };
    let world = &*WORLD;
    match KINDS.get(usize::from(*which)) {
        None => fs::write(world.folder.join("index.json"), sealed(world, bytes)).unwrap(),
        Some(kind) => replace(world, *kind, bytes),
    }
    let loaded = world.store.load(&world.scope).unwrap();
    // A catalog of another version is treated as absent, without a warning.
    let other = KINDS.get(usize::from(*which)).is_none() && is_of_another_version(world, bytes);
    assert!(loaded.catalog.is_some() || !loaded.warnings.is_empty() || other);
    if let Some(catalog) = loaded.catalog {
        assert!(catalog.instance_types.is_sorted_by(|a, b| a.name < b.name));
        assert!(catalog.prices.iter().all(|price| price.per_hour.nanos > 0));
    }
    for file in fs::read_dir(&world.folder).unwrap() {
        let file = file.unwrap();
        if !world.files.contains(&file.file_name()) {
            fs::remove_file(file.path()).unwrap();
        }
    }
}

/// Reads only the format number, as the store does: the rest of another version need not be valid.
fn is_of_another_version(world: &World, index: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let current = world.index.get("format").and_then(Value::as_u64);
    let found = serde_json::from_slice(index);
    found.is_ok_and(|Format { format }| Some(u64::from(format)) != current)
}

/// Replaces the file of one kind by these bytes.
fn replace(world: &World, kind: DataKind, bytes: &[u8]) {
    let digest = Digest::of(bytes).to_string();
    let name = kind_name(kind);
    let file = format!("{name}-{}.arrow", digest.get(..32).unwrap());
    fs::write(world.folder.join(&file), bytes).unwrap();
    let mut index = world.index.clone();
    let entry = format!("/index/kinds/{}", name.replace('-', "_"));
    *index.pointer_mut(&entry).unwrap() = json!({
        "fetched_at": "2026-03-01T12:00:00Z", "fresh_seconds": 86_400, "rows": 1,
        "file": file, "digest": digest, "bytes": bytes.len(),
    });
    let sealed = sealed(world, index.to_string().as_bytes());
    fs::write(world.folder.join("index.json"), sealed).unwrap();
}

/// Puts a right seal into the file of an index, if it is one.
fn sealed(world: &World, bytes: &[u8]) -> Vec<u8> {
    let stored = serde_json::from_slice::<Value>(bytes).ok();
    let index = stored.as_ref().and_then(|stored| stored.get("index"));
    let index = index.and_then(|index| serde_json::from_value::<Index>(index.clone()).ok());
    let (Some(mut stored), Some(index)) = (stored, index) else {
        return bytes.to_vec();
    };
    let name = format!("catalog/fuzz/{}/index.json", world.scope.key());
    let folder = Folder::private(&world.folder).unwrap();
    let text = serde_json::to_vec(&index).unwrap();
    let code = world.seal.seal(&folder, &name, &text).unwrap();
    *stored.pointer_mut("/seal").unwrap() = code.into();
    serde_json::to_vec(&stored).unwrap()
}

/// Returns a catalog with at most one record of each kind.
fn small() -> NewCatalog {
    let region = Region {
        place: None,
        country: None,
        name: "r".into(),
        description: None,
        zones: vec![Zone {
            name: "ra".into(),
            id: None,
        }],
        location: None,
    };
    let machine = InstanceType {
        name: "m".into(),
        family: "f".into(),
        architectures: vec!["x86_64".into()],
        cpu_manufacturer: None,
        vcpus: 2,
        memory_mib: 4096,
        accelerators: Vec::new(),
        disks: Vec::new(),
        network: None,
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![Market::OnDemand],
    };
    let offer = Offer {
        interruption: None,
        instance_type: "m".into(),
        region: "r".into(),
        zones: vec!["ra".into()],
        market: Market::OnDemand,
    };
    let price = Price {
        instance_type: "m".into(),
        region: "r".into(),
        zone: None,
        market: Market::OnDemand,
        per_hour: Money {
            nanos: 1,
            currency: "USD".into(),
        },
        source: "s".into(),
        published: None,
    };
    NewCatalog {
        listing: Listing {
            regions: Some(vec![region]),
            instance_types: Some(vec![machine]),
            offers: Some(vec![offer]),
            images: Some(Vec::new()),
            prices: Some(vec![price]),
            capacity: Some(Vec::new()),
            missing: Vec::new(),
        },
        origin: Origin {
            fetched_at: Timestamp::UNIX_EPOCH,
            source: Source::Live("fuzz".into()),
            account: None,
        },
        freshness: Vec::new(),
        menus: KINDS.to_vec(),
        made_by: MadeBy {
            plugin: "fuzz".into(),
            version: "0.1.0".into(),
            digest: "ab".repeat(32),
            contract: "0.1.0".into(),
            signer: None,
        },
    }
}
