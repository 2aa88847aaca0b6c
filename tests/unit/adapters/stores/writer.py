"""Saves one deployment again and again, saying each generation that was acknowledged: made to be killed."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from verdigris.adapters.stores.sql import SqlStore
from verdigris.core.deployment import Note
from verdigris.core.errors import StoreUnavailable


async def write(path: Path) -> None:
    store = SqlStore(path)
    await store.prepare()
    saved = await store.load("api")
    assert saved is not None
    d = saved.deployment
    while True:
        fresh = replace(d, generation=d.generation + 1)
        notes = [Note("written", f"{fresh.generation}", "x" * 2000) for _ in range(2)]
        try:
            await store.save(replace(saved, deployment=fresh), d.generation, notes, (), 1.0)
        except StoreUnavailable as error:
            print("unavailable", error, flush=True)
            await store.close()
            return
        d = fresh
        print(d.generation, flush=True)


asyncio.run(write(Path(sys.argv[1])))
