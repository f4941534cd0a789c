//! The world around the demonstration: what name servers would say of those who write to it, signatures of their
//! domains, and the keys that Camille has and has compared.
//!
//! The domains are nobody's and nothing may leave this machine, so a table (`demo/domains.txt`) answers instead
//! of name servers, and each message of a domain that signs is signed when it is handed in, as its server would.
//! Everything after that is the appliance's own work: it looks the records up, checks the signatures and opens
//! what is sealed. Absent on purpose: anything that would make a message look better than its sender made it.

use super::{DOMAIN, set::Message};
use crate::{
    app::Services,
    codec::{dkim, mime},
    net::dns::{Entry, Failure, Kind, Record, Security, Table},
    service,
    store::record::sha256,
};

/// Which domain vouches for its mail, and how.
const DOMAINS: &str = include_str!("../../../demo/domains.txt");
/// Camille's own key, and those of three people who write to her.
const OWN_KEY: &[u8] = include_bytes!("../../../demo/keys/camille.secret.asc");
const PEOPLE: [&[u8]; 3] = [
    include_bytes!("../../../demo/keys/ines.asc"),
    include_bytes!("../../../demo/keys/tom.asc"),
    include_bytes!("../../../demo/keys/dougal.asc"),
];
/// The one whose key she compared with her on a bench by the river.
const COMPARED: &str = "ines@benali.test";
/// One key signs for all domains: it is made when the demonstration begins and is gone when it ends.
const SELECTOR: &str = "demo";
/// Every server of the demonstration is this machine.
const HERE: &str = "v=spf1 ip4:127.0.0.1 ip6:::1 -all";

/// How a domain vouches for its mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Vouches {
    /// It lists its servers (SPF).
    Lists,
    /// It signs as well (DKIM).
    Signs,
    /// It also asks for what it did not sign to be set aside (DMARC).
    Asks,
}

/// The world, and what signs in it.
pub(super) struct World {
    signer: dkim::Signer,
}

impl World {
    /// With a new key; `None` where the machine has no dice.
    pub(super) fn new() -> Option<Self> {
        let algorithm = dkim::Algorithm::Ed25519;
        let key = dkim::generate(algorithm)?;
        let signer = dkim::Signer::of(SELECTOR, algorithm, &key)?;
        Some(Self { signer })
    }

    /// What its name servers say. The owner's own door is bound to its certificate (DANE, RFC 7672).
    pub(super) fn names(&self, host: &str, certificate: &[u8]) -> Table {
        let mut table = Table::default();
        let key = self.signer.record().unwrap_or_default();
        for (domain, vouches) in domains() {
            table.add(domain, text(HERE));
            // What is written to them waits: there is no way out of here.
            table.set(domain, Kind::Mx, Entry::Fails(Failure::Unreachable));
            if vouches >= Vouches::Signs {
                table.add(&format!("{}.{domain}", self.signer.name()), text(&key));
                let policy = if vouches == Vouches::Asks { "quarantine" } else { "none" };
                table.add(&format!("_dmarc.{domain}"), text(&format!("v=DMARC1; p={policy}")));
            }
        }
        // Servers that send for a domain under a name below it.
        for below in [
            "bounce.atlas-globe",
            "bounce.campandcap",
            "bounce.fil-aiguille",
            "bounce.katorza-bis",
            "bounce.pots-et-cie",
        ] {
            table.add(&format!("{below}.example"), text(HERE));
        }
        table.add("envois.courrier-estuaire.example", text(HERE));
        table.add("mg.northernreview.example", text(HERE));
        table.set(
            DOMAIN,
            Kind::Mx,
            Entry::Records(vec![Record::Mx(10, host.to_owned())], Security::Secure),
        );
        let bound = format!("_25._tcp.{host}");
        table.add(host, Record::A([127, 0, 0, 1].into()));
        table.add(&bound, Record::Tlsa(3, 0, 1, sha256(certificate).to_vec()));
        for (name, kind) in [(host, Kind::A), (host, Kind::Aaaa), (bound.as_str(), Kind::Tlsa)] {
            table.vouch(name, kind, Security::Secure);
        }
        table
    }

    /// The message as the server of its author's domain hands it in: signed, where that domain signs and this is
    /// its server.
    pub(super) fn signed(&self, mut message: Message) -> Message {
        let reading = mime::read(&message.raw);
        let author = reading
            .author()
            .map(|author| author.address.domain().to_owned())
            .unwrap_or_default();
        let sender = message.from.rsplit('@').next().unwrap_or_default();
        let signs = domains().any(|(domain, vouches)| domain == author && vouches >= Vouches::Signs);
        let theirs = sender
            .strip_suffix(author.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if signs
            && theirs
            && let Some(mut head) = dkim::sign(&message.raw, &author, std::slice::from_ref(&self.signer))
        {
            head.append(&mut message.raw);
            message.raw = head;
        }
        message
    }
}

/// Gives Camille her key and those of the people who gave her theirs, and has the box look at its own door.
pub(super) async fn prepare(services: &Services) -> Result<(), service::Error> {
    if services.keys.bring(OWN_KEY.to_vec(), String::new()).await?.is_ok()
        && let Some(own) = services.keys.list().await?.into_iter().find(|key| !key.current)
    {
        services.keys.use_from_now_on(own.id).await?;
    }
    for key in PEOPLE {
        let brought = services.keyring.bring(key.to_vec()).await?;
        for address in brought.unwrap_or_default().iter().filter(|address| address.as_str() == COMPARED) {
            for held in services.keyring.person(address.clone()).await?.keys {
                services.keyring.verify(address, held.facts.fingerprint, true).await?;
            }
        }
    }
    services.strict.learn(DOMAIN).await?;
    Ok(())
}

fn domains() -> impl Iterator<Item = (&'static str, Vouches)> {
    DOMAINS.lines().filter_map(|line| {
        let (domain, vouches) = line.split_once(' ')?;
        let vouches = match vouches {
            "strict" => Vouches::Asks,
            "signed" => Vouches::Signs,
            "listed" => Vouches::Lists,
            _ => return None,
        };
        (!domain.starts_with('#')).then_some((domain, vouches))
    })
}

fn text(text: &str) -> Record {
    Record::Txt(text.as_bytes().to_vec())
}
