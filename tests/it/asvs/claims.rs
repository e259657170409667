//! The names of all tests, read from the sources, as `cargo test -- --list` gives them, with the crate before:
//! `core::secrets::tests::a_value_of_another_key_says_which`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where the modules of each crate begin.
const CRATES: [(&str, &str); 8] = [
    ("kernel", "core/kernel/src"),
    ("core", "core/src"),
    ("web", "web/src"),
    ("worker", "worker/src"),
    ("ops", "ops/src"),
    ("tests", "tests/src"),
    ("it", "tests/it"),
    ("e2e", "tests/e2e"),
];

pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_owned()
}

/// The sources below a folder: each file's path and text.
pub fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// Every test there is.
pub fn all() -> BTreeSet<String> {
    CRATES
        .into_iter()
        .flat_map(|(name, folder)| of_crate(name, &root().join(folder)))
        .collect()
}

fn of_crate(name: &str, folder: &Path) -> Vec<String> {
    let files = sources(folder);
    let renamed: BTreeMap<PathBuf, String> = files
        .iter()
        .flat_map(|(path, text)| renamed_by(folder, path, text))
        .collect();
    let tests = files.iter().flat_map(|(path, text)| {
        let usual = || module_of(folder, path);
        let module = renamed.get(path).cloned().unwrap_or_else(usual);
        in_file(&module, text)
    });
    tests.map(|test| format!("{name}::{test}")).collect()
}

/// `identity/mod.rs` is the module `identity`, `identity/tokens.rs` is `identity::tokens`, and the crate's root has no name.
fn module_of(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).expect("inside the crate");
    let path = inside.with_extension("");
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    match parts.as_slice() {
        ["lib" | "main"] => String::new(),
        [parents @ .., "mod"] => parents.join("::"),
        parts => parts.join("::"),
    }
}

/// Files that a `#[path]` gives to another module.
fn renamed_by(folder: &Path, path: &Path, text: &str) -> Vec<(PathBuf, String)> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter_map(|pair| {
        let file = pair[0].strip_prefix("#[path = \"")?.strip_suffix("\"]")?;
        let module = pair[1].strip_prefix("mod ")?.strip_suffix(';')?;
        Some((file, module))
    });
    pairs
        .map(|(file, module)| {
            (
                path.with_file_name(file),
                joined(&module_of(folder, path), module),
            )
        })
        .collect()
}

fn joined(module: &str, name: &str) -> String {
    match module.is_empty() {
        true => name.to_owned(),
        false => format!("{module}::{name}"),
    }
}

/// The functions below a test's attribute, each under the modules that are open where it stands.
fn in_file(module: &str, text: &str) -> Vec<String> {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut is_test = false;
    let mut found = Vec::new();
    for line in text.lines() {
        let words = line.trim_start();
        let margin = line.len() - words.len();
        if words == "}" && open.last().is_some_and(|(at, _)| *at == margin) {
            open.pop();
        } else if let Some(name) = words
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(" {"))
        {
            open.push((margin, name));
        } else if words.starts_with("#[test]") || words.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function(words)
            && std::mem::take(&mut is_test)
        {
            let within = open
                .iter()
                .fold(module.to_owned(), |all, (_, one)| joined(&all, one));
            found.push(joined(&within, name));
        }
    }
    found
}

fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

#[test]
fn a_test_goes_by_its_file_its_modules_and_its_name() {
    let text = "mod tests {\n    #[test]\n    fn one() {\n    }\n    mod deep {\n        #[tokio::test(flavor = \"x\")]\n        async fn two() {}\n    }\n    \
                fn no_test() {}\n}\n#[test]\nfn three() {}\n";
    assert_eq!(
        in_file("secrets", text),
        [
            "secrets::tests::one",
            "secrets::tests::deep::two",
            "secrets::three"
        ]
    );
    let src = Path::new("/src");
    assert_eq!(module_of(src, Path::new("/src/a/mod.rs")), "a");
    assert_eq!(module_of(src, Path::new("/src/a/b.rs")), "a::b");
    assert_eq!(module_of(src, Path::new("/src/lib.rs")), "");
    let renamed = renamed_by(
        src,
        Path::new("/src/a/b.rs"),
        "#[path = \"b_tests.rs\"]\nmod tests;\n",
    );
    assert_eq!(
        renamed,
        [("/src/a/b_tests.rs".into(), "a::b::tests".to_owned())]
    );
}
