"""Kconfig menus of any catalog: a choice of region, a choice of the instance types of that region, and the strings
`PREFIX_REGION` and `PREFIX_INSTANCE_TYPE`. The host checks names, quotes texts and writes the files.

A prompt is the same in every region: it has what holds in all regions of a type, and the help text has the rest.
"""

import re

from api import Failed
from wit_world.exports.kconfig import (
    Catalog,
    Choice,
    ChoiceDefault,
    DefaultValue,
    Dialect,
    Entry_Close,
    Entry_OpenChoice,
    Entry_Source,
    Entry_Symbol,
    File,
    Symbol,
    SymbolKind,
    Term_Set,
    Value_Text,
)
from wit_world.imports.types import ErrorKind, InstanceType

COMPUTE = "Kconfig.compute.generated"
CAPACITY = {True: "available", False: "none", None: "unknown"}
STOCK = {"available": " [AVAILABLE]", "none": " [NO CAPACITY]"}


def files(prefix: str, catalog: Catalog, dialect: Dialect) -> list[File]:
    sold = {}
    for offer in catalog.offers:
        sold.setdefault(offer.instance_type, set()).add(offer.region)
    price = {(one.instance_type, one.region): one.per_hour.nanos for one in catalog.prices}
    free = {(one.instance_type, one.region): one.available for one in catalog.capacity}

    exported = dialect != Dialect.PLAIN
    regions = Menu(f"{prefix}_REGION", "Region", exported)
    types = Menu(f"{prefix}_INSTANCE_TYPE", "Instance type", exported)
    # By region: the order of preference and the symbol of its best type.
    best = {}
    for region in catalog.regions:
        regions.add(region.name, f"{region.name} - {region.description}", [], None)
    for machine in catalog.instance_types:
        where = sorted(sold.get(machine.name, []))
        if not where:
            continue
        costs = {region: dollars(price.get((machine.name, region))) for region in where}
        stocks = {region: CAPACITY[free.get((machine.name, region))] for region in where}
        cost, stock = everywhere(costs), everywhere(stocks)
        prompt = machine.name + (f" ({cost})" if cost and cost != "unknown" else "") + STOCK.get(stock, "")
        help = [*hardware(machine), f"Price: {by_region(costs)}", f"Capacity: {by_region(stocks)}"]
        terms = [Term_Set(regions.symbol(region)) for region in where]
        symbol = types.add(machine.name, prompt, [terms], "\n".join(help))
        for region in where:
            nanos = price.get((machine.name, region))
            order = (stocks[region] == "none", nanos is None, nanos or 0, machine.vcpus, machine.memory_mib)
            best[region] = min(best.get(region, (order, symbol)), (order, symbol))
    for region, (_, symbol) in sorted(best.items()):
        types.defaults.setdefault(symbol, []).append(Term_Set(regions.symbol(region)))
    made = [File(COMPUTE, regions.entries() + types.entries())]
    # Without a tree such as kdevops around the files, one sources the others.
    return [File("Kconfig", [Entry_Source(COMPUTE)]), *made] if dialect == Dialect.PLAIN else made


def hardware(machine: InstanceType) -> list[str]:
    lines = [f"vCPUs: {machine.vcpus}", f"Memory: {machine.memory_mib} MiB"]
    for gpu in machine.accelerators:
        maker = f"{gpu.manufacturer} " if gpu.manufacturer else ""
        lines.append(f"GPU: {gpu.count}x {maker}{gpu.name}")
    disks = ", ".join(f"{disk.count} x {disk.size_gb} GB" for disk in machine.disks)
    return [*lines, f"Storage: {disks}"] if disks else lines


def dollars(nanos: int | None) -> str:
    """Formats at least two decimals, and as many more as the amount has."""
    if nanos is None:
        return "unknown"
    cents, more = divmod(nanos, 10**7)
    return f"${cents // 100}.{cents % 100:02}" + f"{more:07}".rstrip("0") + "/hr"


def everywhere(values: dict[str, str]) -> str | None:
    """Returns the value that is the same in all regions, if there is one."""
    return next(iter(values.values())) if len(set(values.values())) == 1 else None


def by_region(values: dict[str, str]) -> str:
    """Formats values with their regions: `$0.75/hr in east, west; unknown in north`."""
    groups = {}
    for region, value in values.items():
        groups.setdefault(value, []).append(region)
    return everywhere(values) or "; ".join(f"{value} in {', '.join(names)}" for value, names in groups.items())


class Menu:
    """A choice, and the string with the chosen name."""

    def __init__(self, prefix: str, prompt: str, exported: bool):
        self.prefix, self.prompt, self.exported = prefix, prompt, exported
        self.names: dict[str, str] = {}
        self.rows: list[Symbol] = []
        # By symbol: the terms of which one makes it the default.
        self.defaults: dict[str, list] = {}

    def symbol(self, name: str) -> str:
        return f"{self.prefix}_{re.sub('[^A-Z0-9]', '_', name.upper())}"

    def add(self, name: str, prompt: str, depends_on: list, help: str | None) -> str:
        symbol = self.symbol(name)
        if self.names.setdefault(symbol, name) != name:
            both = f"{self.names[symbol]} and {name} would both become the Kconfig symbol {symbol}"
            raise Failed(ErrorKind.NAME_COLLISION, both)
        self.rows.append(Symbol(symbol, SymbolKind.BOOLEAN, prompt, [], depends_on, help, False))
        return symbol

    def entries(self) -> list:
        values = [DefaultValue(Value_Text(name), [[Term_Set(symbol)]]) for symbol, name in self.names.items()]
        string = Symbol(self.prefix, SymbolKind.TEXT, None, values, [], None, self.exported)
        rows = [Entry_Symbol(row) for row in self.rows]
        defaults = [ChoiceDefault(symbol, [terms]) for symbol, terms in self.defaults.items()]
        # Kconfig could never give a choice without symbols a value.
        choice = [Entry_OpenChoice(Choice(self.prompt, defaults, [], None)), *rows, Entry_Close()] if rows else []
        return [*choice, Entry_Symbol(string)]
