//! Where this box stands: the addresses that it would go out by, and whether a door of its own answers from here.
//!
//! Its addresses are those that the system would take for a way out: asking it sends nothing. Absent on purpose: asking
//! anybody "what is my address", and opening ports in a router (UPnP).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

/// How long a door of our own may take to answer.
const KNOCK: Duration = Duration::from_secs(5);

/// The addresses that this machine goes out by, IPv4 first: at most one of each family.
pub fn addresses() -> Vec<IpAddr> {
    // Addresses of documentation (RFC 5737, RFC 3849): nobody has them, and connecting a UDP socket sends nothing.
    let four = (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let six = (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    let way = |(from, to): (IpAddr, IpAddr)| {
        let socket = UdpSocket::bind(SocketAddr::new(from, 0)).ok()?;
        socket.connect(SocketAddr::new(to, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    [four, six]
        .into_iter()
        .filter_map(way)
        .filter(|found| !found.is_unspecified())
        .collect()
}

/// Whether somebody answers there.
pub async fn answers(at: SocketAddr) -> bool {
    let connecting = tokio::net::TcpStream::connect(at);
    matches!(tokio::time::timeout(KNOCK, connecting).await, Ok(Ok(_)))
}
