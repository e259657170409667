//! Makes the assets ready to serve: joins the stylesheet's parts in the order of `assets/css/_order`, names every file
//! after its contents and compresses it as far as brotli and gzip go, once here instead of on each request.
//!
//! Writes `assets.rs` into `OUT_DIR`: one `const` per asset with its address, type and three encodings. A missing file
//! stops the build, so the binary never holds half a set.

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const DRAWING: &str = "image/svg+xml; charset=utf-8";

/// Name of the const, file under `assets/`, and content type. The file's name also makes the address.
const FILES: &[(&str, &str, &str)] = &[
    ("ICONS", "img/icons.svg", DRAWING),
    ("TRY_CSS", "vendor/swagger-ui-5.35.0/swagger-ui.css", STYLE),
    (
        "TRY_JS",
        "vendor/swagger-ui-5.35.0/swagger-ui-bundle.js",
        SCRIPT,
    ),
    ("TRY_START_JS", "js/try.js", SCRIPT),
];

/// htmx, its extension for streams and our own lines travel as one file: two requests less on a first visit, and a
/// boosted page cannot need a script that the page before it did not load.
const SCRIPTS: &[&str] = &[
    "vendor/htmx-4.0.1/htmx.min.js",
    "vendor/htmx-4.0.1/hx-sse.min.js",
    "js/app.js",
];

fn main() -> Outcome<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);

    let mut table = Table {
        text: String::new(),
        names: Vec::new(),
        out: &out,
    };
    table.add("APP_CSS", "app.css", STYLE, stylesheet(&assets)?.as_bytes())?;
    let mut script = Vec::new();
    for file in SCRIPTS {
        script.extend(read(&assets.join(file))?);
        script.extend(b";\n");
    }
    table.add("APP_JS", "app.js", SCRIPT, &script)?;
    for (name, file, kind) in FILES {
        let base = file.rsplit('/').next().unwrap_or(file);
        table.add(name, base, kind, &read(&assets.join(file))?)?;
    }
    let all: Vec<String> = table.names.iter().map(|name| format!("&{name}")).collect();
    writeln!(
        table.text,
        "pub(super) static ALL: &[&File] = &[{}];",
        all.join(", ")
    )?;
    fs::write(out.join("assets.rs"), table.text)?;
    Ok(())
}

/// Reads a file and makes the build depend on it.
fn read(path: &Path) -> Outcome<Vec<u8>> {
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The parts of `assets/css`, in the order listed, without comments and indentation.
fn stylesheet(assets: &Path) -> Outcome<String> {
    let folder = assets.join("css");
    println!("cargo:rerun-if-changed={}", folder.display());
    let order = String::from_utf8(read(&folder.join("_order"))?)?;
    let mut sheet = String::new();
    for part in order
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        sheet.push_str(&without_comments(&String::from_utf8(read(
            &folder.join(part),
        )?)?)?);
    }
    Ok(sheet)
}

/// Our stylesheets have no `/*` inside a string, so a plain search is exact; an unclosed comment stops the build.
fn without_comments(css: &str) -> Outcome<String> {
    let mut kept = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        let (_, after) = after
            .split_once("*/")
            .ok_or("a comment in the stylesheet is not closed")?;
        rest = after;
    }
    kept.push_str(rest);
    let lines: Vec<&str> = kept
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    Ok(lines.join("\n") + "\n")
}

/// The text of `assets.rs`, growing by one asset at a time.
struct Table<'a> {
    text: String,
    names: Vec<&'a str>,
    out: &'a Path,
}

impl<'a> Table<'a> {
    fn add(&mut self, name: &'a str, base: &str, kind: &str, bytes: &[u8]) -> Outcome<()> {
        let digest = hex::encode(Sha256::digest(bytes));
        let short = digest.get(..10).ok_or("a digest has 64 digits")?;
        let (stem, extension) = base.rsplit_once('.').ok_or("an asset needs an extension")?;
        let file_name = format!("{stem}.{short}.{extension}");

        let plain = self.out.join(&file_name);
        let gzip = self.out.join(format!("{file_name}.gz"));
        let brotli = self.out.join(format!("{file_name}.br"));
        fs::write(&plain, bytes)?;
        fs::write(&gzip, gzipped(bytes)?)?;
        fs::write(&brotli, brotlied(bytes)?)?;

        writeln!(
            self.text,
            "pub(super) static {name}: File = File {{ file_name: {file_name:?}, url: \"/assets/{file_name}\", \
             kind: {kind:?}, digest: {short:?}, plain: include_bytes!({plain:?}), gzip: include_bytes!({gzip:?}), \
             brotli: include_bytes!({brotli:?}) }};",
        )?;
        self.names.push(name);
        Ok(())
    }
}

fn gzipped(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn brotlied(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut packed = Vec::new();
    let options = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &options)?;
    Ok(packed)
}
