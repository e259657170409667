//! The reference as a page.

use maud::{Markup, html};
use vitaran_core::orders::MAX_LINES_LISTED;

use super::reference::{Answer, Chapter, Field, Found, Operation, Reference, Schema};
use super::{PATH, changelog, try_it};
use crate::http::problem_json::KINDS;
use crate::http::retirement::{NOTICE_MONTHS, RETIRING, Retiring};
use crate::hx::{Link, Search};
use crate::ui::badge::badge;
use crate::ui::empty::{Empty, empty};
use crate::ui::panel::{Heading, code, panel, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone};

pub fn page(reference: &Reference) -> Markup {
    html! {
        (Heading::new("Developers"))
        (toolbar(search("")))
        (panel("Start here", start()))
        (panel("Versions", html! {
            (versions())
            p { a href=(changelog::PATH) { "What changed, by day" } }
        }))
        (panel("Contents", contents(reference)))
        @for chapter in &reference.chapters { (chapter_of(chapter)) }
        (problems())
        h2 id="schemas" { "Schemas" }
        @for schema in &reference.schemas { (schema_of(schema)) }
    }
}

/// What a search has found, in the reference's own words.
pub fn found(asked: &str, found: &Found<'_>) -> Markup {
    let nothing = found.operations.is_empty() && found.schemas.is_empty();
    html! {
        (Heading::new("Developers").back("All operations", PATH))
        (toolbar(search(asked)))
        @if nothing {
            (sheet(empty(Empty { icon: Icon::Search, title: "Nothing found", text: "No operation and no schema says all these words.", action: None })))
        }
        @for operation in &found.operations { (operation_of(operation)) }
        @for schema in &found.schemas { (schema_of(schema)) }
    }
}

fn search(asked: &str) -> Markup {
    let search = Search {
        action: PATH,
        label: "Search operations and schemas",
        query: asked,
        target_id: None,
        field_id: "q",
        key: Some("/"),
    };
    search.render(html! {})
}

/// What is promised of the operations there are, and which are on their way out.
pub fn versions() -> Markup {
    let retiring: Vec<&Retiring> = RETIRING.iter().collect();
    html! {
        div id="versions" {
            p { "This is version 1. Within it things are only added: operations, optional parameters, fields of answers, words of lists that are not closed. So read what you know and skip what you do not. What you send is checked to the letter: a field we do not know is refused." }
            p { "An operation that will go says so " (NOTICE_MONTHS) " months before, at the least: its answers carry " (code("Deprecation")) " with the day since when nobody should begin to use it, " (code("Sunset")) " with the day it goes, and the document marks it. " @if retiring.is_empty() { "None is on its way out." } @else { "These are on their way out:" } }
            @if !retiring.is_empty() {
                ul { @for operation in &retiring { li { (code(&format!("{} {}", operation.method.to_ascii_uppercase(), operation.path))) " " (operation.instead) } } }
            }
        }
    }
}

fn start() -> Markup {
    html! {
        p { "The document: " a href="/api/openapi.json" download { "OpenAPI 3.1" } ", or " a href="/api/openapi-3.0.json" download { "OpenAPI 3.0" } " for older generators. " (Link::new(try_it::PATH).unboosted().render(html! { "Try it out" })) " with a token of yours." }
        p { "A program that works by itself uses an API key, which an administrator makes. A program that a person uses signs in for an access token, which works for 15 minutes, and fetches the next with its refresh token, which works once." }
        p { "Send either as " (code("Authorization: Bearer …")) ". Cookies are not looked at." }
        p { "Amounts and quantities are strings. Times are RFC 3339 in UTC." }
        p { "Lists are read page by page: " (code("limit")) " says how many rows, and the way to the next page is in " (code("next_cursor")) " and, as a whole address, in the header " (code("Link")) ". A cursor works for its own list and filters alone." }
        p { "To keep a copy, ask with " (code("updated_since")) " for what changed at a moment or later, read to the last page, and take " (code("next_updated_since")) " of the answer for the next time. It lies five minutes before the first page was read, because a change that began earlier may have been committed later. What changed in those minutes comes again: an unchanged " (code("updated_at")) " says so." }
        p { "Rather than asking again and again, listen: webhooks tell an address of yours what happens, signed, from the " a href="#webhook_events_list" { "catalogue of events" } ". Of an order each step has an event of its own, and " (code("order.updated")) " tells that it changed and kept its status." }
        p { "Orders are listed with their lines by " (code("expand=lines")) ". Such a page ends after " (MAX_LINES_LISTED) " lines, however many orders were asked for; the way to the next page is given as always." }
        p { "Your network may make a number of requests in a stretch of time; " (code("RateLimit-Policy")) " says how many, " (code("RateLimit")) " how many are left, and a 429 says in " (code("Retry-After")) " when to come back." }
        p { "A POST that creates something needs an " (code("Idempotency-Key")) " of your choosing: sent again within 24 hours, it is answered as the first time, with " (code("Idempotency-Replayed: true")) "." }
    }
}

fn contents(reference: &Reference) -> Markup {
    html! {
        ul.contents {
            @for chapter in &reference.chapters {
                li {
                    a href={ "#" (chapter.name) } { (chapter.name) }
                    ul { @for operation in &chapter.operations { li { a href={ "#" (operation.id) } { (operation.summary) } } } }
                }
            }
            li { a href="#problems" { "Problems" } }
            li { a href="#schemas" { "Schemas" } }
        }
    }
}

fn chapter_of(chapter: &Chapter) -> Markup {
    html! {
        h2 id=(chapter.name) { (chapter.name) }
        @if !chapter.description.is_empty() { p { (chapter.description) } }
        @for operation in &chapter.operations { (operation_of(operation)) }
    }
}

fn operation_of(operation: &Operation) -> Markup {
    let (problems, answers): (Vec<&Answer>, Vec<&Answer>) = operation
        .answers
        .iter()
        .partition(|answer| answer.schema.as_deref() == Some("Problem"));
    html! {
        section.panel id=(operation.id) {
            header.panel-head { h3 { (operation.summary) } (badge(Tone::Info, &operation.method)) }
            p { (code(&format!("{} {}", operation.method, operation.path))) @if !operation.needs_token { " needs no token" } }
            @if !operation.description.is_empty() { p { (operation.description) } }
            @if !operation.parameters.is_empty() { (fields(&format!("{}-parameters", operation.id), &format!("Parameters of “{}”", operation.summary), &operation.parameters)) }
            @if let Some(body) = &operation.body { p { "Body: " (kind(body)) } }
            (samples(operation))
            dl.facts {
                @for answer in answers {
                    div { dt { (code(&answer.status)) " " (kind(answer.schema.as_deref().unwrap_or("nothing"))) } dd { (answer.description) } }
                }
                @if !problems.is_empty() {
                    div { dt { a href="#problems" { "Problems" } } dd { @for problem in problems { (code(&problem.status)) " " } } }
                }
            }
        }
    }
}

/// The first language is open; the others open by themselves, without scripts.
fn samples(operation: &Operation) -> Markup {
    html! {
        @for (place, sample) in operation.samples.iter().enumerate() {
            @let id = format!("{}-sample-{place}", operation.id);
            details name={ (operation.id) "-samples" } open[place == 0] {
                summary { (sample.language) }
                pre tabindex="0" { code id=(id) { (sample.code) } }
                button.button.quiet type="button" data-copy=(id) aria-label={ "Copy the " (sample.language) " sample" } { "Copy" }
            }
        }
    }
}

fn fields(id: &str, caption: &str, fields: &[Field]) -> Markup {
    let rows = fields.iter().map(|field| {
        let place = if field.place.is_empty() {
            String::new()
        } else {
            format!("in {}, ", field.place)
        };
        let need = if field.is_required {
            "required"
        } else {
            "optional"
        };
        Row::new([
            code(&field.name),
            kind(&field.kind),
            html! { (place) (need) },
            html! { (field.description) },
        ])
    });
    let columns = [
        Column::text("Name"),
        Column::text("Type"),
        Column::text("Need"),
        Column::text("Meaning"),
    ];
    sheet(Table::new(id, caption, columns).rows(rows))
}

/// A type's name, which is a link when it is a schema: those begin with a capital.
fn kind(name: &str) -> Markup {
    let bare = name.strip_prefix("list of ").unwrap_or(name);
    let is_schema = bare.starts_with(|c: char| c.is_ascii_uppercase());
    html! { @if is_schema { a href={ "#schema-" (bare) } { (name) } } @else { (name) } }
}

fn problems() -> Markup {
    html! {
        section.panel id="problems" {
            header.panel-head { h2 { "Problems" } }
            p { "A refusal is " (code("application/problem+json")) ": its " (code("code")) " says why for programs, its " (code("detail")) " for people, and its " (code("errors")) " list every fault of the input at once." }
            dl.facts {
                @for (status, title, when) in KINDS {
                    div id={ "problem-" (status) } { dt { (status) " " (title) } dd { (when) } }
                }
                div id="problem-500" { dt { "500 Internal error" } dd { "Our fault. The answer names the request; tell it to support." } }
            }
        }
    }
}

fn schema_of(schema: &Schema) -> Markup {
    html! {
        section.panel id={ "schema-" (schema.name) } {
            header.panel-head { h3 { (schema.name) } }
            @if !schema.description.is_empty() { p { (schema.description) } }
            @if !schema.words.is_empty() { p { "One of " @for word in &schema.words { (code(word)) " " } } }
            @if !schema.fields.is_empty() { (fields(&format!("schema-{}-fields", schema.name), &format!("Fields of {}", schema.name), &schema.fields)) }
        }
    }
}
