//! Forms with files (RFC 7578), read as they come: a machine that takes octets and says what begins, goes on and
//! ends. It holds no more than it was fed last and the length of a boundary.
//!
//! Absent on purpose: parts in parts, `Content-Transfer-Encoding` (section 4.7 drops it), and `filename*`, which
//! browsers do not write (WHATWG HTML, "multipart/form-data encoding algorithm").

/// Octets of a part's head.
const MAX_HEAD: usize = 8 * 1024;
/// Octets of a boundary (RFC 2046 section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// What a part is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The name of its field.
    pub name: String,
    /// The name of its file, where it is one; empty where none was chosen.
    pub file: Option<String>,
    /// Its media type, as the browser has it.
    pub media_type: String,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Begin(Part),
    /// Octets of it.
    Data(Vec<u8>),
    /// It ends.
    End,
}

/// It is no such form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first boundary.
    Preamble,
    /// Behind a boundary.
    Boundary,
    Head,
    Body,
    Done,
}

/// Reads one form.
#[derive(Debug)]
pub struct Reader {
    delimiter: Vec<u8>,
    held: Vec<u8>,
    state: State,
}

impl Reader {
    /// For a body of this `Content-Type`; `None` where it is no form with files.
    pub fn of(content_type: &str) -> Option<Self> {
        let (kind, parameters) = content_type.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
        })?;
        if boundary.is_empty() || boundary.len() > MAX_BOUNDARY || !boundary.bytes().all(|octet| octet.is_ascii_graphic()) {
            return None;
        }
        Some(Self {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            // The first boundary has no line before it.
            held: b"\r\n".to_vec(),
            state: State::Preamble,
        })
    }

    /// Takes the next octets.
    pub fn feed(&mut self, octets: &[u8]) -> Result<Vec<Event>, Malformed> {
        self.held.extend_from_slice(octets);
        let mut events = Vec::new();
        while self.step(&mut events)? {}
        Ok(events)
    }

    /// Whether the form has come to its end.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// One step; `false` where more octets are needed.
    fn step(&mut self, events: &mut Vec<Event>) -> Result<bool, Malformed> {
        match self.state {
            State::Done => {
                self.held.clear();
                Ok(false)
            }
            State::Preamble | State::Body => {
                let found = memchr::memmem::find(&self.held, &self.delimiter);
                let inside = self.state == State::Body;
                // What may be the beginning of a boundary waits for the rest of it.
                let sure = found.unwrap_or((self.held.len() + 1).saturating_sub(self.delimiter.len()));
                let data: Vec<u8> = self.held.drain(..sure).collect();
                if inside && !data.is_empty() {
                    events.push(Event::Data(data));
                }
                if found.is_some() {
                    self.held.drain(..self.delimiter.len());
                    self.state = State::Boundary;
                    if inside {
                        events.push(Event::End);
                    }
                }
                Ok(found.is_some())
            }
            State::Boundary => match self.held.get(..2) {
                None => Ok(false),
                Some(b"--") => {
                    self.state = State::Done;
                    Ok(true)
                }
                Some(b"\r\n") => {
                    self.state = State::Head;
                    Ok(true)
                }
                Some(_) => Err(Malformed),
            },
            State::Head => {
                // The line end of the boundary stands before it, so that a head of nothing is found too.
                let Some(end) = memchr::memmem::find(&self.held, b"\r\n\r\n") else {
                    return if self.held.len() > MAX_HEAD { Err(Malformed) } else { Ok(false) };
                };
                if end > MAX_HEAD {
                    return Err(Malformed);
                }
                let head: Vec<u8> = self.held.drain(..end + 4).collect();
                events.push(Event::Begin(part(&String::from_utf8_lossy(&head)).ok_or(Malformed)?));
                self.state = State::Body;
                Ok(true)
            }
        }
    }
}

/// Reads a part's head.
fn part(head: &str) -> Option<Part> {
    let mut part = Part::default();
    let mut named = false;
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        if name.trim().eq_ignore_ascii_case("content-type") {
            part.media_type = value.trim().to_owned();
        } else if name.trim().eq_ignore_ascii_case("content-disposition") {
            let (kind, parameters) = value.split_once(';')?;
            if !kind.trim().eq_ignore_ascii_case("form-data") {
                return None;
            }
            part.name = parameter(parameters, "name")?;
            part.file = parameter(parameters, "filename");
            named = true;
        }
    }
    named.then_some(part)
}

/// The value of a quoted parameter; `%22`, `%0D` and `%0A` stand for what a quoted text cannot hold.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once("=\"")?;
        let (value, behind) = after.split_once('"')?;
        let name = name.trim_start_matches([';', ' ', '\t']).trim_end();
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"));
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(boundary: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (head, body) in parts {
            out.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
            out.extend_from_slice(body);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        out
    }

    fn read(boundary: &str, octets: &[u8], step: usize) -> Option<Vec<(Part, Vec<u8>)>> {
        let mut reader = Reader::of(&format!("multipart/form-data; boundary={boundary}")).unwrap();
        let mut parts: Vec<(Part, Vec<u8>)> = Vec::new();
        let mut open = false;
        for piece in octets.chunks(step.max(1)) {
            for event in reader.feed(piece).ok()? {
                match event {
                    Event::Begin(part) => {
                        assert!(!open);
                        open = true;
                        parts.push((part, Vec::new()));
                    }
                    Event::Data(data) => parts.last_mut().unwrap().1.extend(data),
                    Event::End => open = false,
                }
            }
        }
        (reader.is_done() && !open).then_some(parts)
    }

    #[test]
    fn a_form_is_read_whatever_pieces_it_comes_in() {
        let parts: [(&str, &[u8]); 4] = [
            ("Content-Disposition: form-data; name=\"token\"", b"abc"),
            ("Content-Disposition: form-data; name=\"text\"", "line\r\n--x\r\n\r\né".as_bytes()),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.png\"\r\nContent-Type: image/png",
                b"\r\n--xy\r\n",
            ),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\nContent-Type: application/octet-stream",
                b"",
            ),
        ];
        let octets = form("xyz", &parts);
        for step in 1..octets.len() {
            let read = read("xyz", &octets, step).unwrap();
            assert_eq!(read.len(), 4);
            for ((_, given), (_, got)) in parts.iter().zip(&read) {
                assert_eq!(got, given);
            }
            assert_eq!(read[2].0.file.as_deref(), Some("a \"b\".png"));
            assert_eq!((read[2].0.media_type.as_str(), read[3].0.file.as_deref()), ("image/png", Some("")));
        }
    }

    #[test]
    fn what_is_no_form_is_said() {
        for kind in [
            "text/plain; boundary=x",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"a b\"",
        ] {
            assert!(Reader::of(kind).is_none(), "{kind}");
        }
        assert!(Reader::of(&format!("multipart/form-data; boundary={}", "x".repeat(71))).is_none());
        assert_eq!(read("x", b"--xy\r\n", 3), None);
        assert_eq!(read("x", b"--x\r\nContent-Type: a\r\n\r\nb\r\n--x--", 9), None, "no name");
        assert_eq!(
            read("x", &[b"--x\r\n".as_slice(), &[b'a'; 9000]].concat(), 500),
            None,
            "a head without end"
        );
        assert_eq!(
            read("x", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", 5),
            None,
            "no end"
        );
    }

    proptest! {
        #[test]
        fn any_octets_come_through(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..4), step in 1..40_usize) {
            let head = "Content-Disposition: form-data; name=\"a\"";
            let parts: Vec<(&str, &[u8])> = bodies.iter().map(|body| (head, body.as_slice())).collect();
            let read = read("----WebKitFormBoundaryAb1", &form("----WebKitFormBoundaryAb1", &parts), step).unwrap();
            prop_assert_eq!(read.into_iter().map(|(_, body)| body).collect::<Vec<_>>(), bodies);
        }
    }
}
