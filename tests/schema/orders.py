"""A shop: 26 statements of the version that serves now, in the order of a run that an empty database can take."""

from __future__ import annotations

from tests.schema.scenario import Application, migrations, sends

__all__ = ["ORDERS"]

SCHEMA = """
CREATE TYPE order_status AS ENUM ('new', 'paid', 'sent', 'cancelled');

CREATE TABLE customers (
    id serial PRIMARY KEY,
    email text NOT NULL CONSTRAINT customers_email UNIQUE,
    name varchar(80) NOT NULL,
    phone text,
    language text NOT NULL DEFAULT 'en',
    newsletter boolean,
    fax text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE products (
    id serial PRIMARY KEY,
    sku varchar(20) NOT NULL CONSTRAINT products_sku UNIQUE,
    title text NOT NULL,
    price numeric(10, 2) NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    attributes jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT products_price CHECK (price >= 0)
);
CREATE TABLE orders (
    id serial PRIMARY KEY,
    customer_id integer NOT NULL CONSTRAINT orders_customer REFERENCES customers,
    status order_status NOT NULL DEFAULT 'new',
    total numeric(10, 2) NOT NULL DEFAULT 0,
    coupon text,
    weight integer NOT NULL DEFAULT 0,
    placed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE order_lines (
    order_id integer NOT NULL REFERENCES orders ON DELETE CASCADE,
    product_id integer NOT NULL REFERENCES products,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, product_id)
);
CREATE TABLE settings (
    shop text NOT NULL,
    name text NOT NULL,
    value text,
    changed integer NOT NULL DEFAULT 0,
    CONSTRAINT settings_once UNIQUE (shop, name)
);
CREATE TABLE events (
    id bigserial PRIMARY KEY,
    kind text NOT NULL,
    payload text,
    session text,
    seen_at timestamptz
);
CREATE SEQUENCE invoices;
CREATE INDEX orders_of_customer ON orders (customer_id);
CREATE INDEX events_of_kind ON events (kind);

CREATE VIEW order_totals AS
    SELECT o.id, c.email, o.total FROM orders o JOIN customers c ON c.id = o.customer_id;
CREATE FUNCTION line_count(wanted integer) RETURNS bigint LANGUAGE sql STABLE
    AS 'SELECT count(*) FROM order_lines WHERE order_id = wanted';
CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, payload) VALUES ('order', NEW.id::text);
    RETURN NEW;
END $$;
CREATE TRIGGER orders_noted AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_order();

GRANT USAGE ON SCHEMA public TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO app;
"""

STATEMENTS = (
    sends(
        "INSERT INTO customers (email, name, phone) VALUES ($1, $2, $3) RETURNING id, created_at",
        ("ada@example.org", "Ada Lovelace", None),
        ("grace@example.org", "Grace Hopper, Rear Admiral of the Navy", "+1 555 0100"),
    ),
    sends(
        "INSERT INTO products (sku, title, price, tags) VALUES ($1, $2, $3, $4) RETURNING *",
        ("TEAPOT-BLUE-LARGE", "A blue teapot", "1234567.89", "{tea,blue}"),
        ("CUP-1", "A cup", "3.50", "{}"),
    ),
    sends("SELECT * FROM customers WHERE email = $1", ("ada@example.org",)),
    sends("SELECT id, name FROM customers WHERE lower(email) = lower($1) ORDER BY id", ("ADA@example.org",)),
    sends(
        "INSERT INTO orders (customer_id, coupon) VALUES ($1, $2) RETURNING id, status, total",
        ("1", "SPRING"),
        ("2", "SPRING"),
        types=("integer", "text"),
    ),
    sends(
        "INSERT INTO order_lines (order_id, product_id, quantity) VALUES ($1, $2, $3)",
        ("1", "1", "2"),
        ("2", "2", "40"),
    ),
    sends(
        "SELECT o.id, email, title, quantity FROM orders o JOIN customers c ON c.id = o.customer_id"
        " JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id"
        " WHERE o.id = $1 ORDER BY title",
        ("1",),
    ),
    sends(
        "UPDATE orders SET total = $1, weight = weight + 250 WHERE id = $2 RETURNING total",
        ("2469135.78", "1"),
    ),
    sends("UPDATE orders SET status = 'paid' WHERE id = $1 AND status = 'new'", ("1",)),
    sends("UPDATE orders SET status = $1 WHERE id = $2", ("cancelled", "2")),
    sends("SELECT count(*) FROM orders WHERE status IN ('new', 'paid', 'sent')"),
    sends("SELECT email, total FROM order_totals WHERE total > $1 ORDER BY email", ("10",)),
    sends("SELECT line_count($1)", ("1",)),
    sends(
        "INSERT INTO settings (shop, name, value) VALUES ($1, $2, $3)"
        " ON CONFLICT (shop, name) DO UPDATE SET value = excluded.value, changed = settings.changed + 1"
        " RETURNING changed",
        ("north", "open", "9-17"),
        ("north", "open", "9-18"),
        ("south", "open", None),
    ),
    sends(
        "INSERT INTO products (sku, title, price) VALUES ($1, $2, 0) ON CONFLICT (sku) DO NOTHING",
        ("CUP-1", "A cup"),
        ("BAG", "A bag"),
    ),
    sends(
        "INSERT INTO customers (email, name) VALUES ($1, 'Nobody') ON CONFLICT (email) DO UPDATE SET name = 'Somebody'",
        ("alan@example.org",),
        ("alan@example.org",),
    ),
    sends(
        "INSERT INTO events (kind, payload, session, seen_at) VALUES ($1, $2, $3, $4)",
        ("login", "by password", "s1", "2026-03-01 10:00:00+00"),
        ("login", "by key", "s1", "2026-03-02 11:30:00+00"),
    ),
    sends("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind"),
    sends(
        "SELECT id FROM events WHERE seen_at >= $1 ORDER BY seen_at DESC LIMIT 10",
        ("2026-03-02 00:00:00+00",),
    ),
    sends(
        "WITH recent AS (SELECT id, customer_id FROM orders WHERE placed_at > now() - interval '1 day')"
        " SELECT c.name, count(recent.id) FROM customers c LEFT JOIN recent ON recent.customer_id = c.id"
        " GROUP BY c.name ORDER BY c.name"
    ),
    sends(
        "SELECT title FROM products WHERE tags @> ARRAY[$1]::text[] AND attributes->>'colour' IS NULL",
        ("tea",),
    ),
    sends(
        "UPDATE products SET attributes = attributes || $1::jsonb WHERE sku = $2",
        ('{"colour": "blue"}', "TEAPOT-BLUE-LARGE"),
    ),
    sends("SELECT nextval('invoices')"),
    sends("SELECT substr(coupon, 1, 3), sum(weight) + 1 FROM orders GROUP BY 1 ORDER BY 1"),
    sends("SELECT * FROM orders WHERE customer_id = ANY($1) ORDER BY id FOR UPDATE", ("{1,2}",)),
    sends("DELETE FROM orders WHERE id = $1 RETURNING id", ("2",)),
)

ORDERS = Application("orders", SCHEMA, STATEMENTS, migrations("orders.sql"))
