//! Finding the servers of a mailbox by what its domain publishes: SRV records (RFC 6186, RFC 8314), then the file that
//! mail programs read. Only on the owner's word, and without telling anybody more than the domain. Absent on purpose: a
//! third party's list of everybody's servers.

use super::Mailboxes;
use crate::{
    codec::autoconfig,
    domain::mailbox::{Server, is_host},
    net::dns::{Kind, Record},
};

impl Mailboxes {
    /// The server for an address and the name to sign in with; `None` where nothing is published that can be used.
    pub async fn find(&self, address: &str) -> Option<(Server, String)> {
        let domain = domain(address)?;
        match self.published([("_imaps", true), ("_imap", false)], &domain).await {
            Some(server) => Some((server, address.to_owned())),
            None => self.written(&domain, |file| autoconfig::incoming(file, address)).await,
        }
    }

    /// The server that passes on what is written from an address.
    pub async fn find_way_out(&self, address: &str) -> Option<Server> {
        let domain = domain(address)?;
        match self.published([("_submissions", true), ("_submission", false)], &domain).await {
            Some(server) => Some(server),
            None => self.written(&domain, |file| autoconfig::outgoing(file, address)).await,
        }
    }

    /// What stands in the domain's own file.
    async fn written<T>(&self, domain: &str, read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        for at in [
            format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
            format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
        ] {
            if let Ok(page) = self.0.access.https.get(&at, autoconfig::MOST).await
                && page.status == 200
                && let Some(found) = read(&page.body)
            {
                return Some(found);
            }
        }
        None
    }

    /// The server of the first of these service records that is there; one whose target is the root says that there is none.
    async fn published(&self, services: [(&str, bool); 2], domain: &str) -> Option<Server> {
        for (service, implicit) in services {
            let asked = format!("{service}._tcp.{domain}");
            let Ok(answer) = self.0.outward.dns.look(&asked, Kind::Srv).await else {
                continue;
            };
            let mut found: Vec<(u16, u16, u16, String)> = answer
                .records
                .into_iter()
                .filter_map(|record| match record {
                    Record::Srv(priority, weight, port, target) if is_host(&target) && port > 0 => Some((priority, weight, port, target)),
                    _ => None,
                })
                .collect();
            found.sort_by_key(|(priority, weight, ..)| (*priority, std::cmp::Reverse(*weight)));
            if let Some((_, _, port, host)) = found.into_iter().next() {
                return Some(Server { host, port, implicit });
            }
        }
        None
    }
}

fn domain(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    (is_host(&domain) && address.len() <= super::LONGEST).then_some(domain)
}
