//! The log of messages: what was to be said to whom, and what became of it.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::notifications::{
    AttemptEvent, Channel, Event, Notification, NotificationAttempt, NotificationCounts,
    NotificationDetail, NotificationStatus,
};

use super::admin::LogParams;
use crate::hx::{self, Search};
use crate::ui::actions::{ActionButton, buttons};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{Choice, Field, Style, hidden};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, columns, facts, panel, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::timeline::{self, timeline};
use crate::ui::{Icon, Tone, time};

pub const LOG: &str = "/admin/notifications";
const REGION: &str = "list";
const ROWS: &str = "log";
const MESSAGE: &str = "message";

/// Statuses with a tab of their own, in the order people ask.
const TABS: [NotificationStatus; 6] = [
    NotificationStatus::Failed,
    NotificationStatus::Pending,
    NotificationStatus::Sent,
    NotificationStatus::Delivered,
    NotificationStatus::Read,
    NotificationStatus::Skipped,
];

/// A page of the log, and what it was asked for.
pub struct Log<'a> {
    pub params: &'a LogParams,
    pub messages: &'a Paged<Notification>,
    pub counts: &'a NotificationCounts,
    pub now: DateTime<Utc>,
}

/// The address of the log with these filters, at its beginning.
fn address_of(params: &LogParams) -> String {
    let filters = [
        ("status", &params.status),
        ("channel", &params.channel),
        ("event", &params.event),
        ("q", &params.q),
    ];
    let filters: Vec<(&str, &String)> = filters
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    match serde_urlencoded::to_string(filters) {
        Ok(query) if !query.is_empty() => format!("{LOG}?{query}"),
        _ => LOG.to_owned(),
    }
}

pub fn list(log: &Log<'_>) -> Markup {
    html! {
        (Heading::new("Messages").meta(html! { "What dealers and the sales team were told, by WhatsApp and e-mail" }))
        (tabs(log))
        (toolbar(search(log.params)))
        div id=(REGION) { (rows(log)) }
    }
}

fn tabs(log: &Log<'_>) -> Markup {
    let with = |status: &str| {
        address_of(&LogParams {
            status: status.to_owned(),
            ..log.params.clone()
        })
    };
    let all = with("");
    let paths = TABS.map(|status| with(status.as_str()));
    let mut tabs = vec![View {
        label: "All",
        href: &all,
        count: None,
        is_current: log.params.status.is_empty(),
    }];
    tabs.extend(TABS.iter().zip(&paths).map(|(status, href)| View {
        label: status.label(),
        href,
        count: log.counts.of(*status),
        is_current: log.params.status == status.as_str(),
    }));
    views("Views of the log", &tabs)
}

fn search(params: &LogParams) -> Markup {
    let channels: Vec<Choice<'_>> = std::iter::once(Choice::new("", "Every channel"))
        .chain(
            Channel::ALL
                .iter()
                .map(|one| Choice::new(one.as_str(), one.label())),
        )
        .collect();
    let events: Vec<Choice<'_>> = std::iter::once(Choice::new("", "Every event"))
        .chain(
            Event::ALL
                .iter()
                .map(|one| Choice::new(one.as_str(), one.label())),
        )
        .collect();
    let search = Search {
        action: LOG,
        label: "Search by order number",
        query: &params.q,
        target_id: Some(REGION),
        field_id: "q",
        key: Some("/"),
    };
    search.render(html! {
        (Field::select("channel", "Channel", &channels).value(&params.channel).label_hidden())
        (Field::select("event", "Event", &events).value(&params.event).label_hidden())
        @if !params.status.is_empty() { (hidden("status", &params.status)) }
    })
}

/// What a search changes; with the filters of its own, so that it can fetch itself anew.
pub fn rows(log: &Log<'_>) -> Markup {
    let first = address_of(log.params);
    let here = match &log.params.cursor {
        Some(cursor) => after(&first, cursor),
        None => first.clone(),
    };
    let body = html! {
        div.stack {
            @if log.messages.rows.is_empty() { (nothing(log.params)) } @else { (table(log, &first)) }
        }
    };
    hx::live_region(ROWS, &here, "notifications-changed", body)
}

/// The address of the page that follows.
fn after(first: &str, cursor: &str) -> String {
    let joint = if first.contains('?') { '&' } else { '?' };
    format!("{first}{joint}cursor={cursor}")
}

fn table(log: &Log<'_>, first: &str) -> Markup {
    let next = log.messages.next.as_ref();
    let next = next.map(|cursor| after(first, cursor.as_str()));
    let columns = [
        Column::text("Message"),
        Column::text("Channel").card_line(),
        Column::text("To").card_line(),
        Column::text("Order").card_line(),
        Column::text("When").card_end(),
        Column::text("Status").card_corner(),
    ];
    let rows = log
        .messages
        .rows
        .iter()
        .map(|message| row(message, log.now));
    html! {
        (sheet(Table::new("messages", "Messages", columns).rows(rows)))
        (pagination(&Pagination {
            of: Noun::MESSAGES,
            shown: log.messages.rows.len(),
            first: log.params.cursor.as_ref().map(|_| first),
            next: next.as_deref(),
        }))
    }
}

fn nothing(params: &LogParams) -> Markup {
    if address_of(params) == LOG {
        return empty(Empty {
            icon: Icon::MessageCircle,
            title: "No message yet",
            text: "The first order placed sends the first message.",
            action: None,
        });
    }
    empty(Empty {
        icon: Icon::Search,
        title: "No such message",
        text: "No message fits these filters.",
        action: Some(("Show all messages", LOG)),
    })
}

fn row(message: &Notification, now: DateTime<Utc>) -> Row {
    Row::new([
        html! { a.nowrap href={ (LOG) "/" (message.id) } { (message.event.label()) } },
        html! { (message.channel.label()) },
        html! { (recipient(message)) },
        html! { a.nowrap href={ "/admin/orders/" (message.order_id) } { (message.order_number) } },
        time::ago(message.created_at, now),
        html! { span.inline { (status(message.status)) (trouble(message)) } },
    ])
}

/// In lists, the name and no more than the end of the number: enough to recognise, too little to take along.
fn recipient(message: &Notification) -> Markup {
    let name = message.recipient_name.as_deref().unwrap_or_else(|| {
        let is_for_staff = message.channel == Channel::Email && message.event == Event::OrderPlaced;
        if is_for_staff {
            "Sales team"
        } else {
            &message.dealer_name
        }
    });
    html! { span { (name) @if let Some(to) = &message.recipient { " " span.muted.nowrap { (masked(to)) } } } }
}

fn masked(to: &str) -> String {
    match to.split_once('@') {
        Some((person, domain)) => {
            let first: String = person.chars().take(1).collect();
            format!("{first}…@{domain}")
        }
        None => {
            let digits: Vec<char> = to.chars().collect();
            let end: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
            format!("…{end}")
        }
    }
}

/// In the words of the tabs.
fn status(status: NotificationStatus) -> Markup {
    let tone = match status {
        NotificationStatus::Pending => Tone::Warn,
        NotificationStatus::Sending | NotificationStatus::Sent => Tone::Info,
        NotificationStatus::Delivered | NotificationStatus::Read => Tone::Good,
        NotificationStatus::Failed => Tone::Bad,
        NotificationStatus::Skipped => Tone::Neutral,
    };
    badge(tone, status.label())
}

/// Why it is not there, in a few words.
fn trouble(message: &Notification) -> Markup {
    html! {
        @if let Some(reason) = message.skip_reason { span.muted { (reason.label()) } }
        @else if message.attempts > 1 && !matches!(message.status, NotificationStatus::Delivered | NotificationStatus::Read) { span.muted { (message.attempts) " attempts" } }
    }
}

// One message -------------------------------------------------------------------------------------------------------

/// The whole of it fetches itself anew: a message moves on while one looks.
pub fn show(detail: &NotificationDetail, may_requeue: bool) -> Markup {
    let here = format!("{LOG}/{}", detail.notification.id);
    hx::live_region(
        MESSAGE,
        &here,
        "notifications-changed",
        message(detail, may_requeue),
    )
}

fn message(detail: &NotificationDetail, may_requeue: bool) -> Markup {
    let message = &detail.notification;
    let meta = html! {
        a href={ "/admin/orders/" (message.order_id) } { (message.order_number) } " · "
        a href={ "/admin/dealers/" (message.dealer_id) } { (message.dealer_name) }
    };
    let again = ActionButton::post("Send again", format!("{LOG}/{}/requeue", message.id))
        .style(Style::Primary)
        .icon(Icon::Repeat);
    html! {
        div.stack {
            (Heading::new(message.event.label()).back("Messages", LOG).badge(status(message.status)).meta(meta)
                .actions(html! { @if may_requeue && message.can_requeue() { (buttons(&[again])) } }))
            (columns(
                panel("History", history(detail)),
                panel("Message", facts(&about(message))),
            ))
        }
    }
}

fn about(message: &Notification) -> Vec<(&'static str, Markup)> {
    let mut facts = vec![("Channel", html! { (message.channel.label()) })];
    let mut add = |name, value: Option<Markup>| {
        if let Some(value) = value {
            facts.push((name, value));
        }
    };
    add(
        "To",
        message.recipient_name.as_ref().map(|name| html! { (name) }),
    );
    add(
        "Address",
        message.recipient.as_ref().map(|to| html! { (to) }),
    );
    add(
        "Not sent",
        message.skip_reason.map(|reason| html! { (reason.label()) }),
    );
    add("Attempts", Some(html! { (message.attempts) }));
    add("Next attempt", message.next_attempt_at.map(time::time));
    add("Last error", message.last_error.as_ref().map(|error| html! { (error) @if let Some(code) = message.last_error_code { " (" (code) ")" } }));
    add("Sent", message.sent_at.map(time::time));
    add("Delivered", message.delivered_at.map(time::time));
    add("Read", message.read_at.map(time::time));
    add(
        "Invoice",
        message
            .invoice_id
            .map(|id| html! { a href={ "/admin/invoices/" (id) } { "Open the invoice" } }),
    );
    facts
}

fn history(detail: &NotificationDetail) -> Markup {
    let queued = timeline::Event {
        title: html! { "Queued" },
        at: detail.notification.created_at,
        by: None,
        note: None,
        tone: Tone::Neutral,
    };
    let events: Vec<timeline::Event<'_>> = std::iter::once(queued)
        .chain(detail.attempts.iter().map(attempt))
        .collect();
    timeline(&events)
}

fn attempt(attempt: &NotificationAttempt) -> timeline::Event<'_> {
    let tone = match attempt.event {
        AttemptEvent::Started | AttemptEvent::Requeued => Tone::Neutral,
        AttemptEvent::Accepted => Tone::Info,
        AttemptEvent::Delivered | AttemptEvent::Read => Tone::Good,
        AttemptEvent::Unknown | AttemptEvent::Crashed => Tone::Warn,
        AttemptEvent::Failed | AttemptEvent::Refused => Tone::Bad,
    };
    timeline::Event {
        title: html! {
            (attempt.event.label())
            @if matches!(attempt.event, AttemptEvent::Started | AttemptEvent::Failed) { span.muted { ", attempt " (attempt.attempt) } }
            @if let Some(code) = attempt.error_code { span.muted { " (" (code) ")" } }
        },
        at: attempt.at,
        by: None,
        note: attempt.detail.as_deref(),
        tone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_recognisable_and_not_readable() {
        assert_eq!(masked("+919822011223"), "…1223");
        assert_eq!(masked("ravi@kumar.test"), "r…@kumar.test");
        assert_eq!(masked(""), "…");
    }
}
