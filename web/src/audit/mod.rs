//! `/admin/audit`: who changed which master or setting, when, and what it said before and after; and the trail beneath it.

mod api;
mod dto;
mod filter;
pub mod trail;
mod words;

use maud::{Markup, html};
use poem::handler;
use poem::web::{Data, Query};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use vitaran_core::access::PlatformAuditRead;
use vitaran_core::audit::{self, AuditEntry, AuditFilter};
use vitaran_core::db::Paged;
use vitaran_kernel::UserId;

pub use api::AuditApi;
pub use trail::history_link;

use words::{changes, members, noun, shown};

use crate::auth::PageActor;
use crate::http::form_page::id_of;
use crate::http::params::{self, address};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::Choice;
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, filter_chip, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, time};

const PATH: &str = "/admin/audit";

/// What the log's address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LogParams {
    pub kind: String,
    /// One record; only looked at together with its kind.
    pub id: String,
    pub by: String,
    pub from: String,
    pub to: String,
    pub cursor: String,
}

impl LogParams {
    /// The filter they mean. What cannot be read is named with its place.
    pub fn filter(&self) -> Result<AuditFilter, Refusal> {
        if !self.id.is_empty() && self.kind.is_empty() {
            let detail = "Say of which kind the record is";
            return Err(Refusal::malformed_at("/object_kind", "required", detail));
        }
        Ok(AuditFilter {
            object_kind: Some(self.kind.clone()).filter(|kind| !kind.is_empty()),
            object_id: match self.id.as_str() {
                "" => None,
                id => Some(id_of(id, Uuid::try_parse)?),
            },
            by: filter::id("/by", &self.by)?.map(UserId::from_uuid),
            from: filter::day("/from", &self.from)?,
            to: filter::day("/to", &self.to)?,
        })
    }

    /// The address with something changed, from the first page.
    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        other.cursor.clear();
        change(&mut other);
        let LogParams {
            kind,
            id,
            by,
            from,
            to,
            cursor,
        } = &other;
        let all = [
            ("kind", kind.as_str()),
            ("id", id),
            ("by", by),
            ("from", from),
            ("to", to),
            ("cursor", cursor),
        ];
        address(PATH, &all)
    }
}

/// `GET /admin/audit`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<LogParams>,
) -> PageResult {
    let by = actor.allow::<PlatformAuditRead>()?;
    let filter = params.filter()?;
    let page = params::page(None, Some(&params.cursor))?;
    let mut tx = state.db.begin_read(&by).await?;
    let kinds = audit::list_kinds(&mut tx, &by).await?;
    let entries = audit::list(&mut tx, &by, &filter, &page).await?;
    tx.commit().await?;
    let body = log(&params, &kinds, &entries);
    Ok(shell.page("Audit log").render(body))
}

fn log(params: &LogParams, kinds: &[String], entries: &Paged<AuditEntry>) -> Markup {
    let next = entries.next.as_ref();
    let next = next.map(|next| params.with(|other| next.as_str().clone_into(&mut other.cursor)));
    let first = (!params.cursor.is_empty()).then(|| params.with(|_| {}));
    html! {
        (Heading::new("Audit log").meta(html! { "Newest first. Nobody can change or remove what stands here" })
            .actions(html! { a.button href=(trail::PATH) { "Every change" } }))
        (toolbar(narrow(params, kinds)))
        (chips(params, &entries.rows))
        @if entries.rows.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::History,
                title: "Nothing here",
                text: "Every change of a record or a setting is written down here with who made it. None fits these filters.",
                action: None,
            })))
        } @else {
            (sheet(Table::new("audit", "Audit log", [
                Column::text("When"),
                Column::text("Who").card_line(),
                Column::text("What"),
                Column::text("Changes"),
            ]).rows(entries.rows.iter().map(|entry| row(params, entry)))))
            (pagination(&Pagination { of: Noun::ENTRIES, shown: entries.rows.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

fn narrow(params: &LogParams, kinds: &[String]) -> Markup {
    let all = std::iter::once(Choice::new("", "All kinds"));
    let kinds = kinds
        .iter()
        .map(|kind| Choice::new(kind.as_str(), noun(kind)));
    let choices: Vec<Choice<'_>> = all.chain(kinds).collect();
    let days = (params.from.as_str(), params.to.as_str());
    if params.id.is_empty() {
        let kept = [("by", params.by.as_str())];
        return filter::form(PATH, days, &kept, Some((&params.kind, &choices)));
    }
    // A record is of one kind.
    let kept = [
        ("by", params.by.as_str()),
        ("kind", &params.kind),
        ("id", &params.id),
    ];
    filter::form(PATH, days, &kept, None)
}

fn chips(params: &LogParams, rows: &[AuditEntry]) -> Markup {
    let who = rows
        .first()
        .map_or("One person", |row| row.by_name.as_str());
    html! {
        @if !params.id.is_empty() { div { (filter_chip("One record", &params.with(|other| other.id.clear()))) } }
        @if !params.by.is_empty() { div { (filter_chip(who, &params.with(|other| other.by.clear()))) } }
    }
}

fn row(params: &LogParams, entry: &AuditEntry) -> Row {
    let of_record = entry.object_id.filter(|_| params.id.is_empty());
    Row::new([
        time::time(entry.at),
        html! {
            @match entry.by_user {
                Some(id) => a href=(params.with(|other| other.by = id.to_string())) { (entry.by_name) },
                None => (entry.by_name),
            }
            @if let Some(behind) = &entry.on_behalf_of { " " span.muted { (who_is_behind(behind)) } }
        },
        html! {
            (words(&entry.action))
            @if let Some(name) = subject(&entry.detail).or(entry.object_name.as_deref()) { " " strong { (name) } }
            @if let Some(id) = entry.request_id { " " a href={ (trail::PATH) "?request=" (id) } { "proof" } }
            @if let Some(id) = of_record {
                " " a href=(params.with(|other| { other.kind.clone_from(&entry.object_kind); other.id = id.to_string() })) { "history" }
            }
        },
        html! { (remarks(&entry.detail)) (changes(entry.detail.get("before"), entry.detail.get("after"))) },
    ])
}

/// "(support, vik@vitaran.test)", "(API key of asha@volt.test)".
fn who_is_behind(said: &str) -> String {
    let kind = if said.starts_with("API key of ") {
        ""
    } else {
        "support, "
    };
    format!("({kind}{said})")
}

/// "catalog.product.set_active" as "Product: set active".
fn words(action: &str) -> String {
    let mut parts: Vec<String> = action
        .split('.')
        .map(|part| part.replace('_', " "))
        .collect();
    if parts.len() > 2 {
        parts.remove(0);
    }
    let text = parts.join(": ");
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// What the record is called, where the change says so: a dealer by its legal name, others by their name or label.
fn subject(detail: &Value) -> Option<&str> {
    let sides = ["after", "before"].map(|side| detail.get(side));
    let called = |name: &str| {
        let mut found = sides
            .iter()
            .flatten()
            .filter_map(|side| side.get(name)?.as_str());
        found.next()
    };
    ["legal_name", "name", "label"].into_iter().find_map(called)
}

/// What is said besides the change, such as why a support visit was made: the reason first, and in full view.
fn remarks(detail: &Value) -> Markup {
    let mut said = members(Some(detail));
    said.retain(|(name, _)| !matches!(*name, "before" | "after"));
    said.sort_by_key(|(name, _)| *name != "reason");
    html! {
        @if !said.is_empty() {
            dl.facts {
                @for (name, value) in said {
                    div { dt { (name.replace('_', " ")) } dd { (shown(value)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_visit_and_a_key_are_told_apart() {
        assert_eq!(who_is_behind("vik@x.test"), "(support, vik@x.test)");
        assert_eq!(
            who_is_behind("API key of asha@x.test"),
            "(API key of asha@x.test)"
        );
    }

    #[test]
    fn an_action_reads_as_words() {
        assert_eq!(words("catalog.product.set_active"), "Product: set active");
        assert_eq!(words("dealers.create"), "Dealers: create");
    }

    #[test]
    fn a_record_goes_by_the_name_it_has_after_the_change_or_had_before() {
        let renamed = json!({"before": {"name": "Gold"}, "after": {"name": "Silver"}});
        assert_eq!(subject(&renamed), Some("Silver"));
        let gone = json!({"before": {"label": "Godown"}, "after": {}});
        assert_eq!(subject(&gone), Some("Godown"));
        let priced = json!({"before": {"credit_limit": "1.00"}, "after": {"credit_limit": "2.00"}});
        assert_eq!(subject(&priced), None);
    }

    #[test]
    fn a_remark_is_shown_the_reason_first_and_a_change_is_no_remark() {
        let detail = json!({"before": {"a": 1}, "after": {"a": 2}, "may_write": false, "reason": "<Asked> by phone"});
        let said = remarks(&detail).into_string();
        let wanted = "<dl class=\"facts\"><div><dt>reason</dt><dd>&lt;Asked&gt; by phone</dd></div>\
                      <div><dt>may write</dt><dd>no</dd></div></dl>";
        assert_eq!(said, wanted);
        assert_eq!(
            remarks(&json!({"before": null, "after": {}})).into_string(),
            ""
        );
    }
}
