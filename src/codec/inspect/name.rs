//! What a file's name says it is, and what it hides.

use crate::domain::danger::Threat;

/// What opening a file of such a name does. Only kinds that matter here have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Runs.
    Program,
    /// Runs by an interpreter that is there, on some system, for everybody.
    Script,
    /// Source of a language that some people run by a click: no surprise in an archive of sources.
    Source,
    /// Opens or runs something else.
    Shortcut,
    /// Becomes a drive.
    DiskImage,
    /// A document that may have macros, by its very ending.
    MacroDocument,
    /// A page for a browser.
    WebPage,
    /// A drawing for a browser.
    Drawing,
    /// An archive that could have others in it.
    Archive,
    /// An archive that is not looked into.
    Closed,
    /// A document that may have something in it.
    Document,
}

const KINDS: &[(Kind, &[&str])] = &[
    (
        Kind::Program,
        &[
            "exe",
            "com",
            "scr",
            "pif",
            "cpl",
            "dll",
            "ocx",
            "sys",
            "drv",
            "msi",
            "msp",
            "mst",
            "msix",
            "msixbundle",
            "appx",
            "appxbundle",
            "appinstaller",
            "application",
            "gadget",
            "jar",
            "apk",
            "aab",
            "xapk",
            "ipa",
            "app",
            "pkg",
            "mpkg",
            "deb",
            "rpm",
            "snap",
            "flatpak",
            "appimage",
            "run",
            "elf",
            "xll",
            "wll",
            "air",
            "crx",
            "xpi",
            "hta",
            "chm",
            "hlp",
            "scf",
            "ade",
            "adp",
            "mde",
            "accde",
        ],
    ),
    (
        Kind::Script,
        &[
            "js",
            "jse",
            "vbs",
            "vbe",
            "vb",
            "wsf",
            "wsh",
            "wsc",
            "ws",
            "sct",
            "ps1",
            "ps1xml",
            "ps2",
            "psc1",
            "psc2",
            "psm1",
            "bat",
            "cmd",
            "reg",
            "inf",
            "jnlp",
            "mof",
            "msh",
            "msh1",
            "msh2",
            "xbap",
            "applescript",
            "scpt",
            "command",
            "workflow",
            "action",
            "pyw",
            "pyz",
            "osx",
            "csh",
            "ksh",
            "ins",
            "isp",
            "job",
            "slk",
            "iqy",
            "oqy",
            "rqy",
            "dqy",
            "one",
            "onepkg",
            "onetoc2",
            "ppkg",
            "mobileconfig",
        ],
    ),
    (Kind::Source, &["sh", "bash", "zsh", "fish", "py", "pl", "rb", "php", "lua", "tcl"]),
    (
        Kind::Shortcut,
        &[
            "lnk",
            "url",
            "website",
            "webloc",
            "desktop",
            "library-ms",
            "search-ms",
            "searchconnector-ms",
            "settingcontent-ms",
            "appref-ms",
            "msc",
            "theme",
            "themepack",
            "deskthemepack",
            "rdp",
            "diagcab",
            "diagpkg",
            "shb",
            "shs",
            "pcd",
            "inetloc",
            "fileloc",
            "terminal",
        ],
    ),
    (
        Kind::DiskImage,
        &[
            "iso",
            "img",
            "vhd",
            "vhdx",
            "vmdk",
            "vdi",
            "udf",
            "dmg",
            "toast",
            "wim",
            "nrg",
            "mdf",
            "daa",
            "sparseimage",
        ],
    ),
    (
        Kind::MacroDocument,
        &[
            "docm", "dotm", "xlsm", "xltm", "xlsb", "xlam", "xla", "xlm", "pptm", "potm", "ppsm", "ppam", "ppa", "sldm",
        ],
    ),
    (Kind::WebPage, &["html", "htm", "shtml", "xhtml", "xht", "mht", "mhtml"]),
    (Kind::Drawing, &["svg", "svgz"]),
    (Kind::Archive, &["zip", "tar", "gz", "tgz", "7z", "rar", "eml"]),
    (
        Kind::Closed,
        &[
            "bz2", "tbz", "tbz2", "xz", "txz", "lzma", "zst", "tzst", "lz", "lz4", "br", "z", "cab", "arj", "ace", "lzh", "lha", "zoo",
            "alz", "egg",
        ],
    ),
    (
        Kind::Document,
        &[
            "doc", "dot", "docx", "dotx", "xls", "xlt", "xlsx", "xltx", "ppt", "pps", "pot", "pptx", "ppsx", "potx", "rtf", "pdf", "odt",
            "ods", "odp", "msg", "pub", "vsd", "vsdx", "mpp", "mdb", "accdb",
        ],
    ),
];

/// Endings that look like something to read, see or hear.
const HARMLESS: &[&str] = &[
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "txt", "rtf", "csv", "jpg", "jpeg", "png", "gif", "webp", "bmp",
    "tif", "tiff", "mp3", "mp4", "wav", "avi", "mov", "mkv", "zip", "html", "htm", "xml", "ics", "vcf", "eml", "msg", "log", "heic",
];

/// Characters that turn the direction of text, or are not seen at all.
fn turns(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}')
}

/// A name as a system would read its ending: without what cannot be seen, and without dots and blanks at the
/// end, which Windows drops.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = name.chars().filter(|c| !turns(*c) && !c.is_control()).collect();
    seen.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).to_lowercase()
}

/// Its ending, in lower case, without the dot; empty where there is none.
pub(super) fn ending(name: &str) -> String {
    plain(name)
        .rsplit_once('.')
        .map(|(_, ending)| ending.trim().to_owned())
        .unwrap_or_default()
}

/// The name without its last ending: what a compressed file becomes.
pub(super) fn without_ending(name: &str) -> String {
    let plain = plain(name);
    match plain.rsplit_once('.') {
        Some((stem, "tgz" | "tbz" | "tbz2" | "txz" | "tzst")) => format!("{stem}.tar"),
        Some((stem, "svgz")) => format!("{stem}.svg"),
        Some((stem, _)) => stem.to_owned(),
        None => plain,
    }
}

/// What its ending says.
pub(super) fn kind(name: &str) -> Option<Kind> {
    let ending = ending(name);
    let found = KINDS.iter().find(|(_, endings)| endings.contains(&ending.as_str()));
    found.map(|(kind, _)| *kind)
}

/// What the name alone gives away.
pub(super) fn threats(name: &str) -> Vec<Threat> {
    let mut found = Vec::new();
    if name
        .chars()
        .any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}' | '\u{61c}'))
    {
        found.push(Threat::TurnedName);
    }
    let by_kind = match kind(name) {
        Some(Kind::Program) => Threat::Program,
        Some(Kind::Script | Kind::Source) => Threat::Script,
        Some(Kind::Shortcut) => Threat::Shortcut,
        Some(Kind::DiskImage) => Threat::DiskImage,
        Some(Kind::MacroDocument) => return [found, vec![Threat::Macros]].concat(),
        Some(Kind::WebPage) => Threat::WebPage,
        _ => return found,
    };
    let plain = plain(name);
    let before = plain.rsplit_once('.').map(|(stem, _)| stem.trim_end()).unwrap_or_default();
    let second = before.rsplit_once('.').map(|(_, ending)| ending.trim()).unwrap_or_default();
    let far = plain.contains("          ") || plain.contains("__________");
    if HARMLESS.contains(&second) && by_kind != Threat::WebPage || far {
        found.push(Threat::DoubleExtension);
    }
    found.push(by_kind);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_more_than_it_shows() {
        use Threat::{DiskImage, DoubleExtension, Macros, Program, Script, Shortcut, TurnedName, WebPage};
        for (name, expected) in [
            ("plan.pdf", &[][..]),
            ("Setup.EXE", &[Program]),
            ("photo.jpg.exe", &[DoubleExtension, Program]),
            ("invoice.pdf          .scr", &[DoubleExtension, Program]),
            ("invoice .pdf__________________.js", &[DoubleExtension, Script]),
            ("photo\u{202e}gpj.exe", &[TurnedName, Program]),
            ("evil.exe. . ", &[Program]),
            ("evil.ex\u{200b}e", &[Program]),
            ("Rechnung.PDF.lnk", &[DoubleExtension, Shortcut]),
            ("holiday.iso", &[DiskImage]),
            ("plan.docm", &[Macros]),
            ("voice.wav.html", &[WebPage]),
            ("build.sh", &[Script]),
            ("archive.tar.gz", &[]),
            ("exe", &[]),
            ("", &[]),
        ] {
            assert_eq!(threats(name), expected, "{name:?}");
        }
        assert_eq!(without_ending("a/b/c.TGZ"), "c.tar");
        assert_eq!(without_ending("c.exe.gz"), "c.exe");
    }
}
