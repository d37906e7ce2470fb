//! A client's logo: fetched once, decoded, and written anew, so that what people's browsers are given is ours.
//!
//! OpenID Connect Registration §2, §9.2. Whatever hides in a file (scripts, comments, another format behind the picture)
//! does not survive that; SVG is a program and none of the formats. A logo that cannot be had is an error of the
//! registration: its client would believe that people see it.

use std::io::Cursor;
use std::sync::Arc;

use image::{ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use crate::base::internal::Internal;
use crate::base::limits;
use crate::context::Context;
use crate::model::client::Logo;
use crate::oauth::https_uri::HttpsUri;
use crate::oauth::logo_name::LogoName;
use crate::outbound::{self, Purpose};

/// Pictures that are decoded at once: each may take `limits::LOGO_MEMORY`.
static DECODING: Semaphore = Semaphore::const_new(2);

/// Why there is no logo.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its site did not give it.
    #[error("logo_uri cannot be read")]
    Fetch(#[from] outbound::Error),
    /// It is no picture of its content type, or too large a one.
    #[error(
        "the picture at logo_uri cannot be used: PNG, JPEG, GIF and WebP can, of at most 2048 times 2048 pixels"
    )]
    Unusable,
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Fetches a logo and makes ours of it.
pub async fn fetch(ctx: &Context, uri: &HttpsUri) -> Result<Logo, Error> {
    let document = ctx.outbound.get(Purpose::Logo, uri.as_str()).await?;
    let format = ImageFormat::from_mime_type(document.content_type).ok_or(Error::Unusable)?;
    let broken_off = |error| Internal::fault("the decoding of a picture").because(error);
    let place = DECODING
        .acquire()
        .await
        .map_err(|error| Internal::unavailable("the decoding of pictures").because(error))?;
    let made = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, whoever hangs up meanwhile.
        let _place = place;
        made_anew(&document.body, format)
    });
    let png: Arc<[u8]> = made.await.map_err(broken_off)?.map_err(|_| Error::Unusable)?.into();
    Ok(Logo { name: LogoName::of(&png), png })
}

/// The picture, no larger than pages show it, as PNG.
fn made_anew(bytes: &[u8], format: ImageFormat) -> image::ImageResult<Vec<u8>> {
    let mut bounds = Limits::no_limits();
    bounds.max_image_width = Some(limits::LOGO_SIDE);
    bounds.max_image_height = Some(limits::LOGO_SIDE);
    bounds.max_alloc = Some(limits::LOGO_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(bounds);
    let picture = reader.decode()?;
    let shown = limits::LOGO_SIDE_SHOWN;
    let picture = if picture.width() > shown || picture.height() > shown {
        picture.thumbnail(shown, shown)
    } else {
        picture
    };
    let mut png = Cursor::new(Vec::new());
    picture.to_rgba8().write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests;
