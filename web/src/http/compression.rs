//! Packs HTML and JSON with gzip, fast and small. Assets come packed already; streams are left alone, since packing
//! would hold events back.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use poem::http::{HeaderMap, HeaderValue, header};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response, Result};

/// Below this the packet is not smaller on the wire.
const SMALLEST: usize = 1024;

pub struct Gzip;

impl<E: Endpoint> Middleware<E> for Gzip {
    type Output = Packing<E>;

    fn transform(&self, inner: E) -> Packing<E> {
        Packing(inner)
    }
}

pub struct Packing<E>(E);

impl<E: Endpoint> Endpoint for Packing<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let accepted = accepts_gzip(request.headers());
        let response = self.0.call(request).await?.into_response();
        if is_packable(&response) {
            pack(response, accepted).await
        } else {
            Ok(response)
        }
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case("gzip"))
                && !parts.any(|q| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
}

fn is_packable(response: &Response) -> bool {
    let kind = response.content_type().unwrap_or_default();
    let is_text = ["text/html", "application/json", "application/problem+json"]
        .iter()
        .any(|packable| kind.starts_with(packable));
    is_text && !response.headers().contains_key(header::CONTENT_ENCODING)
}

async fn pack(mut response: Response, accepted: bool) -> Result<Response> {
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepted {
        return Ok(response);
    }
    let plain = response.take_body().into_bytes().await?;
    if plain.len() < SMALLEST {
        response.set_body(plain);
        return Ok(response);
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::fast());
    match encoder.write_all(&plain).and_then(|()| encoder.finish()) {
        Ok(packed) => {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.remove(header::CONTENT_LENGTH);
            response.set_body(packed);
        }
        // A Vec cannot refuse a write; if it ever did, the plain text is as good an answer.
        Err(_) => response.set_body(plain),
    }
    Ok(response)
}
