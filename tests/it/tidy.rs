//! The house rules that no compiler checks: who may know whom, and where a rule may stand. Each may only tighten.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// The files below a folder of the workspace whose names end so: name and text.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(at: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(at) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), ending, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(root())
                .expect("inside the workspace")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(&path).expect("a text file"))
        })
        .collect()
}

/// Lines of code that hold the text, as "file: line", test modules and comments left out.
fn lines_with(folder: &str, needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files(folder, ".rs") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//"))
        {
            if needles.iter().any(|needle| line.contains(needle)) {
                found.push(format!("{name}: {line}"));
            }
        }
    }
    found
}

fn dependencies(manifest: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest");
    let part = text.split("[dependencies]").nth(1).expect("dependencies");
    let part = part.split("\n[").next().unwrap_or_default();
    part.lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn pages_and_worker_know_no_database_library() {
    for manifest in ["web/Cargo.toml", "worker/Cargo.toml"] {
        let found: Vec<_> = dependencies(manifest)
            .into_iter()
            .filter(|name| {
                name.starts_with("diesel") || name == "deadpool" || name == "vitaran-schema"
            })
            .collect();
        assert_eq!(found, Vec::<String>::new(), "{manifest}");
    }
    assert!(
        !dependencies("web/Cargo.toml")
            .iter()
            .any(|name| name.starts_with("apalis") || name == "vitaran-worker")
    );
    assert!(
        !dependencies("worker/Cargo.toml")
            .iter()
            .any(|name| name.starts_with("poem") || name == "vitaran-web")
    );
}

#[test]
fn core_knows_no_http_no_queue_and_no_processes() {
    let forbidden = [
        "poem",
        "poem-openapi",
        "tower-sessions",
        "apalis",
        "apalis-core",
        "apalis-postgres",
        "reqwest",
        "lettre",
        "sqlx",
    ];
    let found: Vec<_> = dependencies("core/Cargo.toml")
        .into_iter()
        .filter(|name| forbidden.contains(&name.as_str()))
        .collect();
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(
        lines_with("core/src", &["std::process", "tokio::process"]),
        Vec::<String>::new()
    );
}

#[test]
fn an_order_changes_its_status_in_one_place() {
    let found: Vec<_> = lines_with(
        "core/src",
        &["UPDATE orders SET status", "orders::status.eq"],
    )
    .into_iter()
    .filter(|line| !line.starts_with("core/src/orders/set_status.rs"))
    .collect();
    assert_eq!(found, Vec::<String>::new());
}

/// The order of features in core/src/lib.rs: each may use those before it.
#[test]
fn a_feature_uses_those_before_it_and_none_behind() {
    let lib = std::fs::read_to_string(root().join("core/src/lib.rs")).expect("core's map");
    let order: BTreeMap<&str, usize> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .filter(|name| *name != "testkit")
        .enumerate()
        .map(|(at, name)| (name, at))
        .collect();
    // Errors of the database are refusals too, a transaction is opened by a proof, remembers hints and enqueues jobs: these
    // five are one room with five doors.
    let foundation = ["problem", "access", "db", "live", "jobs"];
    let mut wrong = Vec::new();
    for (name, text) in files("core/src", ".rs") {
        let Some(feature) = name
            .strip_prefix("core/src/")
            .and_then(|rest| rest.split(['/', '.']).next())
        else {
            continue;
        };
        let Some(here) = order.get(feature) else {
            continue;
        };
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if name.ends_with("tests.rs") {
            continue;
        }
        for line in code
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//"))
        {
            for used in line
                .split("crate::")
                .skip(1)
                .filter_map(|rest| rest.split([':', ';', ' ', '{', ',', ')']).next())
            {
                let is_behind = order.get(used).is_some_and(|there| there > here);
                if is_behind && !(foundation.contains(&feature) && foundation.contains(&used)) {
                    wrong.push(format!("{name} uses {used}"));
                }
            }
        }
    }
    wrong.dedup();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn nothing_is_rendered_unescaped() {
    let found: Vec<_> = ["core/src", "web/src", "worker/src"]
        .iter()
        .flat_map(|folder| lines_with(folder, &["PreEscaped("]))
        .filter(|line| !ALLOWED_RAW.iter().any(|file| line.starts_with(file)))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

/// Files that write markup of their own making, never a person's text.
const ALLOWED_RAW: [&str; 2] = ["core/src/invoicing/document/", "web/src/ui/"];

#[test]
fn the_state_diagram_in_the_architecture_is_the_table() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let diagram = vitaran_core::orders::status::mermaid();
    assert!(
        page.contains(&diagram),
        "put this into ARCHITECTURE.md:\n{diagram}"
    );
}

#[test]
fn a_page_has_no_inline_script_or_style() {
    let found = lines_with("web/src", &["style=\"", "onclick=", "hx-on", "<script>"]);
    let found: Vec<_> = found
        .into_iter()
        .filter(|line| !line.contains("assert") && !line.starts_with("web/src/ui/tests.rs"))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_setting_that_the_code_reads_is_explained_in_the_example() {
    let code: String = files("core/src/config", ".rs")
        .into_iter()
        .filter_map(|(_, text)| text.split("#[cfg(test)]").next().map(str::to_owned))
        .collect();
    let example = std::fs::read_to_string(root().join(".env.example")).expect("the example");
    // Text between quotation marks that looks like the name of a variable.
    let read: Vec<&str> = code
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.len() > 3)
        .filter(|text| {
            text.bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_uppercase())
        })
        .collect();
    assert!(read.len() > 20, "the names are no longer found: {read:?}");
    let silent: Vec<&&str> = read
        .iter()
        .filter(|key| !example.contains(&format!("#{key}=")))
        .collect();
    assert!(
        silent.is_empty(),
        ".env.example says nothing about {silent:?}"
    );
}
