//! Reports that other mail services send about a domain: DMARC aggregate (RFC 7489 appendix C, XML) and TLS-RPT
//! (RFC 8460 section 4, JSON), plain or packed. Reading the XML and the JSON is `mail-auth`'s; finding, unpacking
//! with limits and taking over what is kept is here.
//!
//! Absent on purpose: failure reports of single messages (RFC 6591): they carry other people's mail.

use super::inspect;
use crate::{
    codec::mime,
    domain::{
        message::{Attachment, Reading},
        report::{Done, MAX_NAME, MAX_ROWS, Report, Says, Source, Trouble, Wrong},
        time::Time,
    },
};
use mail_auth::report::{
    ActionDisposition, DkimResult, DmarcResult, Record, Report as Aggregate, SpfResult,
    tlsrpt::{Policy, PolicyType, ResultType, TlsReport},
};

/// Octets of the largest report as it lies in the message.
const PACKED: usize = 2 * 1024 * 1024;
/// Octets of the largest report, unpacked.
const UNPACKED: usize = 8 * 1024 * 1024;
/// Files of one message that are tried.
const TRIED: usize = 3;
/// Domains that are kept of one source.
const THROUGH: usize = 4;

/// The report that a message brings, if it is one and about this domain or one below it.
pub fn read(raw: &[u8], reading: &Reading, domain: &str) -> Option<Report> {
    let of_report = reading.subject.to_ascii_lowercase().starts_with("report domain:");
    let may_be = |file: &&Attachment| (of_report || is_named_so(file)) && file.size <= PACKED as u64;
    let wanted: Vec<u32> = reading
        .attachments
        .iter()
        .filter(may_be)
        .take(TRIED)
        .map(|file| file.part)
        .collect();
    let mut found = None;
    mime::each_part(raw, &wanted, |_, octets| {
        if found.is_none() {
            found = inspect::unpacked(octets, UNPACKED).and_then(|octets| parse(&octets, domain));
        }
    });
    found
}

/// Whether a file is named as reports are (RFC 7489 section 7.2.1.1, RFC 8460 section 5.1): its parts apart by `!`.
fn is_named_so(file: &Attachment) -> bool {
    file.media_type.starts_with("application/tlsrpt") || file.name.matches('!').count() >= 3
}

/// A report of either kind, unpacked, about this domain or one below it.
pub fn parse(octets: &[u8], domain: &str) -> Option<Report> {
    let report = if octets.trim_ascii_start().starts_with(b"{") {
        tls(&TlsReport::parse_json(octets).ok()?, domain)
    } else {
        senders(&Aggregate::parse_xml(octets).ok()?)
    }?;
    let ours = report.domain == domain || report.domain.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    (ours && !domain.is_empty()).then_some(report)
}

/// Somebody else's word, as it is kept: one line, not too long.
fn word(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME)
        .collect::<String>()
        .trim()
        .to_owned()
}

fn host(text: &str) -> String {
    word(text).trim_end_matches('.').to_lowercase()
}

fn senders(report: &Aggregate) -> Option<Report> {
    let about = &report.report_metadata;
    let mut sources: Vec<Source> = Vec::new();
    for record in &report.record {
        let Some(source) = source(record) else { continue };
        let same = |known: &Source| {
            let alike = known.address == source.address && known.author == source.author && known.done == source.done;
            alike && (known.signed, known.allowed) == (source.signed, source.allowed)
        };
        let known = sources.iter().position(same);
        if let Some(known) = known.and_then(|at| sources.get_mut(at)) {
            known.messages = known.messages.saturating_add(source.messages);
        } else if sources.len() < MAX_ROWS {
            // The list is looked through for each row: it must not grow without end.
            sources.push(source);
        }
    }
    sources.sort_by_key(|source| std::cmp::Reverse(source.messages));
    let time = |seconds: u64| Time(i64::try_from(seconds).unwrap_or(0).min(253_402_300_799));
    Some(Report {
        id: word(&about.report_id),
        by: word(&about.org_name),
        domain: host(&report.policy_published.domain),
        begin: time(about.date_range.begin),
        end: time(about.date_range.end),
        says: Says::Senders(sources),
    })
}

fn source(record: &Record) -> Option<Source> {
    let evaluated = &record.row.policy_evaluated;
    let results = &record.auth_results;
    let signed = results
        .dkim
        .iter()
        .filter(|one| one.result == DkimResult::Pass)
        .map(|one| &one.domain);
    let allowed = results
        .spf
        .iter()
        .filter(|one| one.result == SpfResult::Pass)
        .map(|one| &one.domain);
    let mut through: Vec<String> = signed
        .chain(allowed)
        .map(|domain| host(domain))
        .filter(|domain| !domain.is_empty())
        .collect();
    through.sort_unstable();
    through.dedup();
    through.truncate(THROUGH);
    Some(Source {
        address: record.row.source_ip?.to_canonical(),
        author: host(&record.identifiers.header_from),
        messages: record.row.count.into(),
        signed: evaluated.dkim == DmarcResult::Pass,
        allowed: evaluated.spf == DmarcResult::Pass,
        done: match evaluated.disposition {
            ActionDisposition::None | ActionDisposition::Pass => Done::Delivered,
            ActionDisposition::Quarantine => Done::PutAside,
            ActionDisposition::Reject => Done::Refused,
            ActionDisposition::Unspecified => Done::NotSaid,
        },
        through,
    })
}

fn tls(report: &TlsReport, domain: &str) -> Option<Report> {
    let ours = |policy: &&Policy| {
        let about = host(&policy.policy.policy_domain);
        about == domain || about.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    let policies: Vec<&Policy> = report.policies.iter().filter(ours).collect();
    let about = host(&policies.first()?.policy.policy_domain);
    let (mut good, mut bad, mut troubles) = (0_u64, 0_u64, Vec::new());
    for policy in policies {
        good += u64::from(policy.summary.total_success);
        bad += u64::from(policy.summary.total_failure);
        let details = policy.failure_details.iter().map(|detail| Trouble {
            what: wrong(detail.result_type, policy.policy.policy_type),
            host: detail.receiving_mx_hostname.as_deref().map(host).unwrap_or_default(),
            sessions: detail.failed_session_count.into(),
        });
        troubles.extend(details.take(MAX_ROWS.saturating_sub(troubles.len())));
    }
    Some(Report {
        id: word(&report.report_id),
        by: word(
            report
                .organization_name
                .as_deref()
                .or(report.contact_info.as_deref())
                .unwrap_or_default(),
        ),
        domain: about,
        begin: Time(report.date_range.start_datetime.to_timestamp()),
        end: Time(report.date_range.end_datetime.to_timestamp()),
        says: Says::Tls { good, bad, troubles },
    })
}

fn wrong(result: ResultType, policy: PolicyType) -> Wrong {
    match result {
        ResultType::StartTlsNotSupported => Wrong::NoTls,
        ResultType::CertificateHostMismatch => Wrong::Name,
        ResultType::CertificateExpired => Wrong::Expired,
        ResultType::CertificateNotTrusted => Wrong::NotTrusted,
        ResultType::TlsaInvalid => Wrong::Tlsa,
        ResultType::DnssecInvalid => Wrong::Dnssec,
        ResultType::DaneRequired => Wrong::NoDane,
        ResultType::StsPolicyFetchError => Wrong::PolicyFetch,
        ResultType::StsPolicyInvalid => Wrong::PolicyInvalid,
        ResultType::StsWebpkiInvalid => Wrong::PolicyCertificate,
        // Under DANE nothing but the record is validated.
        ResultType::ValidationFailure if policy == PolicyType::Tlsa => Wrong::Tlsa,
        ResultType::ValidationFailure | ResultType::Other => Wrong::Other,
    }
}
