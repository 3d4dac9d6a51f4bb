//! Menus: from a catalog to files.

use super::{CatalogRequest, HostError, Provider, Summary};
use crate::blocking::run_blocking;
use crate::catalog::{Catalog, CatalogError, Digest, Filter, clean_error};
use crate::contract::exports::cloudhost::provider::kconfig as contract;
use crate::kconfig::{self, KconfigError, Rendered};
use cloudhost_files::output::{self, Changes, Generation, OutputDir, OutputError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait for another process that writes the same files.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// Which menus are wanted, and where.
///
/// ```no_run
/// use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
/// use cloudhost::host::{GenerateRequest, HostError, Provider};
///
/// # async fn menus(provider: &Provider) -> Result<(), HostError> {
/// let mut request = GenerateRequest::new(Dialect::Plain, "menus");
/// request.filter.gpu = true;
/// let generated = provider.generate(&request).await?;
/// println!("written: {}", generated.changes.written.join(", "));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GenerateRequest {
    /// From which catalog.
    pub catalog: CatalogRequest,
    /// Which part of it.
    pub filter: Filter,
    /// For whom.
    pub dialect: contract::Dialect,
    /// The folder to write to.
    pub output_dir: PathBuf,
    /// What `source` lines put before a file's path; the output folder as it was given where it is `None`.
    pub source_prefix: Option<String>,
    /// How to generate the menus again, such as a command, for the first line of each file. The name of the library
    /// where it is `None`.
    pub generator: Option<String>,
}

impl GenerateRequest {
    /// Menus of everything in the catalog, for this reader, in this folder.
    pub fn new(dialect: contract::Dialect, output_dir: impl Into<PathBuf>) -> Self {
        Self {
            catalog: CatalogRequest::default(),
            filter: Filter::default(),
            dialect,
            output_dir: output_dir.into(),
            source_prefix: None,
            generator: None,
        }
    }
}

/// What was done.
///
/// ```
/// use cloudhost::host::Generated;
///
/// fn show(generated: &Generated) {
///     println!("from {}, {}", generated.catalog.source.text(), generated.catalog.fetched_at);
///     for path in &generated.changes.written {
///         println!("written: {path}");
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The catalog that the menus show.
    pub catalog: Summary,
    /// What happened to the files.
    pub changes: Changes,
}

impl Provider {
    /// Writes Kconfig menus. All files are replaced, or none; where the catalog, the options and the files are
    /// what they were, nothing is done.
    ///
    /// # Errors
    /// When there is no catalog, the plugin cannot make menus of it, or the files cannot be written.
    pub async fn generate(&self, request: &GenerateRequest) -> Result<Generated, HostError> {
        let prefix = source_prefix(request)?;
        let found = self.find(&request.catalog).await?;
        let summary = found.summary();
        let key = self.generation_key(&summary, request, &prefix);
        let (dir, owner) = (request.output_dir.clone(), self.name().to_owned());
        if let Some(changes) = run_blocking(move || output::unchanged(&dir, &owner, &key)).await? {
            return Ok(Generated {
                catalog: summary,
                changes,
            });
        }
        let catalog = self.read(found, &request.catalog).await?;
        let summary = Summary::from(&catalog);
        let key = self.generation_key(&summary, request, &prefix);
        let files = self.menus(catalog, request, prefix).await?;
        let generation = Arc::new(Generation {
            owner: self.name().to_owned(),
            key,
            files,
        });
        let dir = request.output_dir.clone();
        let folder = Arc::new(run_blocking(move || OutputDir::open(&dir)).await??);
        let since = Instant::now();
        let changes = loop {
            let (folder, generation) = (folder.clone(), generation.clone());
            match run_blocking(move || folder.commit(&generation)).await? {
                Err(OutputError::Busy { .. }) if since.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => break outcome?,
            }
        };
        Ok(Generated {
            catalog: summary,
            changes,
        })
    }

    async fn menus(
        &self,
        catalog: Catalog,
        request: &GenerateRequest,
        source_prefix: String,
    ) -> Result<Vec<Rendered>, HostError> {
        let believed = catalog.believed(crate::clock::timestamp());
        let some = !catalog.instance_types.is_empty();
        let catalog = request.filter.apply(catalog).map_err(CatalogError::from)?;
        // Menus in which nothing can be chosen must not replace good ones.
        if some && catalog.instance_types.is_empty() {
            return Err(HostError::NothingLeft {
                provider: self.name().to_owned(),
            });
        }
        let shown = contract::Catalog {
            regions: catalog.regions,
            instance_types: catalog.instance_types,
            offers: catalog.offers,
            images: catalog.images,
            prices: catalog.prices,
            capacity: if believed {
                catalog.capacity
            } else {
                Vec::new()
            },
        };
        let session = self.session();
        let files = self
            .plugin()
            .await?
            .emit_kconfig(session, &shown, request.dialect)
            .await?
            .map_err(|mut error| {
                clean_error(&mut error);
                HostError::Menus {
                    provider: self.name().to_owned(),
                    error: Box::new(error),
                }
            })?;
        let options = kconfig::Options {
            dialect: request.dialect,
            source_prefix,
            header: vec![format!(
                "Generated by `{}`: edits are lost when it runs again.",
                request.generator.as_deref().unwrap_or("cloudhost")
            )],
        };
        Ok(kconfig::render(&files, &options)?)
    }

    /// Everything that decides what the files say.
    fn generation_key(
        &self,
        catalog: &Summary,
        request: &GenerateRequest,
        source_prefix: &str,
    ) -> String {
        let parts = [
            env!("CARGO_PKG_VERSION").to_owned(),
            self.digest().to_string(),
            catalog.digest.to_string(),
            format!("capacity {}", catalog.believed(crate::clock::timestamp())),
            request.filter.key(),
            format!("{:?}", request.dialect),
            source_prefix.to_owned(),
            request.generator.clone().unwrap_or_default(),
        ];
        Digest::of_parts(parts.iter().map(String::as_str)).to_string()
    }
}

/// What `source` lines put before a file's path: the folder as Kconfig names it, with `/`, without one at the end.
/// A prefix that no reader understands is told before the cloud is asked.
fn source_prefix(request: &GenerateRequest) -> Result<String, KconfigError> {
    let dir = &request.output_dir;
    let prefix = match (&request.source_prefix, dir.to_str()) {
        (Some(prefix), _) => prefix.clone(),
        (None, Some(dir)) => dir.trim_end_matches('/').to_owned(),
        (None, None) => {
            return Err(KconfigError::Prefix {
                prefix: dir.to_string_lossy().into_owned(),
                reason: "it is not UTF-8",
            });
        }
    };
    kconfig::source_prefix(&prefix)?;
    Ok(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Form, HasRemedy as _, Remedy};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    #[rstest::rstest]
    #[case(b"out/", None, Ok("out"))]
    #[case(b"out", Some("a/b"), Ok("a/b"))]
    #[case(b"o\xffut", Some("a/b"), Ok("a/b"))]
    #[case(b"o\xffut", None, Err("not UTF-8"))]
    #[case(b"o$ut", None, Err("`$`"))]
    #[case(b"out", Some("a\nb"), Err("cannot be seen"))]
    fn prefixes(
        #[case] dir: &[u8],
        #[case] given: Option<&str>,
        #[case] expected: Result<&str, &str>,
    ) {
        let request = GenerateRequest {
            catalog: CatalogRequest::default(),
            filter: Filter::default(),
            dialect: contract::Dialect::Plain,
            output_dir: PathBuf::from(OsStr::from_bytes(dir)),
            source_prefix: given.map(str::to_owned),
            generator: None,
        };
        match (source_prefix(&request), expected) {
            (Ok(prefix), Ok(expected)) => assert_eq!(prefix, expected),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error}");
                let form = Form::SourcePrefix;
                assert_eq!(error.remedy(), Some(Remedy::WriteAs { form }));
            }
            other => panic!("{other:?}"),
        }
    }
}
