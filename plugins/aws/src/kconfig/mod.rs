//! Kconfig menus of an AWS catalog, whole or filtered down to one type in one region.
//!
//! | file | content |
//! |---|---|
//! | `Kconfig.compute.generated` | the family, and the sources of the family files |
//! | `instance-types/Kconfig.<family>.generated` | the type, and the string `TERRAFORM_AWS_INSTANCE_TYPE` |
//! | `Kconfig.location.generated` | region and zone, `TERRAFORM_AWS_REGION` and `TERRAFORM_AWS_AV_ZONE` |
//! | `Kconfig.ami.generated` | distribution and release, `TERRAFORM_AWS_AMI_OWNER`, `_NS` and `_AMI_ARCH` |
//! | `Kconfig.gpu-amis.generated` | the use of a GPU image, and the image |
//! | `Kconfig` | plain dialect only: the architecture, and the sources of the files above |
//!
//! The main branch of kdevops sources three files: its dialect has families and types in
//! `Kconfig.instance.generated`, and the GPU images in `Kconfig.ami.generated`.
//!
//! The symbols are those of kdevops. A type is visible if its region and architecture are chosen, a family if one of
//! its types is visible. Every choice has symbols, and each default names a symbol of its choice. In the plain dialect the
//! default is the cheapest type of the region, if prices are known; in kdevops it is the smallest of a general family.

mod ami;
mod compute;
mod help;
mod location;
mod prices;
mod view;

use cloudhost_sdk::Error;
use cloudhost_sdk::kconfig::{Catalog, Dialect, File, Menu};

use view::View;

const COMPUTE: &str = "Kconfig.compute.generated";
const INSTANCE: &str = "Kconfig.instance.generated";
const LOCATION: &str = "Kconfig.location.generated";
const AMI: &str = "Kconfig.ami.generated";
const GPU_AMIS: &str = "Kconfig.gpu-amis.generated";

/// Distribution of the menus over files.
#[derive(Debug)]
struct Layout {
    /// The file of families.
    compute: &'static str,
    /// `true` if the types of a family are in a separate file, and not in that of the families.
    file_of_each_family: bool,
    /// The file of GPU images; `None` if they are with the others.
    gpu_amis: Option<&'static str>,
}

impl Layout {
    fn of(dialect: Dialect) -> Layout {
        match dialect {
            Dialect::KdevopsMain => Layout {
                compute: INSTANCE,
                file_of_each_family: false,
                gpu_amis: None,
            },
            Dialect::Kdevops | Dialect::Plain => Layout {
                compute: COMPUTE,
                file_of_each_family: true,
                gpu_amis: Some(GPU_AMIS),
            },
        }
    }
}

/// Generates the files.
pub(crate) fn emit(catalog: &Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
    let mut view = View::new(catalog, dialect)?;
    let layout = Layout::of(dialect);
    let mut files = Vec::new();
    if dialect == Dialect::Plain {
        files.push(root(&view).into_file("Kconfig"));
    }
    files.push(location::emit(&mut view)?.into_file(LOCATION));
    compute::emit(&mut view, &layout, &mut files)?;
    ami::emit(&mut view, &layout, &mut files)?;
    Ok(files)
}

/// Generates the top file, in place of a tree such as kdevops around the files.
fn root(view: &View<'_>) -> Menu {
    let mut menu = Menu::new();
    menu.target_arch(view.archs.iter().copied());
    for path in [LOCATION, COMPUTE, GPU_AMIS, AMI] {
        menu.source(path);
    }
    menu
}

#[cfg(test)]
mod tests;
