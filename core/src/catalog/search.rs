//! Finding products by what a person types: every word must begin a word of the product.
//!
//! Under row-level security PostgreSQL uses an index only for leakproof operators. Equality of uuids
//! and `>=`, `<` on text in the order of `COLLATE "C"` are leakproof; `ILIKE`, `@@` and `lower()`
//! are not. So a term is a range of `product_words`' primary key.

use crate::db::Statement;

use super::words;

/// Terms looked at; further words of a long pasted text narrow nothing down.
const MAX_TERMS: usize = 8;

/// Characters of a term that begins few words.
const LONG_TERM: usize = 3;

/// Products of the category `r.id` and of all below it, for `p.category_id IN (…)`; `{category}` and
/// `{tenant}` are placeholders. A subtree is one prefix of the path.
pub(crate) const IN_SUBTREE: &str = " AND p.category_id IN (SELECT c.id FROM categories r JOIN categories c \
     ON c.tenant_id = r.tenant_id AND (c.id = r.id OR (c.path >= r.path || ' > ' AND c.path < r.path || ' >!')) \
     WHERE r.tenant_id = {tenant} AND r.id = {category})";

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// Each with its end as a prefix.
    terms: Vec<(String, String)>,
    /// The text as a code, so that an exact SKU or barcode comes first.
    code: String,
}

impl Search {
    /// `None` when nothing was typed. A text without a single word finds nothing.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let terms = words::split(text).into_iter().take(MAX_TERMS);
        let range = |term: String| words::end_of_prefix(&term).map(|end| (term, end));
        Some(Search {
            terms: terms.filter_map(range).collect(),
            code: text.to_uppercase(),
        })
    }

    /// The products found, each once: a query of `id`, `rank` (0 for the one whose SKU or barcode was typed in full, 1 for the
    /// others) and `sort_name`. `$1` is the tenant; `shown` is a condition on `w.is_active`.
    ///
    /// The longest term is looked up, for it begins the fewest words. Long terms beside it are looked up too; short ones, which
    /// may begin a word of every product, are asked of the products found so far.
    ///
    /// ```text
    /// HashAggregate (product_id, sort_name)
    ///   -> Hash Semi Join (product_id)
    ///        -> Index Only Scan using product_words_pkey on product_words w
    ///             Index Cond: (tenant_id = $1 AND word >= 'breaker' AND word < 'breakes')
    ///        -> Index Only Scan using product_words_pkey on product_words o
    ///             Index Cond: (tenant_id = $1 AND word >= '16a' AND word < '16b')
    /// ```
    pub(crate) fn found(&self, statement: &mut Statement, shown: &str) -> String {
        let mut terms = self.terms.iter().collect::<Vec<_>>();
        terms.sort_by_key(|(term, _)| std::cmp::Reverse(term.chars().count()));
        let mut ranges = terms.into_iter().map(|term| Range::of(term, statement));
        let first = match ranges.next() {
            Some(range) => range.of_column("w.word"),
            None => "FALSE".to_owned(),
        };
        let others: String = ranges
            .map(|range| {
                let within = format!("product_words o WHERE o.tenant_id = $1 AND {}", range.of_column("o.word"));
                if range.is_short {
                    // Without OFFSET the planner would take it for a look-up.
                    format!(" AND EXISTS (SELECT FROM {within} AND o.product_id = w.product_id OFFSET 0)")
                } else {
                    format!(" AND w.product_id IN (SELECT o.product_id FROM {within})")
                }
            })
            .collect();
        let code = statement.push_bind(self.code.as_str());
        format!(
            "SELECT w.product_id AS id, w.sort_name, \
                    CASE WHEN w.product_id IN (SELECT x.id FROM products x WHERE x.tenant_id = $1 AND (x.sku = {code} OR x.barcode = {code})) \
                         THEN 0 ELSE 1 END AS rank \
             FROM product_words w WHERE w.tenant_id = $1 AND {first}{shown}{others} GROUP BY w.product_id, w.sort_name"
        )
    }
}

/// The words that a term begins, in a statement.
struct Range {
    from: String,
    to: String,
    is_short: bool,
}

impl Range {
    /// A term stands behind sub-selects: the planner does not see it, and one plan serves them all.
    fn of((from, to): &(String, String), statement: &mut Statement) -> Self {
        let mut hidden = |text: &str| format!("(SELECT {})", statement.push_bind(text));
        Range {
            from: hidden(from),
            to: hidden(to),
            is_short: from.chars().count() < LONG_TERM,
        }
    }

    fn of_column(&self, column: &str) -> String {
        format!("{column} >= {} AND {column} < {}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn each_word_typed_is_a_range_and_the_whole_a_code() {
        let search = Search::of(" mcb-16a ").unwrap();
        assert_eq!(search.terms, [range("mcb", "mcc"), range("16a", "16b")]);
        assert_eq!(search.code, "MCB-16A");
    }

    #[test]
    fn the_longest_term_is_looked_up_and_a_short_one_is_asked_of_what_it_found() {
        let mut statement = Statement::new("");
        let found = Search::of("sc-0421").unwrap().found(&mut statement, "");
        assert!(
            found.contains("w.word >= (SELECT $1) AND w.word < (SELECT $2)"),
            "{found}"
        );
        assert!(
            found.contains(
                "o.word >= (SELECT $3) AND o.word < (SELECT $4) AND o.product_id = w.product_id OFFSET 0"
            ),
            "{found}"
        );
    }

    #[test]
    fn nothing_typed_is_no_search_and_only_signs_find_nothing() {
        assert_eq!(Search::of("  "), None);
        let mut statement = Statement::new("");
        let found = Search::of("--").unwrap().found(&mut statement, "");
        assert!(found.contains("AND FALSE GROUP BY"), "{found}");
    }

    #[test]
    fn a_pasted_page_is_a_few_terms() {
        assert_eq!(
            Search::of(&"word ".repeat(500)).unwrap().terms.len(),
            MAX_TERMS
        );
    }
}
