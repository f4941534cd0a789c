//! A QR code as a drawing to be put into a page: black on white whatever the theme, because cameras
//! want it so, with the quiet zone that ISO/IEC 18004 asks for.

use qrcode::{EcLevel, QrCode, render::svg};

/// Octets at most: beyond it the squares are too small for a telephone on a table.
const LONGEST: usize = 512;

/// The `<svg>` element; `None` for a text that is too long. It carries no word of the text.
pub fn svg(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let drawn = code.render::<svg::Color<'_>>().quiet_zone(true).min_dimensions(200, 200).build();
    // The XML declaration has no place inside a page.
    drawn.find("<svg").and_then(|at| drawn.get(at..)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_without_words_or_scripts() {
        let drawn = svg("otpauth://totp/x?secret=<script>&issuer=\"").unwrap();
        assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>"));
        assert!(!drawn.contains("script") && !drawn.contains("style"));
        assert!(svg(&"x".repeat(513)).is_none());
    }
}
