-- What the tenant sells and to whom. `facts` has one row: the tenant and what was founded with it.

CREATE FUNCTION pg_temp.uuid_at(instant timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    -- Version 7: sorts by time, as the ids made in Rust do.
    SELECT (lpad(to_hex(floor(extract(epoch FROM instant) * 1000)::bigint), 12, '0') || '7' || left(md5(random()::text), 3)
            || '8' || left(md5(random()::text), 15))::uuid
$$;

-- Ten families of five kinds each.
CREATE TEMPORARY TABLE scale_categories ON COMMIT DROP AS
SELECT n, pg_temp.uuid_at(f.began) AS id, NULL::uuid AS parent_id, family AS name, family AS path, 1 AS depth, family
FROM facts f, unnest(ARRAY['Switchgear', 'Wires', 'Lighting', 'Fans', 'Conduits', 'Tools', 'Meters', 'Panels', 'Motors', 'Solar'])
     WITH ORDINALITY AS x (family, n);
INSERT INTO scale_categories
SELECT 10 * c.n + k, pg_temp.uuid_at(f.began), c.id, kind, c.path || ' > ' || kind, 2, c.family
FROM facts f, scale_categories c, unnest(ARRAY['Domestic', 'Industrial', 'Outdoor', 'Marine', 'Railway']) WITH ORDINALITY AS x (kind, k)
WHERE c.depth = 1;

INSERT INTO categories (tenant_id, id, parent_id, name, path, depth)
SELECT f.tenant, c.id, c.parent_id, c.name, c.path, c.depth FROM scale_categories c, facts f;

CREATE TEMPORARY TABLE scale_products ON COMMIT DROP AS
SELECT i AS n, pg_temp.uuid_at(f.began) AS id, 'SC-' || lpad(i::text, 5, '0') AS sku,
       (ARRAY['Vajra', 'Tarang', 'Deepak', 'Urja', 'Kiran', 'Agni', 'Bijli', 'Prakash'])[1 + i % 8] || ' '
       || (ARRAY['breaker', 'isolator', 'contactor', 'cable', 'lamp', 'driver', 'starter', 'relay', 'busbar', 'gland', 'socket', 'meter'])[1 + i % 12] || ' '
       || (ARRAY['6A', '10A', '16A', '20A', '25A', '32A', '40A', '63A', '80A', '100A'])[1 + i / 12 % 10] || ' type ' || i AS name,
       c.id AS category_id, c.path, '853620' AS hsn, (20 + i * 37 % 980)::numeric(14, 4) AS price,
       -- Every other product stands on the default list, at its base price.
       i % 2 = 0 AS is_listed
FROM facts f, generate_series(1, (SELECT products FROM facts)) AS i
JOIN scale_categories c ON c.depth = 2 AND c.n = 10 * (1 + i % 10) + 1 + i / 10 % 5;
CREATE UNIQUE INDEX ON scale_products (n);

INSERT INTO products (tenant_id, id, sku, name, category_id, hsn, uqc, tax_class, base_price, mrp, created_at, updated_at)
SELECT f.tenant, p.id, p.sku, p.name, p.category_id, p.hsn, 'NOS', 'STANDARD', p.price, p.price * 2, f.began, f.began
FROM scale_products p, facts f;

-- The words that catalog::words makes of such names, which have neither points nor letters beyond ASCII.
INSERT INTO product_words (tenant_id, word, product_id, sort_name, is_active)
SELECT DISTINCT f.tenant, w.word, p.id, lower(p.name), true
FROM facts f, scale_products p,
     regexp_split_to_table(lower(replace(p.sku, '-', '') || ' ' || p.sku || ' ' || p.hsn || ' ' || p.name || ' ' || p.path), '[^a-z0-9]+') AS w (word)
WHERE w.word <> '';

INSERT INTO price_list_items (tenant_id, price_list_id, product_id, unit_price)
SELECT f.tenant, f.list, p.id, p.price FROM scale_products p, facts f WHERE p.is_listed;

-- Four dealers in five are in the seller's State.
CREATE TEMPORARY TABLE scale_dealers ON COMMIT DROP AS
SELECT g.n, pg_temp.uuid_at(f.began) AS id, pg_temp.uuid_at(f.began) AS address_id, 'D-' || lpad(g.n::text, 4, '0') AS code,
       'Scale Traders ' || lpad(g.n::text, 4, '0') AS legal_name, g.gstin, g.state, s.pincode, s.city, s.supply_kind, s.pos_row, s.pos_clause
FROM facts f, scale_gstins g JOIN scale_states s USING (state);
CREATE UNIQUE INDEX ON scale_dealers (n);

INSERT INTO dealers (tenant_id, id, code, legal_name, gst_treatment, gstin, created_at, updated_at)
SELECT f.tenant, d.id, d.code, d.legal_name, 'REGISTERED', d.gstin, f.began, f.began FROM scale_dealers d, facts f;
INSERT INTO dealer_addresses (tenant_id, id, dealer_id, label, party, line1, city, state_code, pincode, is_billing)
SELECT f.tenant, d.address_id, d.id, 'Shop', 'DEALER', d.n || ' Bazaar Road', d.city, d.state, d.pincode, true FROM scale_dealers d, facts f;
-- Nobody has a phone number, so nothing is ever due to be sent.
INSERT INTO dealer_contacts (tenant_id, id, dealer_id, name, language, is_primary)
SELECT f.tenant, pg_temp.uuid_at(f.began), d.id, 'Proprietor ' || d.n, 'en', true FROM scale_dealers d, facts f;
