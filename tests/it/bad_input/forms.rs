//! Whatever is typed into the fields of a form.

use vitaran_tests::{Answer, test_app};

use super::{World, odd_texts, readers};
use crate::endpoints::ask::{Checked, address_of, assert_none, check, gist};
use crate::endpoints::table::{self, Row};

/// The scanner's field is empty after each scan, or the next one would be written behind the wrong one.
const EMPTIED: &str = "/admin/warehouse/orders/:id/scans";

impl World<'_> {
    async fn send_form(&self, row: &Row, fields: &[(&str, String)]) -> Answer {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let path = address_of(row, &self.things[row.names]);
        self.client(row).post_form(&path, &fields).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_typed_into_a_form_is_taken_or_stands_there_again_with_its_fault() {
    let app = test_app().await;
    let rows = readers(table::pages());
    let mut world = World::new(&app, &rows).await;
    let mut findings = Vec::new();
    for row in &rows {
        let names: Vec<&str> = row
            .sample
            .split('&')
            .filter_map(|pair| Some(pair.split_once('=')?.0))
            .collect();
        for changed in names {
            for odd in odd_texts(row) {
                let sample = world.sample(row);
                let pairs = sample.split('&').filter_map(|pair| pair.split_once('='));
                let fields: Vec<(&str, String)> = pairs
                    .map(|(name, value)| match name == changed {
                        true => (name, odd.clone()),
                        false => (name, value.replace('+', " ")),
                    })
                    .collect();
                let answer = world.send_form(row, &fields).await;
                findings.extend(check_taken_or_shown_again(row, &answer, changed, &odd).err());
                world.renew_what_changed(row, &answer).await;
            }
        }
    }
    assert_none(&findings);
}

fn check_taken_or_shown_again(row: &Row, answer: &Answer, name: &str, odd: &str) -> Checked {
    let shown: String = odd.chars().take(20).collect();
    let what = || {
        format!(
            "{shown:?} as {name} of {}: {} {}",
            row.address,
            answer.status,
            gist(answer)
        )
    };
    check(answer.status < 500, what)?;
    let is_page = answer.status < 400 || answer.body.contains("<html");
    check(is_page, what)?;
    if answer.status != 422 || row.address == EMPTIED {
        return Ok(());
    }
    let fields = typed_fields(&answer.body, name);
    let escaped = odd
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let stands =
        |field: &&str| field.contains(r#"aria-invalid="true""#) && field.contains(escaped.trim());
    check(fields.is_empty() || fields.iter().any(stands), || {
        format!("not there with its fault: {}", what())
    })
}

/// The elements of this name that people type into, with what stands in them.
fn typed_fields<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let named = format!(" name=\"{name}\"");
    let elements = page.split('<').filter(|part| {
        part.split('>')
            .next()
            .is_some_and(|tag| tag.contains(&named))
    });
    let typed = ["text", "email", "tel", "search"].map(|kind| format!("type=\"{kind}\""));
    elements
        .filter(|part| part.starts_with("textarea") || typed.iter().any(|kind| part.contains(kind)))
        .collect()
}
