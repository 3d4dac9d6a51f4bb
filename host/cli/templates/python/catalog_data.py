"""The catalog bundled in the component, for use without credentials: a response of the API.

Python data, because a component has no files to read.
"""

# 2026-11-01T00:00:00Z
FETCHED_AT = 1793491200
SOURCE = "the price list of Acme of 2026-11-01"

RESPONSE = {
    "instance_types": [
        {
            "name": "standard-2",
            "vcpus": 2,
            "memory_gib": 4,
            "architecture": "x86_64",
            "hourly_price_cents": 5,
            "regions": ["north-1"],
        }
    ],
    "next_page": None,
}
