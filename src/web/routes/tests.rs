//! The table finds what it should, and without TLS only this machine sees the site.

use super::*;

#[test]
fn a_pattern_matches_whole_segments() {
    assert_eq!(matched("/", "/"), Some(vec![]));
    assert_eq!(
        matched("/messages/:id/parts/:part", "/messages/7/parts/2"),
        Some(vec!["7".into(), "2".into()])
    );
    for path in [
        "/messages/7/parts",
        "/messages//parts/2",
        "/messages/7/parts/2/",
        "messages/7/parts/2",
        "/messages/7/parts/2/3",
    ] {
        assert_eq!(matched("/messages/:id/parts/:part", path), None, "{path}");
    }
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    assert!(matches!(
        find(ROUTES, &Method::DELETE, "/sign-in"),
        Err(Problem::Method("GET, HEAD, POST"))
    ));
    assert!(matches!(find(ROUTES, &Method::GET, "/sign-out"), Err(Problem::Method("POST"))));
    assert!(matches!(find(ROUTES, &Method::POST, "/"), Err(Problem::Method("GET, HEAD"))));
    assert!(matches!(find(ROUTES, &Method::GET, "/nothing"), Err(Problem::NotFound)));
    assert!(find(ROUTES, &Method::HEAD, "/help").is_ok());
}

#[test]
fn without_tls_only_this_machine_sees_the_site() {
    let come = |from: [u8; 4], host: &str, path: &str| {
        let peer = Peer {
            address: (from, 9).into(),
            secure: false,
            modern: false,
        };
        near_enough(peer, host, path)
    };
    for host in [
        "127.0.0.1:8080",
        "localhost",
        "LOCALHOST:80".to_lowercase().as_str(),
        "[::1]:8080",
        "a.localhost:1",
    ] {
        assert!(come([127, 0, 0, 1], host, "/").is_ok(), "{host}");
    }
    for host in ["evil.test:8080", "localhost.evil.test", "", "192.168.1.2"] {
        assert!(matches!(come([127, 0, 0, 1], host, "/"), Err(Problem::Misdirected)), "{host}");
    }
    assert!(come([192, 168, 1, 9], "home.test", "/health").is_ok());
    for (host, path, to) in [
        ("home.test:8080", "/discussions/7", "https://home.test/discussions/7"),
        ("home.test", "//evil.test", "https://home.test/"),
    ] {
        let Err(Problem::UseTls(address)) = come([192, 168, 1, 9], host, path) else {
            panic!("{host}")
        };
        assert_eq!(address, to);
    }
}
