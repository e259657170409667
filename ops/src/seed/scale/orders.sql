-- Half a year of orders, evenly spread and most of them delivered; the last few hundred are open.

CREATE TEMPORARY TABLE scale_orders ON COMMIT DROP AS
SELECT i AS n, pg_temp.uuid_at(at.placed_at) AS id, at.placed_at, d.n AS dealer_n, s.status,
       CASE s.status WHEN 'APPROVED' THEN 2 WHEN 'PICKING' THEN 3 WHEN 'PACKED' THEN 4 WHEN 'DISPATCHED' THEN 5 WHEN 'DELIVERED' THEN 6 ELSE 1 END AS reached,
       extract(year FROM at.placed_at AT TIME ZONE 'Asia/Kolkata' - interval '3 months')::smallint AS financial_year
FROM facts f, generate_series(1, (SELECT orders FROM facts)) AS i,
     LATERAL (SELECT f.began + interval '1 day' + i * ((f.ends - interval '3 days') - (f.began + interval '1 day')) / f.orders) AS at (placed_at),
     LATERAL (SELECT f.orders - i) AS open (rank),
     LATERAL (SELECT CASE WHEN open.rank < 200 THEN 'PLACED' WHEN open.rank < 300 THEN 'APPROVED' WHEN open.rank < 400 THEN 'PICKING'
                          WHEN open.rank < 500 THEN 'PACKED' WHEN open.rank < 600 THEN 'DISPATCHED' WHEN i % 97 = 0 THEN 'REJECTED'
                          WHEN i % 89 = 0 THEN 'CANCELLED' ELSE 'DELIVERED' END) AS s (status),
     scale_dealers d
WHERE d.n = 1 + i * 7919::bigint % (SELECT dealers FROM facts);
CREATE UNIQUE INDEX ON scale_orders (n);
ALTER TABLE scale_orders ADD number text;
UPDATE scale_orders o SET number = format('SO/%s-%s/%s', lpad((x.financial_year % 100)::text, 2, '0'), lpad(((x.financial_year + 1) % 100)::text, 2, '0'), lpad(x.sequence::text, 6, '0'))
FROM (SELECT n, financial_year, row_number() OVER (PARTITION BY financial_year ORDER BY n) AS sequence FROM scale_orders) x
WHERE x.n = o.n;

-- Three to five lines, each of another product. Prices are whole rupees, so that 9 and 18 per cent are whole paise.
CREATE TEMPORARY TABLE scale_lines ON COMMIT DROP AS
SELECT o.n, k AS line_no, pg_temp.uuid_at(o.placed_at) AS id, p.n AS product_n, x.quantity, x.taxable,
       CASE WHEN d.supply_kind = 'INTRA_STATE' THEN x.taxable * 0.09 ELSE 0 END::numeric(14, 2) AS cgst,
       CASE WHEN d.supply_kind = 'INTER_STATE' THEN x.taxable * 0.18 ELSE 0 END::numeric(14, 2) AS igst,
       (x.taxable * 1.18)::numeric(14, 2) AS total
FROM scale_orders o JOIN scale_dealers d ON d.n = o.dealer_n,
     generate_series(1, 3 + o.n % 3) AS k, scale_products p,
     LATERAL (SELECT (1 + (o.n + k) % 10)::numeric(14, 3) AS quantity, ((1 + (o.n + k) % 10) * p.price)::numeric(14, 2) AS taxable) x
WHERE p.n = 1 + (o.n * 31 + k * 1009) % (SELECT products FROM facts);
CREATE INDEX ON scale_lines (n);

ALTER TABLE scale_orders ADD line_count integer, ADD taxable numeric(14, 2), ADD cgst numeric(14, 2), ADD igst numeric(14, 2), ADD round_off numeric(14, 2), ADD total numeric(14, 2);
UPDATE scale_orders o SET line_count = s.count, taxable = s.taxable, cgst = s.cgst, igst = s.igst, total = round(s.total), round_off = round(s.total) - s.total
FROM (SELECT n, count(*) AS count, sum(taxable) AS taxable, sum(cgst) AS cgst, sum(igst) AS igst, sum(total) AS total FROM scale_lines GROUP BY n) s
WHERE s.n = o.n;
ANALYZE scale_orders, scale_lines, scale_products, scale_dealers;

INSERT INTO orders (tenant_id, id, number, financial_year, dealer_id, location_id, status, version, channel, placed_at, placed_by_name, ship_to_address_id,
                    bill_to, ship_to, pos_state, pos_row, pos_clause, supply_kind, line_count, subtotal, cgst, sgst, utgst, igst, round_off, total, updated_at)
SELECT f.tenant, o.id, o.number, o.financial_year, d.id, f.location, o.status, o.reached, 'STAFF', o.placed_at, 'Scale Sales', d.address_id, party, party,
       d.state, d.pos_row, d.pos_clause, d.supply_kind, o.line_count, o.taxable, o.cgst, o.cgst, 0, o.igst, o.round_off, o.total, o.placed_at
FROM facts f, scale_orders o JOIN scale_dealers d ON d.n = o.dealer_n,
     LATERAL (SELECT jsonb_build_object('name', d.legal_name, 'gstin', d.gstin, 'address', jsonb_build_object('line1', d.n || ' Bazaar Road', 'city', d.city,
                                        'state_code', d.state, 'pincode', d.pincode)) AS party) p
ORDER BY o.n;

INSERT INTO order_lines (tenant_id, id, order_id, dealer_id, line_no, product_id, sku, name, hsn, uqc, tax_class, tax_rate, quantity, unit_price, price_source,
                         price_list_name, taxable, cgst, sgst, utgst, igst, total, reserved_quantity, picked_quantity)
SELECT f.tenant, l.id, o.id, d.id, l.line_no, p.id, p.sku, p.name, p.hsn, 'NOS', 'STANDARD', 18, l.quantity, p.price,
       CASE WHEN p.is_listed THEN 'DEFAULT_LIST' ELSE 'BASE' END, CASE WHEN p.is_listed THEN f.list_name END, l.taxable, l.cgst, l.cgst, 0, l.igst, l.total,
       CASE WHEN o.reached IN (2, 3, 4) THEN l.quantity ELSE 0 END, CASE WHEN o.reached >= 4 THEN l.quantity ELSE 0 END
FROM facts f, scale_lines l JOIN scale_orders o ON o.n = l.n JOIN scale_dealers d ON d.n = o.dealer_n JOIN scale_products p ON p.n = l.product_n
ORDER BY l.n, l.line_no;

INSERT INTO order_counters (tenant_id, financial_year, last_number)
SELECT f.tenant, o.financial_year, count(*) FROM facts f, scale_orders o GROUP BY 1, 2;

-- The steps each order has come by, with the time each took since the placing.
CREATE TEMPORARY TABLE scale_steps ON COMMIT DROP AS
SELECT o.n, s.rank, s.from_status, s.to_status, o.placed_at + s.took AS at
FROM scale_orders o JOIN (VALUES (1, NULL, 'PLACED', interval '0'), (2, 'PLACED', 'APPROVED', interval '2 hours'), (3, 'APPROVED', 'PICKING', interval '20 hours'),
                                 (4, 'PICKING', 'PACKED', interval '21 hours'), (5, 'PACKED', 'DISPATCHED', interval '24 hours'),
                                 (6, 'DISPATCHED', 'DELIVERED', interval '48 hours')) AS s (rank, from_status, to_status, took) ON s.rank <= o.reached
UNION ALL
SELECT o.n, 2, 'PLACED', o.status, o.placed_at + interval '3 hours' FROM scale_orders o WHERE o.status IN ('REJECTED', 'CANCELLED');

INSERT INTO order_status_history (tenant_id, id, order_id, dealer_id, from_status, to_status, reason, by_name, at)
SELECT f.tenant, pg_temp.uuid_at(s.at), o.id, d.id, s.from_status, s.to_status, CASE WHEN s.to_status IN ('REJECTED', 'CANCELLED') THEN 'Ordered twice' END, 'Scale Sales', s.at
FROM facts f, scale_steps s JOIN scale_orders o ON o.n = s.n JOIN scale_dealers d ON d.n = o.dealer_n
ORDER BY s.at;

INSERT INTO pick_lists (tenant_id, id, order_id, location_id, started_by_name, started_at, closed_at)
SELECT f.tenant, pg_temp.uuid_at(o.placed_at), o.id, f.location, 'Scale Warehouse', o.placed_at + interval '20 hours',
       CASE WHEN o.reached >= 4 THEN o.placed_at + interval '21 hours' END
FROM facts f, scale_orders o WHERE o.reached >= 3;

INSERT INTO shipments (tenant_id, id, order_id, dealer_id, transporter, dispatched_at, dispatched_by, delivered_at)
SELECT f.tenant, pg_temp.uuid_at(o.placed_at), o.id, d.id, 'Own vehicle', o.placed_at + interval '24 hours', 'Scale Warehouse',
       CASE WHEN o.reached = 6 THEN o.placed_at + interval '48 hours' END
FROM facts f, scale_orders o JOIN scale_dealers d ON d.n = o.dealer_n WHERE o.reached >= 5;

-- The shelf: a receipt that covers everything that left or is promised, and 500 more.
CREATE TEMPORARY TABLE scale_moves ON COMMIT DROP AS
SELECT p.n AS product_n, f.began AS at, NULL::bigint AS n, 500 + coalesce(sum(l.quantity) FILTER (WHERE o.reached >= 2), 0) AS quantity
FROM facts f, scale_products p LEFT JOIN scale_lines l ON l.product_n = p.n LEFT JOIN scale_orders o ON o.n = l.n GROUP BY 1, 2;
INSERT INTO scale_moves SELECT l.product_n, o.placed_at + interval '24 hours', o.n, -l.quantity FROM scale_lines l JOIN scale_orders o ON o.n = l.n WHERE o.reached >= 5;

INSERT INTO stock_balances (tenant_id, location_id, product_id, on_hand, reserved)
SELECT f.tenant, f.location, p.id, m.on_hand, coalesce(r.reserved, 0)
FROM facts f, scale_products p JOIN (SELECT product_n, sum(quantity) AS on_hand FROM scale_moves GROUP BY 1) m ON m.product_n = p.n
LEFT JOIN (SELECT l.product_n, sum(l.quantity) AS reserved FROM scale_lines l JOIN scale_orders o ON o.n = l.n WHERE o.reached IN (2, 3, 4) GROUP BY 1) r ON r.product_n = p.n;

INSERT INTO stock_ledger (tenant_id, id, location_id, product_id, kind, quantity, balance_after, order_id, reference, by_name, at)
SELECT f.tenant, pg_temp.uuid_at(m.at), f.location, p.id, CASE WHEN m.n IS NULL THEN 'RECEIPT' ELSE 'DISPATCH' END, m.quantity, m.balance_after, o.id,
       coalesce(o.number, 'Opening stock'), 'Scale Warehouse', m.at
FROM facts f,
     (SELECT *, sum(quantity) OVER (PARTITION BY product_n ORDER BY at, n NULLS FIRST ROWS UNBOUNDED PRECEDING) AS balance_after FROM scale_moves) m
JOIN scale_products p ON p.n = m.product_n LEFT JOIN scale_orders o ON o.n = m.n
ORDER BY m.at;
