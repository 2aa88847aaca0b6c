"""The triggers that listen on a shadow, as SQL. `verdigris_trace` is where everything of them is, and nothing else."""

from __future__ import annotations

from verdigris.schema.trace.relations import READ

__all__ = ["EVENTS", "INSTALL", "READINGS", "REMOVE", "SCHEMA"]

SCHEMA = "verdigris_trace"
"""A migration that uses this name is refused."""
READINGS = "SELECT event, relation, modes, file, scans, rows, name FROM verdigris_trace.reading"
EVENTS = """
SELECT number, ends, transaction, tag, query, coalesce(object, 0)::int8 FROM verdigris_trace.event ORDER BY number
"""

# The functions act as their owner: a tool that is no superuser is heard as well.
TABLES = """
CREATE SCHEMA verdigris_trace;
CREATE TABLE verdigris_trace.known (relation oid PRIMARY KEY);
CREATE TABLE verdigris_trace.event (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ends boolean, transaction text, tag text, query text, object oid);
CREATE TABLE verdigris_trace.reading (
    event bigint, relation bigint, modes text[], file bigint, scans bigint, rows bigint, name text);
"""
NOTE = """
CREATE FUNCTION verdigris_trace.note(ends boolean, tag text, object oid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $note$
DECLARE at bigint;
BEGIN
    PERFORM pg_stat_force_next_flush();
    INSERT INTO verdigris_trace.event (ends, transaction, tag, query, object)
    VALUES ($1, pg_current_xact_id()::text, $2, current_query(), $3) RETURNING number INTO at;
    INSERT INTO verdigris_trace.reading (event, relation, modes, file, scans, rows, name)
    SELECT at, * FROM (<read>) AS read;
    IF NOT $1 THEN
        -- What was scanned before and is not locked now would count as this statement's.
        INSERT INTO verdigris_trace.reading (event, relation, modes, scans, rows)
        SELECT at, k.relation, '{}', pg_stat_get_xact_numscans(k.relation),
               pg_stat_get_xact_tuples_updated(k.relation) + pg_stat_get_xact_tuples_deleted(k.relation)
          FROM verdigris_trace.known k
         WHERE pg_stat_get_xact_numscans(k.relation) > 0
           AND NOT EXISTS (SELECT FROM verdigris_trace.reading r WHERE r.event = at AND r.relation = k.relation);
    END IF;
END $note$;
""".replace("<read>", READ)
FUNCTIONS = r"""
CREATE FUNCTION verdigris_trace.begins() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $begins$
BEGIN
    -- CONCURRENTLY goes through several transactions, and is told by what it is.
    IF current_query() !~* '\mconcurrently\M' THEN
        PERFORM verdigris_trace.note(false, tg_tag, NULL);
    END IF;
END $begins$;
CREATE FUNCTION verdigris_trace.ends() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $ends$
BEGIN
    PERFORM verdigris_trace.note(true, tg_tag, NULL);
END $ends$;
CREATE FUNCTION verdigris_trace.changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $changes$
BEGIN
    PERFORM verdigris_trace.note(tg_when = 'AFTER', tg_op, tg_relid);
    RETURN NULL;
END $changes$;
"""
ON_TABLES = r"""
INSERT INTO verdigris_trace.known
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384
   AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'verdigris_trace';
DO $each$
DECLARE one regclass; moment text;
BEGIN
    FOR one IN
        SELECT c.oid FROM verdigris_trace.known k JOIN pg_class c ON c.oid = k.relation WHERE c.relkind <> 'm'
    LOOP
        FOREACH moment IN ARRAY ARRAY['BEFORE', 'AFTER'] LOOP
            EXECUTE format('CREATE TRIGGER %I %s INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
                           'FOR EACH STATEMENT EXECUTE FUNCTION verdigris_trace.changes()',
                           'verdigris_trace_' || lower(moment), moment, one);
        END LOOP;
    END LOOP;
END $each$;
"""
LISTEN = """
CREATE EVENT TRIGGER verdigris_trace_begins ON ddl_command_start EXECUTE FUNCTION verdigris_trace.begins();
CREATE EVENT TRIGGER verdigris_trace_ends ON ddl_command_end EXECUTE FUNCTION verdigris_trace.ends();
"""
INSTALL = TABLES + NOTE + FUNCTIONS + ON_TABLES + LISTEN
"""All of it, in the order in which nothing hears of itself."""
REMOVE = """
DROP EVENT TRIGGER IF EXISTS verdigris_trace_begins;
DROP EVENT TRIGGER IF EXISTS verdigris_trace_ends;
DROP SCHEMA IF EXISTS verdigris_trace CASCADE;
"""
