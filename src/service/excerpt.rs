//! First words and headlines, as lists show them: one line, and no more than fits.

/// Characters of the first words that lists show.
const EXCERPT: usize = 140;
/// Characters of a subject or name that lists show; the message itself keeps all of it.
const HEADLINE: usize = 200;

/// One line, at most so many characters.
fn shorten(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let space = usize::from(!out.is_empty());
        let room = most.saturating_sub(length + space);
        if room == 0 {
            break;
        }
        out.extend((space == 1).then_some(' '));
        out.extend(word.chars().take(room));
        length += space + word.chars().count().min(room);
    }
    if text.split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>() > length + 1 {
        out.push('…');
    }
    out
}

/// A subject or a name on one line.
pub(super) fn headline(text: &str) -> String {
    shorten(text, HEADLINE)
}

/// The first words that the author wrote: quoted lines are somebody else's.
pub(super) fn excerpt(text: &str) -> String {
    let own: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('>')).take(12).collect();
    shorten(&own.join(" "), EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_the_authors_on_one_line() {
        assert_eq!(excerpt("> what you said\r\nSee   you\non Friday"), "See you on Friday");
        assert_eq!(shorten("éé éé", 3), "éé…");
        assert_eq!(shorten("éé éé", 4), "éé é…");
        assert_eq!(shorten("one", 3), "one");
        assert_eq!(shorten("", 3), "");
    }
}
