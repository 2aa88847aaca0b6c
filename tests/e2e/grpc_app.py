"""An application that speaks only gRPC: tells its release, talks as long as it is asked, says its health."""

import asyncio
import os
import signal
import sys

import grpc

RELEASE = os.environ["VERDIGRIS_RELEASE"].encode()


async def where(request, context):
    return RELEASE


async def talk(requests, context):
    async for word in requests:
        yield RELEASE + b" heard " + word


async def check(request, context):
    return b"\x08\x01"


async def main(port):
    server = grpc.aio.server()
    app = {
        "Where": grpc.unary_unary_rpc_method_handler(where),
        "Talk": grpc.stream_stream_rpc_method_handler(talk),
    }
    health = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("App", app),
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", health),
        )
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()
    await server.stop(1.0)


asyncio.run(main(sys.argv[1]))
