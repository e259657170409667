-- What is owed and paid: each dealer has paid, in one receipt, what was issued until 30 days ago.

CREATE TEMPORARY TABLE scale_owed ON COMMIT DROP AS
SELECT i.id, o.dealer_n, o.total, i.number, i.issued_at, i.issued_at < f.ends - interval '30 days' AS is_paid
FROM facts f, scale_invoices i JOIN scale_orders o ON o.n = i.n;

INSERT INTO receivables (tenant_id, invoice_id, dealer_id, amount, paid, issued_at, updated_at)
SELECT f.tenant, w.id, d.id, w.total, CASE WHEN w.is_paid THEN w.total ELSE 0 END, w.issued_at, CASE WHEN w.is_paid THEN f.ends - interval '30 days' ELSE w.issued_at END
FROM facts f, scale_owed w JOIN scale_dealers d ON d.n = w.dealer_n;

CREATE TEMPORARY TABLE scale_receipts ON COMMIT DROP AS
SELECT w.dealer_n, pg_temp.uuid_at(f.ends - interval '30 days') AS id, sum(w.total) AS amount, f.ends - interval '30 days' AS at, 'NEFT' || lpad(w.dealer_n::text, 9, '0') AS reference
FROM facts f, scale_owed w WHERE w.is_paid GROUP BY w.dealer_n, f.ends;

INSERT INTO receipts (tenant_id, id, dealer_id, amount, allocated, mode, reference, received_on, recorded_at, recorded_by)
SELECT f.tenant, r.id, d.id, r.amount, r.amount, 'NEFT', r.reference, (r.at AT TIME ZONE 'Asia/Kolkata')::date, r.at, 'Scale Accounts'
FROM facts f, scale_receipts r JOIN scale_dealers d ON d.n = r.dealer_n;
INSERT INTO receipt_allocations (tenant_id, id, receipt_id, invoice_id, dealer_id, amount)
SELECT f.tenant, pg_temp.uuid_at(r.at), r.id, w.id, d.id, w.total
FROM facts f, scale_owed w JOIN scale_receipts r ON r.dealer_n = w.dealer_n JOIN scale_dealers d ON d.n = w.dealer_n WHERE w.is_paid;

INSERT INTO dealer_ledger (tenant_id, id, dealer_id, kind, amount, balance_after, invoice_id, receipt_id, reference, at)
SELECT f.tenant, pg_temp.uuid_at(e.at), d.id, e.kind, e.amount, sum(e.amount) OVER (PARTITION BY e.dealer_n ORDER BY e.at, e.reference ROWS UNBOUNDED PRECEDING),
       e.invoice_id, e.receipt_id, e.reference, e.at
FROM facts f,
     (SELECT dealer_n, 'INVOICE' AS kind, total AS amount, id AS invoice_id, NULL::uuid AS receipt_id, number AS reference, issued_at AS at FROM scale_owed
      UNION ALL SELECT dealer_n, 'RECEIPT', -amount, NULL, id, reference, at FROM scale_receipts) e
JOIN scale_dealers d ON d.n = e.dealer_n
ORDER BY e.at;

INSERT INTO dealer_credit (tenant_id, dealer_id, credit_limit, holds, unpaid, unallocated)
SELECT f.tenant, d.id, 100000000, coalesce(h.amount, 0), coalesce(u.amount, 0), 0
FROM facts f, scale_dealers d
LEFT JOIN (SELECT dealer_n, sum(total) AS amount FROM scale_orders WHERE reached IN (2, 3, 4) GROUP BY 1) h ON h.dealer_n = d.n
LEFT JOIN (SELECT dealer_n, sum(total) AS amount FROM scale_owed WHERE NOT is_paid GROUP BY 1) u ON u.dealer_n = d.n;
INSERT INTO credit_holds (tenant_id, order_id, dealer_id, amount, held_at, released_at)
SELECT f.tenant, o.id, d.id, o.total, o.placed_at + interval '2 hours', CASE WHEN o.reached >= 5 THEN o.placed_at + interval '24 hours' END
FROM facts f, scale_orders o JOIN scale_dealers d ON d.n = o.dealer_n WHERE o.reached >= 2;

-- Every step was to be told, and nobody has a phone number: skipped by the rule, and never due.
INSERT INTO notification_logs (tenant_id, id, event, channel, order_id, dealer_id, params, recipient_name, status, skip_reason, next_attempt_at, created_at)
SELECT f.tenant, pg_temp.uuid_at(s.at), 'ORDER_' || s.to_status, c.channel, o.id, d.id, '{}', 'Proprietor ' || d.n, 'SKIPPED', c.reason, s.at, s.at
FROM facts f, scale_steps s JOIN scale_orders o ON o.n = s.n JOIN scale_dealers d ON d.n = o.dealer_n
JOIN (VALUES ('WHATSAPP', 'NO_PHONE'), ('EMAIL', 'NO_RECIPIENT')) AS c (channel, reason) ON c.channel = 'WHATSAPP' OR s.to_status = 'PLACED'
WHERE s.to_status NOT IN ('PICKING', 'PACKED')
ORDER BY s.at;
