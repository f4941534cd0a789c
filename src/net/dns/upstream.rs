//! Asking a real name server.
//!
//! Two clients over one configuration: one that validates and one that does not. The second is asked only
//! where the name server turns out not to speak DNSSEC at all, as in many a home: then nothing can be
//! validated, and a message must not look forged for it. Whether it speaks is told by the zone of the
//! trusted keys itself: where that validates, a bogus answer is bogus. Only an answer without its signatures says that
//! it does not; no answer, or that it failed, says nothing, or whoever can swallow one could switch validation off. And what
//! has once validated, whatever it was asked, does not stop to speak: from then on it is taken for somebody's doing.

use super::{Answer, Failure, Kind, MAX_RECORDS, MAX_TEXT, Record, Security};
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    lookup::Lookup,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        dnssec::{Proof, TrustAnchors},
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long one question waits for its answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Seconds for which nothing is remembered that has no time of its own.
const NOTHING: u64 = 60;
/// How long it is remembered that the name server does not speak DNSSEC; that it does, for good.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// A name server, or several, that is asked.
pub struct Upstream {
    strict: TokioResolver,
    loose: TokioResolver,
    /// The zone whose keys are trusted.
    apex: Name,
    speaks: Mutex<Speaks>,
    /// Their addresses.
    servers: String,
}

impl Upstream {
    /// The name servers of the system; `None` where it names none.
    pub fn system() -> Option<Self> {
        let (config, _) = hickory_resolver::system_conf::read_system_conf().ok()?;
        (!config.name_servers().is_empty()).then(|| Self::over(ResolverConfig::from_name_servers(config.name_servers().to_vec()), None))?
    }

    /// This name server, and these keys instead of the root's; `None` where they cannot be read.
    pub fn server(address: SocketAddr, keys: Option<&str>) -> Option<Self> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = address.port();
            connection
        });
        let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
        Self::over(ResolverConfig::from_name_servers(vec![server]), keys)
    }

    fn over(config: ResolverConfig, keys: Option<&str>) -> Option<Self> {
        let anchors: TrustAnchors = keys.map(str::parse).transpose().ok()?.unwrap_or_default();
        let servers: Vec<String> = config.name_servers().iter().map(|server| server.ip.to_string()).collect();
        let servers = servers.join(", ");
        let apex = keys.and_then(|keys| keys.split_ascii_whitespace().next()).unwrap_or(".");
        let client = |validate: bool| {
            let mut builder = TokioResolver::builder_with_config(config.clone(), TokioRuntimeProvider::default());
            *builder.options_mut() = options(validate);
            if validate {
                builder = builder.with_trust_anchor(Arc::new(anchors.clone()));
            }
            builder.build().ok()
        };
        Some(Self {
            strict: client(true)?,
            loose: client(false)?,
            apex: Name::from_ascii(apex).ok()?,
            speaks: Mutex::default(),
            servers,
        })
    }

    /// The addresses of those that are asked, in a row.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// Forgets what was answered before.
    pub fn forget(&self) {
        self.strict.clear_cache();
        self.loose.clear_cache();
    }

    /// The answer, and the seconds for which it holds.
    pub async fn look(&self, name: &str, kind: Kind) -> Result<(Answer, u64), Failure> {
        let mut name = Name::from_labels(name.split('.').map(str::as_bytes)).map_err(|_| Failure::NotAName)?;
        name.set_fqdn(true);
        let kind = record_type(kind);
        let answer = told(self.strict.lookup(name.clone(), kind).await, kind);
        if answer.as_ref().is_ok_and(|(answer, _)| answer.security == Security::Secure) {
            *self.speaks() = Speaks::Yes;
        }
        if answer == Err(Failure::Bogus) && !self.speaks_dnssec().await {
            let answer = told(self.loose.lookup(name, kind).await, kind);
            return answer.map(|(answer, seconds)| {
                let security = Security::NotKnown;
                (Answer { security, ..answer }, seconds)
            });
        }
        answer
    }

    fn speaks(&self) -> MutexGuard<'_, Speaks> {
        self.speaks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what the name server says of the trusted zone validates, as far as it says something.
    async fn speaks_dnssec(&self) -> bool {
        let known = *self.speaks();
        match known {
            Speaks::Yes => return true,
            Speaks::No(at) if at.elapsed() < REMEMBERED => return false,
            _ => {}
        }
        let answer = self.strict.lookup(self.apex.clone(), RecordType::DNSKEY).await;
        let Some(speaks) = says(&answer) else {
            return matches!(known, Speaks::NotKnown);
        };
        let mut now = self.speaks();
        // Somebody else's question may have been answered meanwhile.
        if !matches!(*now, Speaks::Yes) {
            *now = if speaks { Speaks::Yes } else { Speaks::No(Instant::now()) };
        }
        matches!(*now, Speaks::Yes)
    }
}

/// What is known of whether a name server speaks DNSSEC.
#[derive(Clone, Copy, Default)]
enum Speaks {
    #[default]
    NotKnown,
    Yes,
    /// It answered so then.
    No(Instant),
}

/// What the answer about the keys of the trusted zone says of it; `None` where nobody answered.
fn says(answer: &Result<Lookup, NetError>) -> Option<bool> {
    match answer {
        Ok(found) => Some(found.answers().iter().any(|record| record.proof == Proof::Secure)),
        // It may be out of order, or somebody says so in its name.
        Err(NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail))) => None,
        // Without its signatures, without the keys, or with no more than that it cannot: some routers answer so, and a box
        // behind one of them must still find its friends.
        Err(NetError::Dns(DnsError::DnssecBogus | DnsError::NoRecordsFound(_) | DnsError::Nsec { .. } | DnsError::ResponseCode(_))) => {
            Some(false)
        }
        Err(_) => None,
    }
}

fn options(validate: bool) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = PATIENCE;
    options.attempts = 1;
    options.edns0 = true;
    options.validate = validate;
    options.use_hosts_file = ResolveHosts::Never;
    options.try_tcp_on_error = true;
    options.cache_size = 1_000;
    options
}

fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Caa => RecordType::CAA,
        Kind::Mx => RecordType::MX,
        Kind::OpenPgpKey => RecordType::OPENPGPKEY,
        Kind::Ptr => RecordType::PTR,
        Kind::Srv => RecordType::SRV,
        Kind::Tlsa => RecordType::TLSA,
        Kind::Txt => RecordType::TXT,
    }
}

/// What an answer of the client means.
fn told(answer: Result<Lookup, NetError>, kind: RecordType) -> Result<(Answer, u64), Failure> {
    let nothing = |code: ResponseCode, security, seconds| {
        let no_such_name = code == ResponseCode::NXDomain;
        let records = Vec::new();
        Ok((
            Answer {
                records,
                no_such_name,
                security,
            },
            seconds,
        ))
    };
    match answer {
        Ok(found) => {
            let seconds = found.valid_until().saturating_duration_since(Instant::now()).as_secs();
            let wanted = || found.answers().iter().filter(|record| record.record_type() == kind);
            let security = weakest(wanted().map(|record| record.proof));
            let records = wanted().take(MAX_RECORDS).filter_map(|record| read(&record.data)).collect();
            let no_such_name = false;
            Ok((
                Answer {
                    records,
                    no_such_name,
                    security,
                },
                seconds,
            ))
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
            let proofs = none
                .authorities
                .iter()
                .flat_map(|records| records.iter())
                .map(|record| record.proof);
            let seconds = none.negative_ttl.map_or(NOTHING, u64::from);
            nothing(none.response_code, weakest(proofs), seconds)
        }
        Err(NetError::Dns(DnsError::Nsec { response, proof, .. })) => match proof {
            Proof::Bogus => Err(Failure::Bogus),
            proof => nothing(response.response_code, weakest([proof].into_iter()), NOTHING),
        },
        Err(NetError::Dns(DnsError::DnssecBogus)) => Err(Failure::Bogus),
        Err(NetError::Io(_) | NetError::NoConnections | NetError::Busy) => Err(Failure::Unreachable),
        Err(NetError::Timeout) => Err(Failure::Silent),
        Err(_) => Err(Failure::Temporary),
    }
}

/// The weakest of these proofs.
fn weakest(proofs: impl Iterator<Item = Proof>) -> Security {
    match proofs.min_by_key(|proof| match proof {
        Proof::Bogus | Proof::Indeterminate => 0,
        Proof::Insecure => 1,
        Proof::Secure => 2,
    }) {
        Some(Proof::Secure) => Security::Secure,
        Some(Proof::Insecure) => Security::Insecure,
        _ => Security::NotKnown,
    }
}

fn read(data: &RData) -> Option<Record> {
    let name = |name: &Name| name.to_ascii().trim_end_matches('.').to_lowercase();
    match data {
        RData::A(address) => Some(Record::A(address.0)),
        RData::AAAA(address) => Some(Record::Aaaa(address.0)),
        RData::MX(mx) => Some(Record::Mx(mx.preference, name(&mx.exchange))),
        RData::CAA(caa) => {
            let value = caa.value.get(..MAX_TEXT).unwrap_or(&caa.value);
            let flags = caa.reserved_flags | if caa.issuer_critical { 128 } else { 0 };
            Some(Record::Caa(
                flags,
                caa.tag.to_ascii_lowercase(),
                String::from_utf8_lossy(value).into_owned(),
            ))
        }
        RData::OPENPGPKEY(key) => {
            // A part of a key is no key: its limit is that of a message (RFC 1035 section 4.2.2).
            Some(Record::OpenPgpKey(key.public_key.clone()))
        }
        RData::PTR(ptr) => Some(Record::Ptr(name(&ptr.0))),
        RData::SRV(srv) => Some(Record::Srv(srv.priority, srv.weight, srv.port, name(&srv.target))),
        RData::TLSA(tlsa) => {
            let data = tlsa.cert_data.get(..MAX_TEXT).unwrap_or(&tlsa.cert_data).to_vec();
            Some(Record::Tlsa(
                tlsa.cert_usage.into(),
                tlsa.selector.into(),
                tlsa.matching.into(),
                data,
            ))
        }
        RData::TXT(txt) => {
            let text = txt.txt_data.iter().flat_map(|part| part.iter().copied());
            Some(Record::Txt(text.take(MAX_TEXT).collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::proto::rr::rdata::OPENPGPKEY;

    #[test]
    fn no_answer_does_not_say_that_nothing_can_be_validated() {
        let code = |code| says(&Err(NetError::Dns(DnsError::ResponseCode(code))));
        assert_eq!(says(&Err(NetError::Timeout)), None);
        assert_eq!(says(&Err(NetError::NoConnections)), None);
        assert_eq!(code(ResponseCode::ServFail), None);
        assert_eq!(says(&Err(NetError::Dns(DnsError::DnssecBogus))), Some(false));
        for refused in [ResponseCode::NotImp, ResponseCode::Refused, ResponseCode::FormErr] {
            assert_eq!(code(refused), Some(false), "{refused}");
        }
    }

    #[test]
    fn a_key_is_never_cut() {
        let key: Vec<u8> = (0..60_000_u32).map(|octet| octet as u8).collect();
        assert_eq!(
            read(&RData::OPENPGPKEY(OPENPGPKEY::new(key.clone()))),
            Some(Record::OpenPgpKey(key))
        );
    }
}
