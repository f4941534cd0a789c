//! Finding the server of a mailbox by what its domain publishes: SRV records (RFC 6186), then the file that mail programs
//! read. Only on the owner's word, and without telling anybody more than the domain. Absent on purpose: a third party's
//! list of everybody's servers.

use super::Mailboxes;
use crate::{
    codec::autoconfig,
    domain::mailbox::{Server, is_host},
    net::dns::{Kind, Record},
};

impl Mailboxes {
    /// The server for an address and the name to sign in with; `None` where nothing is published that can be used.
    pub async fn find(&self, address: &str) -> Option<(Server, String)> {
        let (_, domain) = address.rsplit_once('@')?;
        let domain = domain.to_lowercase();
        if !is_host(&domain) || address.len() > super::LONGEST {
            return None;
        }
        for (service, implicit) in [("_imaps", true), ("_imap", false)] {
            if let Some(server) = self.published(service, &domain, implicit).await {
                return Some((server, address.to_owned()));
            }
        }
        for at in [
            format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
            format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
        ] {
            if let Ok(page) = self.0.https.get(&at, autoconfig::MOST).await
                && page.status == 200
                && let Some(found) = autoconfig::read(&page.body, address)
            {
                return Some(found);
            }
        }
        None
    }

    /// The server of a service record; one whose target is the root says that there is none.
    async fn published(&self, service: &str, domain: &str, implicit: bool) -> Option<Server> {
        let answer = self.0.outward.dns.look(&format!("{service}._tcp.{domain}"), Kind::Srv).await.ok()?;
        let mut found: Vec<(u16, u16, u16, String)> = answer
            .records
            .into_iter()
            .filter_map(|record| match record {
                Record::Srv(priority, weight, port, target) if is_host(&target) && port > 0 => Some((priority, weight, port, target)),
                _ => None,
            })
            .collect();
        found.sort_by_key(|(priority, weight, ..)| (*priority, std::cmp::Reverse(*weight)));
        let (_, _, port, host) = found.into_iter().next()?;
        Some(Server { host, port, implicit })
    }
}
