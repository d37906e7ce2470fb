//! What becomes of pictures, and of what is none.

use image::{DynamicImage, GenericImageView, Rgba};

use super::*;

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut picture = DynamicImage::new_rgb8(width, height).to_rgba8();
    picture.put_pixel(0, 0, Rgba([250, 20, 20, 255]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).to_rgb8().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn a_picture_of_each_format_becomes_a_png() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let made = made_anew(&picture(64, 32, format), format).unwrap();
        let read = image::load_from_memory_with_format(&made, ImageFormat::Png).unwrap();
        assert_eq!(read.dimensions(), (64, 32), "{format:?}");
    }
}

#[test]
fn nothing_but_the_picture_survives() {
    let mut bytes = picture(8, 8, ImageFormat::Png);
    bytes.extend_from_slice(b"<script>alert(1)</script>");
    let made = made_anew(&bytes, ImageFormat::Png).unwrap();
    assert!(!made.windows(7).any(|part| part == b"<script"));
}

#[test]
fn what_is_no_picture_of_its_type_is_refused() {
    let png = picture(8, 8, ImageFormat::Png);
    assert!(made_anew(&png, ImageFormat::Png).is_ok());
    assert!(made_anew(&png, ImageFormat::Jpeg).is_err());
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    assert!(made_anew(svg, ImageFormat::Png).is_err());
    assert!(made_anew(&png[..png.len() / 2], ImageFormat::Png).is_err());
    assert!(ImageFormat::from_mime_type("image/svg+xml").is_none());
}

#[test]
fn a_picture_is_bounded_and_shown_small() {
    let sized = |side| made_anew(&picture(side, 1, ImageFormat::Png), ImageFormat::Png);
    assert!(sized(limits::LOGO_SIDE + 1).is_err());
    let made = sized(limits::LOGO_SIDE).unwrap();
    let read = image::load_from_memory_with_format(&made, ImageFormat::Png).unwrap();
    assert_eq!(read.dimensions(), (limits::LOGO_SIDE_SHOWN, 1));
}
