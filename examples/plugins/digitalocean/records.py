"""Conversion of responses to records. Each row is parsed separately: an invalid one leaves a gap, and does not affect
the others."""

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from wit_world.exports.catalog import Listing
from wit_world.imports.types import (
    Accelerator,
    AcceleratorKind,
    Capacity,
    DataKind,
    Disk,
    DiskKind,
    Error,
    ErrorKind,
    Gap,
    Image,
    InstanceType,
    Market,
    Money,
    Offer,
    Price,
    Region,
    Scope_Request,
)

PRICE_SOURCE = "api.digitalocean.com/v2/sizes"
MAKERS = {"nvidia": "NVIDIA", "amd": "AMD"}
# `ubuntu-24-04-x64`, `debian-13-x64`, `centos-stream-9-x64`
IMAGE = re.compile(r"([a-z-]+)-([0-9]+(?:-[0-9]+)?)-x64")


def gap(kind: DataKind, error: Error) -> Gap:
    return Gap(kind, error)


def odd(kind: DataKind, message: str) -> Gap:
    """Creates the gap for an invalid item in an otherwise good response: a retry would return the same."""
    return gap(kind, Error(ErrorKind.UNSUPPORTED, Scope_Request(), None, message, None, None, None))


def listing(had: dict) -> Listing:
    """Converts the fetched lists, by name, to the contract's listing."""
    out = Listing(None, None, None, None, None, None, [])
    open_regions = set()
    if "regions" in had:
        out.regions = []
        for row in each(had["regions"], "slug", DataKind.REGIONS, out.missing):
            with row as region:
                out.regions.append(Region(name(region["slug"]), name(region["name"]), [], None, None, None))
                if region["available"] is True:
                    open_regions.add(region["slug"])
    if "sizes" in had:
        add_sizes(had["sizes"], out, open_regions if "regions" in had else None)
    if "images" in had:
        out.images = images(had["images"], out.missing)
    return out


def add_sizes(rows: list, out: Listing, open_regions: set | None) -> None:
    """Adds types, offers, and prices, which are the same everywhere; with the open regions also capacity. DigitalOcean
    lists a size in a region where it "is available for Droplet creates"."""
    out.instance_types, out.offers, out.prices = [], [], []
    out.capacity = [] if open_regions is not None else None
    for row in each(rows, "slug", DataKind.INSTANCE_TYPES, out.missing):
        with row as size:
            machine = instance_type(size)
            regions = [name(region) for region in size["regions"]]
            price = money(size.get("price_hourly"))
            if price is None:
                found = size.get("price_hourly")
                out.missing.append(odd(DataKind.PRICES, f"the price of {machine.name} is {found}"))
            out.instance_types.append(machine)
            for region in regions:
                out.offers.append(Offer(machine.name, region, [], Market.ON_DEMAND, None))
                if price:
                    where = (machine.name, region, None, Market.ON_DEMAND)
                    out.prices.append(Price(*where, price, PRICE_SOURCE, None))
                if out.capacity is not None:
                    free = size["available"] is True and region in open_regions
                    out.capacity.append(Capacity(machine.name, region, None, Market.ON_DEMAND, free))


def instance_type(size: dict) -> InstanceType:
    slug = name(size["slug"])
    scratch = [info for info in size.get("disk_info") or [] if info.get("type") == "scratch"]
    disks = [size["disk"], *(info["size"]["amount"] for info in scratch)]
    return InstanceType(
        name=slug,
        family=slug.split("-")[0],
        architectures=["x86_64"],  # the only one; the API does not give it, but images have it in their names
        cpu_manufacturer=None,
        vcpus=whole(size["vcpus"]),
        memory_mib=whole(size["memory"]),
        accelerators=accelerators(size.get("gpu_info")),
        disks=[Disk(1, whole(gigabytes), DiskKind.UNKNOWN) for gigabytes in disks],
        network=None,
        network_mbps=None,
        bare_metal=False,
        burstable=False,
        free_tier=False,
        current_generation=True,
        markets=[Market.ON_DEMAND],
        attributes=[],
    )


def accelerators(info: dict | None) -> list[Accelerator]:
    """Parses `{"count": 1, "model": "nvidia_h100", "vram": {"amount": 80, "unit": "gib"}}`"""
    if not info or not info.get("count"):
        return []
    maker, _, model = name(info["model"]).partition("_")
    if maker not in MAKERS or not model:
        maker, model = "", info["model"]
    # For several GPUs the API does not document whether the memory is that of each: it stays unknown.
    vram = info.get("vram") or {}
    known = info["count"] == 1 and str(vram.get("unit")).lower() == "gib"
    return [
        Accelerator(
            kind=AcceleratorKind.GPU,
            name=model.replace("_", " ").upper(),
            manufacturer=MAKERS.get(maker),
            count=whole(info["count"]),
            memory_mib=whole(vram["amount"]) * 1024 if known else None,
        )
    ]


def money(dollars) -> Money | None:
    """Converts dollars to whole nano-units. The API's numbers are 32-bit floats, 0.041670000180602074 for 0.04167:
    fractions of a nano-unit are noise, and rounded. A value that is not above 0 is not a price."""
    if type(dollars) not in (int, Decimal) or not 0 < dollars < 10**6:
        return None
    nanos = int((dollars * Decimal(10**9)).to_integral_value(ROUND_HALF_UP))
    return Money(nanos, "USD") if nanos else None


def images(rows: list, missing: list[Gap]) -> list[Image]:
    """Returns the newest image of each release, in each of its regions. One whose slug names no release is omitted: it
    could not be selected."""
    newest = {}
    for row in each(rows, "slug", DataKind.IMAGES, missing):
        with row as image:
            found = IMAGE.fullmatch(image["slug"] or "")
            created = whole(int(datetime.fromisoformat(image["created_at"]).timestamp()))
            if found and created >= newest.get(found.groups(), (0,))[0]:
                newest[found.groups()] = created, image["slug"], [name(region) for region in image["regions"]]
    return [
        Image(
            id=slug,
            name=slug,
            owner="digitalocean",
            distribution=distribution,
            release=release.replace("-", "."),
            architecture="x86_64",
            name_glob=slug,  # a newer build has the same slug
            region=region,
            created=created,
            gpu=False,
            disk_gib=None,
            attributes=[],
        )
        for (distribution, release), (created, slug, regions) in newest.items()
        for region in regions
    ]


class each:
    """The rows of a list, each to be parsed in a `with`: one that is not as documented leaves a gap and is skipped."""

    def __init__(self, rows: list, key: str, kind: DataKind, missing: list[Gap]):
        self.rows, self.key, self.kind, self.missing = iter(rows), key, kind, missing

    def __iter__(self):
        return self

    def __next__(self):
        self.row = next(self.rows)
        return self

    def __enter__(self) -> dict:
        return self.row

    def __exit__(self, kind, error, trace) -> bool:
        strange = kind is not None and issubclass(kind, (LookupError, TypeError, ValueError, AttributeError))
        if strange:
            key = self.row.get(self.key) if isinstance(self.row, dict) else self.row
            message = f"{str(key)[:60]!r} is not as documented: {kind.__name__}: {str(error)[:60]!r}"
            self.missing.append(odd(self.kind, message))
        return strange


def name(value) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a name")
    return value


def whole(value) -> int:
    """Checks that a value is an integer above 0 that fits the contract's type."""
    if type(value) is not int or not 0 < value < 2**32:
        raise ValueError(f"{value!r} is not an integer above 0")
    return value
