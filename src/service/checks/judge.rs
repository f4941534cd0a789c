//! What the answers of others say of the owner's own records. Pure: an answer and what is wanted in, a check out.

use super::own::Own;
use crate::{
    codec::{
        dane::Association,
        dkim, dmarc,
        mta_sts::policy_id,
        spf::{self, Mechanism, Qualifier},
        tags::Tags,
    },
    domain::{
        authentication::{Outcome, Policy},
        check::{Check, Entry, Finding, Id},
    },
    net::dns::{Answer, Failure, Record, Security},
};
use std::net::IpAddr;

/// An answer, or none.
pub(super) type Answered = Result<Answer, Failure>;

/// Records that are shown of what was seen.
const SHOWN: usize = 6;
/// Characters of one that are shown.
const LONGEST: usize = 700;

/// Why nothing can be said.
fn blind(failure: Failure) -> Finding {
    match failure {
        Failure::Bogus => Finding::Forged,
        _ => Finding::NotAsked,
    }
}

/// A record as a zone file has it, but for the quotes of texts.
pub(super) fn written(record: &Record) -> String {
    let text = match record {
        Record::A(address) => address.to_string(),
        Record::Aaaa(address) => address.to_string(),
        Record::Caa(flags, tag, value) => format!("{flags} {tag} \"{value}\""),
        Record::Mx(preference, host) => format!("{preference} {host}."),
        Record::OpenPgpKey(key) => format!("\\# {} …", key.len()),
        Record::Ptr(name) => format!("{name}."),
        Record::Srv(priority, weight, port, host) => format!("{priority} {weight} {port} {host}."),
        Record::Tlsa(usage, selector, matching, data) => format!("{usage} {selector} {matching} {}", crate::store::hex(data)),
        Record::Txt(text) => String::from_utf8_lossy(text).into_owned(),
    };
    // What strangers publish is shown, and must not look like more than it is.
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(LONGEST)
        .collect()
}

fn seen<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<String> {
    let mut seen: Vec<String> = records.map(written).collect();
    seen.sort_unstable();
    seen.truncate(SHOWN);
    seen
}

/// A check of one answer: `find` says what it means.
fn check(id: Id, answered: &Answered, wanted: Vec<Entry>, find: impl FnOnce(&Answer) -> Finding) -> Check {
    match answered {
        Ok(answer) => Check {
            id,
            finding: find(answer),
            seen: seen(answer.records.iter()),
            wanted,
        },
        Err(failure) => Check {
            id,
            finding: blind(*failure),
            seen: Vec::new(),
            wanted,
        },
    }
}

/// A check of the texts that are of its kind; the others under the name are none of ours.
fn check_texts(id: Id, answered: &Answered, wanted: Vec<Entry>, is: impl Fn(&[u8]) -> bool, find: impl FnOnce(&[u8]) -> Finding) -> Check {
    let mut check = check(id, answered, wanted, |answer| {
        let mut texts = answer.texts().filter(|text| is(text));
        match (texts.next(), texts.next()) {
            (None, _) => Finding::Missing,
            (Some(_), Some(_)) => Finding::Several,
            (Some(text), None) => find(text),
        }
    });
    if let Ok(answer) = answered {
        check.seen = seen(
            answer
                .records
                .iter()
                .filter(|record| matches!(record, Record::Txt(text) if is(text))),
        );
    }
    check
}

/// The addresses of both families in two answers; the failure where neither came.
pub(super) fn both(six: &Answered, four: &Answered) -> Answered {
    match (six, four) {
        (Err(failure), Err(_)) => Err(*failure),
        _ => {
            let answers: Vec<&Answer> = [four, six].into_iter().flatten().collect();
            Ok(Answer {
                records: answers.iter().flat_map(|answer| answer.records.clone()).collect(),
                no_such_name: answers.iter().all(|answer| answer.no_such_name),
                security: answers.first().map(|answer| answer.security).unwrap_or_default(),
            })
        }
    }
}

/// The mail host's own addresses.
pub(super) fn address(own: &Own, host: &Answered) -> Check {
    check(Id::Address, host, own.address_entries(), |answer| {
        let found: Vec<IpAddr> = answer.addresses().collect();
        match found.is_empty() {
            true => Finding::Missing,
            // Not every family must be published; what is must be ours.
            false if found.iter().all(|address| own.may_have(*address)) => Finding::Right,
            false => Finding::Other,
        }
    })
}

/// Where the domain's mail goes.
pub(super) fn mx(own: &Own, answered: &Answered) -> Check {
    check(Id::Mx, answered, vec![own.mx_entry()], |answer| {
        let names = answer.names();
        match names.as_slice() {
            [] => Finding::Missing,
            [only] if *only == own.host => Finding::Right,
            names if names.contains(&own.host.as_str()) => Finding::Elsewhere,
            _ => Finding::Other,
        }
    })
}

/// Who may send for the domain. `lets` is what others would find of this box's addresses; `None` is where it does not send by
/// itself, or where none are known: then the record is taken by its words.
pub(super) fn spf(own: &Own, lets: Option<Outcome>, host: &Answered, answered: &Answered) -> Check {
    let published: Vec<IpAddr> = host.iter().flat_map(Answer::addresses).collect();
    let ours = |network: IpAddr, bits: u8| {
        own.addresses
            .iter()
            .chain(&published)
            .any(|address| is_within(*address, network, bits))
    };
    let mut wanted = vec![own.spf_entry()];
    if !published.is_empty() && lets.is_some_and(|found| found != Outcome::Pass) {
        // `mx` lets those addresses send that are published.
        wanted.extend(
            own.address_entries()
                .into_iter()
                .zip(&own.addresses)
                .filter_map(|(entry, address)| (!published.contains(address)).then_some(entry)),
        );
    }
    check_texts(Id::Spf, answered, wanted, spf::is_record, |text| {
        let Some(record) = spf::Record::parse(text) else {
            return Finding::Other;
        };
        let by_words = |mechanism: &Mechanism| match mechanism {
            Mechanism::Mx(None, ..) | Mechanism::All => true,
            Mechanism::Ip(network, bits) => ours(*network, *bits),
            // What others let in is theirs to say; with a smarthost it is how it should be.
            Mechanism::A(..) | Mechanism::Mx(..) | Mechanism::Include(_) => true,
            Mechanism::Ptr(_) | Mechanism::Exists(_) => false,
        };
        let ours = match lets {
            Some(Outcome::Pass) => true,
            Some(Outcome::TempError | Outcome::NotKnown) => return Finding::NotAsked,
            Some(_) => false,
            None => {
                let mut terms = record.directives.iter();
                record.redirect.is_some() || terms.any(|(how, mechanism)| *how == Qualifier::Pass && by_words(mechanism))
            }
        };
        let last = record.directives.iter().find(|(_, mechanism)| *mechanism == Mechanism::All);
        match (ours, last.map(|(how, _)| *how)) {
            (false, _) => Finding::Other,
            (true, Some(Qualifier::Pass | Qualifier::Neutral)) => Finding::Loose,
            (true, None) if record.redirect.is_none() => Finding::Loose,
            (true, _) => Finding::Right,
        }
    })
}

/// Whether an address lies in a network of so many bits.
fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address.to_canonical(), network.to_canonical()) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let apart = one.to_bits() ^ other.to_bits();
            apart.leading_zeros() >= u32::from(bits).min(32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let apart = one.to_bits() ^ other.to_bits();
            apart.leading_zeros() >= u32::from(bits).min(128)
        }
        _ => false,
    }
}

/// A key that signs. `record` is what is to stand there.
pub(super) fn dkim(id: Id, record: Option<&(String, String)>, answered: &Answered) -> Check {
    let Some((name, value)) = record else {
        return Check::plain(id, Finding::NotAsked);
    };
    let wanted = Entry {
        name: name.clone(),
        kind: "TXT",
        value: value.clone(),
    };
    check(id, answered, vec![wanted], |answer| {
        let mut texts = answer.texts().peekable();
        if texts.peek().is_none() {
            return Finding::Missing;
        }
        let same = |text: &[u8]| dkim::Key::parse(text).is_ok() && public(text).is_some() && public(text) == public(value.as_bytes());
        if texts.any(same) { Finding::Right } else { Finding::Other }
    })
}

/// The public key in a record, however it is spelled.
fn public(record: &[u8]) -> Option<Vec<u8>> {
    Tags::parse(record).and_then(|tags| tags.base64("p").flatten())
}

/// What becomes of forgeries.
pub(super) fn dmarc(own: &Own, answered: &Answered) -> Check {
    check_texts(
        Id::Dmarc,
        answered,
        vec![own.dmarc_entry()],
        dmarc::is_record,
        |text| match dmarc::Record::parse(text) {
            None => Finding::Other,
            Some(record) if record.policy == Policy::None || record.percent < 100 => Finding::Loose,
            Some(_) => Finding::Right,
        },
    )
}

/// That there is a policy about encryption, and which.
pub(super) fn mta_sts(own: &Own, answered: &Answered) -> Check {
    check(Id::MtaSts, answered, vec![own.sts_entry()], |answer| {
        match (policy_id(answer.texts()), answer.texts().next()) {
            (Some(id), _) if id == own.policy.id() => Finding::Right,
            (_, None) => Finding::Missing,
            _ => Finding::Other,
        }
    })
}

/// A host below the domain that this box answers for.
pub(super) fn below(id: Id, own: &Own, label: &str, host: &Answered, answered: &Answered) -> Check {
    check(id, answered, vec![own.below_entry(label)], |answer| {
        let own: Vec<IpAddr> = host
            .iter()
            .flat_map(Answer::addresses)
            .chain(own.addresses.iter().copied())
            .collect();
        let mut found = answer.addresses().peekable();
        if found.peek().is_none() {
            Finding::Missing
        } else if found.all(|address| own.contains(&address)) {
            Finding::Right
        } else {
            Finding::Elsewhere
        }
    })
}

/// Where others report failures of encryption.
pub(super) fn tls_reports(own: &Own, answered: &Answered) -> Check {
    let is = |text: &[u8]| text.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii() == b"v=TLSRPTv1";
    check_texts(Id::TlsReports, answered, vec![own.reports_entry()], is, |text| {
        let text = String::from_utf8_lossy(text).to_lowercase();
        match text.contains(&format!("mailto:{}", own.owner.to_lowercase())) {
            true => Finding::Right,
            false if text.contains("rua=") => Finding::Elsewhere,
            false => Finding::Other,
        }
    })
}

/// The fingerprint of the mail server's key.
pub(super) fn tlsa(own: &Own, answered: &Answered) -> Check {
    check(Id::Tlsa, answered, own.tlsa_entries(), |answer| {
        let usable: Vec<Association> = answer
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Tlsa(usage, selector, matching, data) => Association::of(*usage, *selector, *matching, data),
                _ => None,
            })
            .collect();
        match (usable.iter().any(|record| record.means(&own.certificate)), answer.security) {
            (true, Security::Secure) => Finding::Right,
            (true, _) => Finding::Unsigned,
            (false, _) if !usable.is_empty() => Finding::Other,
            (false, Security::Insecure) => Finding::NotSigned,
            (false, _) => Finding::Missing,
        }
    })
}

/// Whether the key that is to come is published already.
pub(super) fn publishes_next(next: &[u8; 32], answer: &Answer) -> bool {
    answer
        .records
        .iter()
        .any(|record| matches!(record, Record::Tlsa(3, 1, 1, data) if data.as_slice() == next.as_slice()))
}

/// Who may issue certificates.
pub(super) fn caa(own: &Own, answered: &Answered) -> Check {
    check(Id::Caa, answered, own.caa_entries(), |answer| {
        let issuers = answer.records.iter().filter_map(|record| match record {
            Record::Caa(_, tag, value) if tag == "issue" => value.split(';').next().map(str::trim),
            _ => None,
        });
        let issuers: Vec<&str> = issuers.collect();
        match issuers.as_slice() {
            [] => Finding::Missing,
            _ if own.caa.is_empty() => Finding::CannotTell,
            issuers if issuers.iter().any(|issuer| own.caa.iter().any(|own| own == issuer)) => Finding::Right,
            _ => Finding::Other,
        }
    })
}

/// The owner's key in DNS.
pub(super) fn openpgp(own: &Own, answered: &Answered) -> Check {
    let Some((_, octets)) = &own.key else {
        return Check::plain(Id::OpenPgpKey, Finding::NotAsked);
    };
    check(Id::OpenPgpKey, answered, own.openpgp_entry().into_iter().collect(), |answer| {
        let mut keys = answer.records.iter().filter_map(|record| match record {
            Record::OpenPgpKey(key) => Some(key),
            _ => None,
        });
        match (keys.any(|key| key == octets), answer.records.is_empty(), answer.security) {
            (true, _, Security::Secure) => Finding::Right,
            (true, ..) => Finding::Unsigned,
            (false, false, _) => Finding::Other,
            (false, true, Security::Insecure) => Finding::NotSigned,
            (false, true, _) => Finding::Missing,
        }
    })
}

/// What mail programs find. This box has no door for them, so nothing should lead there.
pub(super) fn programs(answers: &[Answered]) -> Check {
    if answers.iter().all(Result::is_err) {
        return Check::plain(Id::Programs, Finding::NotAsked);
    }
    // A target that is the root says that there is no such service (RFC 2782).
    let leads = |record: &&Record| !matches!(record, Record::Srv(_, _, _, host) if host.is_empty());
    let found = answers.iter().flatten().flat_map(|answer| &answer.records).filter(leads);
    let seen = seen(found);
    Check {
        id: Id::Programs,
        finding: if seen.is_empty() { Finding::NotNeeded } else { Finding::Elsewhere },
        seen,
        wanted: Vec::new(),
    }
}

/// Whether the domain's records are signed.
pub(super) fn dnssec(answered: &Answered) -> Check {
    let finding = match answered {
        Err(failure) => blind(*failure),
        Ok(answer) => match answer.security {
            Security::Secure => Finding::Right,
            Security::Insecure => Finding::NotSigned,
            Security::NotKnown => Finding::CannotTell,
        },
    };
    Check::plain(Id::Dnssec, finding)
}

/// The name of an address.
pub(super) fn reverse(id: Id, own: &Own, looked: Option<(IpAddr, Answered)>) -> Check {
    let Some((address, answered)) = looked else {
        let finding = if id == Id::ReverseV6 {
            Finding::NotNeeded
        } else {
            Finding::NotAsked
        };
        return Check::plain(id, finding);
    };
    let wanted = Entry {
        name: crate::net::dns::reverse_name(address),
        kind: "PTR",
        value: format!("{}.", own.host),
    };
    let mut check = check(id, &answered, vec![wanted], |answer| match answer.names().as_slice() {
        [] => Finding::Missing,
        names if names.contains(&own.host.as_str()) => Finding::Right,
        _ => Finding::Other,
    });
    check.seen = check.seen.into_iter().map(|name| format!("{address} → {name}")).collect();
    if check.seen.is_empty() {
        check.seen.push(address.to_string());
    }
    check
}
