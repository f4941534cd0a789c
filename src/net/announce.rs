//! Saying where this box is to a name server, by a signed update (RFC 2136, RFC 8945), over TCP: a change is too dear to be
//! lost on the way.

use super::dns::{Dns, Kind};
use crate::{
    codec::dns_update::{Change, Key, Said, answer, signed},
    domain::ledger::Purpose,
};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Octets of an answer.
const MOST: usize = 4 * 1024;

/// Hands a change to a name server: its name or address, with a port or without. The words say why it was not taken.
pub async fn update(dns: &Dns, server: &str, change: &Change<'_>, key: Key<'_>) -> Result<(), String> {
    let signed = signed(change, key).ok_or_else(|| "a name cannot be written down".to_owned())?;
    let talk = async {
        let at = address(dns, server).await.ok_or("the name server has no address")?;
        dns.ledger().note(Purpose::Announcing, server);
        let mut stream = TcpStream::connect(at).await.map_err(|_| "the name server cannot be reached")?;
        let length = u16::try_from(signed.octets.len()).map_err(|_| "the change is too long")?;
        let sent = [length.to_be_bytes().as_slice(), &signed.octets].concat();
        stream.write_all(&sent).await.map_err(|_| "the name server hung up")?;
        let length = stream.read_u16().await.map_err(|_| "the name server hung up")?;
        let mut octets = vec![0; usize::from(length).min(MOST)];
        stream.read_exact(&mut octets).await.map_err(|_| "the name server hung up")?;
        Ok::<_, &'static str>(octets)
    };
    let octets = match tokio::time::timeout(PATIENCE, talk).await {
        Ok(Ok(octets)) => octets,
        Ok(Err(why)) => return Err(why.to_owned()),
        Err(_) => return Err("the name server did not answer in time".to_owned()),
    };
    match answer(&signed, key, &octets) {
        Said::Done => Ok(()),
        Said::Refused(code) => Err(format!("the name server answered {}", Said::words(code))),
        Said::NotOurs => Err("the answer was not signed with the key".to_owned()),
    }
}

/// Where a name server is.
async fn address(dns: &Dns, server: &str) -> Option<SocketAddr> {
    if let Ok(at) = server.parse::<SocketAddr>() {
        return Some(at);
    }
    if let Ok(ip) = server.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, 53));
    }
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (server, 53),
    };
    for kind in [Kind::A, Kind::Aaaa] {
        if let Ok(answer) = dns.look(host, kind).await
            && let Some(ip) = answer.addresses().next()
        {
            return Some(SocketAddr::new(ip, port));
        }
    }
    None
}
