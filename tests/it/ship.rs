//! What installs the program refuses to install. The rest of what is shipped takes a machine of its own and long: `sh
//! tests/run --ship`.

use std::{path::Path, process::Command};

#[test]
fn install_sh_takes_nothing_that_its_publisher_did_not_sign() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = Command::new("sh")
        .arg(root.join("tests/ship/signature"))
        .arg(env!("CARGO_BIN_EXE_caliopen"))
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{out}{err}");
    assert!(out.contains("signed, fetched over HTTP and put in place"), "{out}");
}
