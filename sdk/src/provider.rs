//! The trait that a plugin implements, and the macro that exports it as a component.

use crate::kconfig::{Catalog, Dialect, File};
use crate::{Bundle, Description, Error, ErrorKind, Listing, Query, World};

/// A cloud provider: one function for each that the contract exports.
///
/// ```
/// use cloudhost_sdk::kconfig::{Catalog, Dialect, File, menus};
/// use cloudhost_sdk::{DataKind, Description, Error, Listing, Provider, Query, World};
///
/// struct Example;
///
/// impl Provider for Example {
///     fn describe() -> Description {
///         let (settings, freshness) = (Vec::new(), Vec::new());
///         let menus = vec![DataKind::Regions, DataKind::InstanceTypes, DataKind::Offers];
///         Description { title: "Example Cloud".to_owned(), settings, freshness, menus }
///     }
///
///     async fn fetch<W: World>(world: &W, query: Query) -> Result<Listing, Error> {
///         // ... requests, for the kinds that are in `query.wanted`
///         Ok(Listing::default())
///     }
///
///     fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
///         menus("TERRAFORM_EXAMPLE", &catalog, dialect)
///     }
/// }
/// ```
pub trait Provider {
    /// Describes the provider. Cheap, with the same result at each call.
    fn describe() -> Description;

    /// Fetches the kinds of data that `query.wanted` names, with as many concurrent requests as possible (see
    /// [`crate::join_all`]). A partial result is a listing with gaps; an error means that nothing could be fetched.
    fn fetch<W: World>(world: &W, query: Query) -> impl Future<Output = Result<Listing, Error>>;

    /// Returns the catalog bundled in the component. None, unless overridden.
    fn bundled() -> Option<Bundle> {
        None
    }

    /// Generates Kconfig files from a catalog; the same catalog must give the same files. Unless overridden, returns an
    /// `unsupported` error; [`crate::kconfig::menus`] makes simple menus of any catalog.
    fn emit_kconfig(_catalog: Catalog, _dialect: Dialect) -> Result<Vec<File>, Error> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "this provider generates no Kconfig files",
        ))
    }
}

/// Exports a type that implements [`Provider`] as a component, and puts the manifest (a path relative to the file of
/// the call) into the custom section `cloudhost:manifest`, where the host reads it without running anything.
///
/// The manifest is followed by the optional interfaces that the type implements: `identity` for [`crate::Identity`],
/// `billing` for [`crate::Billing`], `operations`, `instances`, `storage`, `clusters`, `node_pools`, `account` and
/// `capacity_on_request` for the traits in the modules of these names:
///
/// ```
/// struct Example; // implements `Provider`, `Identity` and `Billing`
///
/// cloudhost_sdk::plugin!(Example, manifest = "../manifest.toml", identity, billing);
/// ```
///
/// It expands to nothing unless the target is WebAssembly, so that a plugin is an ordinary crate in native tests.
#[macro_export]
macro_rules! plugin {
    ($provider:ty, manifest = $manifest:literal $(, $optional:ident)* $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        mod __cloudhost_plugin {
            use super::*;
            use $crate::__private::b::exports::cloudhost::provider as e;

            const TEXT: &[u8] = include_bytes!($manifest);

            #[unsafe(link_section = "cloudhost:manifest")]
            #[used]
            static MANIFEST: [u8; TEXT.len()] = *include_bytes!($manifest);

            struct Component;

            impl e::provider::Guest for Component {
                fn describe() -> $crate::Description {
                    <$provider as $crate::Provider>::describe()
                }
            }

            impl e::catalog::Guest for Component {
                async fn fetch(query: $crate::Query) -> Result<$crate::Listing, $crate::Error> {
                    <$provider as $crate::Provider>::fetch(&$crate::Host, query).await
                }
                fn bundled() -> Option<$crate::Bundle> {
                    <$provider as $crate::Provider>::bundled()
                }
            }

            impl e::kconfig::Guest for Component {
                fn emit_kconfig(
                    catalog: $crate::kconfig::Catalog,
                    dialect: $crate::kconfig::Dialect,
                ) -> Result<Vec<$crate::kconfig::File>, $crate::Error> {
                    <$provider as $crate::Provider>::emit_kconfig(catalog, dialect)
                }
            }

            $crate::__private::b::export!(Component with_types_in $crate::__private::b);
            $($crate::__optional!($optional, $provider);)*
        }
    };
}
