"""What stands for an extension that the shadow does not have: functions of its names and types, without its values.

The wheel's server comes without `uuid-ossp` and `pgcrypto`, which half of all schemas use in a default. With these the
table is there and its statements can be proven; what a function returns is not what production's would.
"""

from __future__ import annotations

import re

__all__ = ["standing_for"]

SCHEMA = re.compile(r'\bSCHEMA\s+("(?:[^"]|"")+"|[\w$]+)', re.IGNORECASE)
NONE = "00000000-0000-0000-0000-000000000000"
FUNCTIONS = {
    "uuid-ossp": (
        ("uuid_nil()", "uuid", f"'{NONE}'::uuid"),
        *((f"uuid_ns_{name}()", "uuid", f"'{NONE}'::uuid") for name in ("dns", "url", "oid", "x500")),
        *((f"uuid_generate_{name}()", "uuid", "pg_catalog.gen_random_uuid()") for name in ("v1", "v1mc", "v4")),
        ("uuid_generate_v3(namespace uuid, name text)", "uuid", "pg_catalog.md5($1::text || $2)::uuid"),
        ("uuid_generate_v5(namespace uuid, name text)", "uuid", "pg_catalog.md5($1::text || $2)::uuid"),
    ),
    "pgcrypto": (
        *((f"digest({given}, text)", "bytea", "'\\x00'::bytea") for given in ("text", "bytea")),
        *((f"hmac({given}, {given}, text)", "bytea", "'\\x00'::bytea") for given in ("text", "bytea")),
        ("crypt(text, text)", "text", "pg_catalog.md5($1 || $2)"),
        ("gen_salt(text)", "text", "'salt'::text"),
        ("gen_salt(text, integer)", "text", "'salt'::text"),
        ("gen_random_bytes(integer)", "bytea", "pg_catalog.decode(pg_catalog.repeat('00', $1), 'hex')"),
        ("gen_random_uuid()", "uuid", "pg_catalog.gen_random_uuid()"),
        *((f"{name}(bytea, bytea, text)", "bytea", "$1") for name in ("encrypt", "decrypt")),
        *((f"{name}(bytea, bytea, bytea, text)", "bytea", "$1") for name in ("encrypt_iv", "decrypt_iv")),
        ("armor(bytea)", "text", "pg_catalog.encode($1, 'base64')"),
        ("dearmor(text)", "bytea", "pg_catalog.decode($1, 'base64')"),
        *((f"pgp_sym_encrypt(text, text{more})", "bytea", "$1::bytea") for more in ("", ", text")),
        *((f"pgp_sym_decrypt(bytea, text{more})", "text", "$1::text") for more in ("", ", text")),
        *((f"pgp_pub_encrypt(text, bytea{more})", "bytea", "$1::bytea") for more in ("", ", text")),
        *((f"pgp_pub_decrypt(bytea, bytea{more})", "text", "$1::text") for more in ("", ", text", ", text, text")),
    ),
}  # fmt: skip
"""Extension -> function with its arguments, what it returns, and an expression of that type."""
CHANGING = ("uuid_generate_v1", "uuid_generate_v4", "gen_", "pgp_sym_encrypt", "pgp_pub_encrypt")
"""Those that the extension declares as volatile; of the others an index may be made."""


def standing_for(extension: str, statement: str) -> str:
    """SQL that makes what stands for it, in the schema that its `CREATE EXTENSION` names; "" where nothing does."""
    named = SCHEMA.search(statement)
    where = f"{named[1]}." if named else ""
    return "\n".join(
        f"CREATE FUNCTION {where}{function} RETURNS {returned} LANGUAGE sql {volatility(function)} "
        f"AS $$SELECT {value}$$;"
        for function, returned, value in FUNCTIONS.get(extension, ())
    )


def volatility(function: str) -> str:
    """As the extension declares it."""
    return "VOLATILE" if function.startswith(CHANGING) else "IMMUTABLE"
