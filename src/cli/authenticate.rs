//! `caliopen authenticate`: what SPF, DKIM, DMARC, ARC and the peer's name say of one message, as of a time
//! and, where wanted, against a table of DNS records instead of the real DNS.
//!
//! The same code judges what arrives at the door. The JSON is stable and documented in README.md.

pub(super) mod table;

use super::{Failure, load};
use crate::{
    codec::authentication_results,
    domain::{
        authentication::{Authentication, Explained, Outcome, Reason},
        time::Time,
    },
    net::{
        authenticate::{Authenticate, Envelope},
        clock::Clock,
        dns::Dns,
    },
    service::receive::MAX_MESSAGE,
};
use serde_json::{Value, json};
use std::{net::IpAddr, path::PathBuf, sync::Arc};

/// The arguments of `caliopen authenticate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The message, as a file in Internet message format (.eml)
    #[arg(value_name = "FILE.eml")]
    file: PathBuf,
    /// The address that it came from
    #[arg(long, value_name = "IP")]
    ip: Option<IpAddr>,
    /// The envelope sender; empty is the null reverse-path
    #[arg(long, value_name = "ADDRESS", default_value = "", allow_hyphen_values = true)]
    mail_from: String,
    /// The name that the peer gave in EHLO
    #[arg(long, value_name = "NAME", default_value = "")]
    helo: String,
    /// A table of DNS records as JSON; without it the system's name servers are asked
    #[arg(long, value_name = "FILE.json")]
    dns: Option<PathBuf>,
    /// When it arrived: seconds since 1970, or as 2026-11-25T12:00:00Z; without it, now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Time>,
    /// Our own name, as it stands in the field
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    host: String,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

fn moment(text: &str) -> Result<Time, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(Time(seconds));
    }
    let moment: jiff::Timestamp = text
        .parse()
        .map_err(|_| "neither seconds nor a time as 2026-11-25T12:00:00Z".to_owned())?;
    Ok(Time(moment.as_second()))
}

/// Reads a table of DNS records, for the fuzzer: whether it is one.
#[doc(hidden)]
pub fn is_dns_table(octets: &[u8]) -> bool {
    table::read(octets).is_ok()
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let raw = with_line_ends(load(&args.file, MAX_MESSAGE as u64)?);
    let dns = match &args.dns {
        None => Dns::system(),
        Some(path) => table::dns(path)?,
    };
    let envelope = Envelope {
        peer: args.ip,
        helo: args.helo.clone(),
        mail_from: args.mail_from.trim_matches(['<', '>']).to_owned(),
        at: args.now.unwrap_or_else(|| Clock::system().now()).0,
    };
    let authenticate = Authenticate::new(dns, &args.host);
    let (found, explanation) = super::runtime()?.block_on(async {
        let found = authenticate.message(Arc::new(raw), &envelope).await;
        let explanation = if found.spf.outcome == Outcome::Fail {
            authenticate.spf(&envelope).await.1
        } else {
            None
        };
        (found, explanation)
    });
    let field = authentication_results::line(&found, &args.host, args.ip);
    if args.json {
        super::give(json_of(&found, explanation.as_deref(), &field))
    } else {
        super::give(field.trim_end().replace('\r', ""))
    }
}

fn json_of(found: &Authentication, explanation: Option<&str>, field: &str) -> Value {
    let reason = |reason: Reason| {
        if reason == Reason::Plain {
            Value::Null
        } else {
            reason.as_str().into()
        }
    };
    let signatures: Vec<Value> = found
        .signatures
        .iter()
        .map(|signature| {
            json!({
                "result": signature.outcome.as_str(),
                "reason": reason(signature.reason),
                "domain": signature.domain,
                "selector": signature.selector,
                "identity": signature.identity,
                "algorithm": signature.algorithm,
                "aligned": signature.aligned,
            })
        })
        .collect();
    let explained = match &found.dmarc.explained {
        None => Value::Null,
        Some(Explained::Sealer(sealer)) => json!({ "sealer": sealer }),
        Some(Explained::List(list)) => json!({ "list": list }),
    };
    json!({
        "spf": {
            "result": found.spf.outcome.as_str(),
            "domain": found.spf.domain,
            "identity": if found.spf.helo { "helo" } else { "mailfrom" },
            "aligned": found.spf.aligned,
            "explanation": explanation,
        },
        "dkim": { "result": found.dkim.as_str(), "signatures": signatures },
        "dmarc": {
            "result": found.dmarc.outcome.as_str(),
            "reason": reason(found.dmarc.reason),
            "domain": found.dmarc.domain,
            "policy": found.dmarc.policy.as_str(),
            "disposition": found.dmarc.disposition.as_str(),
            "explained": explained,
        },
        "arc": {
            "result": found.arc.outcome.as_str(),
            "reason": reason(found.arc.reason),
            "sealers": found.arc.sealers,
        },
        "iprev": { "result": found.reverse.outcome.as_str(), "name": found.reverse.name },
        "authentication_results": field.trim_end(),
    })
}

/// A file may have the line ends of the system; a message has its own.
fn with_line_ends(raw: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 40);
    let mut before = 0;
    for octet in raw {
        if octet == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(octet);
        before = octet;
    }
    out
}
