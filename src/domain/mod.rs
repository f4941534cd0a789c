//! Floor 0: the nouns of mail and the rules of the house.
//!
//! `std` only: no I/O, no async, no clock, nothing that serialises itself. Every other room may use
//! this one and this one uses none, so a rule can be read and tested without a machine around it.

pub mod address;
pub mod authentication;
pub mod autocrypt;
pub mod award;
pub mod backup;
pub mod certifying;
pub mod check;
pub mod contact;
pub mod danger;
pub mod device;
pub mod discussion;
pub mod draft;
pub mod fact;
pub mod fold;
pub mod id;
pub mod importance;
pub mod journal;
pub mod ledger;
pub mod mailbox;
pub mod message;
pub mod moving;
pub mod network;
pub mod nuisance;
pub mod openpgp;
pub mod outgoing;
pub mod padlock;
pub mod privacy;
pub mod query;
pub mod release;
pub mod report;
pub mod rule;
pub mod screener;
pub mod sending;
pub mod setup;
pub mod shelf;
pub mod spam;
pub mod tag;
pub mod time;
pub mod tls_report;
pub mod transport;
pub mod world;
