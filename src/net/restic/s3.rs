//! A bucket of S3, at whatever server speaks its protocol, as a place for a backup: restic's own layout, so that `restic -r
//! s3:https://server/bucket/folder` reads it. The home of `rusty_s3`, which signs (AWS Signature Version 4), and of
//! `quick_xml`, which reads what is answered.
//!
//! A file is put down by one request: one that is there is whole. What is signed is the address of a request, for an hour; it
//! is shown to nobody and in no log. What is put down is not in the signature: TLS keeps it, and the repository has the hash
//! of every file as its name.
//!
//! The bucket stands in the path of the address, as restic's and MinIO's programs have it: servers of one's own have no names
//! for buckets, and certificates none for them. With the providers of [`BY_HOST`] it stands before the name of the server,
//! as those programs do with them too.
//!
//! Absent on purpose: making a bucket (where it lies, who reads it and how long it keeps things is the owner's to say, at the
//! provider), and uploads in parts (a pack is far below the 5 GB that one request may bring).

use super::{
    Control, Shelf,
    remote::{Account, Answer, Remote},
};
use crate::{
    domain::backup::Trouble,
    net::{clock::Clock, https::Https},
};
use bytes::Bytes;
use http::{HeaderName, Method, header::RANGE};
use jiff::Timestamp;
use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};
use rustic_core::{FileType, Id};
use rusty_s3::{Bucket, UrlStyle, signing::sign};
use std::iter;
use zeroize::Zeroizing;

/// Providers that refuse a bucket in the path, or wish to.
const BY_HOST: [&str; 4] = ["amazonaws.com", "amazonaws.com.cn", "aliyuncs.com", "myqcloud.com"];
/// Where a bucket lies when nobody says so.
const REGION: &str = "us-east-1";
/// Seconds for which an address is signed: as long as a file is waited for, each time that it is tried.
const SIGNED: u64 = 3600;
/// Seconds by which the clocks of the two may differ.
const SKEW: i64 = 300;
/// Octets of one answer about what is there that are looked at.
const LISTED: usize = 8 * 1024 * 1024;
/// Answers about what is there; each names a thousand files. A million packs are more than anybody's mail.
const PAGES: usize = 1_000;

/// Where on which server a repository lies.
struct Spot {
    bucket: Bucket,
    /// What the name of every file begins with: nothing, or a folder with a slash at its end.
    folder: String,
}

impl Spot {
    /// Reads `https://server/bucket` and `https://server/bucket/folder`.
    fn of(url: &str, region: &str) -> Option<Self> {
        let (server, path) = url.strip_prefix("https://")?.trim_end_matches('/').split_once('/')?;
        let (name, folder) = path.split_once('/').unwrap_or((path, ""));
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_');
        // What an address resolves (RFC 3986 section 5.2.4) is no name of a file.
        let whole = |part: &str| !matches!(part, "" | "." | "..");
        if !whole(name) || !name.bytes().all(plain) || !(folder.is_empty() || folder.split('/').all(whole)) {
            return None;
        }
        let host = server.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let ends = |end: &&str| host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
        // A certificate stands for one label before the server's name.
        let style = if BY_HOST.iter().any(ends) && !name.contains('.') {
            UrlStyle::VirtualHost
        } else {
            UrlStyle::Path
        };
        let region = if region.is_empty() { REGION } else { region };
        let endpoint = format!("https://{server}/").parse().ok()?;
        Some(Self {
            bucket: Bucket::new(endpoint, style, name.to_owned(), region.to_owned()).ok()?,
            folder: if folder.is_empty() { String::new() } else { format!("{folder}/") },
        })
    }
}

/// Whether this is the address of a bucket, or of a folder in one.
pub fn is_bucket(url: &str) -> bool {
    Spot::of(url, "").is_some()
}

pub(super) struct S3 {
    remote: Remote,
    spot: Spot,
    key: String,
    secret: Zeroizing<String>,
}

impl S3 {
    pub(super) fn new(account: &Account, region: &str, https: &Https, control: &Control) -> Result<Self, Trouble> {
        Ok(Self {
            remote: Remote::unnamed(https, control)?,
            spot: Spot::of(&account.url, region.trim()).ok_or(Trouble::Unreachable)?,
            // Neither has a blank, and both are copied from a page.
            key: account.user.trim().to_owned(),
            secret: Zeroizing::new(account.password.trim().to_owned()),
        })
    }

    fn name(&self, kind: FileType, id: &Id) -> String {
        let (folder, hex) = (&self.spot.folder, id.to_hex());
        match kind {
            FileType::Config => format!("{folder}config"),
            FileType::Pack => format!("{folder}data/{}/{}", hex.get(..2).unwrap_or_default(), hex.as_str()),
            _ => format!("{folder}{}/{}", kind.dirname(), hex.as_str()),
        }
    }

    /// One exchange about a file, or with an empty name about the bucket. The query in the order of its names.
    fn ask(
        &self,
        method: rusty_s3::Method,
        name: &str,
        query: &[(&str, &str)],
        part: Option<String>,
        body: &Bytes,
    ) -> Result<Answer, Trouble> {
        let now = Timestamp::from_second(Clock::system().now().0).map_err(|_| Trouble::Clock)?;
        let bucket = &self.spot.bucket;
        let url = if name.is_empty() {
            bucket.base_url().clone()
        } else {
            bucket.object_url(name)
        };
        let (query, region) = (query.iter().copied(), bucket.region());
        let signed = sign(
            &now,
            method,
            url,
            &self.key,
            &self.secret,
            None,
            region,
            SIGNED,
            query,
            iter::empty(),
        );
        let verb = Method::from_bytes(method.to_str().as_bytes()).map_err(|_| Trouble::Unreachable)?;
        let head: Vec<(HeaderName, String)> = part.map(|part| (RANGE, part)).into_iter().collect();
        self.remote.ask_at(&verb, signed.as_str(), &head, body)
    }

    /// The body of a success; what anything else means.
    fn success(&self, answer: Answer) -> Result<Bytes, Trouble> {
        let code = if answer.status < 300 { String::new() } else { code(&answer.body) };
        let refused = matches!(answer.status, 400 | 401 | 403);
        match code.as_str() {
            "RequestTimeTooSkewed" | "RequestExpired" => Err(Trouble::Clock),
            // To a clock that is wrong Amazon says no more than that an address has expired, or that it is denied.
            _ if refused && self.remote.skew().is_some_and(|skew| skew.abs() > SKEW) => Err(Trouble::Clock),
            "NoSuchBucket" => Err(Trouble::NoBucket),
            // They name the region as well: one that is not the bucket's is no other mistake than a mistyped secret.
            "SignatureDoesNotMatch" | "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" | "PermanentRedirect" => {
                Err(Trouble::Signature)
            }
            "QuotaExceeded" | "XMinioStorageFull" | "InsufficientStorage" => Err(Trouble::Full),
            _ => Remote::success(answer),
        }
    }

    /// The files whose names begin so and are taken by `take`: what else there is is not kept, however much a server names.
    fn named<T>(&self, prefix: &str, take: impl Fn(&str, u32) -> Option<T>) -> Result<Vec<T>, Trouble> {
        let (mut found, mut token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let asked = [("continuation-token", token.as_str()), ("list-type", "2"), ("prefix", prefix)];
            let asked = if token.is_empty() {
                asked.get(1..).unwrap_or_default()
            } else {
                &asked
            };
            let body = self.success(self.ask(rusty_s3::Method::Get, "", asked, None, &Bytes::new())?)?;
            let page = listed(&body).ok_or(Trouble::Unreachable)?;
            let octets = |size: u64| u32::try_from(size).unwrap_or(u32::MAX);
            found.extend(page.files.iter().filter_map(|(name, size)| take(name, octets(*size))));
            match page.next {
                Some(next) => token = next,
                None => return Ok(found),
            }
        }
        Err(Trouble::Damaged)
    }
}

/// Gives the name of every element as it ends, without its prefix, and the text that it held. `None` where this is no XML.
fn elements(body: &[u8], mut give: impl FnMut(&str, &str)) -> Option<()> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => text.clear(),
            Event::Text(piece) => text.push_str(&piece),
            Event::CData(piece) => text.push_str(&piece),
            Event::GeneralRef(name) => match name.resolve_char_ref().ok()? {
                Some(sign) => text.push(sign),
                None => text.push_str(resolve_predefined_entity(&name)?),
            },
            Event::End(end) => {
                give(end.local_name().into_inner(), text.trim());
                text.clear();
            }
            Event::Eof => return Some(()),
            _ => {}
        }
    }
}

/// What kind of error it is; empty where it does not say.
fn code(body: &[u8]) -> String {
    let mut code = String::new();
    let body = body.get(..LISTED.min(body.len())).unwrap_or_default();
    elements(body, |name, text| {
        if name == "Code" {
            text.clone_into(&mut code);
        }
    });
    code
}

/// One answer about what is there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    files: Vec<(String, u64)>,
    /// What the next answer is asked for with; `None` where this is the last.
    next: Option<String>,
}

/// How many files one answer names, for the fuzzer.
pub(super) fn probe(body: &[u8]) -> usize {
    let _ = code(body);
    listed(body).map_or(0, |page| page.files.len())
}

/// Reads a `ListBucketResult`; `None` where it is none, or is cut, or says that there is more and not how to ask for it.
fn listed(body: &[u8]) -> Option<Page> {
    let mut page = Page::default();
    let (mut key, mut size) = (String::new(), 0);
    let (mut whole, mut more, mut token) = (false, false, String::new());
    elements(body.get(..LISTED.min(body.len()))?, |name, text| match name {
        "Key" => text.clone_into(&mut key),
        "Size" => size = text.parse().unwrap_or(u64::MAX),
        "Contents" => page.files.push((std::mem::take(&mut key), std::mem::take(&mut size))),
        "IsTruncated" => more = text == "true",
        "NextContinuationToken" => text.clone_into(&mut token),
        "ListBucketResult" => whole = true,
        _ => {}
    })?;
    if !whole || (more && token.is_empty()) {
        return None;
    }
    page.next = more.then_some(token);
    Some(page)
}

impl Shelf for S3 {
    /// A bucket has no folders to be made; that it is there is seen when it is looked into.
    fn create(&self) -> Result<(), Trouble> {
        Ok(())
    }

    fn list(&self, kind: FileType) -> Result<Vec<(Id, u32)>, Trouble> {
        if kind == FileType::Config {
            let config = self.name(kind, &Id::default());
            return self.named(&config, |name, size| (name == config).then_some((Id::default(), size)));
        }
        self.named(&format!("{}{}/", self.spot.folder, kind.dirname()), |name, size| {
            let last = name.rsplit('/').next().filter(|last| last.len() == 64)?;
            Some((last.parse().ok()?, size))
        })
    }

    fn read(&self, kind: FileType, id: &Id, part: Option<(u32, u32)>) -> Result<Bytes, Trouble> {
        let part = part.map(|(offset, length)| {
            let last = (u64::from(offset) + u64::from(length)).saturating_sub(1);
            format!("bytes={offset}-{last}")
        });
        self.success(self.ask(rusty_s3::Method::Get, &self.name(kind, id), &[], part, &Bytes::new())?)
    }

    fn write(&self, kind: FileType, id: &Id, octets: &Bytes) -> Result<(), Trouble> {
        let answer = self.ask(rusty_s3::Method::Put, &self.name(kind, id), &[], None, octets)?;
        self.success(answer).map(drop)
    }

    fn remove(&self, kind: FileType, id: &Id) -> Result<(), Trouble> {
        let answer = self.ask(rusty_s3::Method::Delete, &self.name(kind, id), &[], None, &Bytes::new())?;
        match self.success(answer) {
            Err(Trouble::Missing) => Ok(()),
            done => done.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lies(url: &str) -> Option<(String, String)> {
        let spot = Spot::of(url, "eu-west-3")?;
        Some((spot.bucket.base_url().to_string(), spot.folder))
    }

    #[test]
    fn a_bucket_stands_in_the_path_but_with_those_who_want_it_otherwise() {
        let at = |url: &str, base: &str, folder: &str| assert_eq!(lies(url), Some((base.to_owned(), folder.to_owned())), "{url}");
        at("https://127.0.0.1:9000/box", "https://127.0.0.1:9000/box/", "");
        at(
            "https://s3.fr-par.scw.cloud/my.box/a/b/",
            "https://s3.fr-par.scw.cloud/my.box/",
            "a/b/",
        );
        at(
            "https://s3.eu-west-3.amazonaws.com/box/mail",
            "https://box.s3.eu-west-3.amazonaws.com/",
            "mail/",
        );
        at(
            "https://s3.eu-west-3.amazonaws.com/my.box",
            "https://s3.eu-west-3.amazonaws.com/my.box/",
            "",
        );
        at("https://notamazonaws.com/box", "https://notamazonaws.com/box/", "");
        for none in [
            "http://s3.test/box",
            "https://s3.test",
            "https://s3.test/",
            "https://s3.test//box",
            "https://s3.test/..",
            "https://s3.test/box//a",
            "https://s3.test/box/../other",
            "https://s3.test/b%6fx",
            "https:///box",
            "https://s3 test/box",
        ] {
            assert_eq!(lies(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_there_is_read_whatever_the_name_space() {
        let page = |inside: &str| format!("<?xml version=\"1.0\"?><a:ListBucketResult xmlns:a=\"x\">{inside}</a:ListBucketResult>");
        let two = page(
            "<IsTruncated>true</IsTruncated><Contents><Size>12</Size><Key>f/a&amp;b&#x2f;c</Key><Owner><ID/></Owner></Contents>\
             <Contents>\n <Key><![CDATA[f/<d>]]></Key>\n <Size>7</Size>\n</Contents><NextContinuationToken>t=&quot;1&quot;</NextContinuationToken>",
        );
        let found = listed(two.as_bytes()).unwrap();
        assert_eq!(found.files, [("f/a&b/c".to_owned(), 12), ("f/<d>".to_owned(), 7)]);
        assert_eq!(found.next.as_deref(), Some("t=\"1\""));
        assert_eq!(listed(page("").as_bytes()), Some(Page::default()));
        // What is cut is not taken for the end, wherever it is cut.
        for end in 0..two.len() {
            assert_eq!(listed(&two.as_bytes()[..end]), None, "{end}");
        }
        for none in [
            page("<IsTruncated>true</IsTruncated>"),
            page("&unknown;"),
            "<html><body>Hello</body></html>".to_owned(),
            "nothing".to_owned(),
        ] {
            assert_eq!(listed(none.as_bytes()), None, "{none}");
        }
        assert_eq!(code(b"<Error><Code>NoSuchKey</Code><Key>x</Key></Error>"), "NoSuchKey");
        assert_eq!(code(b"<Error><Code>"), "");
    }
}
