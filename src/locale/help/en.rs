//! Help in English.

use super::{HelpWords, Topic};

pub(super) const WORDS: HelpWords = HelpWords {
    more: "Read more",
    see: "Where it is done",
    lines: "Every line, and what to do about it",
    lines_lead: "What each line of each Privacy Index looks at, what it is worth, and how it is won.",
    search: "Searching",
    search_lead: "Everything that you can type into the field on top of each page.",
    of_message: "A message",
    of_contact: "A contact",
    of_account: "Your account",
    of_appliance: "The box itself",
    line: "Line",
    points: "Points",
    takes: "at most {n}",
    means: "What it looks at, and what to do",
    ceilings: "Facts that void the rest",
};

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        slug: "keys",
        title: "Keys, and comparing them",
        lead: "What an OpenPGP key is good for, how this box finds those of others, and why two people compare them.",
        parts: &[
            (
                "A lock and its key",
                &[
                    "Your key has two halves. The public one is a padlock that you give to anybody: whoever has it can close a message so that only you can open it. The secret one opens it, and signs what you write. It was made in this box when you first signed in. It leaves it only in a copy that you take yourself, and encrypted in your backups, if you have any made.",
                    "A message that is closed with somebody’s key is an envelope: no server on the way can read it, not even theirs. Where it was made for a padlock that you compared, it is sealed.",
                ],
            ),
            (
                "Where the keys of others come from",
                &[
                    "From their messages, which often bring one along (Autocrypt); from their domain, which may publish them on the web (WKD) or in its signed DNS; from a third person who answered all of you; from a key server, if you ask one; or from a file that you were given. The page of somebody’s keys says for each where it came from. No domain is asked while you type: only when you ask, when a message is about to leave, and about once a week where a key is known already, to see whether it has changed.",
                ],
            ),
            (
                "Comparing",
                &[
                    "A key that came by mail could have been slipped in by whoever carries the mail. Comparing takes a minute and ends that doubt: on their page, “Compare keys” shows six words and a picture. Read the words to each other, face to face or on the telephone, never by e-mail. If they match, say so: from then on what you send is sealed, and a key that changes without a word is shown as a warning. If they differ, say that: the key is not used any more, whoever brings it again.",
                ],
            ),
            (
                "A copy, and the end of a key",
                &[
                    "If this box burns and you have neither a backup nor a copy of your key, nobody can open what was sent to it, you included. Save a copy on a stick that lies elsewhere. A key ends on a day; of a key that this box made it moves that day on by itself, in good time. If somebody may have got hold of it, make a new one and publish the revocation of the old one: the page of your keys has both.",
                ],
            ),
        ],
        see: &[("/settings/keys", "Your keys"), ("/settings/keys/people", "Other people’s keys")],
    },
    Topic {
        slug: "lost",
        title: "If you lose the passphrase",
        lead: "Nobody can give it back, us included. Here is what still opens this box.",
        parts: &[
            (
                "What opens it",
                &[
                    "All that is yours in this box is sealed with a key that nobody ever sees. Each way in opens that key by itself: your passphrase; a passkey, where it can open and not only sign in; the code on the recovery sheet; and a key file, if you have made one. One of them is enough, and losing one loses nothing as long as another is left.",
                ],
            ),
            (
                "With the recovery sheet",
                &[
                    "On the sign-in page, type the code of the sheet where the passphrase goes: groups of letters and digits, in any case, with or without the dashes. You are then asked for a new passphrase. Print a new sheet afterwards if anybody may have seen the old one: the old one ends at that moment.",
                ],
            ),
            (
                "With a passkey",
                &[
                    "Sign in with it, and choose a new passphrase on the page about signing in. If the box was restarted, only a passkey that can open it will do; the page says of each whether it can.",
                ],
            ),
            (
                "With nothing at all",
                &[
                    "Then what is in this box stays closed for ever. That is the same thing that keeps a thief out, and there is no second door. Mail goes on arriving and is kept sealed, but it cannot be read. You can only begin again with an empty box, and ask people to write to you anew.",
                    "So do it today, while you can: print the sheet, prove it, and put it where your other papers are.",
                ],
            ),
        ],
        see: &[
            ("/settings/recovery", "The recovery sheet"),
            ("/settings/security", "Signing in"),
            ("/settings/locks", "What opens this box"),
        ],
    },
    Topic {
        slug: "thief",
        title: "What a thief sees",
        lead: "Of the card, of the whole box, of a telephone that is signed in, and of the line.",
        parts: &[
            (
                "Whoever takes the card, or the box while it is off",
                &[
                    "Sees the name of your domain, the addresses that this box takes mail for, its certificate, how many octets lie there, and how much came while it was locked, and when. Not who wrote to you, nor a subject, nor a contact, nor a word. If a key file lies with it, or can be taken along, everything is open.",
                    "They also have what a locked box works with: the key of the certificate, with which they can pretend to be this box until the certificate is revoked, and the password for announcing your address, if you gave one. Change that one at once.",
                    "Guessing your passphrase costs a machine like yours about a second for each try. Whoever has faster machines, and many of them, tries more: what holds is a passphrase of several words that nobody guesses.",
                ],
            ),
            (
                "Whoever takes it while it runs",
                &[
                    "While it is unlocked its memory holds the key. Pulling the plug locks it. Somebody with a laboratory who keeps the memory powered could read it; lock the box when you go away, with the button on top of each page.",
                ],
            ),
            (
                "Whoever finds a device that is signed in",
                &[
                    "Sees what you would see, until you sign it out: the page of your devices does that from anywhere, and the box signs out by itself after the time that you chose. A cookie that is copied out of a browser is soon worth nothing, because a session is tied to a key that the browser keeps. Where scripts are off there is no such key, and the page about signing in says so of that session.",
                ],
            ),
            (
                "Whoever listens on the line",
                &[
                    "Sees that your box talks to other mail servers, and to which. Your provider and the name server that you use see it as well. The ledger lists everybody this box has connected to, so that you see what they see.",
                ],
            ),
        ],
        see: &[
            ("/settings/locks", "What opens this box"),
            ("/devices", "Devices"),
            ("/ledger", "Who learned your address"),
        ],
    },
    Topic {
        slug: "limits",
        title: "What this box cannot protect from",
        lead: "A list without comfort, so that you know where to be careful yourself.",
        parts: &[
            (
                "The other end",
                &[
                    "Whoever receives your message can show it, print it, or lose it. If they read it at a large provider without encryption, that provider has it too. You are never better protected than the people you write to; that is why a contact’s index counts in yours.",
                ],
            ),
            (
                "What stands outside the envelope",
                &[
                    "Mail needs addresses. Who writes to whom, when, and how large it is can be seen by both servers, even of a sealed message. The subject is hidden only where both sides can do it; the writing page says whether it will be.",
                ],
            ),
            (
                "The device in your hand",
                &[
                    "If somebody else rules your telephone or computer, they read what you read. An old system without updates, an extension that reads every page, a keyboard that phones home: this box sees none of them. The index of a device counts what can be seen from here, which is little.",
                ],
            ),
            (
                "Being fooled",
                &[
                    "Caliopen warns of links that lead elsewhere than they say, of lookalike senders, and of files that can do harm. It cannot tell that a well-written request from a friend’s stolen account is false. If money or a secret is asked for, call.",
                ],
            ),
            (
                "Those who may force you",
                &["A sealed disk does not help against somebody who can make you open it. Erasing the box does, and cannot be undone."],
            ),
            (
                "A broken machine",
                &["A card wears out, a house burns. Only a copy elsewhere helps, and only one that you have tried."],
            ),
        ],
        see: &[("/privacy", "Your privacy"), ("/settings/erase", "Erase this box")],
    },
    Topic {
        slug: "words",
        title: "Words of this place",
        lead: "The same word always means the same thing here.",
        parts: &[
            (
                "Postcard",
                &["A message that anybody who carried it could read, or of which nothing better is known."],
            ),
            (
                "Mailbag",
                &[
                    "It travelled closed to the other server, and nobody on the way could have opened it unseen. The servers at both ends can read it.",
                ],
            ),
            (
                "Envelope",
                &["Only somebody with the reader’s key can open it. The key was not compared."],
            ),
            ("Sealed", &["An envelope for keys that you compared."]),
            ("Discussion", &["All messages between the same people."]),
            (
                "Contact",
                &["A card with somebody’s name and addresses; an address stands on one card."],
            ),
            (
                "Device",
                &["A browser that signs in. It is verified once you let it in from another one, or with the recovery sheet."],
            ),
            (
                "Privacy Index",
                &["A number from 0 to 100 and a letter from A to E: the plain sum of lines that you can read."],
            ),
            (
                "Importance",
                &["A level from −10 to 10, also a sum of lines. The list of discussions shows 0 and above."],
            ),
            (
                "Locked",
                &["This box holds its mail closed and cannot read it until somebody signs in. It goes on receiving."],
            ),
            (
                "Tracker, spy image",
                &["A picture in a message that tells the sender when, where and with what you read it. None is loaded here."],
            ),
            (
                "Seal of another server (ARC)",
                &["A server that passed a message on says what it saw. It counts only if you trust that server."],
            ),
            (
                "DKIM, SPF, DMARC",
                &["How a domain vouches for its mail: a signature, a list of its servers, and what to do with what has neither."],
            ),
            (
                "MTA-STS, DANE",
                &["How a domain says that mail for it must travel encrypted, so that nobody on the way can strip that."],
            ),
        ],
        see: &[("/help", "Help")],
    },
];
