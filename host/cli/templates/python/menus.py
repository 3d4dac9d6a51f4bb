"""Kconfig menus of any catalog: a choice of region, a choice of the instance types that are sold there."""

from componentize_py_types import Err
from wit_world.exports.kconfig import (
    Choice,
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
from wit_world.imports.types import Error, ErrorKind, Scope_Request

COMPUTE = "Kconfig.compute.generated"


def files(prefix, catalog, dialect):
    """One file, and in the plain dialect `Kconfig`, which sources it. If the catalog has offers, a type is shown in the
    regions that sell it. The host accepts only symbols that begin with `TERRAFORM_` and the plugin's name."""
    symbols = Symbols(prefix)
    exported = dialect != Dialect.PLAIN
    regions = [(symbols.of("REGION", region.name), region.name, []) for region in catalog.regions]
    machines = []
    for machine in catalog.instance_types:
        sold = [offer.region for offer in catalog.offers if offer.instance_type == machine.name]
        if catalog.offers and not sold:
            continue
        terms = [Term_Set(symbols.of("REGION", region)) for region in sorted(set(sold))]
        machines.append((symbols.of("INSTANCE_TYPE", machine.name), machine.name, [terms] if terms else []))
    entries = choice("Region", regions) + [text(symbols.of("REGION"), regions, exported)]
    entries += choice("Instance type", machines) + [text(symbols.of("INSTANCE_TYPE"), machines, exported)]
    root = [File("Kconfig", [Entry_Source(COMPUTE)])] if dialect == Dialect.PLAIN else []
    return [*root, File(COMPUTE, entries)]


def choice(prompt, rows):
    """One line for each row; nothing without rows, because a choice must have one."""
    if not rows:
        return []
    lines = [Symbol(symbol, SymbolKind.BOOLEAN, name, [], when, None, False) for symbol, name, when in rows]
    opened = Entry_OpenChoice(Choice(prompt, [], [], None))
    return [opened, *(Entry_Symbol(line) for line in lines), Entry_Close()]


def text(symbol, rows, exported):
    """The name of the selected row, which Terraform reads."""
    defaults = [DefaultValue(Value_Text(name), [[Term_Set(row)]]) for row, name, _ in rows]
    return Entry_Symbol(Symbol(symbol, SymbolKind.TEXT, None, defaults, [], None, exported))


class Symbols:
    """The symbol of each name, of the form that the host accepts: A-Z, 0-9 and `_`. No two names may share one."""

    def __init__(self, prefix):
        self.prefix, self.names = prefix, {}

    def of(self, kind, name=None):
        symbol = f"{self.prefix}_{kind}"
        if name is not None:
            symbol += "_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in name).upper()
        other = self.names.setdefault(symbol, (kind, name))
        if other != (kind, name):
            message = f"{other[1] or 'the symbol itself'} and {name} would both become the Kconfig symbol {symbol}"
            raise Err(Error(ErrorKind.NAME_COLLISION, Scope_Request(), None, message, None, None, None))
        return symbol
