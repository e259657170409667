//! Versions at the API's edge: the `ETag` of an answer, and the `If-Match` of a change.

use vitaran_core::master::{Master, MasterError};

use super::problem::Refusal;

/// `"v7"`; on its way out [`super::not_modified`] makes a whole one of it.
#[must_use]
pub fn etag(version: i32) -> String {
    format!("\"v{version}\"")
}

/// `"v7-0123456789abcdef"`
pub(super) fn whole_etag(version: i32, hash: &str) -> String {
    format!("\"v{version}-{hash}\"")
}

/// The version in a tag that [`etag`] made.
pub(super) fn of_tag(tag: &str) -> Option<i32> {
    let digits = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    digits.parse().ok()
}

/// The version a change was made from; every PUT and PATCH must name it.
pub fn required(if_match: Option<&str>) -> Result<i32, Refusal> {
    optional(if_match)?.ok_or_else(Refusal::version_required)
}

/// As [`required`] for a verb, whose caller may leave it out.
pub fn optional(if_match: Option<&str>) -> Result<Option<i32>, Refusal> {
    if_match.map(parse).transpose()
}

/// Refuses a change that was made from another version than the present one.
pub fn check<M: Master>(found: i32, expected: i32) -> Result<(), MasterError<M>> {
    if found == expected {
        Ok(())
    } else {
        Err(MasterError::VersionConflict { found })
    }
}

fn parse(text: &str) -> Result<i32, Refusal> {
    let digits = text
        .trim()
        .strip_prefix("\"v")
        .and_then(|rest| rest.strip_suffix('"'))
        .map(|rest| rest.split_once('-').map_or(rest, |(digits, _)| digits));
    digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| Refusal::malformed("If-Match holds one ETag of ours, such as \"v7\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_comes_back_as_it_was_given() {
        assert_eq!(required(Some(&etag(7))).unwrap(), 7);
        assert_eq!(required(Some(&whole_etag(7, "0a1b"))).unwrap(), 7);
        assert_eq!(optional(None).unwrap(), None);
    }

    #[test]
    fn a_change_without_a_version_is_428_and_one_that_is_none_of_ours_400() {
        assert_eq!(required(None).unwrap_err().status.as_u16(), 428);
        for text in [
            "v7",
            "\"7\"",
            "*",
            "W/\"v7\"",
            "\"v-1\"",
            "\"v\"",
            "\"v+1\"",
            "\"v99999999999\"",
        ] {
            assert_eq!(
                required(Some(text)).unwrap_err().status.as_u16(),
                400,
                "{text}"
            );
        }
    }
}
