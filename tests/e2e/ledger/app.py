"""Amounts in PostgreSQL, by a column whose name depends on the version: `total` before, `amount` after."""

import json
import os
from pathlib import Path

from psycopg_pool import AsyncConnectionPool

COLUMN = json.loads((Path(__file__).parent / "behaviour.json").read_text()).get("column", "total")
READ = f"SELECT id, {COLUMN} FROM orders ORDER BY id DESC LIMIT 5"
WRITE = f"INSERT INTO orders ({COLUMN}) VALUES (%s) RETURNING id"
PLACE = os.environ[f"DATABASE_URL_{os.environ['ENVIRONMENT_NAME'].upper()}"]


def make():
    pool = AsyncConnectionPool(PLACE, min_size=2, max_size=4, open=False, kwargs={"autocommit": True})

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await pool.open()
                await send({"type": "lifespan.startup.complete"})
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        status, body = 200, {"status": "healthy"}
        try:
            async with pool.connection() as connection:
                if scope["method"] == "POST":
                    while (await receive()).get("more_body"):
                        pass
                    row = await (await connection.execute(WRITE, (7,))).fetchone()
                    body["id"] = row[0]
                elif scope["path"] != "/health":
                    body["orders"] = await (await connection.execute(READ)).fetchall()
                else:
                    await connection.execute("SELECT 1")
        except Exception as error:
            status, body = 500, {"status": "unhealthy", "error": str(error)}
        headers = [
            (b"content-type", b"application/json"),
            (b"x-api-version", os.environ["API_VERSION"].encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    return app
