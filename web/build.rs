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

/// Name of the const, file under `assets/`, and content type. The file name also makes the address.
const FILES: &[(&str, &str, &str)] = &[
    ("APP_JS", "js/app.js", SCRIPT),
    ("HTMX_JS", "vendor/htmx-4.0.1/htmx.min.js", SCRIPT),
    ("HTMX_SSE_JS", "vendor/htmx-4.0.1/hx-sse.min.js", SCRIPT),
    ("ICONS", "img/icons.svg", DRAWING),
    ("LOGO", "img/logo.svg", DRAWING),
    ("FAVICON", "img/favicon.svg", DRAWING),
];

fn main() -> Outcome<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);

    let mut table = String::new();
    let mut all = Vec::new();
    add(
        &mut table,
        &mut all,
        &out,
        "APP_CSS",
        "app.css",
        STYLE,
        stylesheet(&assets)?.as_bytes(),
    )?;
    for (name, file, kind) in FILES {
        let path = assets.join(file);
        println!("cargo:rerun-if-changed={}", path.display());
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let base = file.rsplit('/').next().unwrap_or(file);
        add(&mut table, &mut all, &out, name, base, kind, &bytes)?;
    }
    writeln!(
        table,
        "pub(super) static ALL: &[&File] = &[{}];",
        all.iter()
            .map(|name| format!("&{name}"))
            .collect::<Vec<_>>()
            .join(", ")
    )?;
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// The parts of `assets/css`, in the order listed, without comments and indentation.
fn stylesheet(assets: &Path) -> Outcome<String> {
    let folder = assets.join("css");
    let order_file = folder.join("_order");
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-changed={}", order_file.display());
    let mut sheet = String::new();
    let order = fs::read_to_string(&order_file)?;
    for part in order
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let path = folder.join(part);
        println!("cargo:rerun-if-changed={}", path.display());
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        sheet.push_str(&without_comments(&text)?);
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

fn add(
    table: &mut String,
    all: &mut Vec<String>,
    out: &Path,
    name: &str,
    base: &str,
    kind: &str,
    bytes: &[u8],
) -> Outcome<()> {
    let digest = hex::encode(Sha256::digest(bytes));
    let short = digest.get(..10).ok_or("a digest has 64 digits")?;
    let (stem, extension) = base.rsplit_once('.').ok_or("an asset needs an extension")?;
    let file_name = format!("{stem}.{short}.{extension}");

    let plain = out.join(&file_name);
    let gzip = out.join(format!("{file_name}.gz"));
    let brotli = out.join(format!("{file_name}.br"));
    fs::write(&plain, bytes)?;
    fs::write(&gzip, gzipped(bytes)?)?;
    fs::write(&brotli, brotlied(bytes)?)?;

    writeln!(
        table,
        "pub(super) static {name}: File = File {{ file_name: {file_name:?}, url: \"/assets/{file_name}\", kind: {kind:?}, \
         etag: {etag:?}, plain: include_bytes!({plain:?}), gzip: include_bytes!({gzip:?}), brotli: include_bytes!({brotli:?}) }};",
        etag = format!("\"{short}\""),
    )?;
    all.push(name.to_owned());
    Ok(())
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
