"""A password is given to libpq and to nobody else."""

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.shadow.address import Address

URL = "postgresql://ann:s3cret%2F@db.example:5433/shop?sslmode=require"


def test_it_is_shown_without_its_password():
    address = Address.of(URL)
    assert "ann@db.example:5433/shop" == address.shown
    assert "s3cret" not in repr(address)
    assert "s3cret/" == address.words["password"]


def test_words_and_urls_are_the_same():
    words = "host=db.example port=5433 user=ann dbname=shop password=s3cret/ sslmode=require"
    assert Address.of(URL) == Address.of(words)


def test_programs_get_it_as_variables():
    assert {
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "ann",
        "PGPASSWORD": "s3cret/",
        "PGDATABASE": "shop",
        "PGSSLMODE": "require",
    } == Address.of(URL).environ


@pytest.mark.parametrize(
    "text",
    [
        "postgres//ann:s3cret@x/y",
        "mysql://ann:s3cret@x/y",
        "postgresql://ann:s3cret@[::1/y",
        "postgresql://ann:s3cret%zz@x/y",
        "postgresql://ann@x/y?password=s3cret&nix=1",
        "password='s3cret",
        "s3cret",
        "postgresql://ann:s3cret\0@x/y",
        "postgresql://ann:s3cret%00@x/y",
    ],
)
def test_what_is_no_url_is_refused_and_not_repeated(text):
    with pytest.raises(ConfigError, match="no URL that PostgreSQL understands") as refused:
        Address.of(text)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_is_no_url(text):
    with pytest.raises(ConfigError, match="no URL that PostgreSQL understands"):
        Address.of(text)


def test_a_sentence_that_holds_the_password_loses_it():
    assert "no … here" == Address.of(URL).safe("no s3cret/ here")


def test_without_a_host_it_is_this_machine():
    assert "localhost/shop" == Address.of("dbname=shop").shown


def test_odd_names_survive():
    assert "döner kebab" == Address.of("postgresql:///d%C3%B6ner%20kebab").words["dbname"]
