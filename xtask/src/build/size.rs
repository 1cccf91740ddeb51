//! What the package weighs.

use std::path::Path;

use anyhow::{Result, bail};
use brotli::enc::BrotliEncoderParams;

use super::module::NAME;
use crate::{files::write, sh::target};

/// The most that module and JavaScript may weigh together, compressed, bytes. Lower it as they
/// shrink, raise it only in a commit of its own.
const LIMIT: usize = 52_500;

/// Prints the sizes of the package in `pkg` and of its fallback, writes them to target/size.json,
/// and fails above the limit.
pub fn report(pkg: &Path, module: &[u8], fallback: &str) -> Result<()> {
    let dist = pkg.join("miniprogram_dist");
    let compressed = std::fs::read(dist.join(format!("{NAME}.wasm.br")))?.len();
    let js = std::fs::read(dist.join("index.js"))?;
    let js_compressed = brotli(&js).len();
    let sum = compressed + js_compressed;
    let table = [
        ("wasm", module.len()),
        ("wasm.br", compressed),
        ("js", js.len()),
        ("js.br", js_compressed),
        ("wasm.br + js.br", sum),
        ("limit", LIMIT),
        ("fallback js", fallback.len()),
        ("fallback js.br", brotli(fallback.as_bytes()).len()),
    ];
    for (what, bytes) in table {
        println!("{what:>16} {bytes:>7} bytes");
    }
    let json: serde_json::Map<String, serde_json::Value> = table
        .iter()
        .map(|(what, bytes)| (what.to_string(), (*bytes).into()))
        .collect();
    write(
        &target().join("size.json"),
        serde_json::to_string_pretty(&json)? + "\n",
    )?;
    if sum > LIMIT {
        bail!("the package is {} bytes over its limit", sum - LIMIT);
    }
    Ok(())
}

/// Brotli at its best quality, the window larger than any input here.
pub fn brotli(bytes: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = brotli::BrotliCompress(&mut &bytes[..], &mut out, &params);
    out
}
