"""Serves a site that stands in a file: python serve.py FILE VARIABLE uvicorn|wsgiref|aiohttp PORT."""

import importlib.util
import sys
import wsgiref.simple_server


def loaded(file):
    spec = importlib.util.spec_from_file_location("site_under_test", file)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def uvicorn(app, port):
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=port, lifespan="off", ws="websockets-sansio")


def wsgiref_(app, port):
    wsgiref.simple_server.make_server("127.0.0.1", port, app).serve_forever()


def aiohttp(app, port):
    from aiohttp import web

    web.run_app(app, host="127.0.0.1", port=port)


if __name__ == "__main__":
    file, variable, server, port = sys.argv[1:]
    servers = {"uvicorn": uvicorn, "wsgiref": wsgiref_, "aiohttp": aiohttp}
    servers[server](getattr(loaded(file), variable), int(port))
