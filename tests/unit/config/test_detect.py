import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.config import app_name, detect, init_text, parse_config
from verdigris.config.detect import Detected
from verdigris.config.starter import PLACEHOLDER
from verdigris.core.errors import ConfigError
from verdigris.core.policy import Step

VENV = (("python3", "-m", "venv", ".venv"), (".venv/bin/pip", "install", "-r", "requirements.txt"))
UVICORN = ("--host", "127.0.0.1", "--port", "{port}")


@pytest.fixture
def project(tmp_path):
    """Puts files into a directory and says what is detected there."""

    def put(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_py", ".py").replace("_txt", ".txt").replace(
                "_json", ".json"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return detect(tmp_path)

    return put


def test_fastapi_with_requirements(project):
    found = project(
        main_py="from fastapi import FastAPI\napi = FastAPI()\n", requirements_txt="fastapi[standard]\n"
    )
    assert (
        Detected("a FastAPI application in main.py", VENV, (".venv/bin/uvicorn", "main:api", *UVICORN))
        == found
    )


def test_a_server_that_nobody_installs_is_pointed_out(project):
    found = project(app_py="app = Starlette(routes=[])\n", requirements_txt="starlette\n")
    assert ("uvicorn is not among the dependencies: add it, or name another server.",) == found.notes


def test_fastapi_under_src_with_a_factory_and_uv(project):
    source = (
        'def make(debug: bool = False) -> FastAPI:\n\n    app = FastAPI()\n    app.get("/healthz/deep")\n'
    )
    found = project(src__shop__main_py=source, **{"uv.lock": 'name = "uvicorn"'})
    expected = (".venv/bin/uvicorn", "shop.main:make", "--factory", "--app-dir", "src", *UVICORN)
    assert (expected, (("uv", "sync", "--frozen", "--no-dev"),), "/healthz/deep") == (
        found.command,
        found.build,
        found.health,
    )


def test_flask_with_pyproject(project):
    found = project(
        app_py="app = Flask(__name__)\n", **{"pyproject.toml": 'dependencies = ["flask", "gunicorn"]'}
    )
    assert (".venv/bin/gunicorn", "app:app", "--bind", "127.0.0.1:{port}") == found.command
    assert (("python3", "-m", "venv", ".venv"), (".venv/bin/pip", "install", ".")) == found.build


def test_flask_with_a_factory(project):
    found = project(
        app_py="def helper():\n    pass\n\ndef create_app():\n    app = Flask(__name__)\n",
        requirements_txt="gunicorn",
    )
    assert (".venv/bin/gunicorn", "app:create_app()", "--bind", "127.0.0.1:{port}") == found.command


def test_an_unknown_application_is_built_at_least(project):
    found = project(app_py="class App: ...\n", requirements_txt="")
    assert Detected(build=VENV) == found
    assert ".venv/bin/pip" in init_text("api", found)


def test_django(project):
    found = project(
        manage_py="", site__wsgi_py="application = get_wsgi_application()\n", requirements_txt="gunicorn"
    )
    assert (".venv/bin/gunicorn", "site.wsgi:application", "--bind", "127.0.0.1:{port}") == found.command


def test_node_is_started_without_npm_where_that_is_possible(project):
    found = project(
        package_json=json.dumps({"scripts": {"start": "node server.js", "build": "tsc"}}),
        **{"package-lock.json": ""},
    )
    expected = (("node", "server.js"), (("PORT", "{port}"),), (("npm", "ci"), ("npm", "run", "build")))
    assert expected == (found.command, found.env, found.build)


def test_node_is_started_with_npm_otherwise(project):
    found = project(package_json=json.dumps({"scripts": {"start": "NODE_ENV=production node ."}}))
    assert (("npm", "start"), (("PORT", "{port}"),)) == (found.command, found.env)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "gunicorn app:app --bind 0.0.0.0:$PORT",
            (".venv/bin/gunicorn", "app:app", "--bind", "0.0.0.0:{port}"),
        ),
        ("uvicorn app:app --port ${PORT:-8000}", (".venv/bin/uvicorn", "app:app", "--port", "{port}")),
        ("./serve --port 8000 --workers 4000", ("./serve", "--port", "{port}", "--workers", "4000")),
        ("./serve --bind=:8000", ("./serve", "--bind=:{port}")),
    ],
)
def test_a_procfile_comes_first(project, line, expected):
    found = project(
        Procfile=f"worker: x\nweb: {line}\n", requirements_txt="", app_py="app = Flask(__name__)\n"
    )
    assert ("the web process of the Procfile", expected) == (found.what, found.command)


@pytest.mark.parametrize("line", ["./migrate && ./serve", "A=b ./serve", "./serve '", "./serve $HOST"])
def test_what_needs_a_shell_is_not_proposed(project, line):
    assert Detected() == project(Procfile=f"web: {line}\n")


def test_a_dockerfile_is_a_last_hint(project):
    found = project(Dockerfile='FROM scratch\nCMD ["./serve", "--port", "80"]\n')
    assert ("./serve", "--port", "{port}") == found.command
    assert "The image is not built" in found.notes[0]


def test_an_empty_or_missing_directory_is_nothing(tmp_path):
    assert Detected() == detect(tmp_path) == detect(tmp_path / "missing")


def test_oddities_of_a_directory_do_no_harm(tmp_path):
    os.mkfifo(tmp_path / "app.py")
    (tmp_path / "main.py").write_bytes(b"\xff\x00app = FastAPI(")
    (tmp_path / "package.json").write_text("[" * 100_000)
    (tmp_path / "Procfile").mkdir()
    assert Detected() == detect(tmp_path)


@given(st.text(max_size=100))
def test_any_start_line_is_proposed_loadable_or_not_at_all(tmp_path_factory, line):
    root = tmp_path_factory.mktemp("project")
    (root / "Procfile").write_bytes(b"web: " + line.encode("utf-8", "replace"))
    found = detect(root)
    if found.command:
        assert found.command == parse_config(init_text("api", found).encode())[0].run.command


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("/srv/My API", "my-api"),
        ("/srv/2fa", "fa"),
        ("/", "api"),
        ("/srv/Ünï", "n"),
        (f"/{'a' * 99}", "a" * 40),
    ],
)
def test_an_app_is_named_after_its_directory(directory, expected):
    assert expected == app_name(directory)


def test_init_writes_a_file_that_loads_with_a_ramp_and_a_holdback(project):
    found = project(main_py="app = FastAPI()\n", requirements_txt="uvicorn")
    text = init_text("shop", found, schema=".verdigris/verdigris.schema.json")
    settings = parse_config(text.encode())[0]
    assert (Step(10), Step(50), Step(95, 0.0)) == settings.policy.ramp
    assert (5, found.command, found.build) == (
        settings.policy.holdback,
        settings.run.command,
        settings.run.build,
    )
    assert text.startswith("# yaml-language-server: $schema=.verdigris/verdigris.schema.json\n")


def test_init_leaves_a_placeholder_where_it_found_nothing():
    text = init_text("api", Detected())
    assert PLACEHOLDER in text
    with pytest.raises(ConfigError, match="run.command: is still the placeholder of `verdigris init`"):
        parse_config(text.encode())
