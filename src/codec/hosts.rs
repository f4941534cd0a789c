//! Whose host is it: the registrable domain by the public suffix list. `psl` lives here only.

/// The registrable domain of a host name in lower case (`mx1.mail.example.co.uk` is of `example.co.uk`).
/// What has none, such as an address literal or a bare name, stands for itself.
pub fn registrable(host: &str) -> String {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.parse::<std::net::IpAddr>().is_ok() {
        return host;
    }
    psl::domain_str(&host).map(str::to_owned).unwrap_or(host)
}

/// Whether a host name lies under a suffix that the public suffix list has, so that it could be somebody's.
pub fn is_under_public_suffix(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    psl::domain(host.as_bytes()).is_some_and(|domain| domain.suffix().is_known())
}

#[cfg(test)]
mod tests {
    use super::registrable;

    #[test]
    fn hosts_of_one_operator_have_one_name() {
        for (host, operator) in [
            ("MX1.Mail.Example.co.uk.", "example.co.uk"),
            ("home.test", "home.test"),
            ("mail.home.test", "home.test"),
            ("a.duckdns.org", "a.duckdns.org"),
            ("co.uk", "co.uk"),
            ("localhost", "localhost"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("", ""),
        ] {
            assert_eq!(registrable(host), operator, "{host:?}");
        }
    }
}
