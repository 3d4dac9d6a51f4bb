"""Kconfig menus of any catalog: a choice of region, a choice of the instance types of that region, and the strings
`PREFIX_REGION` and `PREFIX_INSTANCE_TYPE`. The host checks names, quotes texts and writes the files."""

import re

from api import Failed
from wit_world.exports.kconfig import (
    Catalog,
    Choice,
    DefaultValue,
    Dialect,
    Entry_Close,
    Entry_OpenChoice,
    Entry_Symbol,
    File,
    Symbol,
    SymbolKind,
    Term_Set,
    Value_Text,
)
from wit_world.imports.types import ErrorKind


def files(prefix: str, catalog: Catalog, dialect: Dialect) -> list[File]:
    sold, price, free = {}, {}, {}
    for offer in catalog.offers:
        sold.setdefault(offer.instance_type, set()).add(offer.region)
    for record in catalog.prices:
        least = price.get(record.instance_type, record.per_hour.nanos)
        price[record.instance_type] = min(least, record.per_hour.nanos)
    for record in catalog.capacity:
        free[record.instance_type] = free.get(record.instance_type, False) or record.available

    exported = dialect == Dialect.KDEVOPS
    regions = Menu(f"{prefix}_REGION", "Region", exported)
    types = Menu(f"{prefix}_INSTANCE_TYPE", "Instance type", exported)
    for region in catalog.regions:
        regions.add(region.name, f"{region.name} - {region.description}", [], None)
    for machine in catalog.instance_types:
        where = [Term_Set(regions.symbol(region)) for region in sorted(sold.get(machine.name, []))]
        if where:
            cost = f"${dollars(price[machine.name])}/hr" if machine.name in price else "price unknown"
            stock = {True: " [AVAILABLE]", False: " [NO CAPACITY]", None: ""}[free.get(machine.name)]
            help = f"vCPUs: {machine.vcpus}\nMemory: {machine.memory_mib} MiB"
            types.add(machine.name, f"{machine.name} ({cost}){stock}", [where], help)
    return [File("Kconfig.compute.generated", regions.entries() + types.entries())]


def dollars(nanos: int) -> str:
    """Formats at least two decimals, and as many more as the amount has."""
    cents, more = divmod(nanos, 10**7)
    return f"{cents // 100}.{cents % 100:02}" + f"{more:07}".rstrip("0")


class Menu:
    """A choice, and the string with the chosen name."""

    def __init__(self, prefix: str, prompt: str, exported: bool):
        self.prefix, self.prompt, self.exported = prefix, prompt, exported
        self.names: dict[str, str] = {}
        self.rows: list[Symbol] = []

    def symbol(self, name: str) -> str:
        return f"{self.prefix}_{re.sub('[^A-Z0-9]', '_', name.upper())}"

    def add(self, name: str, prompt: str, depends_on: list, help: str | None) -> None:
        symbol = self.symbol(name)
        if self.names.setdefault(symbol, name) != name:
            both = f"{self.names[symbol]} and {name} would both become the Kconfig symbol {symbol}"
            raise Failed(ErrorKind.INTERNAL, both, "symbol-collision")
        self.rows.append(Symbol(symbol, SymbolKind.BOOLEAN, prompt, [], depends_on, help, False))

    def entries(self) -> list:
        defaults = [DefaultValue(Value_Text(name), [[Term_Set(symbol)]]) for symbol, name in self.names.items()]
        string = Symbol(self.prefix, SymbolKind.TEXT, None, defaults, [], None, self.exported)
        rows = [Entry_Symbol(row) for row in self.rows]
        # Kconfig could never give a choice without symbols a value.
        choice = [Entry_OpenChoice(Choice(self.prompt, [], [], None)), *rows, Entry_Close()] if rows else []
        return [*choice, Entry_Symbol(string)]
