//! The keys, in one table: the script obeys it and the help page lists it.

use crate::locale::{Words, compose, settings};

/// One key and what it does.
pub(super) struct Shortcut {
    /// The key as it is typed, or two of them one after the other.
    pub(super) key: &'static str,
    /// What the script knows it by.
    action: &'static str,
    /// What it does, in words.
    pub(super) says: fn(&Words) -> &'static str,
}

/// All of them.
pub(super) const SHORTCUTS: &[Shortcut] = &[
    Shortcut {
        key: "j",
        action: "next",
        says: |w| w.key_next,
    },
    Shortcut {
        key: "k",
        action: "previous",
        says: |w| w.key_previous,
    },
    Shortcut {
        key: "o",
        action: "open",
        says: |w| w.key_open,
    },
    Shortcut {
        key: "u",
        action: "up",
        says: |w| w.key_up,
    },
    Shortcut {
        key: "e",
        action: "archive",
        says: |w| w.living.key_archive,
    },
    Shortcut {
        key: "m",
        action: "mark",
        says: |w| w.key_mark,
    },
    Shortcut {
        key: "x",
        action: "tick",
        says: |w| w.tags.key_tick,
    },
    Shortcut {
        key: "t",
        action: "tag",
        says: |w| w.tags.key_tag,
    },
    Shortcut {
        key: "r",
        action: "reply",
        says: |w| compose::words(w.lang).key_reply,
    },
    Shortcut {
        key: "c",
        action: "write",
        says: |w| compose::words(w.lang).key_write,
    },
    Shortcut {
        key: "/",
        action: "search",
        says: |w| w.search.key,
    },
    Shortcut {
        key: "gt",
        action: "go /",
        says: |w| w.menu_discussions,
    },
    Shortcut {
        key: "gc",
        action: "go /contacts",
        says: |w| w.contacts.title,
    },
    Shortcut {
        key: "gp",
        action: "go /privacy",
        says: |w| w.account.menu,
    },
    Shortcut {
        key: "gs",
        action: "go /settings",
        says: |w| settings::words(w.lang).title,
    },
    Shortcut {
        key: "?",
        action: "help",
        says: |w| w.key_help,
    },
];

/// The table as the script reads it.
pub(super) fn for_script() -> String {
    let pairs: Vec<String> = SHORTCUTS
        .iter()
        .map(|shortcut| format!("{}:{}", shortcut.key, shortcut.action))
        .collect();
    pairs.join(",")
}
