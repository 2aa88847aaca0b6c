"""The questions to the catalog, one for each sort of object. Nothing is changed by them.

What stands in braces is put in by `queries`; some columns are missing on older servers. Columns of constraints and
indexes come as numbers, 0 for an expression. What an extension or a range type brought is left out by `OURS`;
constraints that only say NOT NULL (18) are told by the columns, and by themselves as long as they are not validated.
"""

from __future__ import annotations

__all__ = ["SETTINGS", "STATE", "queries"]

SETTINGS = (
    "SELECT current_schemas(false)::text[], current_setting('TimeZone'), current_setting('search_path')"
)

USERS = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'verdigris_schema')"
OURS = f"""{USERS} AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = '{{catalog}}'::regclass AND d.objid = {{oid}} AND d.deptype IN ({{sorts}}))"""
WHO = "CASE x.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(x.grantee)::text END, x.privilege_type"
"""Of an exploded list of rights. What an owner has of its own is left out: nobody revokes that."""

RELATION = """SELECT c.oid, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END,
    c.relrowsecurity, c.relforcerowsecurity, c.relpersistence = 'u', coalesce(c.reloptions, '{{}}'),
    ARRAY(SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
    coalesce(pg_get_expr(c.relpartbound, c.oid), ''), coalesce(pg_get_partkeydef(c.oid), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'S') AND {our_relation} ORDER BY 2, 3"""

COLUMN = """SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attgenerated::text, a.attidentity::text,
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text ELSE '' END,
    CASE WHEN t.typtype = 'd' THEN t.oid ELSE 0 END, t.oid
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    AND {users} ORDER BY 1, 2"""

CONSTRAINT = """SELECT k.conrelid, k.contypid, k.oid, k.conname, k.contype::text, pg_get_constraintdef(k.oid),
    k.convalidated, {enforced}, coalesce(k.conkey, '{{}}'), k.conindid, k.confrelid
    FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
    WHERE k.contype <> 't' AND NOT (k.contype = 'n' AND k.convalidated) AND {users} ORDER BY 1, 2, 4"""

INDEX = """SELECT i.indrelid, i.indexrelid, c.relname, pg_get_indexdef(i.indexrelid),
    (string_to_array(i.indkey::text, ' ')::int2[])[:i.indnkeyatts], i.indisunique, i.indisvalid,
    coalesce(pg_get_expr(i.indpred, i.indrelid), ''), EXISTS (SELECT FROM pg_constraint k
        WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')), {together}
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {users} ORDER BY 1, 3"""

TRIGGER = """SELECT t.tgrelid, t.oid, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text,
    t.tgtype & 3 = 3 AND t.tgtype & 4 <> 0, t.tgtype & 3 = 3 AND t.tgtype & 16 <> 0, t.tgtype & 64 <> 0
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND {users} ORDER BY 1, 3"""

RULE = """SELECT r.ev_class, r.oid, r.rulename, pg_get_ruledef(r.oid), r.ev_enabled::text,
    (ARRAY['select', 'update', 'insert', 'delete'])[r.ev_type::text::int], r.is_instead
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND {users} ORDER BY 1, 3"""

POLICY = """SELECT p.polrelid, p.oid, p.polname, p.polcmd::text, p.polpermissive,
    ARRAY(SELECT CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r)::text END FROM unnest(p.polroles) r ORDER BY 1),
    coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
    FROM pg_policy p ORDER BY 1, 3"""

SEQUENCE = """SELECT seqrelid, format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcycle
    FROM pg_sequence"""

RELATION_GRANT = """SELECT c.oid, '', {who} FROM pg_class c, aclexplode(c.relacl) x WHERE x.grantee <> c.relowner
    UNION ALL SELECT a.attrelid, a.attname, {who} FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attnum > 0"""

SCHEMA_GRANT = (
    "SELECT n.oid, '', {who} FROM pg_namespace n, aclexplode(n.nspacl) x WHERE x.grantee <> n.nspowner"
)

FUNCTION_GRANT = """SELECT p.oid, '', {who} FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
    WHERE x.grantee <> p.proowner AND {users}"""

ENUM = """SELECT t.oid, n.nspname, t.typname, ARRAY(SELECT e.oid FROM pg_enum e WHERE e.enumtypid = t.oid
        ORDER BY e.enumsortorder), ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid
        ORDER BY e.enumsortorder)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND {our_type} ORDER BY 2, 3"""

DOMAIN = """SELECT t.oid, n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod), t.typnotnull,
    coalesce(t.typdefault, '')
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND {our_type} ORDER BY 2, 3"""

TYPE = """SELECT t.oid, n.nspname, t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('r', 'b') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
    AND {our_type} ORDER BY 2, 3"""

FUNCTION = """SELECT p.oid, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid),
    pg_get_function_arguments(p.oid), coalesce(pg_get_function_result(p.oid), ''), p.prokind::text,
    md5(concat(p.prosrc, pg_get_function_sqlbody(p.oid), p.probin)),
    concat_ws(' ', l.lanname, p.provolatile, p.proisstrict, p.prosecdef, p.proconfig)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE {our_function} ORDER BY 2, 3, 4"""

SCHEMA = """SELECT n.oid, n.nspname, pg_get_userbyid(n.nspowner) FROM pg_namespace n
    WHERE {our_schema} ORDER BY 2"""

EXTENSION = "SELECT oid, extname, extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 2"

ALL = {
    "relation": RELATION, "column": COLUMN, "constraint": CONSTRAINT, "index": INDEX, "trigger": TRIGGER, "rule": RULE,
    "policy": POLICY, "sequence": SEQUENCE, "relation_grant": RELATION_GRANT, "schema_grant": SCHEMA_GRANT,
    "function_grant": FUNCTION_GRANT, "enum": ENUM, "domain": DOMAIN, "type": TYPE, "function": FUNCTION,
    "schema": SCHEMA, "extension": EXTENSION,
}  # fmt: skip


CATALOGS = (
    "attrdef", "attribute", "class", "constraint", "enum", "extension", "index", "inherits", "namespace", "policy",
    "proc", "rewrite", "sequence", "trigger", "type",
)  # fmt: skip
ROWS = "SELECT sum(hashtextextended(xmin::text || ctid::text, 0))::text FROM pg_{name}"
STATE = " UNION ALL ".join(ROWS.format(name=name) for name in CATALOGS)
"""A number for each of the tables that the questions are about; another one as soon as a row of it is another."""


def queries(version: int) -> dict[str, str]:
    """All of them as a server of that `server_version_num` (14 or newer) understands them."""
    parts = {
        "enforced": "k.conenforced" if version >= 180_000 else "true",
        "together": "i.indnullsnotdistinct" if version >= 150_000 else "false",
        "users": USERS,
        "who": WHO,
        "our_relation": OURS.format(catalog="pg_class", oid="c.oid", sorts="'e'"),
        "our_type": OURS.format(catalog="pg_type", oid="t.oid", sorts="'e'"),
        "our_function": OURS.format(catalog="pg_proc", oid="p.oid", sorts="'e', 'i'"),
        "our_schema": OURS.format(catalog="pg_namespace", oid="n.oid", sorts="'e'"),
    }
    return {name: text.format(**parts) for name, text in ALL.items()}
