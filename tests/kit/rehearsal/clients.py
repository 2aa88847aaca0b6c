"""A charge by each of the clients that a guard covers: a coroutine that gives the status and the body."""

import asyncio
import urllib.request

import aiohttp
import httpx
import requests
import urllib3

__all__ = ["by_aiohttp", "by_async_httpx", "by_httpx", "by_requests", "by_urllib", "by_urllib3"]


def by_urllib(url, guard):
    async def call():
        def post():
            with guard, urllib.request.urlopen(url, data=b"amount=5", timeout=10) as response:
                return response.status, response.read()

        return await asyncio.to_thread(post)

    return call


def by_requests(url, guard):
    async def call():
        def post():
            with guard, requests.post(url, data=b"amount=5", timeout=10) as response:
                return response.status_code, response.content

        return await asyncio.to_thread(post)

    return call


def by_urllib3(url, guard):
    async def call():
        def post():
            with guard, urllib3.PoolManager(retries=3, timeout=10) as pool:
                response = pool.request("POST", url, body=b"amount=5")
                return response.status, response.data

        return await asyncio.to_thread(post)

    return call


def by_httpx(url, guard):
    async def call():
        def post():
            with httpx.Client(transport=guard.over(httpx.HTTPTransport()), follow_redirects=True) as client:
                response = client.post(url, content=b"amount=5")
                return response.status_code, response.content

        return await asyncio.to_thread(post)

    return call


def by_async_httpx(url, guard):
    async def call():
        transport = guard.over(httpx.AsyncHTTPTransport())
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            response = await client.post(url, content=b"amount=5")
            return response.status_code, response.content

    return call


def by_aiohttp(url, guard):
    async def call():
        session = aiohttp.ClientSession(middlewares=[guard.aiohttp])
        async with session, session.post(url, data=b"amount=5") as response:
            return response.status, await response.read()

    return call
