-- 42 migrations of the shop: 27 break its running version, 14 do not, and one lets rows vanish without an error.
-- A heading names the layer that sees a break first, and what the server says; `ok` stands where nothing breaks.

--- drop a column [L1 42703]
ALTER TABLE customers DROP COLUMN phone;

--- rename a column [L1 42703]
ALTER TABLE products RENAME COLUMN title TO label;

--- drop a table [L1 42P01]
DROP TABLE order_lines CASCADE;

--- rename a table [L1 42P01]
ALTER TABLE settings RENAME TO preferences;

--- drop a view [L1 42P01]
DROP VIEW order_totals;

--- drop a function [L1 42883]
DROP FUNCTION line_count(integer);

--- move to another schema [L1 42P01]
CREATE SCHEMA log;
GRANT USAGE ON SCHEMA log TO app;
ALTER TABLE events SET SCHEMA log;

--- a new column makes a name ambiguous [L1 42702]
ALTER TABLE orders ADD COLUMN email text;

--- integer to text [L1 42883]
ALTER TABLE orders ALTER COLUMN weight DROP DEFAULT, ALTER COLUMN weight TYPE text;

--- rename an enum label [L1 22P02]
ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled';

--- a column becomes generated [L1 428C9]
ALTER TABLE events DROP COLUMN session;
ALTER TABLE events ADD COLUMN session text GENERATED ALWAYS AS (kind || '-') STORED;

--- drop a unique constraint [L2 42P10]
ALTER TABLE settings DROP CONSTRAINT settings_once;

--- a unique index becomes partial [L2 42P10]
ALTER TABLE products DROP CONSTRAINT products_sku;
CREATE UNIQUE INDEX products_sku ON products (sku) WHERE price > 0;

--- a unique constraint becomes wider [L2 42P10]
ALTER TABLE customers DROP CONSTRAINT customers_email, ADD CONSTRAINT customers_email UNIQUE (email, language);

--- revoke [L2 42501]
REVOKE DELETE ON orders FROM app;

--- NOT NULL without a default [L3 23502]
ALTER TABLE customers ADD COLUMN country text NOT NULL;

--- drop a default [L3 23502]
ALTER TABLE customers ALTER COLUMN language DROP DEFAULT;

--- SET NOT NULL on a column that is left out [L3 23502]
ALTER TABLE customers ALTER COLUMN newsletter SET NOT NULL;

--- SET NOT NULL on a column that is sent as NULL [L3 23502]
ALTER TABLE customers ALTER COLUMN phone SET NOT NULL;

--- varchar narrowed [L4 22001]
ALTER TABLE customers ALTER COLUMN name TYPE varchar(20);

--- numeric narrowed [L4 22003]
ALTER TABLE products ALTER COLUMN price TYPE numeric(6, 2);

--- text to jsonb [L4 22P02]
ALTER TABLE events ALTER COLUMN payload TYPE jsonb USING to_jsonb(payload);

--- CHECK on a value that is inserted [L4 23514]
ALTER TABLE order_lines ADD CONSTRAINT few CHECK (quantity <= 30);

--- CHECK that only an UPDATE meets [L5 23514]
ALTER TABLE orders ADD CONSTRAINT affordable CHECK (total < 1000000);

--- UNIQUE on a value that comes again [L5 23505]
CREATE UNIQUE INDEX one_a_session ON events (session);

--- foreign key to an empty table [L5 23503]
CREATE TABLE coupons (code text PRIMARY KEY);
GRANT SELECT ON coupons TO app;
ALTER TABLE orders ADD CONSTRAINT orders_coupon FOREIGN KEY (coupon) REFERENCES coupons NOT VALID;

--- a trigger that raises [L5 P0001]
CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no orders from %',
    NEW.customer_id; END $$;
CREATE TRIGGER orders_closed BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION closed();

--- an added column under SELECT * [ok]
ALTER TABLE customers ADD COLUMN birthday date;

--- a dropped column that is only in * [ok]
ALTER TABLE customers DROP COLUMN fax;

--- integer to bigint [ok]
ALTER TABLE orders ALTER COLUMN weight TYPE bigint;

--- timestamptz to timestamp [ok]
ALTER TABLE events ALTER COLUMN seen_at TYPE timestamp;

--- an added column with a default [ok]
ALTER TABLE orders ADD COLUMN gift boolean NOT NULL DEFAULT false;

--- a new table [ok]
CREATE TABLE returns (id serial PRIMARY KEY, order_id integer REFERENCES orders);
GRANT ALL ON returns TO app;

--- an index [ok]
CREATE INDEX orders_by_time ON orders (placed_at);

--- an index dropped [ok]
DROP INDEX events_of_kind;

--- an enum label added [ok]
ALTER TYPE order_status ADD VALUE 'returned' AFTER 'sent';

--- varchar wider [ok]
ALTER TABLE customers ALTER COLUMN name TYPE varchar(200);

--- CHECK that everything meets [ok]
ALTER TABLE products ADD CONSTRAINT titled CHECK (title <> '') NOT VALID;

--- CHECK dropped [ok]
ALTER TABLE products DROP CONSTRAINT products_price;

--- another default [ok]
ALTER TABLE customers ALTER COLUMN language SET DEFAULT 'de';
ALTER TABLE orders ALTER COLUMN total SET DEFAULT 1;

--- renamed, with a view of the old name [ok]
ALTER TABLE settings RENAME TO preferences;
CREATE VIEW settings AS SELECT * FROM preferences;
GRANT SELECT, INSERT, UPDATE, DELETE ON settings TO app;

--- row level security [vanished]
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON orders USING (true) WITH CHECK (true);
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
CREATE POLICY written ON events FOR INSERT WITH CHECK (true);
CREATE POLICY own ON events FOR SELECT USING (session = current_setting('app.session', true));
