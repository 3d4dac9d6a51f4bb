//! `cargo run -p cloudhost-plugin-lambdalabs --example encode_lambdalabs_bundle`: generates the bundled catalog from
//! `bundle/instance-types.json`.
#![allow(clippy::print_stdout)]

use std::path::Path;

use cloudhost_plugin_lambdalabs::published;
use cloudhost_sdk::bundle;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundle");
    let types = std::fs::read(folder.join("instance-types.json"))?;
    let encoded = bundle::encode(published::make(&types)?)?;
    let out = folder.join("catalog.json.z");
    std::fs::write(&out, &encoded)?;
    println!("{}: {} bytes", out.display(), encoded.len());
    Ok(())
}
