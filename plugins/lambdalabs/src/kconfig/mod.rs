//! Kconfig menus of a Lambda Cloud catalog.
//!
//! | file | content |
//! |---|---|
//! | `Kconfig.location.generated` | the region, and the string `TERRAFORM_LAMBDALABS_REGION` |
//! | `Kconfig.compute.generated` | the instance type, and the string `TERRAFORM_LAMBDALABS_INSTANCE_TYPE` |
//! | `Kconfig` | plain dialect only: the architecture, and the sources of the files above |
//!
//! Symbols are those of kdevops: `TERRAFORM_LAMBDALABS_REGION_<NAME>` and `TERRAFORM_LAMBDALABS_INSTANCE_TYPE_<NAME>`.
//! They are generated from the catalog, so that a new type or region works.
//!
//! # Visibility
//!
//! A type depends on its architecture (`TARGET_ARCH_X86_64`, `TARGET_ARCH_ARM64`). It is hidden in a region only if it
//! is known to have no capacity there, while it has some elsewhere, and that region has some for other types of its
//! architecture: then another region or another type is available. Therefore every region has a type to choose, an
//! available one if there is any, and a type that is sold out everywhere stays visible and is marked so. Each region
//! and type that can be chosen has its default of the string.
//!
//! # Defaults
//!
//! | dialect | region | type |
//! |---|---|---|
//! | kdevops-main | the one where most types have capacity | the first by name with capacity |
//! | others | the one where most types of the architecture have capacity | the cheapest that is not known to be unavailable in the region |
//!
//! The former are those of `scripts/lambdalabs_api.py` of kdevops' main branch.
//!
//! # Symbols of the tree around the files
//!
//! In the kdevops dialect the files read three symbols. A symbol that the tree does not define is unset: the choice is
//! then manual. The plain dialect does not use them.
//!
//! | symbol | set it if | effect |
//! |---|---|---|
//! | `TERRAFORM_LAMBDALABS_REGION_SMART` | the tree gives `TERRAFORM_LAMBDALABS_REGION` its own default | no choice of region; types of all regions are visible |
//! | `TERRAFORM_LAMBDALABS_REGION_SMART_INFER` | the region is to follow from the type | the same, and the files set `TERRAFORM_LAMBDALABS_REGION` to the region with capacity for the chosen type; of several the one with most |
//! | `TERRAFORM_LAMBDALABS_INSTANCE_TYPE_SMART` | the tree gives `TERRAFORM_LAMBDALABS_INSTANCE_TYPE` its own default | no choice of type; set `_REGION_SMART` too, as a selected type includes its region |
//!
//! The tree may declare the strings again, such as `config TERRAFORM_LAMBDALABS_REGION` with
//! `default "$(shell, ..)" if TERRAFORM_LAMBDALABS_REGION_SMART`: while that holds, none of the defaults here does.

mod compute;
mod location;
mod view;
mod words;

use cloudhost_sdk::Error;
use cloudhost_sdk::kconfig::{Catalog, Dialect, File, Menu};

use view::View;

const LOCATION: &str = "Kconfig.location.generated";
const COMPUTE: &str = "Kconfig.compute.generated";

/// Generates the files.
pub(crate) fn emit(catalog: &Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
    let view = View::new(catalog, dialect)?;
    let mut files = Vec::new();
    if dialect == Dialect::Plain {
        files.push(root(&view).into_file("Kconfig"));
    }
    files.push(location::emit(&view).into_file(LOCATION));
    files.push(compute::emit(&view).into_file(COMPUTE));
    Ok(files)
}

/// Generates the top file, in place of a tree such as kdevops around the files.
fn root(view: &View<'_>) -> Menu {
    let mut menu = Menu::new();
    menu.target_arch(view.archs());
    menu.source(LOCATION);
    menu.source(COMPUTE);
    menu
}

#[cfg(test)]
mod tests;
