//! `caliopen route ADDRESS`: where a message for somebody would go, and what is known of the way before anything
//! is sent. It asks the DNS and connects to nobody.

use super::{Failure, authenticate::table, code};
use crate::{
    codec::mta_sts,
    domain::address::Address,
    net::{
        dns::{Dns, Kind, Security},
        route::{Dane, Host, Route, route},
    },
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The arguments of `caliopen route`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whom the message would be for: an address, or a domain alone
    #[arg(value_name = "ADDRESS")]
    to: String,
    /// A table of DNS records as JSON; without it the system's name servers are asked
    #[arg(long, value_name = "FILE.json")]
    dns: Option<PathBuf>,
    /// Our own name: servers of the domain that are no better than it are left out
    #[arg(long, value_name = "NAME", default_value = "")]
    host: String,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let domain = if args.to.contains('@') {
        let address = Address::parse(&args.to).map_err(|error| Failure::new(code::DATA, error))?;
        address.domain().to_owned()
    } else {
        args.to.to_lowercase()
    };
    let dns = match &args.dns {
        None => Dns::system(),
        Some(path) => table::dns(path)?,
    };
    let (found, policy) = super::runtime()?.block_on(async {
        let found = route(&dns, &domain, &args.host.to_lowercase()).await;
        let texts = dns.look(&format!("_mta-sts.{domain}"), Kind::Txt).await;
        (found, texts.ok().and_then(|answer| mta_sts::policy_id(answer.texts())))
    });
    let found = found.map_err(|why| Failure::new(if why.is_temporary() { code::TRY_AGAIN } else { code::NO_HOST }, why))?;
    if args.json {
        super::give(json_of(&found, policy.as_deref()))
    } else {
        super::give(told(&found, policy.as_deref()))
    }
}

/// A stable word for what the DNS says of a certificate.
fn word(dane: &Dane) -> &'static str {
    match dane {
        Dane::None => "none",
        Dane::Must(_) => "must",
        Dane::Unusable => "unusable",
        Dane::Withheld => "withheld",
    }
}

fn security(security: Security) -> &'static str {
    match security {
        Security::Secure => "secure",
        Security::Insecure => "insecure",
        Security::NotKnown => "not-known",
    }
}

fn json_of(route: &Route, policy: Option<&str>) -> Value {
    let host = |host: &Host| {
        json!({
            "name": host.name,
            "preference": host.preference,
            "addresses": host.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "dane": word(&host.dane),
        })
    };
    json!({
        "domain": route.domain,
        "security": security(route.security),
        "hosts": route.hosts.iter().map(host).collect::<Vec<_>>(),
        "mta_sts": policy,
    })
}

fn told(route: &Route, policy: Option<&str>) -> String {
    let list = match route.security {
        Security::Secure => "its list of mail servers is signed",
        Security::Insecure => "its list of mail servers is not signed: whoever can forge DNS can change it",
        Security::NotKnown => "whether its list of mail servers is signed is not known",
    };
    let mut out = format!("{}: {list}\n", route.domain);
    for host in &route.hosts {
        let rank = host
            .preference
            .map_or_else(|| "the domain itself".to_owned(), |preference| preference.to_string());
        let addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
        let places = if addresses.is_empty() {
            "no address just now".to_owned()
        } else {
            addresses.join(", ")
        };
        let dane = match &host.dane {
            Dane::None => "encrypted if it offers that",
            Dane::Must(_) => "encrypted, with the certificate that its DNS names (DANE)",
            Dane::Unusable => "encrypted, its DNS says so and not with which certificate",
            Dane::Withheld => "not used now: what its DNS says of its certificate cannot be read",
        };
        out.push_str(&format!("  {rank}  {}  {places}\n      {dane}\n", host.name));
    }
    out + match policy {
        Some(_) => "The domain announces a policy for its mail servers' certificates (MTA-STS).",
        None => "The domain announces no policy for its mail servers' certificates (MTA-STS).",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{
        dns::{Record, Table},
        route::NoRoute,
    };

    #[test]
    fn a_route_is_told_in_words_and_in_json() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let table = Table::default()
            .with("x.test", Record::Mx(10, "a.x.test".into()))
            .with("a.x.test", Record::A([192, 0, 2, 1].into()));
        let found = runtime.block_on(route(&Dns::table(table), "x.test", "")).unwrap();
        let text = told(&found, Some("1"));
        assert!(text.contains("10  a.x.test  192.0.2.1\n      encrypted if it offers that") && text.contains("announces a policy"));
        let expected = json!({"domain": "x.test", "security": "not-known", "mta_sts": null,
            "hosts": [{"name": "a.x.test", "preference": 10, "addresses": ["192.0.2.1"], "dane": "none"}]});
        assert_eq!(json_of(&found, None), expected);
        assert!(!NoRoute::NoSuchDomain.is_temporary());
    }
}
