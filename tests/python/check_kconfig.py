"""Loads generated menus with kconfiglib, selects everything in them, and compares the result with AWS data.

`check_kconfig.py DIRECTORY FACTS`: DIRECTORY has a file `Kconfig`, FACTS is the output of aws_facts.py. Prints a JSON
report: the number of selected items of each kind, and `problems`, a list of sentences.
"""

import fnmatch
import json
import os
import re
import sys

import kconfiglib

ARCHITECTURES = {"x86_64": "TARGET_ARCH_X86_64", "arm64": "TARGET_ARCH_ARM64"}
METAL = re.compile(r"\bmetal")


def part(name: str) -> str:
    """Applies the documented rule: upper case, and every character outside A-Z 0-9 becomes `_`."""
    return re.sub("[^A-Z0-9]", "_", name.upper())


class Checker:
    def __init__(self, directory: str, facts: dict):
        os.chdir(directory)
        os.environ["KCONFIG_WARN_UNDEF"] = "y"
        self.kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
        self.facts = facts
        self.problems = list(self.kconf.warnings)
        self.done = {"types": set(), "families": set(), "regions": set(), "zones": set(), "images": set()}
        self.families: dict[str, list[str]] = {}
        for name in facts["types"]:
            self.families.setdefault(name.split(".")[0], []).append(name)

    def symbol(self, name: str):
        return self.kconf.syms.get(name)

    def value(self, name: str) -> str:
        symbol = self.symbol(name)
        return symbol.str_value if symbol else ""

    def visible(self, name: str) -> bool:
        symbol = self.symbol(name)
        return bool(symbol and symbol.visibility)

    def select(self, name: str, string: str, expected: str) -> None:
        """Sets a symbol of a choice, and checks the string that Terraform then reads."""
        symbol = self.symbol(name)
        if not symbol or not symbol.visibility:
            self.problems.append(f"{name} cannot be selected")
            return
        symbol.set_value(2)
        if symbol.str_value != "y":
            self.problems.append(f"{name} was selected and is not set")
        self.expect(string, expected, name)

    def expect(self, string: str, expected: str, when: str) -> None:
        if (found := self.value(string)) != expected:
            self.problems.append(f"{string} is {found!r} and not {expected!r} with {when}")

    def region(self, region: str) -> None:
        self.select(f"TERRAFORM_AWS_REGION_{part(region)}", "TERRAFORM_AWS_REGION", region)
        self.done["regions"].add(region)
        zones = self.facts["zones"][region]
        for zone in zones:
            self.select(f"TERRAFORM_AWS_AV_ZONE_{part(zone)}", "TERRAFORM_AWS_AV_ZONE", zone)
            self.done["zones"].add(zone)
        for other, names in self.facts["zones"].items():
            if other != region and any(self.visible(f"TERRAFORM_AWS_AV_ZONE_{part(name)}") for name in names):
                self.problems.append(f"zones of {other} can be selected in {region}")

    def sold(self, family: str, region: str, arch: str) -> list[str]:
        offers = self.offers[region]
        runs = {arch, f"{arch}_mac"}
        types = self.facts["types"]
        return [
            name
            for name in self.families[family]
            if name in offers and runs & set(types[name]["ProcessorInfo"]["SupportedArchitectures"])
        ]

    def machines(self, region: str, arch: str) -> None:
        """Checks that every family and type is visible exactly where AWS sells it. Selects each once."""
        for family, names in self.families.items():
            sold = self.sold(family, region, arch)
            menu = f"TERRAFORM_AWS_INSTANCE_FAMILY_{part(family)}"
            if self.visible(menu) != bool(sold):
                self.problems.append(f"{menu} visible: {self.visible(menu)}, sold in {region} ({arch}): {sold}")
            if not sold:
                continue
            self.symbol(menu).set_value(2)
            self.done["families"].add(family)
            self.default(sold, f"{family} in {region}")
            for name in names:
                symbol = f"TERRAFORM_AWS_INSTANCE_SIZE_{part(name)}"
                if self.visible(symbol) != (name in sold):
                    self.problems.append(f"{symbol} visible: {self.visible(symbol)} in {region} ({arch})")
                elif name in sold and (name, arch) not in self.done["types"]:
                    self.select(symbol, "TERRAFORM_AWS_INSTANCE_TYPE", name)
                    self.done["types"].add((name, arch))

    def default(self, sold: list[str], where: str) -> None:
        """Checks that the default is the smallest type that is not bare metal, if there is one."""
        for symbol in [self.symbol(f"TERRAFORM_AWS_INSTANCE_SIZE_{part(name)}") for name in sold]:
            if symbol and symbol.choice:
                symbol.choice.unset_value()
        memory = {name: self.facts["types"][name]["MemoryInfo"]["SizeInMiB"] for name in sold}
        virtual = {name: size for name, size in memory.items() if not METAL.search(name)} or memory
        found = self.value("TERRAFORM_AWS_INSTANCE_TYPE")
        if virtual.get(found) != min(virtual.values()):
            self.problems.append(f"the default of {where} is {found}, of {sorted(sold)}")

    def images(self, arch: str) -> None:
        """Checks that every selectable image names an owner and a pattern that match images, and no decoys."""
        for distribution in self.choices("TERRAFORM_AWS_DISTRO_"):
            self.symbol(distribution).set_value(2)
            self.menu(distribution, "TERRAFORM_AWS_AMI_", arch)
        gpu = self.symbol("TERRAFORM_AWS_USE_GPU_AMI")
        if gpu and gpu.visibility:
            gpu.set_value(2)
            self.menu(gpu.name, "TERRAFORM_AWS_GPU_AMI_", arch)
            gpu.set_value(0)

    def menu(self, under: str, prefix: str, arch: str) -> None:
        found = self.choices(prefix)
        if not found:
            self.problems.append(f"{under} ({arch}) has no image")
        for name in found:
            self.symbol(name).set_value(2)
            self.image(name, arch)

    def choices(self, prefix: str) -> list[str]:
        """Returns the symbols with this prefix that can be selected now."""
        named = [symbol for name, symbol in self.kconf.syms.items() if name.startswith(prefix)]
        return [symbol.name for symbol in named if symbol.choice and symbol.visibility]

    def image(self, name: str, arch: str) -> None:
        owner = self.value("TERRAFORM_AWS_AMI_OWNER")
        glob = self.value("TERRAFORM_AWS_NS")
        self.expect("TERRAFORM_AWS_AMI_ARCH", arch, name)
        matches = [
            image
            for image in self.facts["images"]
            if image["OwnerId"] == owner
            and fnmatch.fnmatchcase(image["Name"], glob)
            and image["Architecture"] == arch
            and image["State"] == "available"
        ]
        if not glob or not matches:
            self.problems.append(f"{name}: nothing of owner {owner!r} is named {glob!r} ({arch})")
        for image in matches:
            if image.get("Description", "").startswith("decoy"):
                self.problems.append(f"{name}: {glob!r} also finds {image['Name']!r}: {image['Description']}")
        self.done["images"].add((name, arch))

    def check(self) -> dict:
        self.offers = {region: set(names) for region, names in self.facts["offers"].items()}
        most_first = sorted(self.offers, key=lambda region: -len(self.offers[region]))
        for arch, target in ARCHITECTURES.items():
            self.select(target, target, "y")
            for region in most_first:
                self.region(region)
                self.machines(region, arch)
            self.images(arch)
        for arch in ARCHITECTURES:
            sold = {n for region in self.offers for family in self.families for n in self.sold(family, region, arch)}
            missed = sold - {name for name, done in self.done["types"] if done == arch}
            if missed:
                self.problems.append(f"never selected ({arch}): {sorted(missed)}")
        report = {kind: len(found) for kind, found in self.done.items()}
        return report | {"problems": self.problems}


if __name__ == "__main__":
    directory, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        facts = json.load(file)
    print(json.dumps(Checker(directory, facts).check()))
