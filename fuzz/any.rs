//! One program for all targets: it feeds the one that the variable `FUZZ_TARGET` names, so that the house is
//! built and linked once. `FUZZ_TARGET=mime cargo fuzz run any`, or `sh fuzz/run mime 300`.

#![no_main]

mod targets;

use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let found = targets::ALL.iter().find(|target| target.name == name);
        found.unwrap_or_else(|| panic!("FUZZ_TARGET is {name:?}, which is none")).feed
    });
    target(octets);
});
