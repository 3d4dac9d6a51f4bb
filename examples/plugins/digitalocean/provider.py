"""DigitalOcean as a cloudhost plugin: the classes that the contract's worlds `plugin` and `with-identity` require.

`api` sends requests, `records` converts responses to the contract's records, `menus` generates Kconfig menus.
"""

import asyncio
import sys

import api
import menus
import records
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import catalog, identity, provider
from wit_world.imports import log
from wit_world.imports.types import DataKind

# Kinds of data in the response of each request. Capacity needs two responses.
ANSWERS = {
    "regions": {DataKind.REGIONS, DataKind.CAPACITY},
    "sizes": {DataKind.INSTANCE_TYPES, DataKind.OFFERS, DataKind.PRICES, DataKind.CAPACITY},
    "images": {DataKind.IMAGES},
}


def crashed(kind, error, trace):
    """Logs an uncaught error before the component ends: there is no stream to print it to."""
    places = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.write(log.Level.ERROR, f"{kind.__name__}: {error} at {' > '.join(places)}")


sys.excepthook = crashed


class Provider(exports.Provider):
    def describe(self) -> provider.Description:
        return provider.Description(
            title="DigitalOcean",
            settings=[],
            # All other data is fresh for a day, the default.
            freshness=[provider.Freshness(DataKind.CAPACITY, 15 * 60)],
            menus=[kind for kind in DataKind if kind != DataKind.IMAGES],
        )


class Catalog(exports.Catalog):
    async def fetch(self, query: catalog.Query) -> catalog.Listing:
        asked = [what for what, kinds in ANSWERS.items() if kinds & set(query.wanted)]
        answers = await asyncio.gather(*map(api.rows, asked), return_exceptions=True)
        had, failed = {}, {}
        for what, answer in zip(asked, answers):
            if isinstance(answer, api.Failed):
                failed[what] = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                had[what] = answer
        if failed and not had:
            raise Err(api.most_telling(failed.values()).error)
        listing = records.listing(had)
        for what, failure in failed.items():
            kinds = (kind for kind in DataKind if kind in ANSWERS[what] & set(query.wanted))
            listing.missing += [records.gap(kind, failure.error) for kind in kinds]
        return listing

    def bundled(self) -> None:
        return None


class Kconfig(exports.Kconfig):
    def emit_kconfig(self, catalog, dialect):
        try:
            return menus.files("TERRAFORM_DIGITALOCEAN", catalog, dialect)
        except api.Failed as failure:
            raise Err(failure.error)


class Identity(exports.Identity):
    async def whoami(self) -> identity.Account:
        try:
            account = api.part(await api.get("account"), "account")
        except api.Failed as failure:
            raise Err(failure.error)
        team = api.text(api.part(account, "team").get("uuid"))
        return identity.Account(id=team or api.text(account.get("uuid")), principal=api.text(account.get("email")))
