from verdigris.schema.running.syncing import Facts, function_sql, triggers_of

ODD = Facts.named(1, 'a"b', "t; --", "old'", "new$$")


def test_names_and_expressions_are_quoted_whatever_they_are():
    facts = ODD.with_types(
        "integer", "integer", "text", "text", "{value} || $$x$$ -- {", "", old_default=False
    )
    text = function_sql(facts).as_string(None)
    assert 'NEW."new$$" := CAST((' in text
    assert "AS E'" in text or "AS '" in text
    assert "NEW.\"old''\" || $$x$$ -- {\n) AS text)" in text
    assert "SET search_path FROM CURRENT" in text


def test_a_plain_cast_leaves_the_search_path_alone():
    facts = ODD.with_types("integer", "integer", "text", "text", "", "", old_default=False)
    assert "search_path" not in function_sql(facts).as_string(None)


def test_triggers_have_the_same_names_whenever_they_are_asked_for():
    facts = ODD.with_types("integer", "integer", "text", "text", "", "", old_default=True)
    assert list(triggers_of(ODD)) == list(triggers_of(facts))
    assert all(name.startswith("~verdigris_sync_") and len(name) < 63 for name in triggers_of(facts))
