"""Loads the tree of `examples/kdevops` with kconfiglib and selects every choice that it has for Lambda Cloud.

`check_kdevops.py DIRECTORY FACTS`: DIRECTORY has the tree without its `output yaml` lines. FACTS describes the cloud:
`{"types": {NAME: {"arch": .., "free": [REGION, ..]}}, "regions": [NAME, ..]}`. Prints a JSON report: the number of
combinations of choices that were checked, the resulting pairs, and `problems`, a list of sentences.
"""

import json
import os
import sys

import kconfiglib

PREFIX = "TERRAFORM_LAMBDALABS_"


class Checker:
    def __init__(self, directory: str, facts: dict):
        os.chdir(directory)
        self.kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
        self.types, self.regions = facts["types"], facts["regions"]
        self.problems = list(self.kconf.warnings)
        self.pairs: set[tuple[str, str, str, str]] = set()
        self.looked = 0

    def value(self, name: str) -> str:
        return self.kconf.syms[PREFIX + name].str_value

    def choices(self, names: list[str]):
        """Returns the symbols that can be chosen now in the choice of the first name."""
        found = [self.kconf.syms[PREFIX + name].choice for name in names]
        return [symbol for symbol in found[0].syms if symbol.visibility] if found else []

    def take(self, symbol) -> None:
        symbol.set_value(2)
        if symbol.str_value != "y":
            self.problems.append(f"{symbol.name} was taken and is not set")

    def every(self) -> None:
        self.kconf.syms["TERRAFORM_LAMBDALABS"].set_value(2)
        for arch in "x86_64", "arm64":
            self.kconf.syms["TARGET_ARCH_" + arch.upper()].set_value(2)
            for how in self.choices(["REGION_MANUAL"]):
                self.take(how)
                ways = self.choices(["INSTANCE_TYPE_MANUAL"]) or [None]
                for way in ways:
                    if way:
                        self.take(way)
                    self.each_region(arch, how.name[len(PREFIX):], way.name[len(PREFIX):] if way else "")

    def each_region(self, arch: str, how: str, way: str) -> None:
        for region in self.listed("REGION_", self.regions):
            if region:
                self.take(region)
            types = self.listed("INSTANCE_TYPE_", self.types)
            # The default type, too.
            self.look(arch, how, way)
            for machine in types:
                if machine:
                    self.take(machine)
                self.look(arch, how, way)

    def listed(self, kind: str, names) -> list:
        """Returns the visible symbols of generated choices; one None if there is no such choice."""
        symbols = [self.kconf.syms.get(PREFIX + kind + name.upper().replace("-", "_")) for name in names]
        return [symbol for symbol in symbols if symbol and symbol.visibility] or [None]

    def look(self, arch: str, how: str, way: str) -> None:
        machine, region = self.value("INSTANCE_TYPE"), self.value("REGION")
        self.looked += 1
        self.pairs.add((arch, way or how, machine, region))
        where = f"with {arch}, {how}, {way}: {machine!r} in {region!r}"
        known = self.types.get(machine)
        if not known or region not in self.regions:
            self.problems.append(f"no such machine {where}")
        elif known["arch"] != arch:
            self.problems.append(f"another architecture {where}")
        elif region not in known["free"] and self.could(arch, how, known, region):
            self.problems.append(f"no capacity {where}")

    def could(self, arch: str, how: str, known: dict, region: str) -> bool:
        """Returns True if a type with capacity could be chosen."""
        if how != "REGION_MANUAL":
            return bool(known["free"])
        return bool(known["free"]) and any(
            region in other["free"] for other in self.types.values() if other["arch"] == arch
        )


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        checker = Checker(sys.argv[1], json.load(file))
    checker.every()
    print(json.dumps({
        "looked": checker.looked, "pairs": sorted(checker.pairs), "problems": checker.problems,
    }))
