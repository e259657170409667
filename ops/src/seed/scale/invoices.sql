-- An invoice for every dispatched order, numbered and dated in the order of dispatch.

CREATE TEMPORARY TABLE scale_invoices ON COMMIT DROP AS
SELECT o.n, pg_temp.uuid_at(i.issued_at) AS id, i.issued_at, i.issued_on, i.financial_year,
       row_number() OVER (PARTITION BY i.financial_year ORDER BY o.n)::integer AS sequence, NULL::text AS number, NULL::text AS body, NULL::text AS previous_hash, NULL::text AS hash
FROM scale_orders o,
     LATERAL (SELECT o.placed_at + interval '24 hours' AS issued_at, ((o.placed_at + interval '24 hours') AT TIME ZONE 'Asia/Kolkata')::date AS issued_on) d,
     LATERAL (SELECT d.issued_at, d.issued_on, extract(year FROM d.issued_on - interval '3 months')::smallint AS financial_year) i
WHERE o.reached >= 5;
CREATE UNIQUE INDEX ON scale_invoices (n);

UPDATE scale_invoices i
SET number = format('%s/%s-%s/%s', f.prefix, lpad((i.financial_year % 100)::text, 2, '0'), lpad(((i.financial_year + 1) % 100)::text, 2, '0'), lpad(i.sequence::text, 6, '0'))
FROM facts f;

-- What invoicing::chain::hash covers, all but the hash before it: a name alone is a fact that is not stated. A test of the
-- chain follows every seed.
UPDATE scale_invoices i
SET body = concat_ws(E'\n', 'number=' || i.number, 'issued_on=' || i.issued_on, 'issued_at=' || (extract(epoch FROM i.issued_at) * 1000000)::bigint,
                     'order=' || o.number, 'ordered_on=' || (o.placed_at AT TIME ZONE 'Asia/Kolkata')::date, f.seller_text,
                     'buyer=' || d.legal_name, E'trade_name\ngstin=' || d.gstin, place.text, 'phone',
                     'ship_to=' || d.legal_name, 'gstin=' || d.gstin, place.text,
                     'place_of_supply=' || d.state, 'supply_row=' || d.pos_row, 'supply_clause=' || d.pos_clause, 'supply=' || d.supply_kind,
                     E'reverse_charge=false\nendorsement', E'transporter=Own vehicle\nlr_number\nlr_date\nvehicle\ndistance_km\neway_bill',
                     'lines=' || l.count, l.text, E'summary=1\nhsn=853620\nuqc=NOS\nrate=18.00\nquantity=' || l.quantity, sums.text, sums.text,
                     'round_off=' || o.round_off, 'total=' || o.total, 'in_words=' || w.words, 'declaration=' || f.declaration, E'terms\nupi=0', '')
FROM facts f, scale_orders o JOIN scale_dealers d ON d.n = o.dealer_n JOIN scale_words w ON w.total = o.total
JOIN (SELECT l.n, count(*) AS count, sum(l.quantity) AS quantity,
             string_agg(concat_ws(E'\n', 'line=' || l.line_no, 'name=' || p.name, 'sku=' || p.sku, 'hsn=' || p.hsn, E'uqc=NOS\nquantity=' || l.quantity,
                                  'unit_price=' || p.price, E'rate=18.00\ntaxable=' || l.taxable, 'cgst=' || l.cgst, 'sgst=' || l.cgst, 'utgst=0.00',
                                  'igst=' || l.igst, 'total=' || l.total), E'\n' ORDER BY l.line_no) AS text
      FROM scale_lines l JOIN scale_products p ON p.n = l.product_n GROUP BY 1) l ON l.n = o.n,
     LATERAL (SELECT concat_ws(E'\n', 'taxable=' || o.taxable, 'cgst=' || o.cgst, 'sgst=' || o.cgst, 'utgst=0.00', 'igst=' || o.igst) AS text) sums,
     LATERAL (SELECT concat_ws(E'\n', E'address=1\nstreet=' || d.n || ' Bazaar Road', 'city=' || d.city, 'state=' || d.state, 'pincode=' || d.pincode) AS text) place
WHERE o.n = i.n;
CREATE UNIQUE INDEX ON scale_invoices (financial_year, sequence);
ANALYZE scale_invoices;

-- One hash after the other, each found by the index; a hash join would read the table anew for each.
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
CREATE TEMPORARY TABLE scale_chain ON COMMIT DROP AS
WITH RECURSIVE chain AS (
    SELECT i.financial_year, i.sequence, repeat('0', 64) AS previous_hash,
           encode(sha256(convert_to('previous=' || repeat('0', 64) || E'\n' || i.body, 'UTF8')), 'hex') AS hash
    FROM scale_invoices i WHERE i.sequence = 1
    UNION ALL
    SELECT i.financial_year, i.sequence, c.hash, encode(sha256(convert_to('previous=' || c.hash || E'\n' || i.body, 'UTF8')), 'hex')
    FROM chain c JOIN scale_invoices i ON i.financial_year = c.financial_year AND i.sequence = c.sequence + 1
)
SELECT * FROM chain;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = on;
CREATE UNIQUE INDEX ON scale_chain (financial_year, sequence);
ANALYZE scale_chain;

INSERT INTO invoices (tenant_id, id, number, series_id, registration_id, financial_year, sequence, issued_on, issued_at, order_id, order_number, ordered_on, dealer_id,
                      seller, buyer, ship_to, transport, pos_state, pos_row, pos_clause, supply_kind, taxable, cgst, sgst, utgst, igst, round_off, total,
                      amount_in_words, declaration, previous_hash, hash)
SELECT f.tenant, i.id, i.number, f.series, f.registration, i.financial_year, i.sequence, i.issued_on, i.issued_at, o.id, o.number,
       (o.placed_at AT TIME ZONE 'Asia/Kolkata')::date, d.id, f.seller, party.buyer, party.ship_to, '{"transporter": "Own vehicle"}',
       d.state, d.pos_row, d.pos_clause, d.supply_kind, o.taxable, o.cgst, o.cgst, 0, o.igst, o.round_off, o.total, w.words, f.declaration, c.previous_hash, c.hash
FROM facts f, scale_invoices i JOIN scale_chain c USING (financial_year, sequence) JOIN scale_orders o ON o.n = i.n JOIN scale_dealers d ON d.n = o.dealer_n
JOIN scale_words w ON w.total = o.total,
     LATERAL (SELECT jsonb_build_object('lines', jsonb_build_array(d.n || ' Bazaar Road'), 'city', d.city, 'state', d.state, 'pincode', d.pincode) AS address) a,
     LATERAL (SELECT jsonb_build_object('legal_name', d.legal_name, 'trade_name', NULL, 'gstin', d.gstin, 'address', a.address, 'phone', NULL) AS buyer,
                     jsonb_build_object('name', d.legal_name, 'gstin', d.gstin, 'address', a.address) AS ship_to) party
ORDER BY i.n;

INSERT INTO invoice_lines (tenant_id, id, invoice_id, dealer_id, line_no, order_line_id, product_id, sku, name, hsn, uqc, quantity, unit_price, tax_rate,
                           taxable, cgst, sgst, utgst, igst, total)
SELECT f.tenant, pg_temp.uuid_at(i.issued_at), i.id, d.id, l.line_no, l.id, p.id, p.sku, p.name, p.hsn, 'NOS', l.quantity, p.price, 18, l.taxable, l.cgst, l.cgst, 0, l.igst, l.total
FROM facts f, scale_lines l JOIN scale_invoices i ON i.n = l.n JOIN scale_orders o ON o.n = l.n JOIN scale_dealers d ON d.n = o.dealer_n
JOIN scale_products p ON p.n = l.product_n
ORDER BY l.n, l.line_no;

INSERT INTO invoice_tax_summary (tenant_id, invoice_id, dealer_id, hsn, uqc, tax_rate, quantity, taxable, cgst, sgst, utgst, igst)
SELECT f.tenant, i.id, d.id, '853620', 'NOS', 18, sum(l.quantity), sum(l.taxable), sum(l.cgst), sum(l.cgst), 0, sum(l.igst)
FROM facts f, scale_lines l JOIN scale_invoices i ON i.n = l.n JOIN scale_orders o ON o.n = l.n JOIN scale_dealers d ON d.n = o.dealer_n
GROUP BY f.tenant, i.id, d.id;

INSERT INTO document_counters (tenant_id, registration_id, series_id, financial_year, last_number, last_issued_on, last_hash)
SELECT DISTINCT ON (i.financial_year) f.tenant, f.registration, f.series, i.financial_year, i.sequence, i.issued_on, c.hash
FROM facts f, scale_invoices i JOIN scale_chain c USING (financial_year, sequence) ORDER BY i.financial_year, i.sequence DESC;
