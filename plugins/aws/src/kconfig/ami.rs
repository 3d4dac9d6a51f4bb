//! Menus of distribution and release, or of a GPU image, as owner and name glob: Terraform takes the newest match in
//! the chosen region.

use std::collections::BTreeMap;

use cloudhost_sdk::kconfig::{Arch, Choice, Cond, File, Menu, Symbol};
use cloudhost_sdk::{Error, Image};

use super::view::View;
use super::{AMI, Layout};
use crate::ec2::{DISTRIBUTIONS, Distribution};

const USE_GPU: &str = "TERRAFORM_AWS_USE_GPU_AMI";

/// One entry of a menu of images.
struct Row<'a> {
    release: &'a str,
    arch: Arch,
    owner: &'a str,
    glob: &'a str,
    help: String,
}

/// The strings that Terraform reads. Both menus add defaults; only one menu is visible at a time.
struct Texts {
    owner: Symbol,
    glob: Symbol,
    arch: Symbol,
}

/// Adds the file of images, and that of GPU images if they have a separate one.
pub(super) fn emit(
    view: &mut View<'_>,
    layout: &Layout,
    files: &mut Vec<File>,
) -> Result<(), Error> {
    let mut text = |name: &str| -> Result<Symbol, Error> {
        let symbol = view.symbols.fixed(&format!("TERRAFORM_AWS_{name}"))?;
        Ok(Symbol::text(symbol).exported(view.exported))
    };
    let mut texts = Texts {
        owner: text("AMI_OWNER")?,
        glob: text("NS")?,
        arch: text("AMI_ARCH")?,
    };
    let rows = |gpu: bool| {
        let of = DISTRIBUTIONS.iter().filter(move |of| of.gpu == gpu);
        of.map(|of| (of, rows(view, of)))
            .filter(|(_, rows)| !rows.is_empty())
    };
    let plain: Vec<_> = rows(false).collect();
    let gpu: Vec<_> = rows(true).collect();
    let mut menu = Menu::new();
    let has_gpu = gpu_menu(view, &mut menu, gpu, &mut texts)?;
    let mut gpu_file = layout
        .gpu_amis
        .map(|path| (path, std::mem::take(&mut menu)));
    if let Some((_, own)) = gpu_file.as_mut().filter(|_| !has_gpu) {
        own.comment("The catalog has no GPU images.");
    }
    ami_menu(view, &mut menu, plain, texts, has_gpu)?;
    files.push(menu.into_file(AMI));
    files.extend(gpu_file.map(|(path, own)| own.into_file(path)));
    Ok(())
}

/// Returns the images of one distribution, newest release first: those of the catalog, or the published names if it has
/// none.
fn rows<'a>(view: &View<'a>, of: &'static Distribution) -> Vec<Row<'a>> {
    let mut newest: BTreeMap<(&str, Arch), &Image> = BTreeMap::new();
    for image in view
        .images
        .iter()
        .filter(|image| image.distribution == of.name)
    {
        let key = (
            image.release.as_str(),
            Arch::of(std::slice::from_ref(&image.architecture)),
        );
        let age = |image: &Image| (image.created, image.name.clone());
        let slot = newest.entry(key).or_insert(image);
        if age(image) > age(slot) {
            *slot = image;
        }
    }
    let had = newest.into_iter().map(|((release, arch), image)| Row {
        release,
        arch,
        owner: &image.owner,
        glob: &image.name_glob,
        help: format!("Newest image: {}", image.name),
    });
    let mut rows: Vec<Row<'a>> = had.collect();
    if rows.is_empty() {
        rows.extend(of.known.iter().map(|(release, arch, glob)| Row {
            release,
            arch: Arch::of(&[(*arch).to_owned()]),
            owner: of.owner,
            glob,
            help: "A published name; not verified against the account.".to_owned(),
        }));
    }
    rows.retain(|row| row.arch.symbol().is_some() && view.archs.contains(&row.arch));
    rows.sort_by(|a, b| {
        let key = |row: &Row<'_>| (numbers(row.release), row.release.to_owned());
        key(b).cmp(&key(a)).then(a.arch.cmp(&b.arch))
    });
    rows
}

/// Returns the numbers in a release, so that 10 sorts after 9.
fn numbers(release: &str) -> Vec<u64> {
    let words = release.split(|c: char| !c.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Returns the condition that one of the rows can be selected.
fn visible(rows: &[Row<'_>]) -> Cond {
    let mut archs: Vec<Arch> = rows.iter().map(|row| row.arch).collect();
    archs.sort();
    archs.dedup();
    Cond::any_set(archs.iter().filter_map(|arch| arch.symbol())).unwrap_or_default()
}

fn ami_menu(
    view: &mut View<'_>,
    menu: &mut Menu,
    all: Vec<(&Distribution, Vec<Row<'_>>)>,
    mut texts: Texts,
    gpu: bool,
) -> Result<(), Error> {
    if all.is_empty() {
        menu.comment("The catalog has no images.");
    }
    let mut choice = Choice::new("Distribution");
    let mut distros = Vec::new();
    let mut releases = Vec::new();
    for (of, rows) in &all {
        let symbol = view
            .symbols
            .make("TERRAFORM_AWS_DISTRO", "distribution", of.name)?;
        if of.name == "debian" {
            choice = choice.default_to(&symbol, Cond::always());
        }
        for owner in rows.iter().map(|row| row.owner).take(1) {
            texts.owner = texts.owner.default_text(owner, Cond::set(&symbol));
        }
        distros.push(Symbol::boolean(&symbol, of.title).depends_on(visible(rows)));
        let rows = entries(view, "TERRAFORM_AWS_AMI", of, rows, &mut texts.glob)?;
        releases.push((symbol, rows));
    }
    let when = if gpu {
        Cond::unset(USE_GPU)
    } else {
        Cond::always()
    };
    menu.when(when, |menu| {
        menu.choice(choice, |menu| {
            distros.into_iter().for_each(|row| menu.symbol(row))
        });
        for (symbol, rows) in releases {
            menu.when(Cond::set(symbol), |menu| {
                menu.choice(Choice::new("Release"), |menu| {
                    rows.into_iter().for_each(|row| menu.symbol(row));
                });
            });
        }
    });
    for arch in &view.archs {
        if let Some(name) = arch.name() {
            texts.arch = texts.arch.default_text(name, arch.cond());
        }
    }
    for text in [texts.owner, texts.glob, texts.arch] {
        menu.symbol(text);
    }
    Ok(())
}

/// Adds the menu of GPU images; returns false if there are none.
fn gpu_menu(
    view: &mut View<'_>,
    menu: &mut Menu,
    all: Vec<(&Distribution, Vec<Row<'_>>)>,
    texts: &mut Texts,
) -> Result<bool, Error> {
    let Some(shown) = all.iter().map(|(_, rows)| visible(rows)).reduce(Cond::or) else {
        return Ok(false);
    };
    view.symbols.fixed(USE_GPU)?;
    menu.symbol(
        Symbol::boolean(USE_GPU, "Use an image for GPU work")
            .depends_on(shown)
            .help("Takes an image with GPU drivers and frameworks in place of the distribution's own."),
    );
    let mut symbols = Vec::new();
    for (of, rows) in &all {
        symbols.extend(entries(
            view,
            "TERRAFORM_AWS_GPU_AMI",
            of,
            rows,
            &mut texts.glob,
        )?);
        for owner in rows.iter().map(|row| row.owner).take(1) {
            texts.owner = std::mem::replace(&mut texts.owner, Symbol::text(""))
                .default_text(owner, Cond::set(USE_GPU));
        }
    }
    menu.when(Cond::set(USE_GPU), |menu| {
        menu.choice(Choice::new("GPU image"), |menu| {
            symbols.into_iter().for_each(|row| menu.symbol(row));
        });
    });
    Ok(true)
}

/// Returns the symbols of the rows, and adds their globs as defaults of the string.
fn entries(
    view: &mut View<'_>,
    prefix: &str,
    of: &Distribution,
    rows: &[Row<'_>],
    glob: &mut Symbol,
) -> Result<Vec<Symbol>, Error> {
    let mut out = Vec::new();
    for row in rows {
        let Some(arch) = row.arch.name() else {
            continue;
        };
        let name = format!("{}-{}-{arch}", of.name, row.release);
        let symbol = view.symbols.make(prefix, "image", &name)?;
        *glob =
            std::mem::replace(glob, Symbol::text("")).default_text(row.glob, Cond::set(&symbol));
        let prompt = format!("{} {}", of.title, row.release.replace('-', " "));
        out.push(
            Symbol::boolean(symbol, prompt)
                .depends_on(row.arch.cond())
                .help(&row.help),
        );
    }
    Ok(out)
}
