//! A message that is being written: what was typed, kept as it was typed, and the rules of answering.
//!
//! Absent on purpose: checking while somebody types. A draft may hold half an address; [`people`] says what is one
//! when it matters.

use super::{
    address::{Address, is_quoted},
    id::MessageId,
    message::{Mailbox, Reading},
};

/// Octets of text that a draft may have (1 MiB).
pub const MAX_TEXT: usize = 1024 * 1024;
/// Octets of one field of recipients: more than [`MAX_PEOPLE`] can fill, so that nobody is cut off who might be written to.
pub const MAX_FIELD: usize = 64 * 1024;
/// Characters of a subject.
pub const MAX_SUBJECT: usize = 900;
/// People whom one message may be sent to.
pub const MAX_PEOPLE: usize = 100;
/// Files that may go with one message.
pub const MAX_FILES: usize = 50;
/// Octets of all files of a message together (25 MiB).
pub const MAX_FILES_SIZE: u64 = 25 * 1024 * 1024;
/// Lines that are quoted of what is answered.
const MAX_QUOTED: usize = 2_000;

/// What a message is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum About {
    /// Nothing before it.
    #[default]
    Nothing,
    /// It answers this one.
    Answers(MessageId),
    /// It passes this one on.
    Forwards(MessageId),
}

impl About {
    /// The message before it.
    pub fn message(self) -> Option<MessageId> {
        match self {
            Self::Nothing => None,
            Self::Answers(id) | Self::Forwards(id) => Some(id),
        }
    }
}

/// A file that was put to a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    /// Its number, of this box.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its media type, as the browser gave it.
    pub media_type: String,
    /// Its octets.
    pub size: u64,
    /// What its picture tells.
    pub picture: Picture,
}

/// What a file tells of its maker, as far as a picture does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Picture {
    /// It is no picture that we know.
    #[default]
    None,
    /// Nothing but what it shows.
    Clean,
    /// A camera, a time, words.
    Tells,
    /// Where it was taken, too.
    Place,
    /// It could not be read to its end.
    Unreadable,
}

/// A message that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The owner's address that it is from.
    pub from: String,
    /// `To` as typed.
    pub to: String,
    /// `Cc` as typed.
    pub cc: String,
    /// `Bcc` as typed.
    pub bcc: String,
    /// `Reply-To` as typed.
    pub reply_to: String,
    /// The subject.
    pub subject: String,
    /// The text; line ends are `\n`.
    pub text: String,
    /// What it is about.
    pub about: About,
    /// Whether pictures keep what they tell.
    pub tell: bool,
    /// Whether it is sent over verified TLS only.
    pub confidential: bool,
    /// Its files.
    pub files: Vec<Attached>,
}

impl Draft {
    /// Whether nothing is in it that somebody would miss; a signature alone is nothing.
    pub fn is_empty(&self, signature: &str) -> bool {
        let text = self.text.trim();
        let signed = text
            .strip_suffix(signature.trim())
            .unwrap_or(text)
            .trim_end()
            .trim_end_matches("--");
        let fields = [&self.to, &self.cc, &self.bcc, &self.reply_to, &self.subject];
        self.files.is_empty() && signed.trim().is_empty() && fields.iter().all(|field| field.trim().is_empty())
    }

    /// Octets of all its files.
    pub fn files_size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// About how many octets it has on its way: its files in base 64, in lines of 76 characters (RFC 2045 section 6.8), and
    /// where it is encrypted all of it once more in armor, in lines of 64. Its header is not counted.
    pub fn size_on_its_way(&self, encrypted: bool) -> u64 {
        let files: u64 = self.files.iter().map(|file| file.size.div_ceil(57) * 78).sum();
        let entity = self.text.len() as u64 + files;
        if encrypted { entity.div_ceil(48) * 66 } else { entity }
    }
}

/// Reads a field of recipients: addresses, each with a name before it or without, between commas, semicolons or
/// line ends. What is no address comes back as it was typed.
pub fn people(text: &str) -> Result<Vec<Mailbox>, Vec<String>> {
    let (mut people, mut wrong) = (Vec::<Mailbox>::new(), Vec::new());
    for item in items(text) {
        match person(item) {
            Some(person) if people.iter().any(|known| known.address == person.address) => {}
            Some(person) => people.push(person),
            None => wrong.push(item.to_owned()),
        }
    }
    if wrong.is_empty() { Ok(people) } else { Err(wrong) }
}

/// A field in which each piece that is no address and names a group stands for its members; what it is where none
/// does. `members` says who they are, nobody for what is no group.
pub fn expanded(text: &str, mut members: impl FnMut(&str) -> Vec<Mailbox>) -> Option<String> {
    let mut some = false;
    let mut out: Vec<String> = Vec::new();
    for item in items(text) {
        let group = if person(item).is_some() { Vec::new() } else { members(item) };
        some |= !group.is_empty();
        if group.is_empty() {
            out.push(item.to_owned());
        } else {
            out.extend(group.iter().map(|person| typed(&person.name, person.address.as_str())));
        }
    }
    some.then(|| out.join(", "))
}

/// The pieces of a list, cut where no quotes or brackets are open.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    let cut = move |c: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            '<' if !quoted => bracket = true,
            '>' if !quoted => bracket = false,
            // A line end ends whatever was left open.
            '\n' | '\r' => {
                (quoted, bracket) = (false, false);
                return true;
            }
            ',' | ';' => return !quoted && !bracket,
            _ => {}
        }
        false
    };
    text.split(cut).map(str::trim).filter(|item| !item.is_empty())
}

fn person(item: &str) -> Option<Mailbox> {
    let (name, address) = match item.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => (name.trim(), address),
        None => ("", item),
    };
    let name = match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    };
    let address = Address::parse(address).ok()?;
    // An address that mail cannot be sent to is one that was typed wrong.
    let domain = address.domain();
    let sound = domain.split('.').all(|label| !label.is_empty());
    let local = address.local();
    let sound = sound && (is_quoted(local) || !local.contains(['(', ')', '[', ']', '\\', '"', ':', '@', ' ']));
    sound.then_some(Mailbox { name, address })
}

/// One person as they are typed.
pub fn typed(name: &str, address: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim();
    if name.is_empty() || name == address {
        address.to_owned()
    } else if name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '.'))
    {
        format!("{name} <{address}>")
    } else {
        format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// A field of recipients.
pub fn list(people: &[Mailbox]) -> String {
    let typed = people.iter().map(|person| typed(&person.name, person.address.as_str()));
    typed.collect::<Vec<_>>().join(", ")
}

/// Whom an answer goes to: `To` and `Cc`. Where the owner answers a message of their own it goes where that went.
pub fn answered(reading: &Reading, is_owner: impl Fn(&Address) -> bool, all: bool) -> (Vec<Mailbox>, Vec<Mailbox>) {
    let own = reading.author().is_some_and(|author| is_owner(&author.address));
    let asked = if reading.reply_to.is_empty() {
        &reading.from
    } else {
        &reading.reply_to
    };
    let to: Vec<Mailbox> = if own { reading.to.clone() } else { asked.clone() };
    let to = once(to.into_iter().filter(|person| !own || !is_owner(&person.address)), &[]);
    if !all {
        return (to, Vec::new());
    }
    let others = if own { Vec::new() } else { reading.to.clone() };
    let others = others.into_iter().chain(reading.cc.iter().cloned());
    // A list that a copy came through is answered where it wants to be (RFC 2369 section 3.4).
    let list = reading.list_post.iter().map(|address| Mailbox {
        name: String::new(),
        address: address.clone(),
    });
    let cc = once(others.chain(list).filter(|person| !is_owner(&person.address)), &to);
    (to, cc)
}

/// Each of them once. They are not counted: who is left out silently is missed by nobody until it is too late, and what is
/// sent to too many is refused.
fn once(people: impl Iterator<Item = Mailbox>, known: &[Mailbox]) -> Vec<Mailbox> {
    let mut out: Vec<Mailbox> = Vec::new();
    for person in people {
        if out.iter().chain(known).all(|other| other.address != person.address) {
            out.push(person);
        }
    }
    out
}

/// The owner's address that a message came to, with its detail: what an answer is from.
pub fn came_to(reading: &Reading, is_owner: impl Fn(&Address) -> bool) -> Option<Address> {
    let mut people = reading.to.iter().chain(&reading.cc).chain(&reading.from);
    people.find(|person| is_owner(&person.address)).map(|person| person.address.clone())
}

/// The subject of an answer or of what is passed on, its mark put before it once.
pub fn subject(mark: &str, subject: &str) -> String {
    const MARKS: [&str; 9] = ["re:", "aw:", "sv:", "ref:", "rép:", "fwd:", "fw:", "tr:", "wg:"];
    let mut bare = subject.trim();
    let begins = |text: &str| {
        let lower: String = text.chars().take(5).collect::<String>().to_lowercase();
        MARKS.iter().find(|mark| lower.starts_with(**mark)).map(|mark| mark.chars().count())
    };
    while let Some(length) = begins(bare) {
        let end = bare.char_indices().nth(length).map_or(bare.len(), |(at, _)| at);
        bare = bare.split_at(end).1.trim_start();
    }
    let whole = if bare.is_empty() {
        mark.to_owned()
    } else {
        format!("{mark} {bare}")
    };
    whole.chars().take(MAX_SUBJECT).collect()
}

/// A text as it is quoted: every line behind `>`, without the signature under it and the empty lines around it.
pub fn quoted(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    // What stands under the last line of two dashes is a signature (RFC 3676 section 4.3), where it is short.
    let dashes = text.lines().map(|line| line == "-- " || line == "--");
    let end = dashes.enumerate().filter(|(_, is)| *is).map(|(at, _)| at).last();
    let end = end.filter(|at| lines.len() - at <= 12).unwrap_or(lines.len());
    let body = lines.get(..end).unwrap_or_default();
    let start = body.iter().position(|line| !line.is_empty()).unwrap_or(body.len());
    let last = body.iter().rposition(|line| !line.is_empty()).map_or(start, |last| last + 1);
    let mut out = String::new();
    for line in body.get(start..last).unwrap_or_default().iter().take(MAX_QUOTED) {
        out.push('>');
        if !line.starts_with('>') && !line.is_empty() {
            out.push(' ');
        }
        out.push_str(line);
        out.push('\n');
        if out.len() > MAX_TEXT / 2 {
            break;
        }
    }
    out
}

/// The identifiers that an answer refers to (RFC 5322 section 3.6.4).
pub fn references(reading: &Reading) -> Vec<String> {
    let mut all = reading.references.clone();
    if let Some(id) = &reading.message_id {
        all.retain(|known| known != id);
        all.push(id.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_grows_on_its_way() {
        let file = |size| Attached {
            size,
            ..Attached::default()
        };
        let draft = Draft {
            text: "look".to_owned(),
            files: vec![file(57), file(5_700_000)],
            ..Draft::default()
        };
        assert_eq!(draft.size_on_its_way(false), 4 + 78 + 7_800_000);
        assert_eq!(draft.size_on_its_way(true), 7_800_082_u64.div_ceil(48) * 66);
    }

    fn boxes(list: &str) -> Vec<Mailbox> {
        people(list).unwrap()
    }

    #[test]
    fn a_list_is_read_as_people_type_it() {
        let read = boxes("Alice Martin <Alice@x.org>, bob@y.org; \"Durand, Zoé\" <zoe@z.org>\ncarol@z.org,, bob@Y.org");
        let names: Vec<(&str, &str)> = read.iter().map(|p| (p.name.as_str(), p.address.as_str())).collect();
        assert_eq!(
            names,
            [
                ("Alice Martin", "alice@x.org"),
                ("", "bob@y.org"),
                ("Durand, Zoé", "zoe@z.org"),
                ("", "carol@z.org")
            ]
        );
        assert_eq!(boxes(&list(&read)), read, "and reads back as it is shown");
        assert_eq!(people("bob, alice@x.org, @y").unwrap_err(), ["bob", "@y"]);
        for wrong in ["a b@x.org", "a@@x", "a@x..org", "<a@x.org", "a@x.org>", "a(b)@x.org", "a@[x"] {
            assert!(people(wrong).is_err(), "{wrong}");
        }
        assert!(people("a@[192.0.2.1]").is_ok());
        assert_eq!(boxes(" \n, ;"), []);
        let odd = typed("O\"Neil\\ (x)", "o@x.org");
        assert_eq!(boxes(&odd)[0].name, "O\"Neil\\ (x)");
    }

    #[test]
    fn a_group_stands_for_its_members() {
        let members = |name: &str| {
            if name == "family" {
                boxes("Zoé <zoe@z.org>, bob@y.org")
            } else {
                Vec::new()
            }
        };
        assert_eq!(
            expanded("family; alice@x.org, half", members).as_deref(),
            Some("Zoé <zoe@z.org>, bob@y.org, alice@x.org, half")
        );
        for same in ["alice@x.org", "half, an address", "", "family@x.org"] {
            assert_eq!(expanded(same, members), None, "{same}");
        }
    }

    fn reading() -> Reading {
        Reading {
            from: boxes("Alice <alice@x.org>"),
            to: boxes("me+shop@home.test, bob@y.org"),
            cc: boxes("alice@x.org, carol@z.org, me@home.test"),
            message_id: Some("b@x".into()),
            references: vec!["a@x".into()],
            ..Reading::default()
        }
    }

    fn owner(address: &Address) -> bool {
        address.domain() == "home.test"
    }

    #[test]
    fn an_answer_goes_to_who_is_waiting_for_it() {
        let plain = |all| {
            let (to, cc) = answered(&reading(), owner, all);
            (list(&to), list(&cc))
        };
        assert_eq!(plain(false), ("Alice <alice@x.org>".into(), String::new()));
        assert_eq!(plain(true), ("Alice <alice@x.org>".into(), "bob@y.org, carol@z.org".into()));
        let asked = Reading {
            reply_to: boxes("list@x.org"),
            ..reading()
        };
        assert_eq!(list(&answered(&asked, owner, false).0), "list@x.org");
        assert_eq!(list(&answered(&asked, owner, true).1), "bob@y.org, alice@x.org, carol@z.org");
        let listed = Reading {
            list_post: Some(Address::parse("list@y.org").unwrap()),
            ..reading()
        };
        assert_eq!(list(&answered(&listed, owner, true).1), "bob@y.org, carol@z.org, list@y.org");
        assert_eq!(list(&answered(&listed, owner, false).1), "");
        let own = Reading {
            from: boxes("me@home.test"),
            to: boxes("bob@y.org, me@home.test"),
            ..reading()
        };
        let (to, cc) = answered(&own, owner, true);
        assert_eq!((list(&to), list(&cc)), ("bob@y.org".into(), "alice@x.org, carol@z.org".into()));
        assert_eq!(came_to(&reading(), owner).unwrap().as_str(), "me+shop@home.test");
        assert_eq!(references(&reading()), ["a@x", "b@x"]);
    }

    #[test]
    fn an_answer_to_very_many_leaves_nobody_out() {
        let many: Vec<String> = (0..300).map(|n| format!("person{n}@x.org")).collect();
        let round = Reading {
            from: boxes("alice@x.org"),
            to: boxes(&many.join(", ")),
            ..Reading::default()
        };
        let (to, cc) = answered(&round, owner, true);
        assert_eq!((to.len(), cc.len()), (1, 300));
        assert!(list(&cc).len() < MAX_FIELD);
    }

    #[test]
    fn a_subject_has_one_mark() {
        for (given, answer) in [
            ("Holiday", "Re: Holiday"),
            ("RE: re:Holiday", "Re: Holiday"),
            ("AW: Fwd: x", "Re: x"),
            ("", "Re:"),
            ("Re:", "Re:"),
            ("Rép: é", "Re: é"),
        ] {
            assert_eq!(subject("Re:", given), answer, "{given:?}");
        }
        assert_eq!(subject("Fwd:", "Re: x"), "Fwd: x");
    }

    #[test]
    fn what_is_quoted_has_no_signature_and_no_empty_ends() {
        assert_eq!(
            quoted("\n\nHello\n\n> before\nend  \n\n-- \nAlice\n+33\n"),
            "> Hello\n>\n>> before\n> end\n"
        );
        assert_eq!(quoted("a\n--\nb"), "> a\n");
        assert_eq!(quoted(""), "");
        let long = format!("a\n-- \n{}", "b\n".repeat(20));
        assert!(quoted(&long).contains("> b"), "that is no signature");
        assert!(quoted(&"x\n".repeat(10_000)).lines().count() <= MAX_QUOTED);
    }

    #[test]
    fn nothing_is_nothing_with_a_signature_too() {
        let mut draft = Draft {
            text: "\n\n-- \nZoé".into(),
            from: "me@home.test".into(),
            ..Draft::default()
        };
        assert!(draft.is_empty("Zoé") && !draft.is_empty("Other"));
        draft.text = String::new();
        assert!(draft.is_empty("Zoé"));
        draft.to = "b".into();
        assert!(!draft.is_empty(""));
    }
}
