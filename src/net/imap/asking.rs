//! A command and its answer, to the line that ends it. That line counts: a server that is asked too much, or whose disk
//! is ill, says a part or nothing and then refuses (RFC 3501 section 7.1), and whoever heard only the part would take what
//! is missing for gone. The library's own readers do that, so they are not used.

use super::{ANSWER, Known, Mailbox, guard::Most, why, within};
use crate::domain::{mailbox::Trouble, time::Time};
use async_imap::imap_proto::{AttributeValue, RequestId, Response, Status};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long an answer may take that comes slowly, and the octets for which it may take [`ANSWER`] longer.
const SLOW: Duration = Duration::from_secs(10 * 60);
const CRAWL: u64 = 16 * 1024;

impl Mailbox {
    /// Says a command, to which so much may be answered.
    pub(super) async fn say(&mut self, command: &str, most: Most) -> Result<RequestId, Trouble> {
        self.0.get_mut().begin(most);
        within(self.0.run_command(command)).await
    }

    /// Takes in the next thing that the server says. A large one on a slow line is waited for as long as octets come, not too slowly.
    pub(super) async fn hear<T>(&mut self, take: impl FnOnce(&Response<'_>) -> T) -> Result<T, Trouble> {
        loop {
            let (begun, before) = self.0.get_mut().so_far();
            let end = begun + SLOW + ANSWER.saturating_mul(u32::try_from(before / CRAWL).unwrap_or(u32::MAX));
            match timeout_at(end.min(Instant::now() + ANSWER), self.0.read_response()).await {
                Err(_) if self.0.get_mut().so_far().1 > before && Instant::now() < end => {}
                Err(_) => return Err(Trouble::Silent),
                Ok(Err(error)) => return Err(why(&error.into())),
                Ok(Ok(None)) => return Err(Trouble::Unreachable),
                Ok(Ok(Some(response))) => return Ok(take(response.parsed())),
            }
        }
    }

    /// Says a command and hands on what is said before its last line; [`Trouble::Refused`] where that line is no `OK`.
    pub(super) async fn ask(&mut self, command: &str, most: Most, mut each: impl FnMut(&Response<'_>) + Send) -> Result<(), Trouble> {
        let asked = self.say(command, most).await?;
        loop {
            let ended = self.hear(|response| match response {
                Response::Done { tag, status, .. } if *tag == asked => {
                    Some(if *status == Status::Ok { Ok(()) } else { Err(Trouble::Refused) })
                }
                Response::Data { status: Status::Bye, .. } => Some(Err(Trouble::Unreachable)),
                response => {
                    each(response);
                    None
                }
            });
            if let Some(ended) = ended.await? {
                return ended;
            }
        }
    }
}

/// A name as IMAP takes it (RFC 3501 section 4.3); `None` for one that would be more than a name.
pub(super) fn quoted(name: &str) -> Option<String> {
    let plain = !name.chars().any(char::is_control);
    plain.then(|| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// The number of a message that something is told of.
pub(super) fn uid(told: &[AttributeValue<'_>]) -> Option<u32> {
    told.iter().find_map(|it| match it {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// Its octets.
pub(super) fn body<'a>(told: &'a [AttributeValue<'_>]) -> Option<&'a [u8]> {
    told.iter().find_map(|it| match it {
        AttributeValue::BodySection {
            section: None,
            data: Some(body),
            ..
        }
        | AttributeValue::Rfc822(Some(body)) => Some(body.as_ref()),
        _ => None,
    })
}

/// Takes in what is told of a message. It may be told in parts: its flags once more where they change meanwhile, without
/// its size.
pub(super) fn learn(known: &mut Known, uid: u32, told: &[AttributeValue<'_>]) {
    known.uid = uid;
    for it in told {
        match it {
            AttributeValue::Rfc822Size(size) => known.size = *size,
            AttributeValue::InternalDate(date) => known.at = moment(date),
            AttributeValue::Flags(flags) => {
                known.seen = flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
                let words = flags
                    .iter()
                    .filter(|flag| !flag.starts_with('\\') || flag.eq_ignore_ascii_case("\\Flagged"));
                known.keywords = words.map(|word| word.clone().into_owned()).collect();
            }
            _ => {}
        }
    }
}

/// A moment as IMAP writes it: `17-Jul-1996 02:44:25 -0700`.
fn moment(text: &str) -> Option<Time> {
    let broken = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?;
    Some(Time(broken.to_timestamp().ok()?.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_change_meanwhile_cost_nothing_of_what_is_known() {
        let mut known = Known::default();
        let date = AttributeValue::InternalDate(" 7-Jul-1996 02:44:25 -0700".into());
        learn(
            &mut known,
            5,
            &[AttributeValue::Flags(vec!["old".into()]), AttributeValue::Rfc822Size(300), date],
        );
        learn(
            &mut known,
            5,
            &[AttributeValue::Flags(vec!["\\SEEN".into(), "\\Flagged".into(), "Work".into()])],
        );
        let expected = Known {
            uid: 5,
            size: 300,
            seen: true,
            at: Some(Time(836_732_665)),
            keywords: vec!["\\Flagged".into(), "Work".into()],
        };
        assert_eq!(known, expected);
        assert_eq!(moment("Mon, 7 Jul"), None);
    }

    #[test]
    fn a_name_is_a_name() {
        assert_eq!(quoted("a \"b\" \\c").unwrap(), "\"a \\\"b\\\" \\\\c\"");
        assert_eq!(quoted("a\r\nb LOGOUT"), None);
    }
}
