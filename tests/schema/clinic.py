"""A clinic, unlike the shop: a schema of its own, partitions, a domain, names in quotes, keys made by chance."""

from __future__ import annotations

from tests.schema.scenario import Application, migrations, sends

__all__ = ["CLINIC"]

SCHEMA = """
CREATE SCHEMA care;
CREATE DOMAIN care.code AS text CHECK (value ~ '^[A-Z]{1,4}-[0-9]{1,6}$');
CREATE TYPE care.urgency AS ENUM ('low', 'high');

CREATE TABLE care.wards (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    beds smallint NOT NULL DEFAULT 10,
    parent integer REFERENCES care.wards
);
CREATE TABLE care."Patient" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number care.code NOT NULL,
    "Full Name" text NOT NULL,
    born date,
    ward integer CONSTRAINT patient_ward REFERENCES care.wards DEFERRABLE INITIALLY DEFERRED,
    slug text NOT NULL,
    urgency care.urgency NOT NULL DEFAULT 'low',
    allergies text[],
    "order" integer,
    search text GENERATED ALWAYS AS (lower("Full Name")) STORED,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX patient_number ON care."Patient" (lower(number));
CREATE TABLE care.stays (
    room text NOT NULL,
    during tsrange NOT NULL,
    guest text,
    note varchar(200),
    EXCLUDE USING gist (during WITH &&) WHERE (room = 'theatre')
);
CREATE TABLE care.readings (
    taken timestamptz NOT NULL,
    device integer NOT NULL,
    value double precision,
    raw jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (device, taken)
) PARTITION BY RANGE (taken);
CREATE TABLE care.readings_2026 PARTITION OF care.readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE care.readings_rest PARTITION OF care.readings DEFAULT;
CREATE TABLE care.doses (
    patient text NOT NULL,
    drug text NOT NULL,
    milligrams integer NOT NULL,
    given boolean NOT NULL DEFAULT false,
    price numeric(8, 3),
    CONSTRAINT doses_once PRIMARY KEY (patient, drug)
);
CREATE VIEW care.adults AS SELECT id, "Full Name" AS name, born FROM care."Patient" WHERE born < '2008-01-01';
CREATE MATERIALIZED VIEW care.census AS SELECT ward, count(*) AS people FROM care."Patient" GROUP BY ward;
CREATE FUNCTION care.slugged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.slug := replace(lower(NEW."Full Name"), ' ', '-');
    RETURN NEW;
END $$;
CREATE TRIGGER patient_slug BEFORE INSERT OR UPDATE ON care."Patient" FOR EACH ROW EXECUTE FUNCTION care.slugged();
CREATE FUNCTION care.dose(weight numeric, factor numeric DEFAULT 1.5) RETURNS numeric LANGUAGE sql IMMUTABLE
    AS 'SELECT weight * factor';

GRANT USAGE ON SCHEMA care TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA care TO app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA care TO app;
"""

STATEMENTS = (
    sends(
        "INSERT INTO care.wards (name, parent) VALUES ($1, $2) RETURNING id",
        ("north", None),
        ("north 1", "1"),
    ),
    sends(
        'INSERT INTO care."Patient" (number, "Full Name", born, ward, allergies) VALUES ($1, $2, $3, $4, $5)'
        " RETURNING slug, urgency, search",
        ("AB-1", "Ada King", "1990-12-10", "1", "{nuts}"),
        ("AB-2", "Kit Young", "2015-02-28", "2", None),
    ),
    sends('SELECT "Full Name", "order" FROM care."Patient" WHERE lower(number) = lower($1)', ("ab-1",)),
    sends('SELECT p.*, w.name FROM care."Patient" p JOIN care.wards w ON w.id = p.ward ORDER BY p.number'),
    sends(
        'UPDATE care."Patient" SET urgency = $1::care.urgency, changed_at = now() WHERE number = $2',
        ("high", "AB-1"),
    ),
    sends("SELECT name FROM care.adults ORDER BY born"),
    sends("SELECT people FROM care.census WHERE ward = $1", ("1",)),
    sends("UPDATE care.adults SET name = $1 WHERE name = $2", ("Ada Lovelace", "Ada King")),
    sends(
        "INSERT INTO care.stays VALUES ($1, $2, $3)",
        ("theatre", "[2026-01-01 08:00, 2026-01-01 10:00)", "x"),
        ("hall", "[2026-01-01 09:00,)", None),
    ),
    sends("SELECT room FROM care.stays WHERE during @> $1::timestamp ORDER BY room", ("2026-01-01 09:30",)),
    sends(
        "UPDATE care.stays SET note = $1 WHERE room = $2",
        ("a note that is a little longer than the others are", "hall"),
    ),
    sends(
        "INSERT INTO care.readings (taken, device, value, raw) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (device, taken) DO UPDATE SET value = excluded.value",
        ("2026-02-01 00:00+00", "7", "36.6", '{"unit": "C"}'),
        ("2031-02-01 00:00+00", "70000", "-1e300", "{}"),
        types=("timestamp with time zone", "integer", "double precision", "jsonb"),
    ),
    sends(
        "SELECT device, avg(value) OVER (PARTITION BY device ORDER BY taken), raw->>'unit' AS unit"
        " FROM care.readings WHERE taken < $1 ORDER BY device",
        ("2040-01-01",),
    ),
    sends(
        "MERGE INTO care.doses d USING (SELECT $1::text AS patient, $2::text AS drug, $3::integer AS mg) n"
        " ON d.patient = n.patient AND d.drug = n.drug"
        " WHEN MATCHED THEN UPDATE SET milligrams = d.milligrams + n.mg"
        " WHEN NOT MATCHED THEN INSERT (patient, drug, milligrams) VALUES (n.patient, n.drug, n.mg)",
        ("AB-1", "iron", "50"),
        ("AB-1", "iron", "100"),
        ("AB-2", "iron", "5"),
    ),
    sends(
        "UPDATE care.doses SET price = care.dose($1, 2) WHERE drug = $2 RETURNING price",
        ("12345.678", "iron"),
    ),
    sends("SELECT care.dose($1)", ("10",), types=("numeric",)),
    sends(
        "WITH RECURSIVE tree AS (SELECT id, name FROM care.wards WHERE parent IS NULL"
        " UNION ALL SELECT w.id, w.name FROM care.wards w JOIN tree ON w.parent = tree.id)"
        " SELECT name FROM tree ORDER BY id"
    ),
    sends(
        "INSERT INTO care.doses (patient, drug, milligrams)"
        " SELECT patient, $1, milligrams FROM care.doses WHERE drug = 'iron'",
        ("zinc",),
    ),
    sends(
        'UPDATE care.doses SET given = true FROM care."Patient" p'
        ' WHERE p.number = doses.patient AND p."Full Name" LIKE $1',
        ("Ada%",),
    ),
    sends("SELECT DISTINCT * FROM care.doses ORDER BY patient, drug"),
    sends("SELECT patient, milligrams / 2 FROM care.doses WHERE NOT given ORDER BY 1"),
    sends(
        "SELECT w.name, last.value FROM care.wards w LEFT JOIN LATERAL"
        " (SELECT value FROM care.readings r WHERE r.device = w.beds ORDER BY taken DESC LIMIT 1) last ON true"
        " ORDER BY w.name"
    ),
    sends("DELETE FROM care.doses USING care.wards WHERE drug = $1 AND wards.name = 'north'", ("zinc",)),
    sends("DELETE FROM care.wards WHERE name = $1", ("nowhere",)),
)

CLINIC = Application("clinic", SCHEMA, STATEMENTS, migrations("clinic.sql"))
