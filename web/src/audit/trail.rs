//! `/admin/audit/trail`: every change of every row, of all records or of one; and the same as a file.

use futures_util::{Stream, StreamExt as _, stream};
use maud::{Markup, html};
use poem::web::{Data, Query};
use poem::{Body, Response, handler};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use vitaran_core::access::PlatformAuditRead;
use vitaran_core::audit::{self, TrailEntry, TrailFilter};
use vitaran_core::db::{Cursor, Db, Limit, Page, Paged};
use vitaran_core::identity::{self, CredentialHash};
use vitaran_kernel::UserId;

use super::filter;
use super::words::{changes, noun, shown_by};
use crate::auth::{CurrentSession, PageActor};
use crate::http::csv;
use crate::http::form_page::id_of;
use crate::http::params::{self, address};
use crate::http::problem::Refusal;
use crate::http::problem_page::PageResult;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, filter_chip, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, time};

pub const PATH: &str = "/admin/audit/trail";
const FILE: &str = "/admin/audit/trail.csv";

/// Rows of a file at most: what a spreadsheet has below a line of headings. A file that would be longer breaks off, and the browser
/// says that it is not whole; it is asked for in parts then.
const MAX_ROWS: usize = 1_048_575;

/// What the address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TrailParams {
    /// One record, with all that belongs to it.
    pub object: String,
    pub by: String,
    pub request: String,
    pub from: String,
    pub to: String,
    pub cursor: String,
}

impl TrailParams {
    /// The filter they mean. What cannot be read is named with its place.
    pub fn filter(&self) -> Result<TrailFilter, Refusal> {
        Ok(TrailFilter {
            object: match self.object.as_str() {
                "" => None,
                text => Some(id_of(text, Uuid::try_parse)?),
            },
            by: filter::id("/by", &self.by)?.map(UserId::from_uuid),
            request: filter::id("/request", &self.request)?,
            from: filter::day("/from", &self.from)?,
            to: filter::day("/to", &self.to)?,
        })
    }

    /// The address under `path` with something changed, from the first page.
    fn with(&self, path: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        other.cursor.clear();
        change(&mut other);
        let TrailParams {
            object,
            by,
            request,
            from,
            to,
            cursor,
        } = &other;
        let all = [
            ("object", object.as_str()),
            ("by", by),
            ("request", request),
            ("from", from),
            ("to", to),
            ("cursor", cursor),
        ];
        address(path, &all)
    }
}

/// The way from a record's page to all that happened to it, for those who may read it.
#[must_use]
pub fn history_link(may_read: bool, object: impl std::fmt::Display) -> Markup {
    html! { @if may_read { " · " a href={ (PATH) "?object=" (object) } { "History" } } }
}

/// `GET /admin/audit/trail`
#[handler]
pub async fn index(
    shell: Shell,
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    Query(params): Query<TrailParams>,
) -> PageResult {
    let by = actor.allow::<PlatformAuditRead>()?;
    let filter = params.filter()?;
    let page = params::page(None, Some(&params.cursor))?;
    let mut tx = state.db.begin_read(&by).await?;
    let entries = audit::list_changes(&mut tx, &by, &filter, &page).await?;
    tx.commit().await?;
    Ok(shell.page("Every change").render(view(&params, &entries)))
}

fn view(params: &TrailParams, entries: &Paged<TrailEntry>) -> Markup {
    let next = entries.next.as_ref();
    let next =
        next.map(|next| params.with(PATH, |other| next.as_str().clone_into(&mut other.cursor)));
    let first = (!params.cursor.is_empty()).then(|| params.with(PATH, |_| {}));
    let title = if params.object.is_empty() {
        "Every change"
    } else {
        "History"
    };
    html! {
        (Heading::new(title).back("Audit log", super::PATH)
            .meta(html! { "Row by row, newest first. The database writes it, and nobody can change or remove it. A file holds a million changes at most" })
            .actions(html! { a.button href=(params.with(FILE, |_| {})) { "Export as CSV" } }))
        (toolbar(days(params)))
        (chips(params, &entries.rows))
        @if entries.rows.is_empty() {
            (sheet(empty(Empty { icon: Icon::History, title: "Nothing here", text: "No change fits these filters.", action: None })))
        } @else {
            (sheet(Table::new("trail", title, [
                Column::text("When"),
                Column::text("Who").card_line(),
                Column::text("What"),
                Column::text("Changes"),
            ]).rows(entries.rows.iter().map(|entry| row(params, entry)))))
            (pagination(&Pagination { of: Noun::ENTRIES, shown: entries.rows.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

fn days(params: &TrailParams) -> Markup {
    let kept = [
        ("object", params.object.as_str()),
        ("by", &params.by),
        ("request", &params.request),
    ];
    filter::form(PATH, (&params.from, &params.to), &kept, None)
}

fn chips(params: &TrailParams, rows: &[TrailEntry]) -> Markup {
    let who = rows
        .first()
        .map_or_else(|| "One person".to_owned(), shown_by);
    html! {
        @if !params.object.is_empty() { div { (filter_chip("One record", &params.with(PATH, |other| other.object.clear()))) } }
        @if !params.by.is_empty() { div { (filter_chip(&who, &params.with(PATH, |other| other.by.clear()))) } }
        @if !params.request.is_empty() { div { (filter_chip("One request", &params.with(PATH, |other| other.request.clear()))) } }
    }
}

fn row(params: &TrailParams, entry: &TrailEntry) -> Row {
    let only = |name: &str, id: String| {
        params.with(PATH, |other| match name {
            "by" => other.by = id,
            "request" => other.request = id,
            _ => other.object = id,
        })
    };
    Row::new([
        time::time(entry.at),
        html! {
            @match entry.actor_id {
                Some(id) => a href=(only("by", id.to_string())) { (shown_by(entry)) },
                None => (shown_by(entry)),
            }
            @if entry.visit_id.is_some() { " " span.muted { "(support)" } }
            @if let Some(id) = entry.request_id { " " a href=(only("request", id.to_string())) { "request" } }
        },
        html! {
            (noun(&entry.table_name)) " " (done(&entry.op))
            @if params.object.is_empty() { " " a href=(only("object", entry.object_id.to_string())) { "history" } }
        },
        changes(entry.before.as_ref(), entry.after.as_ref()),
    ])
}

fn done(op: &str) -> &'static str {
    match op {
        "INSERT" => "added",
        "DELETE" => "removed",
        _ => "changed",
    }
}

// The file -------------------------------------------------------------------------------------------------------------

/// `GET /admin/audit/trail.csv`: page by page, each read in a transaction of its own, so that a slow reader holds none.
#[handler]
pub async fn export(
    state: Data<&AppState>,
    PageActor(actor): PageActor,
    session: CurrentSession,
    Query(params): Query<TrailParams>,
) -> PageResult {
    let _may = actor.allow::<PlatformAuditRead>()?;
    let filter = params.filter()?;
    let head = "when,who,support,via,request,transaction,what,done,row,record,before,after\r\n";
    let rows = rows_of(state.db.clone(), session.hash(), filter);
    let lines = stream::once(async move { Ok(head.to_owned()) }).chain(rows);
    Ok(Response::builder()
        .content_type("text/csv; charset=utf-8")
        .header(
            "content-disposition",
            "attachment; filename=\"changes.csv\"",
        )
        .body(Body::from_bytes_stream(lines)))
}

/// Where the file stands: the next page, and the rows written.
struct Place {
    after: Option<Cursor>,
    written: usize,
}

fn rows_of(
    db: Db,
    session: CredentialHash,
    filter: TrailFilter,
) -> impl Stream<Item = Result<String, std::io::Error>> + Send {
    let start = Place {
        after: None,
        written: 0,
    };
    stream::unfold(Some(start), move |place| {
        let (db, filter) = (db.clone(), filter.clone());
        async move {
            let place = place?;
            if place.written >= MAX_ROWS {
                let said = format!("more than {MAX_ROWS} changes");
                return Some((Err(std::io::Error::other(said)), None));
            }
            match page_of(&db, session, &filter, place.after).await {
                // The file breaks off, and the browser says so.
                Err(_) => Some((Err(std::io::Error::other("the trail cannot be read")), None)),
                Ok(entries) => {
                    let text: String = entries.rows.iter().map(line).collect();
                    let written = place.written.saturating_add(entries.rows.len());
                    let next = entries.next.map(|after| Place {
                        after: Some(after),
                        written,
                    });
                    Some((Ok(text), next))
                }
            }
        }
    })
}

/// Whoever reads is looked at again for each page: a file takes long, and they may be signed out or let go meanwhile.
async fn page_of(
    db: &Db,
    session: CredentialHash,
    filter: &TrailFilter,
    after: Option<Cursor>,
) -> Result<Paged<TrailEntry>, Refusal> {
    let found = identity::find_session(db, session).await?;
    let actor = found.as_ref().and_then(|view| view.actor());
    let actor = actor.ok_or_else(Refusal::not_found)?;
    let by = actor.allow::<PlatformAuditRead>()?;
    let page = Page {
        limit: Limit::new(Limit::MAX).unwrap_or_default(),
        after,
    };
    let mut tx = db.begin_read(&by).await?;
    let entries = audit::list_changes(&mut tx, &by, filter, &page).await?;
    tx.commit().await?;
    Ok(entries)
}

fn line(entry: &TrailEntry) -> String {
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
    let cells = [
        entry.at.to_rfc3339(),
        shown_by(entry),
        entry.visit_id.map(|id| id.to_string()).unwrap_or_default(),
        entry.via.clone().unwrap_or_default(),
        entry
            .request_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        entry.tx.to_string(),
        noun(&entry.table_name),
        done(&entry.op).to_owned(),
        entry.row_key.clone(),
        entry.object_id.to_string(),
        json(&entry.before),
        json(&entry.after),
    ];
    let cells: Vec<String> = cells.iter().map(|text| csv::cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_was_asked_and_begins_anew() {
        let params = TrailParams {
            object: "o".to_owned(),
            from: "2026-11-01".to_owned(),
            cursor: "c".to_owned(),
            ..TrailParams::default()
        };
        let other = params.with(PATH, |params| params.by = "b".to_owned());
        assert_eq!(other, "/admin/audit/trail?object=o&by=b&from=2026-11-01");
    }
}
