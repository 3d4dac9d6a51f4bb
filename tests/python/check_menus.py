"""Loads the menus of a provider with kconfiglib, and selects every region and instance type in them.

`check_menus.py FILE FACTS`: FACTS is a file with `{"prefix": .., "sold": {TYPE: [REGION, ..]}, "regions": [NAME, ..],
"defaults": {REGION: TYPE}}`.
Prints a JSON report: the number of selected pairs of region and type, and `problems`, a list of sentences.
"""

import json
import re
import sys

import kconfiglib


def check(path: str, prefix: str, sold: dict, regions: list, defaults: dict) -> dict:
    kconf = kconfiglib.Kconfig(path, warn_to_stderr=False)
    problems, pairs = list(kconf.warnings), 0

    def symbol(kind: str, name: str):
        return kconf.syms.get(f"{prefix}_{kind}_{re.sub('[^A-Z0-9]', '_', name.upper())}")

    def take(kind: str, name: str) -> None:
        found = symbol(kind, name)
        found.set_value(2)
        value = kconf.syms[f"{prefix}_{kind}"].str_value
        if found.str_value != "y" or value != name:
            problems.append(f"{found.name} was taken: it is {found.str_value}, and {prefix}_{kind} {value!r}")

    for region in regions:
        take("REGION", region)
        symbol("INSTANCE_TYPE", next(iter(sold))).choice.unset_value()
        if (found := kconf.syms[f"{prefix}_INSTANCE_TYPE"].str_value) != defaults[region]:
            problems.append(f"the default in {region} is {found}, not {defaults[region]}")
        for name, where in sold.items():
            found = symbol("INSTANCE_TYPE", name)
            if bool(found and found.visibility) != (region in where):
                problems.append(f"{name} can be chosen in {region}: {bool(found and found.visibility)}")
            elif region in where:
                take("INSTANCE_TYPE", name)
                pairs += 1
    return {"pairs": pairs, "problems": problems}


if __name__ == "__main__":
    path, facts = sys.argv[1:]
    with open(facts, encoding="utf-8") as file:
        print(json.dumps(check(path, **json.load(file))))
