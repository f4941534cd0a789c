//! Each field of docs/evidence.md, what it means and how a wrong one is refused.

use super::*;

fn given(json: &str) -> Given {
    read(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn travel(json: &str) -> Travel {
    given(json).seen.travel
}

#[test]
fn nothing_said_is_nothing_known() {
    assert_eq!(given("{}"), Given::default());
    let nulls =
        r#"{"tls":null,"owner":null,"dkim":null,"spf":null,"dmarc":null,"contacts":null,"strict":null,"html":null,"signature":null}"#;
    assert_eq!(given(nulls), Given::default(), "null is not known");
    assert!(!given("{}").seen.received);
}

#[test]
fn a_session_is_read_however_its_version_is_spelt() {
    for (spelling, tls) in [
        ("TLS1.3", Tls::V1_3),
        ("TLSv1.3", Tls::V1_3),
        ("TLS 1.3", Tls::V1_3),
        ("tlsv1_3", Tls::V1_3),
        ("1.3", Tls::V1_3),
        ("1.0", Tls::Weak),
        ("TLS1.2", Tls::V1_2),
        ("TLSv1.1", Tls::Weak),
        ("TLS1.0", Tls::Weak),
        ("SSL3.0", Tls::Weak),
    ] {
        let json = format!(r#"{{"tls":{{"version":"{spelling}","suite":"ECDHE-RSA-AES128-gcm-SHA256","group":"x25519"}}}}"#);
        let travel = travel(&json);
        assert_eq!((travel.tls, travel.quantum), (Fact::Known(tls), Fact::Known(false)), "{spelling}");
    }
    let hybrid = travel(r#"{"tls":{"version":"TLS1.3","group":"X25519MLKEM768"}}"#);
    assert_eq!((hybrid.tls, hybrid.quantum), (Fact::Known(Tls::V1_3), Fact::Known(true)));
    let unnamed = travel(r#"{"tls":{"version":"TLS1.2"}}"#);
    assert_eq!(
        (unnamed.tls, unnamed.quantum),
        (Fact::Known(Tls::Weak), Fact::Unknown),
        "no suite named is no good suite"
    );
    let open = travel(r#"{"tls":"none"}"#);
    assert_eq!((open.tls, open.quantum), (Fact::Known(Tls::None), Fact::Known(false)));
}

#[test]
fn who_vouches_for_the_domain() {
    for (json, expected) in [
        (r#"{"dkim":"pass"}"#, Fact::Known(Authentic::Dkim)),
        (r#"{"dkim":"pass","spf":"fail"}"#, Fact::Known(Authentic::Dkim)),
        (r#"{"dkim":"fail","spf":"pass"}"#, Fact::Known(Authentic::Spf)),
        (r#"{"dkim":"pass","dkim_aligned":false,"spf":"pass"}"#, Fact::Known(Authentic::Spf)),
        (
            r#"{"dkim":"pass","dkim_aligned":false,"spf":"pass","spf_aligned":false}"#,
            Fact::Known(Authentic::Nobody),
        ),
        (r#"{"dkim":"none","spf":"softfail"}"#, Fact::Known(Authentic::Nobody)),
        (r#"{"dkim":"none"}"#, Fact::Unknown),
        (r#"{"dkim":"temperror","spf":"none"}"#, Fact::Unknown),
        (r#"{"dkim":"temperror","dkim_aligned":true,"spf":"temperror"}"#, Fact::Unknown),
    ] {
        assert_eq!(travel(json).authentic, expected, "{json}");
    }
}

#[test]
fn what_the_policy_made_of_it() {
    for (json, expected) in [
        (r#"{"policy":"reject","result":"pass"}"#, Fact::Known(Dmarc::Passed)),
        (r#"{"policy":"quarantine","result":"pass"}"#, Fact::Known(Dmarc::Passed)),
        (r#"{"policy":"reject","result":"fail"}"#, Fact::Known(Dmarc::Refused)),
        (r#"{"policy":"quarantine","result":"fail"}"#, Fact::Known(Dmarc::Refused)),
        (r#"{"policy":"none","result":"fail"}"#, Fact::Known(Dmarc::NoPolicy)),
        (r#"{"policy":"none"}"#, Fact::Known(Dmarc::NoPolicy)),
        (r#"{"result":"none"}"#, Fact::Known(Dmarc::NoPolicy)),
        (r#"{"policy":"reject","result":"temperror"}"#, Fact::Unknown),
        (r#"{"policy":"none","result":"temperror"}"#, Fact::Unknown),
        (r#"{"policy":"reject"}"#, Fact::Unknown),
        (r#"{"result":"pass"}"#, Fact::Unknown),
        ("{}", Fact::Unknown),
    ] {
        assert_eq!(travel(&format!(r#"{{"dmarc":{json}}}"#)).dmarc, expected, "{json}");
    }
}

#[test]
fn any_word_about_the_way_says_that_it_was_received_here() {
    for json in [
        r#"{"tls":"none"}"#,
        r#"{"peer":"203.0.113.7"}"#,
        r#"{"peer":"2001:db8::7"}"#,
        r#"{"helo":"mx.x.test"}"#,
        r#"{"strict":false}"#,
        r#"{"dkim":"none"}"#,
        r#"{"spf":"temperror"}"#,
        r#"{"dmarc":{}}"#,
    ] {
        assert!(given(json).seen.received, "{json}");
    }
    for json in [
        r#"{"encrypted":"whole"}"#,
        r#"{"contacts":{}}"#,
        r#"{"loaded":true}"#,
        r#"{"owner":[]}"#,
    ] {
        assert!(!given(json).seen.received, "{json}");
    }
}

#[test]
fn content_as_opening_it_showed() {
    let content = given(
        r#"{"encrypted":"inline","integrity":"mdc","headers_protected":false,"signature":"other","signer_verified":true,
            "html":{"trackers":2,"remote":3},"direction":"out","loaded":true}"#,
    )
    .seen;
    assert_eq!((content.direction, content.loaded), (Direction::Out, true));
    let content = content.content;
    assert_eq!(content.encryption, Fact::Known(Encryption::Inline));
    assert_eq!(content.integrity, Fact::Known(Integrity::Mdc));
    assert_eq!((content.headers, content.signer_verified), (Fact::Known(false), Fact::Known(true)));
    assert_eq!(content.signature, Fact::Known(Signature::OfAnother));
    assert_eq!(
        content.html,
        Fact::Known(HtmlFindings {
            remote: 3,
            trackers: 2,
            active: 0,
            deceptive: 0
        })
    );
}

#[test]
fn an_address_book_knows_who_is_not_in_it() {
    let address = |text: &str| Address::parse(text).unwrap();
    let given = given(r#"{"contacts":{"Bob@X.test":{"key":"verified","index":72},"eve@x.test":{"known":false},"dan@x.test":{}}}"#);
    let bob = given.about(&address("bob@x.test"));
    assert_eq!(
        (bob.known, bob.key, bob.index),
        (Fact::Known(true), Fact::Known(KeyState::Verified), Fact::Known(72))
    );
    for (who, known) in [("eve@x.test", false), ("dan@x.test", true), ("carol@x.test", false)] {
        let other = given.about(&address(who));
        assert_eq!(
            (other.known, other.key, other.index),
            (Fact::Known(known), Fact::Unknown, Fact::Unknown),
            "{who}"
        );
    }
    assert_eq!(Given::default().about(&address("bob@x.test")).known, Fact::Unknown);
}

#[test]
fn the_owner_is_one_address_or_several() {
    let owner = |json: &str| given(json).owner.map(|all| all.iter().map(Address::to_string).collect::<Vec<_>>());
    assert_eq!(
        owner(r#"{"owner":["Me@Home.test","also@home.test"]}"#),
        Some(vec!["me@home.test".into(), "also@home.test".into()])
    );
    assert_eq!(owner(r#"{"owner":"me@home.test"}"#), Some(vec!["me@home.test".into()]));
    assert_eq!(owner("{}"), None);
}

#[test]
fn a_refusal_names_the_field_and_what_it_may_say() {
    for (json, parts) in [
        ("", &["JSON"][..]),
        ("[]", &["not a JSON object"]),
        (r#"{"ecnrypted":"whole"}"#, &["\"ecnrypted\"", "encrypted", "tls"]),
        (
            r#"{"encrypted":true}"#,
            &["\"encrypted\"", "\"whole\", \"inline\", \"part\", \"none\"", "true"],
        ),
        (r#"{"encrypted":"Whole"}"#, &["\"encrypted\"", "\"whole\""]),
        (r#"{"strict":"yes"}"#, &["\"strict\"", "true or false", "yes"]),
        (r#"{"tls":true}"#, &["\"tls\"", "\"none\"", "\"version\""]),
        (r#"{"tls":{}}"#, &["\"tls\"", "\"version\""]),
        (r#"{"tls":{"version":"1.4"}}"#, &["\"tls.version\"", "\"TLS1.3\""]),
        (r#"{"tls":{"version":"TLS1.3","cipher":"x"}}"#, &["\"tls.cipher\"", "suite"]),
        (r#"{"tls":{"version":"TLS1.3","group":7}}"#, &["\"tls.group\"", "7"]),
        (r#"{"peer":"mx.x.test"}"#, &["\"peer\"", "IP address"]),
        (r#"{"dkim":"ok"}"#, &["\"dkim\"", "\"pass\"", "\"temperror\""]),
        (r#"{"dkim_aligned":1}"#, &["\"dkim_aligned\""]),
        (r#"{"dmarc":"pass"}"#, &["\"dmarc\"", "object"]),
        (r#"{"dmarc":{"policy":"block"}}"#, &["\"dmarc.policy\"", "\"quarantine\""]),
        (r#"{"dmarc":{"p":"none"}}"#, &["\"dmarc.p\"", "policy"]),
        (r#"{"contacts":[]}"#, &["\"contacts\"", "object"]),
        (r#"{"contacts":{"bob":{}}}"#, &["\"contacts.bob\"", "name@domain"]),
        (
            r#"{"contacts":{"b@x.test":{"index":101}}}"#,
            &["\"contacts.b@x.test.index\"", "0 to 100", "101"],
        ),
        (r#"{"contacts":{"b@x.test":{"index":-1}}}"#, &["0 to 100"]),
        (
            r#"{"contacts":{"b@x.test":{"key":"good"}}}"#,
            &["\"contacts.b@x.test.key\"", "\"usable\""],
        ),
        (
            r#"{"contacts":{"b@x.test":{"keys":"good"}}}"#,
            &["\"contacts.b@x.test.keys\"", "key"],
        ),
        (r#"{"html":{"pixels":1}}"#, &["\"html.pixels\"", "trackers"]),
        (r#"{"html":7}"#, &["\"html\"", "object"]),
        (r#"{"owner":[7]}"#, &["\"owner\"", "addresses"]),
        (r#"{"owner":"me"}"#, &["\"owner\"", "addresses"]),
        (r#"{"direction":"up"}"#, &["\"direction\"", "\"local\""]),
    ] {
        let error = read(json.as_bytes()).expect_err(json);
        for part in parts {
            assert!(error.contains(part), "{json}: {error:?} does not say {part:?}");
        }
        assert!(!error.contains('\n') && error.len() < 400, "one sentence: {error}");
    }
}
