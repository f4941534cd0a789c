//! Floor 2: the only room that reaches outward, and the home of the clock.

pub mod acme;
pub mod announce;
pub mod authenticate;
pub mod clamd;
pub mod clock;
pub mod courier;
pub mod demand;
pub mod dns;
pub mod here;
pub mod https;
pub mod imap;
pub mod ledger;
pub mod mdns;
pub mod mta_sts;
pub mod outward;
pub mod push;
pub mod restic;
pub mod route;
pub mod tls;
