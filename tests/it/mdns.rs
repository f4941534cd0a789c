//! The box's name in its own network: asked as any machine asks (RFC 6762), over loopback only.

use caliopen::net::mdns::{Announced, Name, Reach};
use std::{
    net::{Ipv4Addr, UdpSocket},
    time::{Duration, Instant},
};

/// Asks for the IPv4 address of `labels`, by a legacy query (RFC 6762 section 6.7), until somebody answers.
fn ask(port: u16, labels: &[&str]) -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut query = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in labels {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        let _ = socket.send_to(&query, ("127.0.0.1", port));
        let mut answer = [0; 1500];
        let Ok((length, _)) = socket.recv_from(&mut answer) else { continue };
        let answer = &answer[..length];
        // An address record: class IN with or without "mine alone", a time to live, four octets.
        let address = answer
            .windows(14)
            .find(|w| w[..2] == [0, 1] && w[2] & 0x7f == 0 && w[3] == 1 && w[8..10] == [0, 4]);
        if let Some(found) = address {
            return Some(Ipv4Addr::new(found[10], found[11], found[12], found[13]));
        }
    }
    None
}

#[test]
fn the_box_answers_for_its_name_as_long_as_it_runs() {
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let name: Name = "Caliopen-9".parse().unwrap();
    let announced = Announced::new(&name, 80, Reach::Loopback(free)).unwrap();
    assert_eq!(ask(free, &["caliopen-9", "local"]), Some(Ipv4Addr::LOCALHOST));
    drop(announced);
    let gone = Instant::now() + Duration::from_secs(20);
    while UdpSocket::bind(("0.0.0.0", free)).is_err() {
        assert!(Instant::now() < gone, "it still holds its port");
        std::thread::yield_now();
    }
}

#[test]
fn a_name_is_one_plain_label() {
    for bad in ["", "-box", "box-", "my box", "box.local", "bo\u{ee}te", &"x".repeat(64)] {
        assert!(bad.parse::<Name>().is_err(), "{bad:?}");
    }
    assert!("x".repeat(63).parse::<Name>().is_ok());
}
