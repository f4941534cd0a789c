#!/bin/sh
# Builds Caliopen from this checkout and starts its demonstration.
#
#   sh install.sh --demo
#
# It needs a C compiler and Rust. What is missing comes from your system's own packages (Debian, Ubuntu,
# Raspberry Pi OS); elsewhere one sentence says what to install. Nothing is written outside this folder but
# those packages and cargo's cache, and sudo is used for the packages only, after saying so.
#
#   ALLOW_RUSTUP_DOWNLOAD=1 sh install.sh --demo
#
# lets it fetch Rust with rustup, from https://rustup.rs, where your system has none that is new enough.
set -eu
cd "$(dirname "$0")"

PATH="$PATH:${HOME:-/root}/.cargo/bin"
export PATH
# A rustup that is here already does not download a toolchain behind anybody's back.
[ "${ALLOW_RUSTUP_DOWNLOAD:-}" = 1 ] || export RUSTUP_AUTO_INSTALL=0
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
fetched=

say() { printf '%s\n' "caliopen: $*"; }
stop() {
	printf '%s\n' "caliopen: $*" >&2
	exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

usage() {
	cat <<-END
		Usage: sh install.sh --demo

		  --demo    build Caliopen in this folder and start its demonstration: a mailbox in a
		            temporary folder, on ports of this machine only, with mail in it
		  --help    this text

		Installing it as a service comes later; README.md says what works today.
	END
}

# Installs Debian packages; nothing that is there already is removed for them.
install() {
	if [ "$(id -u)" = 0 ]; then
		as_root=
	elif has sudo; then
		as_root=sudo
		say "sudo may ask for your password, to install: $*"
	else
		stop "please run this as root, then start again: apt-get install $*"
	fi
	if [ -z "$fetched" ]; then
		$as_root apt-get update -q || stop "the list of packages could not be fetched; is this machine online?"
		fetched=1
	fi
	say "installing from your system's packages: $*"
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends --no-remove "$@"
}

c_compiler() {
	if has cc; then
		say "a C compiler is here: $(command -v cc)"
	elif has apt-get; then
		install gcc libc6-dev
	elif has dnf; then
		stop "a C compiler is missing; please run: dnf install gcc"
	elif has pacman; then
		stop "a C compiler is missing; please run: pacman -S --needed base-devel"
	elif has apk; then
		stop "a C compiler is missing; please run: apk add build-base"
	else
		stop "a C compiler is missing; please install one (gcc or clang) so that 'cc' works"
	fi
}

# Whether version $1 is at least $2; both as 1.95 or 1.95.0.
at_least() {
	[ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

rust_here() {
	has cargo || return 1
	has rustc || return 1
	version=$(rustc --version 2>/dev/null | cut -d' ' -f2)
	[ -n "$version" ] && at_least "${version%%-*}" "$wanted"
}

# The version of a Debian package that would be installed, without its packaging suffix.
candidate() {
	apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*\.[0-9]*\.[0-9]*\).*/\1/p'
}

rust() {
	if rust_here; then
		say "Rust is here: $(rustc --version)"
		return
	fi
	if has rustc; then
		say "the Rust here is too old ($(rustc --version 2>/dev/null || echo 'no version')); $wanted is needed"
	fi
	if has apt-get && ! has rustup; then
		install ca-certificates
		# Debian keeps a newer Rust for its web browsers beside its own.
		for suffix in "" -web; do
			version=$(candidate "cargo$suffix")
			if [ -n "$version" ] && at_least "$version" "$wanted"; then
				if install "rustc$suffix" "cargo$suffix" && rust_here; then
					say "Rust is here now: $(rustc --version)"
					return
				fi
				stop "the packages rustc$suffix and cargo$suffix could not take the place of the Rust that is here;
please look at the lines above, install them by hand, and start again"
			fi
		done
	fi
	if [ "${ALLOW_RUSTUP_DOWNLOAD:-}" = 1 ]; then
		if has rustup; then
			say "updating Rust with rustup, as you allowed"
			rustup toolchain install stable --profile minimal
			rustup default stable
		else
			say "fetching Rust from https://rustup.rs, as you allowed"
			has curl || stop "please install curl first"
			curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal
		fi
		rust_here && return
		stop "Rust was fetched but is still not new enough; please look at the lines above"
	fi
	stop "Rust $wanted or newer is needed and your system's packages have none.
Get it from https://rustup.rs (it installs into your home folder), or let this script do that for you:
  ALLOW_RUSTUP_DOWNLOAD=1 sh install.sh --demo"
}

# What building takes, said before it fails half way.
room() {
	free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge 2500 ] || stop "building needs about 2.5 GB of disk; there are $free MB left here"
	memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo 2>/dev/null || echo 4096)
	if [ "${memory:-4096}" -lt 1800 ]; then
		say "this machine has $memory MB of memory: building one thing at a time, which takes long"
		export CARGO_BUILD_JOBS=1
	fi
}

demo() {
	say "1 of 4: a C compiler"
	c_compiler
	say "2 of 4: Rust"
	rust
	say "3 of 4: building (some minutes the first time; the libraries come from crates.io)"
	room
	cargo build --release --locked || stop "building failed; the lines above say why"
	say "4 of 4: starting the demonstration; Ctrl-C ends it and leaves nothing behind"
	exec "${CARGO_TARGET_DIR:-target}/release/caliopen" demo
}

case "${1:-}" in
--demo) demo ;;
--help | -h) usage ;;
*)
	usage >&2
	exit 2
	;;
esac
