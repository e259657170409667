//! What the sources, the manifests and the way they are shipped say.

use super::claims::{root, sources};

/// What is shipped: the tests' own crate is not.
const SHIPPED: [&str; 5] = [
    "core/kernel/src",
    "core/src",
    "web/src",
    "worker/src",
    "ops/src",
];

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

/// Lines of shipped code with one of these, as "file: line", tests and comments left out.
fn code_with(needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for folder in SHIPPED {
        for (path, text) in sources(&root().join(folder)) {
            let name = path
                .strip_prefix(root())
                .expect("inside")
                .display()
                .to_string();
            let is_test = name.ends_with("tests.rs")
                || name.contains("testkit")
                || name.ends_with("test_server.rs");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code
                .lines()
                .map(str::trim)
                .filter(|line| !is_test && !line.starts_with("//"));
            let lines = lines.filter(|line| needles.iter().any(|needle| line.contains(needle)));
            found.extend(lines.map(|line| format!("{name}: {line}")));
        }
    }
    found
}

fn none() -> Vec<String> {
    Vec::new()
}

/// The part of a manifest below a heading, up to the next.
fn section<'t>(manifest: &'t str, heading: &str) -> &'t str {
    let (_, rest) = manifest.split_once(heading).expect(heading);
    rest.split("\n[").next().unwrap_or_default()
}

#[test]
fn no_crate_of_ours_may_hold_unsafe_code() {
    let workspace = text("Cargo.toml");
    assert!(section(&workspace, "[workspace.lints.rust]").contains("unsafe_code = \"forbid\""));
    let members = section(&workspace, "members = [")
        .split(']')
        .next()
        .unwrap_or_default();
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 7, "{members:?}");
    for member in members {
        let manifest = text(&format!("{member}/Cargo.toml"));
        assert!(
            section(&manifest, "[lints]").contains("workspace = true"),
            "{member}"
        );
    }
}

#[test]
fn a_sum_that_does_not_fit_is_a_failure_in_a_release_too() {
    let workspace = text("Cargo.toml");
    for name in ["kernel", "core", "web", "worker", "ops"] {
        let profile = section(
            &workspace,
            &format!("[profile.release.package.vitaran-{name}]"),
        );
        assert!(profile.contains("overflow-checks = true"), "{name}");
    }
    assert!(section(&workspace, "[workspace.lints.clippy]").contains("as_conversions = \"deny\""));
}

#[test]
fn one_program_is_started_by_one_module_and_it_is_no_shell() {
    let found = code_with(&["Command::new("]);
    let started =
        ["worker/src/adapters/weasyprint.rs: let mut process = Command::new(&self.python)"];
    assert_eq!(found, started);
}

#[test]
fn nobody_is_believed_without_a_certificate() {
    let found = code_with(&[
        "danger_accept",
        "dangerous",
        "accept_invalid",
        "Certificate::from",
        "root_certificate",
    ]);
    assert_eq!(found, none());
}

#[test]
fn no_account_comes_with_an_installation() {
    let mut found = Vec::new();
    for folder in ["migrations", "core/schema/sql"] {
        let mut folders = vec![root().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let sql = std::fs::read_to_string(&path)
                        .expect("a text")
                        .to_lowercase();
                    let makes = [
                        "insert into users",
                        "insert into memberships",
                        "insert into api_keys",
                    ];
                    found.extend(
                        makes
                            .iter()
                            .filter(|one| sql.contains(**one))
                            .map(|one| format!("{path:?}: {one}")),
                    );
                }
            }
        }
    }
    assert_eq!(found, none());
}

#[test]
fn no_secret_has_a_value_to_begin_with() {
    for (file, mark) in [("compose.yaml", "${"), (".env.example", "#")] {
        let text = text(file);
        let names = ["PASSWORD", "SECRET_KEY"];
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| names.iter().any(|name| line.contains(name)));
        for line in lines {
            // Set in the environment or refused; or a comment, which sets nothing.
            let is_asked = line.starts_with('#') || (line.contains(mark) && !line.contains(":-"));
            assert!(
                is_asked && (line.starts_with('#') || line.contains(":?")),
                "{file}: {line}"
            );
        }
    }
    let read = code_with(&[
        "optional(\"SECRET_KEY\")",
        "optional(\"DATABASE_URL\")",
        "optional(\"SMTP_PASSWORD\")",
    ]);
    assert_eq!(read, none());
}

#[test]
fn the_images_hold_a_release_of_the_programs_and_nothing_of_the_sources() {
    let dockerfile = text("Dockerfile");
    let (build, images) = dockerfile.split_once("AS web").expect("the first image");
    assert!(build.contains(
        "cargo build --release --locked -p vitaran-web -p vitaran-worker -p vitaran-ops"
    ));
    for line in images.lines().filter(|line| line.starts_with("COPY ")) {
        let is_ours = line.contains("--from=build") && line.contains("/out/");
        assert!(
            is_ours || line == "COPY bin/requirements/renderer.txt /tmp/renderer.txt",
            "{line}"
        );
    }
    assert!(text(".dockerignore").lines().any(|line| line == ".git"));
    assert!(images.contains("USER 65532:65532") && images.matches(":nonroot").count() == 1);
    for manifest in ["web/Cargo.toml", "worker/Cargo.toml", "ops/Cargo.toml"] {
        let text = text(manifest);
        let shipped = section(&text, "[dependencies]");
        assert!(
            !shipped.contains("testkit") && !shipped.contains("vitaran-tests"),
            "{manifest}"
        );
    }
}

#[test]
fn every_crate_comes_from_the_public_registry_under_its_hash() {
    const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let lock = text("Cargo.lock");
    let packages: Vec<&str> = lock.split("[[package]]").skip(1).collect();
    assert!(packages.len() > 200, "{}", packages.len());
    for package in packages {
        let is_ours = package.contains("name = \"vitaran-") && !package.contains("source = ");
        let is_known = package.contains(REGISTRY) && package.contains("\nchecksum = \"");
        assert!(is_ours || is_known, "{package}");
    }
    for list in ["renderer.txt", "dev.txt"] {
        let text = text(&format!("bin/requirements/{list}"));
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '-'])) {
            assert!(line.contains("=="), "{list}: {line}");
        }
    }
}

#[test]
fn nothing_is_logged_elsewhere_than_it_is_documented() {
    let found = code_with(&[
        "with_writer(",
        "eprint",
        "syslog",
        "OpenOptions",
        "rolling::",
    ]);
    let elsewhere: Vec<_> = found
        .into_iter()
        .filter(|line| {
            !line.ends_with(".with_writer(std::io::stderr);")
                && !line.contains("main.rs: eprintln!(")
        })
        .filter(|line| !line.starts_with("ops/"))
        .collect();
    assert_eq!(elsewhere, none());
}

#[test]
fn no_password_grows_old() {
    let asks = code_with(&["password_changed_at"]);
    assert!(!asks.is_empty());
    let by_age: Vec<&String> = asks
        .iter()
        .filter(|line| {
            line.contains("interval")
                || line.contains("password_changed_at <")
                || line.contains("password_changed_at >")
        })
        .collect();
    assert!(by_age.is_empty(), "{by_age:?}");
}

#[test]
fn our_script_keeps_nothing_in_the_browser_and_lets_nobody_send_it_messages() {
    let script = text("assets/js/app.js");
    for kept in [
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "document.cookie",
        "caches.",
        "postMessage",
        "\"message\"",
        "serviceWorker",
    ] {
        assert!(!script.contains(kept), "{kept}");
    }
    // No object is filled under a name that somebody else chose, so no prototype can be.
    for line in script
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        let written = line.split('=').next().unwrap_or_default().trim_end();
        let is_by_name =
            written.ends_with(']') && !written.contains("const ") && line.contains("] = ");
        assert!(
            !is_by_name && !line.contains("__proto__") && !line.contains("Object.assign"),
            "{line}"
        );
    }
}

#[test]
fn a_password_may_be_pasted_and_is_masked_and_filled_in_by_managers() {
    let field = text("web/src/ui/form.rs");
    let views = text("web/src/identity/views.rs") + &text("web/src/identity/password_views.rs");
    assert!(
        field.contains(r#"Self::input("password", name, label).autocomplete("current-password")"#)
    );
    assert!(
        views.contains("Field::password(") && views.contains(r#".autocomplete("new-password")"#)
    );
    assert!(!views.contains("\"off\""));
    let script = text("assets/js/app.js");
    assert!(!script.contains("\"paste\"") && !script.contains("\"copy\""));
}

#[test]
fn every_cipher_and_hash_in_use_stands_in_the_inventory_and_no_broken_one_is() {
    let workspace = text("Cargo.toml");
    let secrets = section(&workspace, "# Secrets");
    let secrets = secrets
        .split("\n# Outside world")
        .next()
        .unwrap_or_default();
    let used: Vec<&str> = secrets
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name)
        .collect();
    assert!(
        used.contains(&"argon2") && used.contains(&"chacha20poly1305"),
        "{used:?}"
    );
    let page = text("SECURITY.md");
    let inventory = page
        .split("## Keys and ciphers")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next());
    let inventory = inventory.expect("the inventory");
    for name in used.iter().filter(|name| **name != "zxcvbn") {
        assert!(
            inventory.contains(&format!("`{name}`")),
            "{name} is not in the inventory"
        );
    }
    let direct = section(&workspace, "[workspace.dependencies]");
    for broken in [
        "md5", "md-5", "md4", "rc4", "des", "blowfish", "ecb", "rsa", "openssl",
    ] {
        assert!(
            !direct
                .lines()
                .any(|line| line.starts_with(&format!("{broken} ="))),
            "{broken}"
        );
    }
    assert_eq!(
        code_with(&[
            "md5::",
            "Md5::",
            "thread_rng()",
            "SmallRng",
            "StdRng",
            "rand::random"
        ]),
        none()
    );
}
