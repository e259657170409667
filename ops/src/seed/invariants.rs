//! What must be true of a tenant's data whatever happened to it, as queries that find what is not.
//!
//! Each check selects the faults it knows, one line of text for each; no line means that the claim holds. They run as the
//! owner inside one tenant, so row-level security narrows them to it. The seeds end with them, `vitaran
//! verify-invariants` runs them on any database, and faults injected by a test must not bring one up.

use vitaran_core::access::Actor;
use vitaran_core::audit;
use vitaran_core::db::Db;
use vitaran_core::invoicing;
use vitaran_core::orders::status::TABLE;
use vitaran_kernel::TenantId;

use crate::OpsError;
use crate::database::{Session, TenantRow};

/// Faults shown of one check: enough to see what kind of damage it is.
const SHOWN: usize = 20;

/// One claim about a tenant's data.
#[derive(Debug, Clone)]
pub struct Check {
    /// Short name of the claim; one claim may need several checks.
    pub code: &'static str,
    pub claim: &'static str,
    sql: String,
}

/// A claim that does not hold, with some of the rows that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub tenant: String,
    pub code: &'static str,
    pub claim: &'static str,
    pub found: usize,
    pub examples: Vec<String>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}: {} ({} found)",
            self.tenant, self.code, self.claim, self.found
        )?;
        for example in &self.examples {
            write!(f, "\n    {example}")?;
        }
        Ok(())
    }
}

/// What a run of the checks came to.
#[derive(Debug, Default)]
pub struct Verdict {
    pub tenants: usize,
    pub checks: usize,
    pub invoices: usize,
    pub violations: Vec<Violation>,
}

/// Runs every check in every tenant given, the chains of their invoices included.
pub async fn verify(
    owner: &mut Session,
    db: &Db,
    tenants: &[TenantRow],
) -> Result<Verdict, OpsError> {
    let mut verdict = Verdict {
        tenants: tenants.len(),
        ..Verdict::default()
    };
    for tenant in tenants {
        owner.begin_in(tenant.id).await?;
        for check in checks() {
            verdict.checks += 1;
            let lines = owner.lines(&check.sql).await?;
            if !lines.is_empty() {
                verdict.violations.push(Violation {
                    tenant: tenant.slug.clone(),
                    code: check.code,
                    claim: check.claim,
                    found: lines.len(),
                    examples: lines.into_iter().take(SHOWN).collect(),
                });
            }
        }
        owner.rollback().await?;
        verdict.checks += 1;
        let chain = verify_chain(db, tenant.id).await?;
        verdict.invoices += chain.invoices;
        if !chain.faults.is_empty() {
            verdict.violations.push(Violation {
                tenant: tenant.slug.clone(),
                code: "I13",
                claim: "invoices are what was issued, each chained to the one before it",
                found: chain.faults.len(),
                examples: chain
                    .faults
                    .iter()
                    .take(SHOWN)
                    .map(|fault| format!("{}: {}", fault.number, fault.fault))
                    .collect(),
            });
        }
    }
    Ok(verdict)
}

/// Recomputes the seals of a tenant's trail.
pub async fn verify_trail(db: &Db, tenant: TenantId) -> Result<audit::TrailReport, OpsError> {
    let by = Actor::system(tenant, "vitaran verify-chain")
        .allow()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin_read(&by).await?;
    let report = audit::verify_trail(&mut tx, &by).await?;
    tx.commit().await?;
    Ok(report)
}

/// Recomputes the hashes of a tenant's invoices.
pub async fn verify_chain(db: &Db, tenant: TenantId) -> Result<invoicing::ChainReport, OpsError> {
    let by = Actor::system(tenant, "vitaran verify-chain")
        .allow()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin_read(&by).await?;
    let report = invoicing::verify_chain(&mut tx, &by)
        .await
        .map_err(OpsError::refused)?;
    tx.commit().await?;
    Ok(report)
}

fn check(code: &'static str, claim: &'static str, sql: impl Into<String>) -> Check {
    Check {
        code,
        claim,
        sql: sql.into(),
    }
}

/// All checks but the chain, which is no query.
#[must_use]
pub fn checks() -> Vec<Check> {
    let mut all = stock();
    all.extend(invoices());
    all.extend(numbers());
    all.extend(sums());
    all.extend(credit());
    all.extend(orders());
    all.extend(structure());
    all
}

fn stock() -> Vec<Check> {
    vec![
        check(
            "I1",
            "stock on hand is the sum of its ledger",
            "SELECT format('%s at %s: %s on hand, %s in the ledger', p.sku, l.name, b.on_hand, coalesce(s.quantity, 0)) AS line \
             FROM stock_balances b JOIN products p ON p.tenant_id = b.tenant_id AND p.id = b.product_id \
             JOIN locations l ON l.tenant_id = b.tenant_id AND l.id = b.location_id \
             LEFT JOIN (SELECT location_id, product_id, sum(quantity) AS quantity FROM stock_ledger GROUP BY 1, 2) s \
               ON s.location_id = b.location_id AND s.product_id = b.product_id \
             WHERE b.on_hand <> coalesce(s.quantity, 0)",
        ),
        // Each movement begins where another ended, the first at nothing, and the balance is where the last ended.
        check(
            "I1",
            "every movement of stock begins where one before it ended",
            "SELECT format('%s: no movement ends at %s, where one begins', p.sku, gap.at) AS line FROM ( \
               (SELECT location_id, product_id, balance_after - quantity AS at FROM stock_ledger \
                UNION ALL SELECT location_id, product_id, on_hand FROM stock_balances) \
               EXCEPT ALL \
               (SELECT location_id, product_id, balance_after FROM stock_ledger \
                UNION ALL SELECT location_id, product_id, 0 FROM stock_balances) \
             ) gap JOIN products p ON p.id = gap.product_id",
        ),
        check(
            "I1",
            "reserved stock is what lines of open orders have reserved",
            "SELECT format('%s: %s reserved, %s by lines', p.sku, b.reserved, coalesce(r.quantity, 0)) AS line \
             FROM stock_balances b JOIN products p ON p.tenant_id = b.tenant_id AND p.id = b.product_id \
             FULL JOIN (SELECT o.location_id, l.product_id, sum(l.reserved_quantity) AS quantity \
                        FROM order_lines l JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id \
                        WHERE l.reserved_quantity > 0 GROUP BY 1, 2) r \
               ON r.location_id = b.location_id AND r.product_id = b.product_id \
             WHERE coalesce(b.reserved, 0) <> coalesce(r.quantity, 0)",
        ),
        check(
            "I1",
            "only orders that are approved, picked or packed have stock reserved",
            "SELECT format('%s is %s and has %s of line %s reserved', o.number, o.status, l.reserved_quantity, l.line_no) AS line \
             FROM order_lines l JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id \
             WHERE l.reserved_quantity > 0 AND o.status NOT IN ('APPROVED', 'PICKING', 'PACKED')",
        ),
        check(
            "I2",
            "a dispatched order took its picked goods from the shelf exactly once, and no other took any",
            "SELECT format('order %s product %s: %s picked, %s taken in %s movement(s)', coalesce(w.order_id, t.order_id), \
                    coalesce(w.product_id, t.product_id), coalesce(w.quantity, 0), coalesce(t.quantity, 0), coalesce(t.times, 0)) AS line \
             FROM (SELECT l.order_id, l.product_id, l.picked_quantity AS quantity FROM order_lines l \
                   JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id \
                   WHERE o.status IN ('DISPATCHED', 'DELIVERED') AND l.picked_quantity > 0) w \
             FULL JOIN (SELECT order_id, product_id, -sum(quantity) AS quantity, count(*) AS times FROM stock_ledger \
                        WHERE kind = 'DISPATCH' GROUP BY 1, 2) t \
               ON t.order_id = w.order_id AND t.product_id = w.product_id \
             WHERE w.quantity IS DISTINCT FROM t.quantity OR t.times <> 1",
        ),
    ]
}

fn invoices() -> Vec<Check> {
    vec![
        check(
            "I3",
            "a dispatched order has one invoice and one shipment, and no other has any",
            "SELECT format('%s is %s with invoice %s', o.number, o.status, coalesce(i.number, 'none')) AS line \
             FROM orders o LEFT JOIN invoices i ON i.tenant_id = o.tenant_id AND i.order_id = o.id \
             LEFT JOIN shipments s ON s.tenant_id = o.tenant_id AND s.order_id = o.id \
             WHERE (o.status IN ('DISPATCHED', 'DELIVERED')) <> (i.id IS NOT NULL) OR (i.id IS NULL) <> (s.id IS NULL)",
        ),
        check(
            "I3",
            "an invoice states what was picked, at the price of the order",
            "SELECT format('order line %s: %s picked, %s invoiced', coalesce(w.id, i.order_line_id), w.picked_quantity, i.quantity) AS line \
             FROM (SELECT l.id, l.picked_quantity, l.unit_price FROM order_lines l JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id \
                   WHERE o.status IN ('DISPATCHED', 'DELIVERED') AND l.picked_quantity > 0) w \
             FULL JOIN invoice_lines i ON i.order_line_id = w.id \
             WHERE w.picked_quantity IS DISTINCT FROM i.quantity OR w.unit_price IS DISTINCT FROM i.unit_price",
        ),
    ]
}

fn numbers() -> Vec<Check> {
    vec![
        check(
            "I4",
            "the numbers of a series and year run from 1 without a gap, as far as its counter stands",
            "SELECT format('series %s of %s: %s invoices from %s to %s, the counter stands at %s', coalesce(n.series_id, c.series_id), \
                    coalesce(n.financial_year, c.financial_year), n.count, n.first, n.last, c.last_number) AS line \
             FROM (SELECT series_id, registration_id, financial_year, count(*) AS count, min(sequence) AS first, max(sequence) AS last \
                   FROM invoices GROUP BY 1, 2, 3) n \
             FULL JOIN document_counters c USING (series_id, registration_id, financial_year) \
             WHERE n.first IS DISTINCT FROM 1 OR n.count IS DISTINCT FROM n.last::bigint OR n.last IS DISTINCT FROM c.last_number",
        ),
        check(
            "I4",
            "an invoice's number is its series, its year and its place in it, in at most 16 characters",
            "SELECT format('%s is number %s of series %s', i.number, i.sequence, s.prefix) AS line \
             FROM invoices i JOIN document_series s ON s.tenant_id = i.tenant_id AND s.id = i.series_id \
             WHERE i.number !~ '^[A-Za-z0-9/-]{1,16}$' OR split_part(i.number, '/', 1) <> s.prefix \
                OR split_part(i.number, '/', 3) !~ '^[0-9]+$' OR split_part(i.number, '/', 3)::integer <> i.sequence \
                OR left(split_part(i.number, '/', 2), 2) <> lpad((i.financial_year % 100)::text, 2, '0')",
        ),
        check(
            "I4",
            "the dates of a series never go back, and lie in its year",
            "SELECT format('%s of %s follows one of %s', number, issued_on, before) AS line FROM ( \
               SELECT number, issued_on, financial_year, lag(issued_on) OVER (PARTITION BY series_id, financial_year ORDER BY sequence) AS before \
               FROM invoices) d \
             WHERE issued_on < before OR extract(year FROM issued_on - interval '3 months') <> financial_year",
        ),
        check(
            "I4",
            "order numbers of a year run from 1 without a gap, as far as the counter stands",
            "SELECT format('year %s: %s orders, the last is %s, the counter stands at %s', coalesce(n.financial_year, c.financial_year), n.count, n.last, c.last_number) AS line \
             FROM (SELECT financial_year, count(*) AS count, max(split_part(number, '/', 3)::integer) AS last FROM orders GROUP BY 1) n \
             FULL JOIN order_counters c USING (financial_year) \
             WHERE n.count IS DISTINCT FROM n.last::bigint OR n.last IS DISTINCT FROM c.last_number",
        ),
    ]
}

fn sums() -> Vec<Check> {
    vec![
        check(
            "I5",
            "an order's lines add up to its sums, and with the round-off to whole rupees",
            "SELECT format('%s: %s in lines, %s on the order', o.number, l.taxable, o.subtotal) AS line \
             FROM orders o LEFT JOIN (SELECT order_id, count(*) AS count, sum(taxable) AS taxable, sum(cgst) AS cgst, sum(sgst) AS sgst, sum(utgst) AS utgst, \
                                      sum(igst) AS igst, sum(total) AS total FROM order_lines GROUP BY 1) l ON l.order_id = o.id \
             WHERE (l.count, l.taxable, l.cgst, l.sgst, l.utgst, l.igst, l.total + o.round_off) \
                   IS DISTINCT FROM (o.line_count::bigint, o.subtotal, o.cgst, o.sgst, o.utgst, o.igst, o.total) \
                OR abs(o.round_off) > 0.5 OR o.cgst <> o.sgst + o.utgst OR (o.igst <> 0 AND o.cgst <> 0)",
        ),
        check(
            "I5",
            "an invoice's lines and its HSN summary add up to its sums, and with the round-off to whole rupees",
            "SELECT format('%s: %s in lines, %s in the summary, %s on the invoice', i.number, l.taxable, s.taxable, i.taxable) AS line \
             FROM invoices i \
             LEFT JOIN (SELECT invoice_id, sum(taxable) AS taxable, sum(cgst) AS cgst, sum(sgst) AS sgst, sum(utgst) AS utgst, sum(igst) AS igst, \
                        sum(total) AS total, sum(quantity) AS quantity FROM invoice_lines GROUP BY 1) l ON l.invoice_id = i.id \
             LEFT JOIN (SELECT invoice_id, sum(taxable) AS taxable, sum(cgst) AS cgst, sum(sgst) AS sgst, sum(utgst) AS utgst, sum(igst) AS igst, \
                        sum(quantity) AS quantity FROM invoice_tax_summary GROUP BY 1) s ON s.invoice_id = i.id \
             WHERE (l.taxable, l.cgst, l.sgst, l.utgst, l.igst, l.total + i.round_off) IS DISTINCT FROM (i.taxable, i.cgst, i.sgst, i.utgst, i.igst, i.total) \
                OR (s.taxable, s.cgst, s.sgst, s.utgst, s.igst, s.quantity) IS DISTINCT FROM (i.taxable, i.cgst, i.sgst, i.utgst, i.igst, l.quantity) \
                OR abs(i.round_off) > 0.5",
        ),
        check(
            "I5",
            "tax follows the kind of supply: CGST and SGST or UTGST within a State, IGST between States, none where zero-rated",
            "SELECT format('%s is %s', number, supply_kind) AS line FROM invoices \
             WHERE CASE supply_kind WHEN 'INTRA_STATE' THEN igst <> 0 OR utgst <> 0 WHEN 'INTRA_UNION_TERRITORY' THEN igst <> 0 OR sgst <> 0 \
                   WHEN 'INTER_STATE' THEN cgst <> 0 ELSE cgst <> 0 OR igst <> 0 END",
        ),
    ]
}

fn credit() -> Vec<Check> {
    vec![
        check(
            "I6",
            "a dealer's exposure is its open holds and unpaid invoices less its unallocated receipts",
            "SELECT format('%s: holds %s (%s), unpaid %s (%s), unallocated %s (%s)', d.code, c.holds, coalesce(h.amount, 0), c.unpaid, coalesce(r.amount, 0), \
                    c.unallocated, coalesce(p.amount, 0)) AS line \
             FROM dealers d LEFT JOIN dealer_credit c ON c.tenant_id = d.tenant_id AND c.dealer_id = d.id \
             LEFT JOIN (SELECT dealer_id, sum(amount) AS amount FROM credit_holds WHERE released_at IS NULL GROUP BY 1) h ON h.dealer_id = d.id \
             LEFT JOIN (SELECT dealer_id, sum(amount - paid) AS amount FROM receivables GROUP BY 1) r ON r.dealer_id = d.id \
             LEFT JOIN (SELECT dealer_id, sum(amount - allocated) AS amount FROM receipts GROUP BY 1) p ON p.dealer_id = d.id \
             WHERE (c.holds, c.unpaid, c.unallocated) IS DISTINCT FROM (coalesce(h.amount, 0), coalesce(r.amount, 0), coalesce(p.amount, 0))",
        ),
        check(
            "I6",
            "an order is on credit hold with its total from its approval until it is dispatched or cancelled",
            "SELECT format('%s is %s for %s with a hold of %s', o.number, o.status, o.total, coalesce(h.amount::text, 'nothing')) AS line \
             FROM orders o LEFT JOIN credit_holds h ON h.tenant_id = o.tenant_id AND h.order_id = o.id AND h.released_at IS NULL \
             WHERE CASE WHEN o.status IN ('APPROVED', 'PICKING', 'PACKED') THEN h.amount IS DISTINCT FROM o.total ELSE h.order_id IS NOT NULL END",
        ),
        check(
            "I6",
            "what is paid of invoices is what receipts were set against them",
            "SELECT format('invoice %s: %s paid, %s allocated', i.number, r.paid, coalesce(a.amount, 0)) AS line \
             FROM receivables r JOIN invoices i ON i.tenant_id = r.tenant_id AND i.id = r.invoice_id \
             LEFT JOIN (SELECT invoice_id, sum(amount) AS amount FROM receipt_allocations GROUP BY 1) a ON a.invoice_id = r.invoice_id \
             WHERE r.paid <> coalesce(a.amount, 0) OR r.amount <> i.total \
             UNION ALL \
             SELECT format('receipt %s: %s allocated, %s in allocations', r.reference, r.allocated, coalesce(a.amount, 0)) \
             FROM receipts r LEFT JOIN (SELECT receipt_id, sum(amount) AS amount FROM receipt_allocations GROUP BY 1) a ON a.receipt_id = r.id \
             WHERE r.allocated <> coalesce(a.amount, 0)",
        ),
        check(
            "I6",
            "every invoice has its receivable, and every invoice and receipt one row in the dealer's ledger",
            "SELECT format('invoice %s: %s ledger row(s)', i.number, count(l.id)) AS line FROM invoices i \
             LEFT JOIN receivables r ON r.tenant_id = i.tenant_id AND r.invoice_id = i.id \
             LEFT JOIN dealer_ledger l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id AND l.dealer_id = i.dealer_id AND l.amount = i.total AND l.kind = 'INVOICE' \
             GROUP BY i.id, i.number, r.invoice_id HAVING count(l.id) <> 1 OR r.invoice_id IS NULL \
             UNION ALL \
             SELECT format('receipt %s: %s ledger row(s)', r.reference, count(l.id)) FROM receipts r \
             LEFT JOIN dealer_ledger l ON l.tenant_id = r.tenant_id AND l.receipt_id = r.id AND l.dealer_id = r.dealer_id AND l.amount = -r.amount AND l.kind = 'RECEIPT' \
             GROUP BY r.id, r.reference HAVING count(l.id) <> 1 \
             UNION ALL \
             SELECT format('%s ledger rows for %s documents', (SELECT count(*) FROM dealer_ledger), (SELECT count(*) FROM invoices) + (SELECT count(*) FROM receipts)) \
             WHERE (SELECT count(*) FROM dealer_ledger) <> (SELECT count(*) FROM invoices) + (SELECT count(*) FROM receipts)",
        ),
        check(
            "I6",
            "every row of a dealer's ledger begins where one before it ended, and the balance is where the last ended",
            "SELECT format('%s: no row ends at %s, where one begins', d.code, gap.at) AS line FROM ( \
               (SELECT dealer_id, balance_after - amount AS at FROM dealer_ledger UNION ALL SELECT dealer_id, unpaid - unallocated FROM dealer_credit) \
               EXCEPT ALL \
               (SELECT dealer_id, balance_after FROM dealer_ledger UNION ALL SELECT dealer_id, 0 FROM dealer_credit) \
             ) gap JOIN dealers d ON d.id = gap.dealer_id",
        ),
    ]
}

fn orders() -> Vec<Check> {
    let legal = TABLE
        .iter()
        .map(|row| format!("('{}', '{}')", row.from.as_str(), row.to.as_str()))
        .collect::<Vec<_>>()
        .join(", ");
    vec![
        check(
            "I7",
            "an order's history is a path of the state table that ends in its status",
            format!(
                "WITH steps AS ( \
                   SELECT h.order_id, h.from_status, h.to_status, lag(h.to_status) OVER w AS came_to, lead(h.id) OVER w IS NULL AS is_last \
                   FROM order_status_history h WHERE h.kind = 'STATUS' WINDOW w AS (PARTITION BY h.order_id ORDER BY h.at, h.id)), \
                 legal (from_status, to_status) AS (VALUES {legal}) \
                 SELECT format('%s is %s; its history goes from %s to %s', o.number, o.status, coalesce(s.from_status, 'nothing'), coalesce(s.to_status, 'nothing')) AS line \
                 FROM orders o LEFT JOIN steps s ON s.order_id = o.id \
                 LEFT JOIN legal ON legal.from_status = s.from_status AND legal.to_status = s.to_status \
                 WHERE s.order_id IS NULL OR s.from_status IS DISTINCT FROM s.came_to \
                    OR (s.from_status IS NULL AND s.to_status <> 'PLACED') OR (s.from_status IS NOT NULL AND legal.to_status IS NULL) \
                    OR (s.is_last AND s.to_status <> o.status)"
            ),
        ),
        check(
            "I8",
            "every step that is told to the dealer has exactly one message in the outbox, and every message a step",
            "SELECT format('order %s, %s: %s step(s), %s message(s)', coalesce(h.order_id, n.order_id), coalesce(h.event, n.event), coalesce(h.steps, 0), coalesce(n.messages, 0)) AS line \
             FROM (SELECT order_id, 'ORDER_' || to_status AS event, count(*) AS steps FROM order_status_history \
                   WHERE kind = 'STATUS' AND to_status IN ('PLACED', 'APPROVED', 'REJECTED', 'CANCELLED', 'DISPATCHED', 'DELIVERED') GROUP BY 1, 2) h \
             FULL JOIN (SELECT order_id, event, count(*) AS messages FROM notification_logs WHERE channel = 'WHATSAPP' GROUP BY 1, 2) n \
               ON n.order_id = h.order_id AND n.event = h.event \
             WHERE h.steps IS DISTINCT FROM 1 OR n.messages IS DISTINCT FROM 1",
        ),
        check(
            "I9",
            "a dealer's own reference names one order",
            "SELECT format('%s names %s orders', client_reference, count(*)) AS line FROM orders \
             WHERE client_reference IS NOT NULL GROUP BY dealer_id, client_reference HAVING count(*) > 1",
        ),
        check(
            "search",
            "every product is found by some word",
            "SELECT p.sku AS line FROM products p WHERE NOT EXISTS (SELECT FROM product_words w WHERE w.tenant_id = p.tenant_id AND w.product_id = p.id)",
        ),
        check(
            "search",
            "what stands with a product's words is what stands with the product",
            "SELECT format('%s: %s', p.sku, w.word) AS line FROM products p JOIN product_words w ON w.tenant_id = p.tenant_id AND w.product_id = p.id \
             WHERE (w.sort_name, w.is_active) IS DISTINCT FROM (p.sort_name, p.is_active)",
        ),
    ]
}

fn structure() -> Vec<Check> {
    vec![
        check(
            "I12",
            "no reference between tenants' tables can leave the tenant",
            "SELECT format('%s of %s', c.conname, c.conrelid::regclass) AS line FROM pg_constraint c \
             JOIN pg_attribute child ON child.attrelid = c.conrelid AND child.attname = 'tenant_id' AND NOT child.attisdropped \
             JOIN pg_attribute parent ON parent.attrelid = c.confrelid AND parent.attname = 'tenant_id' AND NOT parent.attisdropped \
             WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace \
               AND array_position(c.conkey, child.attnum) IS DISTINCT FROM array_position(c.confkey, parent.attnum)",
        ),
        check(
            "I12",
            "every tenant's table is guarded by row-level security, for its owner as well",
            "SELECT c.relname::text AS line FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') \
               AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant_isolation'))",
        ),
        check(
            "I13",
            "histories, ledgers, invoices and the audit refuse to be changed",
            "SELECT t.name AS line FROM unnest(ARRAY['audit_log', 'audit_seals', 'audit_trail', 'dealer_ledger', 'invoice_lines', 'invoice_tax_summary', 'invoices', 'notification_attempts', \
                    'order_status_history', 'receipt_allocations', 'stock_ledger']) AS t (name) \
             WHERE (SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = t.name::regclass AND g.tgname IN ('append_only', 'append_only_truncate') AND g.tgenabled = 'O') <> 2",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_named_invariant_has_a_check() {
        let codes: std::collections::BTreeSet<_> =
            checks().into_iter().map(|check| check.code).collect();
        for code in [
            "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I12", "I13",
        ] {
            assert!(codes.contains(code), "{code}");
        }
    }

    #[test]
    fn the_history_check_knows_every_step_of_the_state_table() {
        let history = checks()
            .into_iter()
            .find(|check| check.code == "I7")
            .unwrap();
        for row in &TABLE {
            let pair = format!("('{}', '{}')", row.from.as_str(), row.to.as_str());
            assert!(history.sql.contains(&pair), "{pair}");
        }
    }
}
