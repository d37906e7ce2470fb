//! Style sheet, scripts and icon: embedded in the program, and addressed by their content.
//!
//! The address holds the first eight digits of the content's SHA-256, so a browser may keep a file for good and a new
//! release is seen at once. An address with another hash is 404, not the newest file: a page and its style belong
//! together.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::base::encoding::hexadecimal;
use crate::base::path;

const FOR_GOOD: &str = "public, max-age=31536000, immutable";

const SOURCES: [(&str, &str, &[u8]); 6] = [
    ("style.css", "text/css; charset=utf-8", include_bytes!("../../static/style.css")),
    ("mark.svg", "image/svg+xml", include_bytes!("../../static/mark.svg")),
    ("page.js", "text/javascript; charset=utf-8", include_bytes!("../../static/page.js")),
    (
        "check-session.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../static/check-session.js"),
    ),
    (
        "signed-out.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../static/signed-out.js"),
    ),
    (
        "proof-of-work.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../static/proof-of-work.js"),
    ),
];

struct Asset {
    name: &'static str,
    /// What stands behind `/static/`: `style.1a2b3c4d.css`.
    file: String,
    content_type: &'static str,
    bytes: &'static [u8],
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let addressed = SOURCES.iter().map(|(name, content_type, bytes)| Asset {
        name,
        file: addressed(name, bytes),
        content_type,
        bytes,
    });
    addressed.collect()
});

/// The address of a file, for templates. An unknown name has an address that answers 404, and fails a test.
pub fn url(name: &str) -> String {
    let file = ASSETS.iter().find(|asset| asset.name == name).map_or(name, |asset| &asset.file);
    format!("{}/{file}", path::STATIC)
}

/// `GET /static/{file}`.
pub async fn get(Path(file): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.file == file) {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, FOR_GOOD)];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn addressed(name: &str, bytes: &[u8]) -> String {
    let hash = hexadecimal(&Sha256::digest(bytes));
    let short: String = hash.chars().take(8).collect();
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{short}.{extension}"),
        None => format!("{name}.{short}"),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_file_is_served_at_the_address_of_its_content_and_at_no_other() {
        for asset in ASSETS.iter() {
            let address = url(asset.name);
            let file = address.strip_prefix("/static/").unwrap().to_owned();
            let response = get(Path(file.clone())).await;
            assert_eq!(response.status(), StatusCode::OK, "{address}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], FOR_GOOD);
            assert_eq!(response.headers()[header::CONTENT_TYPE], asset.content_type);
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), asset.bytes);

            let stale = file.replacen(&file[file.len() / 2..=file.len() / 2], "~", 1);
            for other in [asset.name, &stale, "../Cargo.toml", ""] {
                let response = get(Path(other.to_owned())).await;
                assert_eq!(response.status(), StatusCode::NOT_FOUND, "{other}");
            }
        }
    }

    #[test]
    fn another_content_has_another_address() {
        assert_eq!(addressed("style.css", b""), "style.e3b0c442.css");
        assert_ne!(addressed("style.css", b"a"), addressed("style.css", b"b"));
    }

    /// The budget of a first visit: everything a page links to, before compression.
    #[test]
    fn all_files_together_stay_small() {
        let bytes: usize = ASSETS.iter().map(|asset| asset.bytes.len()).sum();
        assert!(bytes < 40_000, "{bytes}");
    }
}
