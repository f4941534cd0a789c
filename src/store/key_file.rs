//! Key files: the one thing that this program writes outside its data folder, where the owner says.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Makes a file for its owner alone (0600), where there is none yet, flushed to the disk.
pub fn make(place: &Path, content: &str) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(place)?;
    file.write_all(content.as_bytes())
        .and_then(|()| file.sync_all())
        .inspect_err(|_| remove(place))
}

/// Takes one away again that opens nothing after all; one that cannot be removed opens nothing either.
pub fn remove(place: &Path) {
    let _ = fs::remove_file(place);
}

/// Whether this folder lies in one that a service has for itself in place of `/tmp`, and that goes when the service ends
/// (`PrivateTmp=` of systemd.exec(5)).
pub fn is_fleeting(folder: &Path) -> bool {
    is_fleeting_by(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default(), folder)
}

/// The same by these mounts (`mountinfo` of proc(5)).
fn is_fleeting_by(mounts: &str, folder: &Path) -> bool {
    mounts.lines().any(|line| {
        let mut words = line.split(' ').skip(3);
        let (root, at) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        root.contains("/systemd-private-") && folder.starts_with(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_has_for_itself_goes_with_it() {
        let ours = "36 35 98:0 / / rw - ext4 /dev/a rw\n\
                    80 36 98:0 /tmp/systemd-private-1f-caliopen.service-x/tmp /tmp rw,nosuid shared:9 - ext4 /dev/a rw\n";
        let is_fleeting = |folder: &str, mounts| is_fleeting_by(mounts, Path::new(folder));
        assert!(is_fleeting("/tmp/keys", ours) && !is_fleeting("/media/stick", ours));
        assert!(!is_fleeting("/tmp/keys", "40 36 0:30 / /tmp rw - tmpfs tmpfs rw\n"));
    }
}
