//! Every test that needs more than one room, in one binary so that it links once.

// A test says what went wrong by panicking.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod announcing;
mod appliance;
mod architecture;
mod authentication;
mod backup;
mod backup_lost;
mod backup_mended;
mod backup_places;
mod backup_s3;
mod browser;
mod canary;
mod certificates;
mod checks;
mod command;
mod compose;
mod contacts;
mod crash;
mod custody;
mod damage;
mod danger;
mod delivering;
mod devices;
mod door;
mod draining;
mod erasing;
mod filing;
mod finding;
mod first_run;
mod fuzz;
mod guards;
mod helping;
mod home;
mod hostile;
mod hostile_smtp;
mod imports;
mod internet;
mod keeping;
mod key_sources;
mod keyrings;
mod keys_held;
mod living;
mod locks;
mod mailboxes;
mod mailboxes_found;
mod mailboxes_long;
mod mailboxes_refusing;
mod mailboxes_sending;
mod mdns;
mod memory;
mod mime;
mod moving;
mod names;
mod narrow;
mod networks;
mod notifications;
mod older;
mod openpgp;
mod peers;
mod peers_delta;
mod peers_keys;
mod peers_openpgp;
mod peers_servers;
mod peers_two;
mod preferences;
mod pretending;
mod privacy;
mod reports;
mod search;
mod search_corpora;
mod senders;
mod sending_crash;
mod ship;
mod sign_in;
mod smtp;
mod spam;
mod story;
mod story_setup;
mod strangers;
mod strict;
mod tags;
mod terminal;
mod updates;
mod walk;
mod wastebasket;
mod web;
mod well;
mod world;
