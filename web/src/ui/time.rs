//! Dates and times as people in India read them, always in Indian Standard Time whatever the server's zone.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeDelta, Utc};
use maud::{Markup, html};

/// UTC+5:30 has had no summer time since 1945, so a fixed offset is exact.
const IST_SECONDS: i32 = 5 * 3600 + 30 * 60;

/// "21 Nov 2026, 9:05 am"
#[must_use]
pub fn time(at: DateTime<Utc>) -> Markup {
    html! { time datetime=(machine(at)) { (time_text(at)) } }
}

/// The text of [`time`], for titles and labels.
#[must_use]
pub fn time_text(at: DateTime<Utc>) -> String {
    in_ist(at).map_or_else(
        || at.to_rfc3339(),
        |local| local.format("%-d %b %Y, %-I:%M %P").to_string(),
    )
}

/// "21 Nov 2026" of a business date.
#[must_use]
pub fn date(day: NaiveDate) -> Markup {
    html! { time datetime=(day.format("%Y-%m-%d")) { (day.format("%-d %b %Y")) } }
}

/// "21 Nov 2026" of a moment.
#[must_use]
pub fn date_of(at: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(machine(at)) title=(time_text(at)) {
            (in_ist(at).map_or_else(|| at.to_rfc3339(), |local| local.format("%-d %b %Y").to_string()))
        }
    }
}

/// "5 minutes ago", with the full time as title; after a week, the date. `now` comes from the clock of the request.
#[must_use]
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    let gone = now.signed_duration_since(at);
    if gone >= TimeDelta::days(7) || gone < TimeDelta::zero() {
        return date_of(at);
    }
    html! { time datetime=(machine(at)) title=(time_text(at)) { (ago_text(gone)) } }
}

fn ago_text(gone: TimeDelta) -> String {
    let (number, unit) = match (gone.num_minutes(), gone.num_hours(), gone.num_days()) {
        (0, _, _) => return "just now".to_owned(),
        (minutes, 0, _) => (minutes, "minute"),
        (_, hours, 0) => (hours, "hour"),
        (_, _, days) => (days, "day"),
    };
    format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" })
}

fn in_ist(at: DateTime<Utc>) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(IST_SECONDS).map(|ist| at.with_timezone(&ist))
}

fn machine(at: DateTime<Utc>) -> String {
    in_ist(at).map_or_else(
        || at.to_rfc3339(),
        |local| local.to_rfc3339_opts(SecondsFormat::Secs, false),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_shown_in_indian_time_with_the_exact_moment_for_machines() {
        assert_eq!(
            time(moment("2026-11-21T03:35:00Z")).into_string(),
            r#"<time datetime="2026-11-21T09:05:00+05:30">21 Nov 2026, 9:05 am</time>"#
        );
    }

    #[test]
    fn the_last_half_hour_of_a_utc_day_belongs_to_the_next_day_in_india() {
        assert!(
            date_of(moment("2026-03-31T18:30:00Z"))
                .into_string()
                .ends_with(">1 Apr 2026</time>")
        );
    }

    #[test]
    fn recent_times_are_relative_and_older_ones_are_dates() {
        let now = moment("2026-11-21T12:00:00Z");
        let said = |text: &str| ago(moment(text), now).into_string();
        assert!(said("2026-11-21T11:59:30Z").contains(">just now<"));
        assert!(said("2026-11-21T11:59:00Z").contains(">1 minute ago<"));
        assert!(said("2026-11-21T09:00:00Z").contains(">3 hours ago<"));
        assert!(said("2026-11-19T11:00:00Z").contains(">2 days ago<"));
        assert!(said("2026-11-14T12:00:00Z").contains(">14 Nov 2026<"));
        assert!(
            said("2026-11-22T12:00:00Z").contains(">22 Nov 2026<"),
            "a time ahead of the clock is a date"
        );
    }
}
