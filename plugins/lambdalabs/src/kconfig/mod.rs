//! Kconfig menus of a Lambda Cloud catalog.
//!
//! | file | what it has |
//! |---|---|
//! | `Kconfig.location.generated` | the region, and the string `TERRAFORM_LAMBDALABS_REGION` |
//! | `Kconfig.compute.generated` | the machine type, and the string `TERRAFORM_LAMBDALABS_INSTANCE_TYPE` |
//! | `Kconfig` | plain dialect only: the architecture, and the sources of the files above |
//!
//! Symbols are those of kdevops: `TERRAFORM_LAMBDALABS_REGION_<NAME>` and `TERRAFORM_LAMBDALABS_INSTANCE_TYPE_<NAME>`.
//! They are made of what the catalog has, so that a type or region that appears tomorrow works.
//!
//! # What is visible
//!
//! A type depends on its architecture (`TARGET_ARCH_X86_64`, `TARGET_ARCH_ARM64`). It is hidden in a region only where
//! it is known to have no capacity there, while it has some elsewhere, and that region has some of other types of its
//! architecture: where another region or another type would do. So there is a type to choose in every region, one that
//! can be had if any can, and a type that is sold out everywhere stays visible and says so. Each region and type that
//! can be chosen has its default of the string.
//!
//! # What a tree around the files can plug in
//!
//! In the kdevops dialect the files look at three symbols. A tree that does not define one leaves it unset, and the
//! files work by hand alone; the plain dialect does not name them.
//!
//! | symbol | set it where | effect |
//! |---|---|---|
//! | `TERRAFORM_LAMBDALABS_REGION_SMART` | the tree gives `TERRAFORM_LAMBDALABS_REGION` a default of its own | no choice of region; types of all regions are visible |
//! | `TERRAFORM_LAMBDALABS_REGION_SMART_INFER` | the region is to follow from the type | the same, and the files give `TERRAFORM_LAMBDALABS_REGION` the region with capacity for the type that is chosen; of several the one with most |
//! | `TERRAFORM_LAMBDALABS_INSTANCE_TYPE_SMART` | the tree gives `TERRAFORM_LAMBDALABS_INSTANCE_TYPE` a default of its own | no choice of type; set `_REGION_SMART` too, for what picks a type picks the region with it |
//!
//! The strings may be declared again by the tree, as `config TERRAFORM_LAMBDALABS_REGION` with
//! `default "$(shell, ..)" if TERRAFORM_LAMBDALABS_REGION_SMART`: whenever that holds, none of the defaults here does.

mod compute;
mod location;
mod view;
mod words;

use cloudhost_sdk::Error;
use cloudhost_sdk::kconfig::{Catalog, Dialect, File, Menu};

use view::View;

const LOCATION: &str = "Kconfig.location.generated";
const COMPUTE: &str = "Kconfig.compute.generated";

/// Makes the files.
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

/// What a tree such as kdevops has around the files.
fn root(view: &View<'_>) -> Menu {
    let mut menu = Menu::new();
    menu.target_arch(view.archs());
    menu.source(LOCATION);
    menu.source(COMPUTE);
    menu
}

#[cfg(test)]
mod tests;
