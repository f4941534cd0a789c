//! The reports that this box gives other domains about how encrypting the way to them went (RFC 8460): where a domain
//! wants them, the JSON, and the message that carries it. Reading other people's is `codec::report`'s.
//!
//! Absent on purpose: `sending-mta-ip`, which behind a router would be an address of the home network, and whatever
//! else the schema leaves open.

use super::{base64url, web_push};
use crate::domain::{
    time::Time,
    tls_report::{Counted, DAY, Failed, MAX_PLACES, Place, Seen},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::Write;

/// Octets of a record that is read, and of a place in it.
const MAX_RECORD: usize = 4_096;
const MAX_PLACE: usize = 500;

/// What a report is about, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// The domain that it is about, in ASCII.
    pub domain: &'a str,
    /// Our own domain, in ASCII.
    pub own: &'a str,
    /// The day, counted in UTC from 1970.
    pub day: i64,
    /// Its identifier, in the form of a `Message-ID` without brackets.
    pub id: &'a str,
}

impl About<'_> {
    /// The first second of the day and its last.
    fn range(&self) -> (Time, Time) {
        let begin = self.day.saturating_mul(DAY);
        (Time(begin), Time(begin.saturating_add(DAY - 1)))
    }

    /// Who answers questions about it.
    pub fn contact(&self) -> String {
        format!("postmaster@{}", self.own)
    }
}

/// Where a domain wants its reports, of the texts at `_smtp._tls` below it (section 3): nowhere unless exactly one of
/// them is a record.
pub fn places<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Vec<Place> {
    let mut records = texts
        .filter(|text| text.len() <= MAX_RECORD)
        .filter_map(|text| std::str::from_utf8(text).ok())
        .filter(|text| text.split(';').next().unwrap_or_default().replace([' ', '\t'], "") == "v=TLSRPTv1");
    let (Some(record), None) = (records.next(), records.next()) else {
        return Vec::new();
    };
    let fields = record.split(';').skip(1).filter_map(|field| field.split_once('='));
    let wanted = fields.filter(|(name, _)| name.trim() == "rua").map(|(_, value)| value);
    let mut found = Vec::new();
    for place in wanted.take(1).flat_map(|value| value.split(',')).filter_map(place) {
        if found.len() < MAX_PLACES && !found.contains(&place) {
            found.push(place);
        }
    }
    found
}

fn place(text: &str) -> Option<Place> {
    let text = text.trim();
    let plain = text.len() <= MAX_PLACE && text.bytes().all(|octet| octet.is_ascii_graphic());
    let (scheme, rest) = text.split_once(':').filter(|_| plain)?;
    if scheme.eq_ignore_ascii_case("mailto") {
        let address = decoded(rest.split('?').next().unwrap_or_default())?;
        return Some(Place::Mail(address));
    }
    // To a name and at the usual port, as what a browser names: the record is a stranger's, and may say any house's.
    let page = scheme.eq_ignore_ascii_case("https").then(|| format!("https:{rest}"))?;
    web_push::host(&page)?;
    Some(Place::Web(page))
}

/// Per cent and two digits are an octet (RFC 3986 section 2.1); `None` where that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet == b'%' {
            let digit = |octet: Option<u8>| char::from(octet?).to_digit(16);
            let value = digit(rest.next())? * 16 + digit(rest.next())?;
            octets.push(u8::try_from(value).ok()?);
        } else {
            octets.push(octet);
        }
    }
    String::from_utf8(octets).ok()
}

/// The report (section 4.4).
pub fn json(about: &About<'_>, counted: &Counted) -> String {
    let (begin, end) = about.range();
    let policies: Vec<Value> = counted.0.iter().map(|seen| policy(about.domain, seen)).collect();
    let report = json!({
        "organization-name": about.own,
        "date-range": { "start-datetime": rfc3339(begin), "end-datetime": rfc3339(end) },
        "contact-info": about.contact(),
        "report-id": about.id,
        "policies": policies,
    });
    report.to_string()
}

fn policy(domain: &str, seen: &Seen) -> Value {
    let mut policy = json!({ "policy-type": seen.policy.found.as_str(), "policy-domain": domain });
    if let Some(fields) = policy.as_object_mut() {
        for (name, list) in [("policy-string", &seen.policy.text), ("mx-host", &seen.policy.hosts)] {
            if !list.is_empty() {
                fields.insert(name.to_owned(), json!(list));
            }
        }
    }
    let mut told = json!({
        "policy": policy,
        "summary": { "total-successful-session-count": seen.good, "total-failure-session-count": seen.bad },
    });
    if let (false, Some(fields)) = (seen.failed.is_empty(), told.as_object_mut()) {
        fields.insert("failure-details".to_owned(), seen.failed.iter().map(failure).collect());
    }
    told
}

fn failure(failed: &Failed) -> Value {
    let mut detail = json!({
        "result-type": failed.wrong.as_str(),
        "failed-session-count": failed.sessions,
    });
    let known = [
        ("receiving-mx-hostname", Some(failed.host.clone()).filter(|host| !host.is_empty())),
        ("receiving-ip", failed.peer.map(|peer| peer.to_string())),
    ];
    if let Some(fields) = detail.as_object_mut() {
        fields.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
    }
    detail
}

fn rfc3339(time: Time) -> String {
    let (year, month, day, hour, minute) = time.civil();
    let second = time.0.rem_euclid(60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A date as a field has it (RFC 5322 section 3.3), in UTC.
fn rfc5322(time: Time) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day, hour, minute) = time.civil();
    let second = time.0.rem_euclid(60);
    let weekday = DAYS.get(time.0.div_euclid(DAY).rem_euclid(7) as usize).copied().unwrap_or_default();
    let month = MONTHS.get(usize::from(month).saturating_sub(1)).copied().unwrap_or_default();
    format!("{weekday}, {day} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
}

/// The same, packed (section 5.2).
pub fn packed(json: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = packer.write_all(json.as_bytes());
    packer.finish().unwrap_or_default()
}

/// The message that carries a packed report (section 5.3), not signed yet; `boundary` is of letters and digits. Such a report is handed over whatever is wrong with the way, which is what it is about
/// (RFC 8689 section 5).
pub fn message(about: &About<'_>, to: &str, at: Time, boundary: &str, packed: &[u8]) -> Vec<u8> {
    let About { domain, own, id, .. } = about;
    let (begin, end) = about.range();
    let name = format!("{own}!{domain}!{}!{}.json.gz", begin.0, end.0);
    let digits = base64url::plain(packed);
    let lines: Vec<String> = digits
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let head = [
        format!("Date: {}", rfc5322(at)),
        format!("Message-ID: <{id}>"),
        format!("From: <{}>", about.contact()),
        format!("To: <{to}>"),
        format!("Subject: Report Domain: {domain}\r\n\tSubmitter: {own}\r\n\tReport-ID: <{id}>"),
        format!("TLS-Report-Domain: {domain}"),
        format!("TLS-Report-Submitter: {own}"),
        "TLS-Required: No".to_owned(),
        "Auto-Submitted: auto-generated".to_owned(),
        "MIME-Version: 1.0".to_owned(),
        format!("Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n\tboundary=\"{boundary}\""),
    ];
    let text = [
        format!("--{boundary}"),
        "Content-Type: text/plain; charset=\"us-ascii\"".to_owned(),
        "Content-Transfer-Encoding: 7bit".to_owned(),
        String::new(),
        format!("This is an aggregate TLS report from {own}"),
        format!("about mail servers of {domain} (RFC 8460)."),
        String::new(),
        format!("--{boundary}"),
        "Content-Type: application/tlsrpt+gzip".to_owned(),
        "Content-Transfer-Encoding: base64".to_owned(),
        format!("Content-Disposition: attachment;\r\n\tfilename=\"{name}\""),
        String::new(),
    ];
    let all: Vec<&str> = head
        .iter()
        .map(String::as_str)
        .chain([""])
        .chain(text.iter().chain(&lines).map(String::as_str))
        .collect();
    format!("{}\r\n--{boundary}--\r\n", all.join("\r\n")).into_bytes()
}

/// Whether a message asks to be handed over even where its way cannot be protected as its domain demands
/// (`TLS-Required: No`, RFC 8689 section 5).
pub fn is_regardless(raw: &[u8]) -> bool {
    let mut lines = raw.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    let head = lines.by_ref().take_while(|line| !line.is_empty());
    let fields = head.filter_map(|line| {
        let at = line.iter().position(|octet| *octet == b':')?;
        line.split_at_checked(at)
    });
    fields
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"TLS-Required"))
        .any(|(_, value)| value.strip_prefix(b":").unwrap_or(value).trim_ascii().eq_ignore_ascii_case(b"no"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::{mime, report},
        domain::{
            report::{Says, Wrong},
            tls_report::{Found, Policy},
        },
    };

    /// The example of RFC 8460 appendix B, but for what this box does not say.
    const EXAMPLE: &str = r#"{
        "organization-name": "company-x.example",
        "date-range": { "start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z" },
        "contact-info": "postmaster@company-x.example",
        "report-id": "5065427c23d347cab6e0946ea0e8c4be@company-x.example",
        "policies": [{
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"],
                "policy-domain": "company-y.example",
                "mx-host": ["*.mail.company-y.example"]
            },
            "summary": { "total-successful-session-count": 5326, "total-failure-session-count": 303 },
            "failure-details": [{
                "result-type": "certificate-expired",
                "receiving-mx-hostname": "mx1.mail.company-y.example",
                "failed-session-count": 100
            }, {
                "result-type": "starttls-not-supported",
                "receiving-mx-hostname": "mx2.mail.company-y.example",
                "receiving-ip": "203.0.113.56",
                "failed-session-count": 200
            }, {
                "result-type": "validation-failure",
                "receiving-ip": "203.0.113.58",
                "receiving-mx-hostname": "mx-backup.mail.company-y.example",
                "failed-session-count": 3
            }]
        }]
    }"#;

    fn about() -> About<'static> {
        About {
            domain: "company-y.example",
            own: "company-x.example",
            day: 16_892,
            id: "5065427c23d347cab6e0946ea0e8c4be@company-x.example",
        }
    }

    fn counted() -> Counted {
        let failed = |wrong, host: &str, peer: Option<[u8; 4]>, sessions| Failed {
            wrong,
            host: format!("{host}.mail.company-y.example"),
            peer: peer.map(Into::into),
            sessions,
        };
        let text = ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"];
        Counted(vec![Seen {
            policy: Policy {
                found: Found::Sts,
                text: text.map(str::to_owned).into(),
                hosts: vec!["*.mail.company-y.example".into()],
            },
            good: 5_326,
            bad: 303,
            failed: vec![
                failed(Wrong::Expired, "mx1", None, 100),
                failed(Wrong::NoTls, "mx2", Some([203, 0, 113, 56]), 200),
                failed(Wrong::Other, "mx-backup", Some([203, 0, 113, 58]), 3),
            ],
        }])
    }

    #[test]
    fn it_is_the_example_of_the_rfc() {
        let ours: Value = serde_json::from_str(&json(&about(), &counted())).unwrap();
        assert_eq!(ours, serde_json::from_str::<Value>(EXAMPLE).unwrap());
    }

    #[test]
    fn a_box_like_this_one_reads_its_message() {
        let packed = packed(&json(&about(), &counted()));
        let raw = message(&about(), "tls@company-y.example", Time(1_459_558_923), "abc", &packed);
        assert!(raw.is_ascii() && is_regardless(&raw));
        let reading = mime::read(&raw);
        assert_eq!(reading.defects, []);
        assert!(raw.starts_with(b"Date: Sat, 2 Apr 2016 01:02:03 +0000\r\n"));
        assert_eq!(
            reading.subject,
            "Report Domain: company-y.example Submitter: company-x.example Report-ID: <5065427c23d347cab6e0946ea0e8c4be@company-x.example>"
        );
        let read = report::read(&raw, &reading, "company-y.example").expect("a report");
        assert_eq!((read.by.as_str(), read.id.as_str()), ("company-x.example", about().id));
        assert_eq!((read.begin, read.end), about().range());
        let Says::Tls { good, bad, troubles } = read.says else {
            panic!("about TLS")
        };
        assert_eq!((good, bad, troubles.len()), (5_326, 303, 3));
        assert_eq!(report::read(&raw, &reading, "home.test"), None, "about somebody else");
    }

    #[test]
    fn a_record_says_where_reports_are_wanted() {
        let of = |texts: &[&str]| places(texts.iter().map(|text| text.as_bytes()));
        let mail = |address: &str| Place::Mail(address.into());
        let web = |address: &str| Place::Web(address.into());
        assert_eq!(of(&["v=TLSRPTv1; rua=mailto:tls@x.test"]), [mail("tls@x.test")]);
        assert_eq!(
            of(&["other", "v=TLSRPTv1;rua=mailto:a%2Cb@x.test?subject=x , https://x.test/v1/tlsrpt"]),
            [mail("a,b@x.test"), web("https://x.test/v1/tlsrpt")]
        );
        assert_eq!(of(&["v=TLSRPTv1; rua=HTTPS://x.test/a;x=y"]), [web("https://x.test/a")]);
        for none in [
            &["v=TLSRPTv1; rua=mailto:a@x.test", "v=TLSRPTv1; rua=mailto:b@x.test"][..],
            &["v=TLSRPTv2; rua=mailto:a@x.test"],
            &["v=TLSRPTv1"],
            &["v=TLSRPTv1; rua=http://x.test/"],
            &["v=TLSRPTv1; rua=mailto:a%0"],
            &["v=TLSRPTv1; rua=file:///etc/passwd"],
            &["v=TLSRPTv1; rua=https:"],
            &["v=TLSRPTv1; rua=https://192.168.1.1/reboot"],
            &["v=TLSRPTv1; rua=https://[::1]/"],
            &["v=TLSRPTv1; rua=https://x.test:8123/"],
            &["v=TLSRPTv1; rua=https://me@x.test/"],
            &[],
        ] {
            assert_eq!(of(none), [], "{none:?}");
        }
        let many: String = (0..50).map(|n| format!("mailto:{n}@x.test,")).collect();
        assert_eq!(of(&[&format!("v=TLSRPTv1; rua={many}")]).len(), MAX_PLACES);
    }

    #[test]
    fn only_the_field_says_that_the_way_does_not_matter() {
        assert!(is_regardless(b"From: a\r\ntls-required:  no \r\n\r\n"));
        assert!(!is_regardless(b"From: a\r\nTLS-Required: yes\r\n\r\nTLS-Required: No\r\n"));
        assert!(!is_regardless(b"Subject: TLS-Required: No\r\n\r\n"));
        assert!(!is_regardless(b""));
    }
}
