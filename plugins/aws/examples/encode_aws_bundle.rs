//! `encode_aws_bundle EXPORT SOURCE OUT`: converts the output of `cloudhost cache export aws` to the plugin's bundled
//! catalog. `cargo xtask bundle aws` runs it.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use cloudhost_plugin_aws::bundle;
use cloudhost_sdk::Listing;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [export, source, out] = args.as_slice() else {
        return Err("usage: encode_aws_bundle EXPORT SOURCE OUT".into());
    };
    let mut export: Value = serde_json::from_slice(&fs::read(export)?)?;
    let fetched_at = export
        .get("fetched_at")
        .and_then(Value::as_u64)
        .ok_or("no fetched_at")?;
    let listing = export.get_mut("listing").ok_or("no listing")?.take();
    let listing: Listing = serde_json::from_value(listing)?;
    if !listing.missing.is_empty() {
        return Err(format!(
            "the export has {} gaps: a bundle must be complete",
            listing.missing.len()
        )
        .into());
    }
    let encoded = bundle::encode(listing, fetched_at, source)?;
    if let Some(folder) = Path::new(out).parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(out, &encoded)?;
    println!("{out}: {} bytes", encoded.len());
    Ok(())
}
