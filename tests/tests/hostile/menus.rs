//! Menus: what a plugin, or the cloud behind it, cannot do by them to a tree, and to what reads its configuration.

use crate::guests::{Guest, Plugin, probe};
use crate::stage::{Sandboxed, request};
use cloudhost::catalog::KINDS;
use cloudhost::contract::cloudhost::provider::types::Gap;
use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
use cloudhost::host::GenerateRequest;
use cloudhost::kconfig::value_fault;
use cloudhost_probe::{LISTED, ProbeAction};
use cloudhost_sdk::kconfig::{Cond, Entry, File, Symbol, Term};
use cloudhost_sdk::{
    Accelerator, AcceleratorKind, Capacity, Image, InstanceType, Listing, Market, Money, Offer,
    Price, Region, Zone,
};
use cloudhost_tests::{program, python};
use rstest::rstest;
use std::fs;
use std::path::Path;
use std::process::Command;

const GOOD: &str = "TERRAFORM_PROBE_GOOD";

fn named(symbol: &str) -> Vec<File> {
    file(vec![Entry::Symbol(
        Symbol::text(symbol).default_text("a", Cond::always()),
    )])
}

fn on(name: &str, depends_on: &str) -> Entry {
    let own = |name: &str| format!("TERRAFORM_PROBE_{name}");
    let symbol = Symbol::boolean(own(name), "p");
    Entry::Symbol(symbol.depends_on(Cond::set(own(depends_on))))
}

/// Generates menus of one file with these entries, or returns the error. After an error, nothing is written.
async fn menus(
    stage: &Sandboxed,
    plugin: &Plugin,
    files: Vec<File>,
    times: usize,
) -> Result<String, String> {
    let act = serde_json::to_string(&ProbeAction::Menus(files, times)).unwrap();
    let out = stage.folder().join("out");
    let mut wanted = GenerateRequest::new(Dialect::Plain, &out);
    wanted.catalog = request(&[("do", "act"), ("act", &act)]);
    wanted.source_prefix = Some("out".to_owned());
    match stage.load(plugin).generate(&wanted).await {
        Ok(_) => Ok(std::fs::read_to_string(out.join("Kconfig.menu")).unwrap()),
        Err(error) => {
            stage.note_error(&error);
            assert!(!out.join("Kconfig.menu").exists());
            Err(error.to_string())
        }
    }
}

fn file(entries: Vec<Entry>) -> Vec<File> {
    vec![File {
        path: "Kconfig.menu".to_owned(),
        entries,
    }]
}

fn symbol(change: impl FnOnce(&mut Symbol)) -> Vec<File> {
    let mut symbol = Symbol::boolean(GOOD, "a prompt");
    change(&mut symbol);
    file(vec![Entry::Symbol(symbol)])
}

fn value(text: &str) -> Vec<File> {
    let text = Symbol::text(GOOD).default_text(text, Cond::always());
    file(vec![Entry::Symbol(text)])
}

/// Text that looks like Kconfig is shown as text, on the line where it belongs.
#[rstest]
#[case::prompt(symbol(|it| it.prompt = Some("a\nsource \"/etc/passwd\"\nconfig EVIL".into())))]
#[case::prompt_that_ends_its_string(symbol(|it| it.prompt = Some("a\"\nsource \"/etc/passwd".into())))]
#[case::macro_in_a_prompt(symbol(|it| it.prompt = Some("$(shell,touch evil) $(error-if,y,evil)".into())))]
#[case::help(symbol(|it| it.help = Some("a\n\nsource \"/etc/passwd\"\nconfig EVIL\n\tbool".into())))]
#[case::comment(file(vec![Entry::Comment("a\nsource \"/etc/passwd\"".into())]))]
#[case::carriage_return(symbol(|it| it.prompt = Some("a\rsource \"/etc/passwd\"\u{2028}source \"x\"".into())))]
#[tokio::test]
async fn case_41_menu_text_that_looks_like_kconfig(#[case] files: Vec<File>) {
    let stage = Sandboxed::new();
    let text = menus(&stage, &probe("probe", ""), files, 1).await.unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words = [
            "config TERRAFORM_PROBE_GOOD",
            "\tbool ",
            "\thelp",
            "\t  ",
            "comment ",
            "",
        ];
        assert!(words.iter().any(|word| line.starts_with(word)), "{text}");
        assert!(
            !line.starts_with("source") && !line.starts_with("config EVIL"),
            "{text}"
        );
        assert!(
            line.starts_with("\t  ") || !line.contains("$(") || line.contains("\\$("),
            "{text}"
        );
    }
    stage.assert_contained(&[]).await;
}

/// Menus that would do more than show text and values are rejected, and nothing is written.
#[rstest]
#[case::name(symbol(|it| it.name = "A\nconfig EVIL".into()), "only A-Z, 0-9 and _ are allowed")]
#[case::name_in_a_condition(symbol(|it| {
    it.depends_on = vec![vec![Term::Set("A || y".into())]];
}), "only A-Z, 0-9 and _ are allowed")]
#[case::value_with_a_line(value("a\nsource \"/etc/passwd\""), "has a character other than")]
#[case::value_that_make_would_run(value("$(shell touch evil)"), "has a character other than")]
#[case::value_that_a_shell_would_run(value("`touch evil`"), "has a character other than")]
#[case::value_of_a_recipe(value("here; touch evil"), "has a character other than")]
#[case::value_that_ansible_would_run(
    value("{{ lookup('pipe','touch evil') }}"),
    "has a character other than"
)]
#[case::value_that_is_an_option(value("-rf"), "has a word that begins with one of")]
#[case::value_above(value("../../etc"), "has a component of a path that is . or ..")]
#[case::symbol_of_the_tree(
    named("TERRAFORM_SSH_CONFIG_PUBKEY_FILE"),
    "cannot define TERRAFORM_SSH_CONFIG_PUBKEY_FILE: its symbols begin with TERRAFORM_PROBE_"
)]
#[case::symbol_of_another_plugin(
    named("TERRAFORM_AWS_REGION"),
    "cannot define TERRAFORM_AWS_REGION: its symbols begin with TERRAFORM_PROBE_"
)]
#[case::architecture_as_text(
    named("TARGET_ARCH_X86_64"),
    "cannot define TARGET_ARCH_X86_64: its symbols begin with TERRAFORM_PROBE_"
)]
#[case::symbol_of_the_tree_in_a_sourced_file(vec![
    File { path: "Kconfig.menu".into(), entries: vec![Entry::Source("Kconfig.more".into())] },
    File { path: "Kconfig.more".into(), ..named("TERRAFORM_SSH_CONFIG_PUBKEY_FILE").remove(0) },
], "file \"Kconfig.more\": the plugin cannot define TERRAFORM_SSH_CONFIG_PUBKEY_FILE")]
#[case::depends_on_itself(file(vec![on("A", "A")]), "conditions form a cycle, which no Kconfig reader accepts: TERRAFORM_PROBE_A -> TERRAFORM_PROBE_A")]
#[case::depend_on_each_other(file(vec![on("A", "B"), on("B", "A")]), "conditions form a cycle, which no Kconfig reader accepts: TERRAFORM_PROBE_B -> TERRAFORM_PROBE_A -> TERRAFORM_PROBE_B")]
#[case::depends_on_the_block_around_its_file(vec![
    File { path: "Kconfig.menu".into(), entries: vec![
        Entry::OpenIf(vec![vec![Term::Set("TERRAFORM_PROBE_A".into())]]),
        Entry::Source("Kconfig.more".into()),
        Entry::Close,
    ] },
    File { path: "Kconfig.more".into(), entries: vec![on("A", "ELSEWHERE")] },
], "conditions form a cycle, which no Kconfig reader accepts: TERRAFORM_PROBE_A -> TERRAFORM_PROBE_A")]
#[case::path_of_a_makefile(vec![File { path: "GNUmakefile".into(), entries: Vec::new() }], "its name does not begin with Kconfig")]
#[case::path_of_terraform(vec![File { path: "Kconfig.d/main.tf".into(), entries: Vec::new() }], "its name does not begin with Kconfig")]
#[case::source_of_the_system(file(vec![Entry::Source("/etc/passwd".into())]), "it is not a file of the same response")]
#[case::source_above(file(vec![Entry::Source("../../Kconfig".into())]), "it is not a file of the same response")]
#[case::source_of_a_command(file(vec![Entry::Source("$(shell,touch evil)".into())]), "it is not a file of the same response")]
#[case::path_above(vec![File { path: "../Kconfig.menu".into(), entries: Vec::new() }], "a component begins with a dot")]
#[case::path_of_the_system(vec![File { path: "/tmp/Kconfig.menu".into(), entries: Vec::new() }], "it is absolute")]
#[case::path_of_a_hidden_file(vec![File { path: ".bashrc".into(), entries: Vec::new() }], "a component begins with a dot")]
#[case::block_that_stays_open(file(vec![Entry::OpenIf(Vec::new())]), "the file ends inside a block that is not closed")]
#[case::block_that_nobody_opened(file(vec![Entry::Close]), "a block is closed that was not opened")]
#[tokio::test]
async fn case_41_menus_that_are_refused(#[case] files: Vec<File>, #[case] words: &str) {
    let stage = Sandboxed::new();
    let why = menus(&stage, &probe("probe", ""), files, 1)
        .await
        .unwrap_err();
    assert!(why.contains(words) && !why.contains('\n'), "{why:?}");
    stage.assert_contained(&[]).await;
}

/// A name puts the symbols of a plugin among those of another one, or of the tree.
#[rstest]
#[case::key_of_the_tree(
    "lambdalabs-ssh",
    "TERRAFORM_LAMBDALABS_SSH_KEY_NAME",
    "it is a symbol of kdevops itself"
)]
#[case::smart_choice_of_the_tree(
    "lambdalabs-smart",
    "TERRAFORM_LAMBDALABS_SMART_REGION",
    "it is a symbol of kdevops itself"
)]
#[case::region_of_another(
    "aws-region",
    "TERRAFORM_AWS_REGION_US_EAST_1",
    "it begins as those of `aws` do"
)]
#[case::owner_of_images("aws-ami", "TERRAFORM_AWS_AMI_OWNER", "it begins as those of `aws` do")]
#[case::cloud_of_the_tree(
    "rcloud",
    "TERRAFORM_RCLOUD_API_URL",
    "it is a symbol of kdevops itself"
)]
#[tokio::test]
async fn case_41_names_among_the_symbols_of_another(
    #[case] plugin: &str,
    #[case] symbol: &str,
    #[case] words: &str,
) {
    let stage = Sandboxed::new();
    let why = menus(&stage, &probe(plugin, ""), named(symbol), 1)
        .await
        .unwrap_err();
    let words = format!("the plugin cannot define {symbol}: {words}");
    assert!(why.contains(&words), "{why}");
    stage.assert_contained(&[]).await;
}

/// 66 MB, which is below the limit of one result and above the limit of menus.
#[tokio::test]
async fn case_41_menus_that_are_too_large() {
    let stage = Sandboxed::new();
    let files = file(vec![Entry::Comment("x".repeat(60_000))]);
    let why = menus(&stage, &probe("probe", ""), files, 1_100)
        .await
        .unwrap_err();
    assert!(why.contains("more than"), "{why}");
    stage.assert_contained(&[]).await;
}

#[tokio::test]
async fn case_41_text_that_is_not_utf_8() {
    let stage = Sandboxed::new();
    let guest = Guest {
        fields: "(data (i32.const 2048) \"\\ff\\fe\\c0\\80\")",
        describe: "(i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 4)) i32.const 1024",
        ..Guest::default()
    };
    let trap = stage.call(&guest.plugin()).await.trap();
    assert!(trap.contains("utf-8"), "{trap}");
    stage.assert_contained(&["plugin.trap"]).await;
}

/// Texts that a makefile, a shell, Ansible or a command line would act on.
const ODD: [&str; 5] = [
    "here; touch P",
    "{{ lookup('pipe','touch P') }}",
    "$(touch P)$(shell touch P)",
    "a\" ; touch P ; \"",
    "`touch P`",
];

/// Puts a text into one field of a listing.
type Field = fn(&mut Listing, &str);

/// Every field of a catalog that has a text.
const FIELDS: [(&str, Field); 30] = [
    ("region", |l, text| regions(l)[0].name = text.into()),
    ("description", |l, text| {
        regions(l)[0].description = Some(text.into())
    }),
    ("zone", |l, text| regions(l)[0].zones[0].name = text.into()),
    ("zone's id", |l, text| {
        regions(l)[0].zones[0].id = Some(text.into())
    }),
    ("type", |l, text| types(l)[0].name = text.into()),
    ("family", |l, text| types(l)[0].family = text.into()),
    ("architecture", |l, text| {
        types(l)[0].architectures[0] = text.into()
    }),
    ("processor", |l, text| {
        types(l)[0].cpu_manufacturer = Some(text.into())
    }),
    ("accelerator", |l, text| {
        types(l)[0].accelerators[0].name = text.into()
    }),
    ("its maker", |l, text| {
        types(l)[0].accelerators[0].manufacturer = Some(text.into())
    }),
    ("network", |l, text| types(l)[0].network = Some(text.into())),
    ("type of an offer", |l, text| {
        offers(l)[0].instance_type = text.into()
    }),
    ("region of an offer", |l, text| {
        offers(l)[0].region = text.into()
    }),
    ("zone of an offer", |l, text| {
        offers(l)[0].zones[0] = text.into()
    }),
    ("image", |l, text| images(l)[0].id = text.into()),
    ("name of an image", |l, text| {
        images(l)[0].name = text.into()
    }),
    ("owner", |l, text| images(l)[0].owner = text.into()),
    ("distribution", |l, text| {
        images(l)[0].distribution = text.into()
    }),
    ("release", |l, text| images(l)[0].release = text.into()),
    ("architecture of an image", |l, text| {
        images(l)[0].architecture = text.into()
    }),
    ("pattern", |l, text| images(l)[0].name_glob = text.into()),
    ("region of an image", |l, text| {
        images(l)[0].region = Some(text.into())
    }),
    ("type of a price", |l, text| {
        prices(l)[0].instance_type = text.into()
    }),
    ("region of a price", |l, text| {
        prices(l)[0].region = text.into()
    }),
    ("zone of a price", |l, text| {
        prices(l)[0].zone = Some(text.into())
    }),
    ("currency", |l, text| {
        prices(l)[0].per_hour.currency = text.into()
    }),
    ("source", |l, text| prices(l)[0].source = text.into()),
    ("type with capacity", |l, text| {
        capacity(l)[0].instance_type = text.into()
    }),
    ("region with capacity", |l, text| {
        capacity(l)[0].region = text.into()
    }),
    ("zone with capacity", |l, text| {
        capacity(l)[0].zone = Some(text.into())
    }),
];

fn regions(listing: &mut Listing) -> &mut Vec<Region> {
    listing.regions.as_mut().unwrap()
}

fn types(listing: &mut Listing) -> &mut Vec<InstanceType> {
    listing.instance_types.as_mut().unwrap()
}

fn offers(listing: &mut Listing) -> &mut Vec<Offer> {
    listing.offers.as_mut().unwrap()
}

fn images(listing: &mut Listing) -> &mut Vec<Image> {
    listing.images.as_mut().unwrap()
}

fn prices(listing: &mut Listing) -> &mut Vec<Price> {
    listing.prices.as_mut().unwrap()
}

fn capacity(listing: &mut Listing) -> &mut Vec<Capacity> {
    listing.capacity.as_mut().unwrap()
}

/// A listing with two of everything; tests change the first ones.
fn listing() -> Listing {
    let region = |name: &str| Region {
        place: None,
        country: None,
        name: name.into(),
        description: Some("A place".into()),
        zones: vec![Zone {
            name: format!("{name}-a"),
            id: Some("z1".into()),
        }],
        location: None,
    };
    let machine = |name: &str| InstanceType {
        name: name.into(),
        family: "s".into(),
        architectures: vec!["x86_64".into()],
        cpu_manufacturer: Some("Intel".into()),
        vcpus: 2,
        memory_mib: 4096,
        accelerators: vec![Accelerator {
            kind: AcceleratorKind::Gpu,
            name: "A10".into(),
            manufacturer: Some("NVIDIA".into()),
            count: Some(1),
            memory_mib: None,
        }],
        disks: vec![],
        network: Some("10 Gigabit".into()),
        bare_metal: false,
        burstable: false,
        network_mbps: None,
        attributes: Vec::new(),
        free_tier: false,
        current_generation: true,
        markets: vec![Market::OnDemand],
    };
    let offer = |name: &str| Offer {
        zones: vec![format!("{LISTED}-a")],
        ..Offer::on_demand(name, LISTED)
    };
    let image = |id: &str| Image {
        disk_gib: None,
        attributes: Vec::new(),
        id: id.into(),
        name: format!("debian-13-{id}"),
        owner: "publisher".into(),
        distribution: "debian".into(),
        release: "13".into(),
        architecture: "x86_64".into(),
        name_glob: "debian-13-*".into(),
        region: Some(LISTED.into()),
        created: None,
        gpu: false,
    };
    let price = |name: &str| Price {
        instance_type: name.into(),
        region: LISTED.into(),
        zone: None,
        market: Market::OnDemand,
        per_hour: Money::from_cents(75).unwrap(),
        source: "probe.test".into(),
        published: None,
    };
    let free = |name: &str| Capacity {
        instance_type: name.into(),
        region: LISTED.into(),
        zone: None,
        market: Market::OnDemand,
        available: true,
    };
    Listing {
        regions: Some(vec![region("first"), region(LISTED)]),
        instance_types: Some(vec![machine("s.one"), machine("s.two")]),
        offers: Some(vec![offer("s.one"), offer("s.two")]),
        images: Some(vec![image("i-1"), image("i-2")]),
        prices: Some(vec![price("s.one"), price("s.two")]),
        capacity: Some(vec![free("s.one"), free("s.two")]),
        missing: vec![],
    }
}

/// The one field whose text makes the whole response invalid.
const INVALID: &str = "currency";

/// A cloud's response has such a text in each field in turn, and then in all: nothing of it gets to `.config`, and what gets
/// there does nothing in a makefile, a shell, Jinja2 and Ansible. The rest of the response is used, and the gap names what is
/// left out.
#[rstest]
#[tokio::test]
async fn case_41_odd_names_of_a_cloud(
    #[values(ODD[0], ODD[1], ODD[2], ODD[3], ODD[4])] text: &'static str,
) {
    let stage = Sandboxed::new();
    let plugin = probe("probe", "");
    let mut values = String::new();
    for number in 0..=FIELDS.len() {
        let mut listing = listing();
        let field = match FIELDS.get(number) {
            Some((field, change)) => {
                change(&mut listing, text);
                *field
            }
            None => {
                let all = FIELDS.iter().filter(|(field, _)| *field != INVALID);
                all.for_each(|(_, change)| change(&mut listing, text));
                "everything"
            }
        };
        let out = stage.folder().join(format!("out{number}"));
        let missing = match generate(&stage, &plugin, listing, &out).await {
            Ok(missing) => missing,
            Err(why) => {
                assert_eq!(field, INVALID, "{why}");
                continue;
            }
        };
        let config = configured(&out);
        assert!(
            config.contains("CONFIG_TERRAFORM_PROBE_INSTANCE_TYPE=\"s."),
            "{config}"
        );
        let left_out = missing
            .iter()
            .filter(|gap| gap.error.message.starts_with("left out"));
        let quoted = format!("{text:?}");
        assert!(
            left_out
                .clone()
                .all(|gap| gap.error.message.contains(&quoted)),
            "{missing:?}"
        );
        assert_eq!(
            left_out.count() > 0,
            names_something(field),
            "{field}: {missing:?}"
        );
        runs_nothing(&out, &config);
        values += &config.replace("CONFIG_", &format!("CONFIG_OUT{number}_"));
    }
    templates_nothing(stage.folder(), &values);
    stage.assert_contained(&[]).await;
}

/// Reports whether a field has the name of a region, zone, type or image, which becomes a value.
fn names_something(field: &str) -> bool {
    let shown = [
        "description",
        "zone's id",
        "family",
        "architecture",
        "processor",
        "accelerator",
        "its maker",
        "network",
        "name of an image",
        "distribution",
        "release",
        "architecture of an image",
        "source",
    ];
    !shown.contains(&field)
}

/// Generates plain menus of a listing, and returns its gaps.
async fn generate(
    stage: &Sandboxed,
    plugin: &Plugin,
    listing: Listing,
    out: &Path,
) -> Result<Vec<Gap>, String> {
    let act = serde_json::to_string(&ProbeAction::List(listing)).unwrap();
    let mut wanted = GenerateRequest::new(Dialect::Plain, out);
    wanted.catalog = request(&[("do", "act"), ("act", &act)]);
    wanted.catalog.kinds = KINDS.to_vec();
    wanted.source_prefix = Some(".".to_owned());
    match stage.load(plugin).generate(&wanted).await {
        Ok(generated) => Ok(generated.catalog.missing),
        Err(error) => {
            stage.note_error(&error);
            Err(error.to_string())
        }
    }
}

/// Configures the menus with all defaults, and returns `.config`. Both readers have the same values.
fn configured(out: &Path) -> String {
    let mut conf = program::command("kconfig-conf").unwrap();
    let output = conf
        .args(["--alldefconfig", "Kconfig"])
        .current_dir(out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let config = fs::read_to_string(out.join(".config")).unwrap();
    let script = "import kconfiglib as k
for s in k.Kconfig('Kconfig').unique_defined_syms:
    if s.orig_type == k.STRING: print(f'CONFIG_{s.name}=\"{s.str_value}\"')";
    let mut python = python::command().unwrap();
    let output = python.args(["-c", script]).current_dir(out).output();
    let read = String::from_utf8(output.unwrap().stdout).unwrap();
    let values = config.lines().filter(|line| line.contains("=\""));
    assert!(values.eq(read.lines()), "{config}\n{read}");
    config
}

/// Reads values as Ansible reads the variables of kdevops, and renders them with Jinja2.
fn templates_nothing(folder: &Path, values: &str) {
    let config = folder.join(".config");
    fs::write(&config, values).unwrap();
    let mut check = python::script("check_values.py").unwrap();
    let output = check.arg(&config).current_dir(folder).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.trim_end().ends_with(" values, 0 differ") && !printed.starts_with("0 "),
        "{output:?}"
    );
    assert!(!folder.join("P").exists(), "{values}");
}

/// Reads `.config` as kdevops does: in a makefile, whose recipes have the values without quotes, and in a shell.
fn runs_nothing(out: &Path, config: &str) {
    let values = config
        .lines()
        .filter_map(|line| line.split_once("=\""))
        .map(|(name, value)| {
            let value = value.strip_suffix('"').unwrap();
            assert_eq!(value_fault(value), None, "{config}");
            name
        });
    let names: Vec<&str> = values.collect();
    assert!(names.len() > 2, "{config}");
    let bare: Vec<String> = names
        .iter()
        .map(|name| format!("$(subst \",,$({name}))"))
        .collect();
    let bare = bare.join(" ");
    let makefile = format!("include .config\nX := $(shell echo {bare})\nall: ;@echo {bare} $(X)\n");
    fs::write(out.join("Makefile"), makefile).unwrap();
    let shell = format!(
        ". ./.config; echo {}",
        names.join(" ").replace("CONFIG", "$CONFIG")
    );
    let mut make = program::command("make").unwrap();
    let mut sh = Command::new("sh");
    for command in [&mut make, sh.args(["-c", &shell])] {
        let output = command.current_dir(out).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
    assert!(!out.join("P").exists(), "{config}");
}
