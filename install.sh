#!/bin/sh
# Installs Caliopen as a service of this machine, keeps it up to date, or takes it away again.
#
#   sh install.sh                      builds this checkout and installs it
#   sh install.sh --from FOLDER|URL    installs a published program instead, if its signature is right
#   sh install.sh --uninstall          takes the program away and leaves the mail
#   sh install.sh --demo               installs nothing: builds this checkout and starts a demonstration
#
# The same again is an upgrade: the mail stays, and if the new program does not become healthy the one from before
# is put back, with the mail as it was. What is on this machine afterwards: the program, each version of it in a folder
# below /usr/local/lib/caliopen; a service with a user of its own, and a file of its options in /etc/caliopen; the mail in
# /var/lib/caliopen. Packages are installed only where something is missing, after saying so.
#
#   ALLOW_RUSTUP_DOWNLOAD=1 sh install.sh
#
# lets it fetch Rust with rustup, from https://rustup.rs, where your system has none that is new enough.
set -eu

# Whose signature a published program must have (minisign's public keys, one a word). dist/release writes its key here
# into the copy that it puts beside what it publishes; a checkout has none, because it is what you build.
keys=""

# The folder of this script; a script that is piped into a shell has none.
here=
[ ! -f "$0" ] || here=$(cd "$(dirname "$0")" && pwd)

PATH="$PATH:/usr/sbin:/sbin:${HOME:-/root}/.cargo/bin"
export PATH
# A rustup that is here already does not download a toolchain behind anybody's back.
[ "${ALLOW_RUSTUP_DOWNLOAD:-}" = 1 ] || export RUSTUP_AUTO_INSTALL=0
fetched=

say() { printf '%s\n' "caliopen: $*"; }
stop() {
	printf '%s\n' "caliopen: $*" >&2
	exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

usage() {
	cat <<-END
		Usage: sh install.sh [OPTION]...

		Installs Caliopen as a service, or upgrades it. Without --from and --binary it is built from this checkout.

		  --from FOLDER|URL  install what is published there, after checking its signature
		  --key KEY          the publisher's public key, where this script does not carry it
		  --binary FILE      install this program as it is: you vouch for it
		  --downgrade        also when it is older than what is here
		  --root FOLDER      install into a system in that folder, and start nothing
		  --uninstall        take it away; the mail stays in /var/lib/caliopen
		  --erase            with --uninstall: the mail as well, for ever
		  --yes              ask nothing
		  --unit             print the service's unit, with what each option is for
		  --settling         print the script that ends an upgrade
		  --demo             build Caliopen in this folder and start its demonstration: a mailbox in a
		                     temporary folder, on ports of this machine only, with mail in it
		  --help             this text
	END
}

# Installs Debian packages; nothing that is there already is removed for them.
packages() {
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
		packages gcc libc6-dev
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
		packages ca-certificates
		# Debian keeps a newer Rust for its web browsers beside its own.
		for suffix in "" -web; do
			version=$(candidate "cargo$suffix")
			if [ -n "$version" ] && at_least "$version" "$wanted"; then
				if packages "rustc$suffix" "cargo$suffix" && rust_here; then
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
  ALLOW_RUSTUP_DOWNLOAD=1 sh install.sh${1:+ $1}"
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

# The service. Each line of hardening takes away something that a mail service never needs, so that a fault in it is
# worth little: it can write its mail folder, open connections, and nothing else.
unit() {
	cat <<-'END'
		[Unit]
		Description=Caliopen, one person's mail service
		Documentation=https://github.com/CaliOpen/Caliopen
		# It listens on every address, also on one that comes later: nothing is waited for.
		After=network.target
		# Five failures in five minutes are no accident: it stays down until somebody looks.
		StartLimitIntervalSec=300
		StartLimitBurst=5

		[Service]
		# It says when its doors are open, and every half minute that they still are; else it is started anew.
		Type=notify
		NotifyAccess=main
		WatchdogSec=60
		TimeoutStartSec=90
		TimeoutStopSec=20
		Restart=on-failure
		RestartSec=2
		# What a passphrase took to try (128 MiB) goes back to the system at once, not when memory is next asked for.
		Environment=MIMALLOC_PURGE_DELAY=0
		EnvironmentFile=-/etc/caliopen/options
		ExecStart=/usr/local/lib/caliopen/current/caliopen serve --data /var/lib/caliopen $OPTIONS

		# A user of its own, and no other right of root's than to listen on ports 25, 80 and 443.
		User=caliopen
		Group=caliopen
		AmbientCapabilities=CAP_NET_BIND_SERVICE
		CapabilityBoundingSet=CAP_NET_BIND_SERVICE
		# No program it starts can gain rights, by setuid or otherwise.
		NoNewPrivileges=yes
		# Its files are its user's alone; a folder for them is made and is the only one it may write.
		UMask=0077
		StateDirectory=caliopen
		StateDirectoryMode=0700
		# Everything else is read-only, and people's home folders are not there at all.
		ProtectSystem=strict
		ProtectHome=yes
		# Disks and sticks that are hung in hold backups and the key file: there the rights of their folders decide. What is hung
		# in while it runs comes in writable as well.
		ReadWritePaths=-/media -/mnt -/run/media
		# Its own /tmp, and of the devices only null, zero, random.
		PrivateTmp=yes
		PrivateDevices=yes
		DevicePolicy=closed
		# Nothing can be executed but the program itself and the system's libraries, in case it was built to need them;
		# which of these folders there are differs from machine to machine (-).
		NoExecPaths=/
		ExecPaths=/usr/local/lib/caliopen -/usr/lib -/usr/lib64 -/lib -/lib64
		# Memory is writable or executable, never both: no code is made while running.
		MemoryDenyWriteExecute=yes
		# It sees no other process, and of /proc only itself.
		ProtectProc=invisible
		ProcSubset=pid
		# The kernel's settings, modules, log, clock and groups, and the machine's name, are none of its business.
		ProtectKernelTunables=yes
		ProtectKernelModules=yes
		ProtectKernelLogs=yes
		ProtectControlGroups=yes
		ProtectClock=yes
		ProtectHostname=yes
		# No containers, no real-time priority, no setuid files, no foreign processor modes.
		RestrictNamespaces=yes
		RestrictRealtime=yes
		RestrictSUIDSGID=yes
		LockPersonality=yes
		SystemCallArchitectures=native
		# What it leaves in the system's message queues goes when it ends.
		RemoveIPC=yes
		# The internet, the service manager's socket, and the list of this machine's own addresses; nothing older.
		RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
		# The calls that services make, without those for changing the system; a refused one is an error, not the end.
		SystemCallFilter=@system-service
		SystemCallFilter=~@privileged @resources @obsolete @keyring @memlock
		SystemCallErrorNumber=EPERM
		# A memory dump would write the keys to the disk, and swapping would write mail beside them. Where the kernel does not
		# count memory (docs/owning.md) the second line does nothing.
		LimitCORE=0
		MemorySwapMax=0
		LimitNOFILE=16384

		[Install]
		WantedBy=multi-user.target
	END
}

# A program of this checkout, whose name is left in `program`.
build() {
	[ -f "${here:-/nowhere}/Cargo.toml" ] || stop "there are no sources beside this script; please say where to install from: --from"
	cd "$here"
	wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
	say "a C compiler"
	c_compiler
	say "Rust"
	rust "${1:-}"
	say "building (some minutes the first time; the libraries come from crates.io)"
	room
	cargo build --release --locked || stop "building failed; the lines above say why"
	program="${CARGO_TARGET_DIR:-$here/target}/release/caliopen"
}

demo() {
	build --demo
	say "starting the demonstration; Ctrl-C ends it and leaves nothing behind"
	exec "$program" demo
}

# Fetches file $1 of the publisher's folder to $2, if it has no more than $3 octets.
fetch() {
	case "$from" in
	http://* | https://*)
		if has curl; then
			curl -fsSL --retry 2 --connect-timeout 20 --max-filesize "$3" -o "$2" "${from%/}/$1"
		elif has wget; then
			# What breaks off is told as that; what is too long is cut off here, and told as that below.
			rm -f "$2.broke"
			{ wget -q --tries=3 --timeout=20 -O - "${from%/}/$1" || : >"$2.broke"; } | head -c "$(($3 + 1))" >"$2"
			[ -s "$2" ] && { [ ! -e "$2.broke" ] || [ "$(wc -c <"$2")" -gt "$3" ]; }
		else
			stop "curl is missing; please install it"
		fi
		;;
	*) cp -- "${from%/}/$1" "$2" ;;
	esac || stop "$1 could not be fetched from $from"
	[ "$(wc -c <"$2")" -le "$3" ] || stop "$1 at $from is longer than it may be: it has more than $3 octets"
}

# The word after $1 at the start of a line of the manifest.
said() { awk -v what="$1" -v field="${2:-2}" '$1 == what { print $field; exit }' "$work/manifest"; }

# What the publisher offers for this machine, checked: first who signed the list, then what it says of the file.
published() {
	[ -n "$keys" ] || stop "this script carries no publisher's key; please give it, as you got it from the publisher: --key"
	if ! has minisign; then
		has apt-get || stop "minisign is missing, which checks the signature; please install it"
		packages minisign
	fi
	fetch manifest "$work/manifest" 65536
	fetch manifest.minisig "$work/manifest.minisig" 65536
	signed=
	for key in $keys; do
		if minisign -V -q -P "$key" -m "$work/manifest" -x "$work/manifest.minisig" >/dev/null 2>&1; then
			signed=1
		fi
	done
	[ -n "$signed" ] || stop "the signature of $from is not the publisher's; nothing was installed"
	[ "$(said caliopen-release)" = 1 ] || stop "that release is of a kind that this script does not know; please take a newer script"
	expires=$(said expires)
	[ "$(printf '%s\n%s\n' "$expires" "$(date -u +%F)" | sort | head -n 1)" != "$expires" ] ||
		stop "that release was to be replaced by $expires; somebody may be keeping the newer one from you"
	version=$(said version)
	machine=$(uname -m)
	name=$(said "$machine" 4)
	[ -n "$name" ] || stop "there is no program for this machine ($machine) in that release"
	case "$name" in */* | .*) stop "the release names a file in another folder" ;; esac
	say "fetching Caliopen $version for $machine"
	fetch "$name" "$work/caliopen" "$(said "$machine" 3)"
	[ "$(wc -c <"$work/caliopen")" -eq "$(said "$machine" 3)" ] || stop "the program is not as long as its publisher says; nothing was installed"
	[ "$(sha256sum "$work/caliopen" | cut -d' ' -f1)" = "$(said "$machine")" ] ||
		stop "the program is not the one that was signed; nothing was installed"
	say "signature and content are right"
	program="$work/caliopen"
}

# Who else listens on a port of ours ($1): nobody, as far as the kernel's own list says.
taken() {
	hex=$(printf '%04X' "$1")
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$hex\$" '$2 ~ port && $4 == "0A" { found = 1 } END { exit !found }'
}

ports() {
	for port in 25 80 443; do
		if taken "$port"; then
			stop "something on this machine listens on port $port already; please stop it first (ss -ltnp 'sport = :$port' says what it is)"
		fi
	done
}

put_back() {
	rm -rf "$part"
	rmdir -p "$lib/versions" 2>/dev/null || true
	stop "$1"
}

# Puts the program into a folder of its own version and its service in place; `new` is that folder's name.
place() {
	# First beside its place: a folder for temporary files may let nothing be run.
	mkdir -p "$lib/versions" "$root/usr/local/bin" "$root/etc/systemd/system" "$root/etc/sysusers.d" "$root/etc/caliopen"
	part="$lib/versions/part"
	rm -rf "$part"
	mkdir "$part"
	cp -- "$program" "$part/caliopen"
	chmod 755 "$lib" "$lib/versions" "$part" "$part/caliopen"
	version=$("$part/caliopen" --version 2>/dev/null | awk '{ print $2 }') || version=
	[ -n "$version" ] || put_back "the program does not start on this machine; nothing was changed"
	if [ -n "$before" ] && [ -z "$downgrade" ]; then
		at_least "${version%%-*}" "${before%%-*}" || put_back "$version is older than ${before%%-*}, which is here; --downgrade does it all the same"
	fi
	new="$version-$(sha256sum "$part/caliopen" | cut -c1-12)"
	if [ -e "$lib/versions/$new" ]; then
		rm -rf "$part"
	else
		sync
		mv -T "$part" "$lib/versions/$new"
	fi
	settling >"$lib/settle"
	unit >"$root/etc/systemd/system/caliopen.service"
	settling_unit >"$root/etc/systemd/system/caliopen-settle.service"
	printf '%s\n' 'u caliopen - "Caliopen mail service" /var/lib/caliopen' >"$root/etc/sysusers.d/caliopen.conf"
	if [ ! -e "$root/etc/caliopen/options" ]; then
		cat >"$root/etc/caliopen/options" <<-'END'
			# What `caliopen serve` is told besides its data folder; `caliopen serve --help` lists all there is.
			# After a change: systemctl restart caliopen
			OPTIONS=
		END
	fi
	ln -sfn ../lib/caliopen/current/caliopen "$root/usr/local/bin/caliopen"
}

# Makes version $1 the current one, at once and wholly.
switch() {
	ln -sfn "versions/$1" "$lib/current.next"
	mv -fT "$lib/current.next" "$lib/current"
	sync
}

# What ends an upgrade, or goes back: a script of its own, because a power cut may come in between, and then it is run
# when the machine starts again. Each of its stages is noted before it begins, and can be begun again.
settling() {
	cat <<-'END'
		#!/bin/sh
		# Ends an upgrade of Caliopen, or goes back to the program from before. Written by install.sh.
		set -eu
		lib=/usr/local/lib/caliopen data=/var/lib/caliopen
		copy="$data/before-upgrade"

		say() { printf '%s\n' "caliopen: $*"; }
		stop() {
			printf '%s\n' "caliopen: $*" >&2
			exit 1
		}
		# Makes version $1 the current one, at once and wholly.
		switch() {
			ln -sfn "versions/$1" "$lib/current.next"
			mv -fT "$lib/current.next" "$lib/current"
			sync
		}
		note() {
			stage=$1
			printf '%s\n' "$stage" "$before" "$new" >"$lib/upgrading.next"
			sync
			mv -f "$lib/upgrading.next" "$lib/upgrading"
			sync
		}
		ended() {
			rm -rf "$copy"
			rm -f "$lib/upgrading"
			sync
		}
		# The upgrade did not begin: its copy goes, and the service runs as before. Where what cut it short was no power cut, the
		# service was left stopped.
		go_on() {
			# Started first, and not to be cut short again: the copy may be large.
			trap - EXIT
			trap '' HUP INT TERM
			systemctl reset-failed caliopen 2>/dev/null || true
			started=yes
			systemctl start caliopen || started=
			ended
			[ "$started" ] || stop "the upgrade to $new was cut short before it began, and $before does not start; please look at: journalctl -u caliopen"
			say "the upgrade to $new was cut short before it began; $before runs on"
		}
		# Starts the service and waits until it says that its doors are open, and a little longer: what ends at once is
		# not healthy, nor what does not answer.
		healthy() {
			systemctl reset-failed caliopen 2>/dev/null || true
			systemctl start caliopen || return 1
			for _ in 1 2 3; do
				sleep 1
				systemctl is-active -q caliopen && [ "$(systemctl show -p NRestarts --value caliopen)" = 0 ] || return 1
			done
			# Whether it answers, where its door is the usual one: 68 is "nobody"; what else it finds to say is for its owner.
			grep -q -e '--http' /etc/caliopen/options || {
				answer=0
				"$lib/current/caliopen" check --at 127.0.0.1:80 >/dev/null 2>&1 || answer=$?
				[ "$answer" != 68 ]
			}
		}
		# Why it did not start, in its own words.
		why() { journalctl -u caliopen -n 12 --no-pager -o cat 2>/dev/null >&2 || true; }
		# Moves or copies ($1) what is in folder $2 to folder $3, but for the copies themselves. They are in the mail's own
		# folder, because that may be a disk of its own.
		each() {
			for entry in "$2"/* "$2"/.[!.]*; do
				[ -e "$entry" ] || continue
				case "${entry##*/}" in before-upgrade | left-by-* | lost+found) ;; *) $1 "$entry" "$3/" ;; esac
			done
		}

		if [ "${1:-}" = first ]; then
			healthy && exit
			why
			exit 1
		fi
		[ -e "$lib/upgrading" ] || exit 0
		{ read -r stage && read -r before && read -r new; } <"$lib/upgrading"
		# The mail is copied while nothing writes it, so that a newer program may change how it is kept.
		if [ "$stage" = copying ] && [ "${1:-}" = now ]; then
			# Nothing has changed yet: cut short here (a full disk, Ctrl-C, a terminal that is gone), the service goes on at once.
			trap go_on EXIT
			trap 'exit 1' HUP INT TERM
			systemctl stop caliopen
			rm -rf "$copy"
			mkdir -m 700 "$copy"
			# The box's own, so that whoever erases the box erases this with it.
			chown --reference="$data" "$copy"
			each "cp -a --reflink=auto" "$data" "$copy"
			note trying
			trap - EXIT HUP INT TERM
			switch "$new"
			systemctl enable -q caliopen
		fi
		if [ "$(readlink "$lib/current")" = "versions/$before" ]; then
			case "$stage" in copying | trying)
				go_on
				exit
				;;
			esac
		fi
		if [ "$stage" = trying ]; then
			if healthy; then
				ended
				# The one before stays, for going back by hand; older ones go.
				for folder in "$lib/versions"/*; do
					case "${folder##*/}" in "$new" | "$before") ;; *) rm -rf "$folder" ;; esac
				done
				say "upgraded from $before to $new"
				exit
			fi
			why
			say "the new program did not become healthy: going back to $before"
			note back
		fi
		systemctl stop caliopen || true
		switch "$before"
		rm -rf "$lib/versions/$new"
		if [ "$stage" = back ]; then
			if healthy; then
				ended
				stop "$before runs again, and has all the mail; please report the lines above"
			fi
			# Half of the mail is no mail: it is not started by itself until all is in its place.
			systemctl disable -q --now caliopen
			note aside
		fi
		# The newer program has changed how the mail is kept. What it may have taken in meanwhile is put aside, not away.
		# A link in the place of a folder would lead what is done here as root to wherever the service's user wants.
		left="$data/left-by-$new"
		[ ! -L "$copy" ] || stop "$copy is a link and not the copy that was made; nothing was moved"
		if [ "$stage" = aside ]; then
			[ ! -L "$left" ] || rm -f "$left"
			[ -d "$left" ] || mkdir -m 700 "$left"
			chown -h --reference="$data" "$left"
			each mv "$data" "$left"
			note restoring
		fi
		each mv "$copy" "$data"
		systemctl enable -q caliopen
		ended
		healthy || stop "$before does not start either; the mail as it was before is in $data"
		stop "$before runs again with the mail as it was before; what the newer one left is in $left. Please report the lines above"
	END
}

# Runs that script when the machine starts, where an upgrade was cut short.
settling_unit() {
	cat <<-'END'
		[Unit]
		Description=Ends an upgrade of Caliopen that was cut short
		ConditionPathExists=/usr/local/lib/caliopen/upgrading
		After=caliopen.service

		[Service]
		Type=oneshot
		ExecStart=/bin/sh /usr/local/lib/caliopen/settle

		[Install]
		WantedBy=multi-user.target
	END
}

first_start() {
	ports
	switch "$new"
	systemctl daemon-reload
	systemctl enable -q caliopen
	if ! sh "$lib/settle" first; then
		systemctl disable -q --now caliopen || true
		stop "it was installed but did not start; the lines above say why. When that is mended: systemctl enable --now caliopen"
	fi
}

upgrade() {
	need=$(du -sk "$data" 2>/dev/null | cut -f1)
	free=$(df -Pk "$data" | awk 'NR == 2 { print $4 }')
	[ "$free" -gt "$((${need:-0} + 51200))" ] || stop "an upgrade keeps a copy of the mail until it is healthy: $((need / 1024)) MB are needed and $((free / 1024)) MB are free"
	systemctl daemon-reload
	systemctl enable -q caliopen-settle
	printf '%s\n' copying "$before" "$new" >"$lib/upgrading"
	sync
	sh "$lib/settle" now || exit 1
}

# Where to go on: the page, the code that only somebody at this machine sees, and what the browser will show.
next() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -s "$data/claim" ] || break
		[ ! -e "$data/slots.json" ] || break
		sleep 1
	done
	say "Caliopen $version is installed and runs"
	address=$(hostname -I 2>/dev/null | awk '{ print $1 }')
	case "$address" in *:*) address="[$address]" ;; esac
	if [ -s "$data/claim" ] && [ ! -L "$data/claim" ]; then
		say "open https://${address:-this-machine}/setup and type this code: $(sed -n 1p "$data/claim")"
		say "the certificate is its own until it has a domain, so the browser warns; this is its fingerprint (SHA-256):"
		say "  $(sed -n 2p "$data/claim")"
	else
		say "open https://${address:-this-machine}/ and sign in: it starts locked"
	fi
}

uninstall() {
	if [ -n "$erase" ] && [ -z "$yes" ]; then
		printf 'caliopen: this erases all mail in %s for ever. Type ERASE to go on: ' "$data"
		read -r answer </dev/tty || answer=
		[ "$answer" = ERASE ] || stop "nothing was changed"
	fi
	if [ -z "$root" ] && has systemctl; then
		systemctl disable -q --now caliopen caliopen-settle 2>/dev/null || true
	fi
	rm -rf "$lib"
	units="$root/etc/systemd/system"
	rm -f "$root/usr/local/bin/caliopen" "$units/caliopen.service" "$units/caliopen-settle.service" "$units/multi-user.target.wants/caliopen"*.service
	[ -n "$root" ] || ! has systemctl || systemctl daemon-reload
	if [ -n "$erase" ]; then
		find "$data" -mindepth 1 -delete 2>/dev/null || true
		rmdir "$data" 2>/dev/null || true
		rm -rf "$root/etc/caliopen" "$root/etc/sysusers.d/caliopen.conf"
		[ -n "$root" ] || ! id caliopen >/dev/null 2>&1 || userdel caliopen 2>/dev/null || true
		say "Caliopen is gone, and so is the mail"
	else
		say "Caliopen is gone; the mail is still in $data, and installing it again goes on with it"
	fi
}

# Whatever is done to the system is done as root: by sudo, after saying so.
be_root() {
	[ "$(id -u)" != 0 ] || return 0
	[ -n "$here" ] || stop "please run this as root"
	has sudo || stop "please run this as root: $*"
	say "sudo may ask for your password, to go on as root"
	exec sudo ALLOW_RUSTUP_DOWNLOAD="${ALLOW_RUSTUP_DOWNLOAD:-}" sh "$here/$(basename "$0")" "$@"
}

install() {
	[ "$(uname -s)" = Linux ] || stop "Caliopen is for Linux"
	if [ -z "$root" ]; then
		[ -d /run/systemd/system ] || stop "systemd does not run here; README.md says how to start Caliopen by hand"
	fi
	if [ -z "$program" ] && [ -z "$from" ]; then
		build
		be_root --binary "$program" ${downgrade:+--downgrade} ${yes:+--yes}
	fi
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	[ -z "$from" ] || published
	# One that was cut short may hold the only whole copy of the mail: it is ended before another begins.
	if [ -z "$root" ] && [ -e "$lib/upgrading" ]; then
		say "an upgrade was cut short here: ending that one first"
		sh "$lib/settle" || true
		[ ! -e "$lib/upgrading" ] || stop "it could not be ended, and nothing else was changed; the lines above say why"
	fi
	before=$(readlink "$lib/current" 2>/dev/null || true)
	before=${before##*/}
	place
	if [ -n "$root" ]; then
		switch "$new"
		# Where this fails, that system does it when it starts.
		systemd-sysusers --root="$root" /etc/sysusers.d/caliopen.conf >/dev/null 2>&1 || true
		mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
		ln -sfn ../caliopen.service "$root/etc/systemd/system/multi-user.target.wants/caliopen.service"
		say "Caliopen $version is in $root; it starts with that system"
		return
	fi
	if has systemd-sysusers; then
		systemd-sysusers /etc/sysusers.d/caliopen.conf
	elif ! id caliopen >/dev/null 2>&1; then
		useradd --system --home-dir /var/lib/caliopen --shell /usr/sbin/nologin caliopen
	fi
	if [ -z "$before" ]; then
		first_start
	elif [ "$before" = "$new" ]; then
		say "this very program was here already"
		systemctl daemon-reload
		systemctl enable -q caliopen
		systemctl restart caliopen || stop "it does not start; please look at: journalctl -u caliopen"
	else
		upgrade
	fi
	next
}

what=install from='' program='' downgrade='' erase='' yes='' root=''
while [ $# -gt 0 ]; do
	case "$1" in
	--from | --key | --binary | --root)
		[ $# -ge 2 ] || stop "$1 wants something after it"
		case "$1" in
		--from) from=$2 ;;
		--key) keys=$2 ;;
		--binary) program=$2 ;;
		--root) root=${2%/} ;;
		esac
		shift
		;;
	--downgrade) downgrade=1 ;;
	--uninstall) what=uninstall ;;
	--erase) erase=1 ;;
	--yes) yes=1 ;;
	--demo) what=demo ;;
	--unit) what=unit ;;
	--settling) what=settling ;;
	--help | -h) what=usage ;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift
done
lib="$root/usr/local/lib/caliopen"
data="$root/var/lib/caliopen"
case "$what" in
install)
	[ -z "$from$program" ] || be_root ${from:+--from "$from"} ${keys:+--key "$keys"} ${program:+--binary "$program"} \
		${downgrade:+--downgrade} ${yes:+--yes} ${root:+--root "$root"}
	install
	;;
uninstall)
	be_root --uninstall ${erase:+--erase} ${yes:+--yes} ${root:+--root "$root"}
	uninstall
	;;
*) $what ;;
esac
