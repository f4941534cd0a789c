//! Texts that a person would call the same: without regard to case, accents and kinds of apostrophe.
//!
//! A table rather than Unicode's whole decomposition, because this floor has nothing but `std`: the letters
//! of the European languages in Latin script, and combining marks wherever they stand, so that a composed and
//! a decomposed `é` are one. Other scripts keep their letters and lose only their case.

/// Composed letters, lower case, by what is left of them without their marks.
const MARKED: &[(&str, &str)] = &[
    ("a", "àáâãäåāăąǎạảấầẩẫậắằẳẵặ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęěẹẻẽếềểễệ"),
    ("g", "ĝğġģǧ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįıǐịỉ"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉ"),
    ("o", "òóôõöøōŏőơǒọỏốồổỗộớờởỡợ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("t", "ţťŧț"),
    ("u", "ùúûüũūŭůűųưǔụủứừửữự"),
    ("w", "ŵ"),
    ("y", "ýÿŷỳỵỷỹ"),
    ("z", "źżž"),
    ("ae", "æ"),
    ("oe", "œ"),
    ("ss", "ß"),
    ("th", "þ"),
    ("'", "’‘ʼ´`"),
];

/// Lower case, without accents; what stands there otherwise stays.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| fold_into(&mut out, c));
    out
}

/// Appends what is left of one character.
pub fn fold_into(out: &mut String, c: char) {
    if c.is_ascii() && c != '`' {
        out.push(c.to_ascii_lowercase());
        return;
    }
    for c in c.to_lowercase().filter(|c| !is_mark(*c)) {
        match MARKED.iter().find(|(_, marked)| may_be_marked(c) && marked.contains(c)) {
            Some((plain, _)) => out.push_str(plain),
            None => out.push(c),
        }
    }
}

/// Whether a character can be in the table at all: texts in other scripts need not look through it.
fn may_be_marked(c: char) -> bool {
    matches!(c, '`' | '\u{b4}' | '\u{df}'..='\u{24f}' | '\u{2bc}' | '\u{1ea0}'..='\u{1ef9}' | '‘' | '’')
}

/// Combining diacritical marks, the part of them that European languages use.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_calls_the_same_is_the_same() {
        for (text, folded) in [
            ("Maison d’Été", "maison d'ete"),
            ("e\u{301}te\u{301}", "ete"),
            ("Œuvre ÆGIR Straße", "oeuvre aegir strasse"),
            ("İstanbul", "istanbul"),
            ("Łódź", "lodz"),
            ("Работа", "работа"),
            ("税金 2026", "税金 2026"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for (plain, marked) in MARKED {
            assert_eq!(fold(plain), *plain);
            assert!(marked.chars().all(|c| fold(&c.to_string()) == *plain), "{plain}");
        }
    }
}
