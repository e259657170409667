//! The claims of `vitaran_tests::fuzz`, for libFuzzer.

/// Gives the bytes to the claim of this name.
///
/// # Panics
/// When the claim does not hold, or has another name.
pub fn hold(name: &str, bytes: &[u8]) {
    let target = vitaran_tests::fuzz::TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of this name").claim)(bytes);
}
