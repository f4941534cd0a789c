# A small machine for the tests of this folder: a Debian in a folder, with systemd as its first process, in namespaces of
# its own (processes, files, network, names). Sourced; as root.
#
# It has no way to the outside: a loopback, and one card whose cable ends in itself. The host reaches into it with
# `within` (as a process of it) and `beside` (only in its network, with the host's programs).
# shellcheck shell=sh

say() { printf '   %s\n' "$*"; }
fail() {
	printf 'tests/ship: FAILED: %s\n' "$*" >&2
	exit 1
}
needs() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing; sh tests/run --ship installs it"
	done
}

# A command that must fail, with these words. What it said is in $work/said.
refused() {
	words=$1
	shift
	if "$@" >"${work:?}/said" 2>&1; then
		cat "$work/said" >&2
		fail "it should have refused: $words"
	fi
	grep -q "$words" "$work/said" || {
		cat "$work/said" >&2
		fail "it refused, but not for this: $words"
	}
	say "refused: $words"
}

# A Debian in folder $1, copied from one that is made once; further packages follow.
debian() {
	base="${cache:?where to keep it}/debian"
	if [ ! -e "$base.complete" ]; then
		say "making a small Debian in $base (once)"
		rm -rf "$base"
		mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,minisign trixie "$base" ||
			fail "no Debian could be made; is this machine online?"
		: >"$base.complete"
	fi
	rm -rf "$1"
	cp -a --reflink=auto "$base" "$1"
}

# Boots the Debian in folder $1; its first process is `machine` from then on.
boot() {
	# shellcheck disable=SC2016 # meant for the shell within
	unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child sh -eu -c '
		hostname box
		mount --make-rprivate /
		mount --bind "$0" "$0"
		cd "$0"
		mount -t proc proc proc
		mount -t sysfs -o ro sysfs sys
		umount sys/fs/cgroup 2>/dev/null || :
		mount -t cgroup2 cgroup2 sys/fs/cgroup
		mount -t tmpfs -o mode=755 tmpfs run
		mount -t tmpfs tmpfs tmp
		mount -t tmpfs -o mode=755 tmpfs dev
		for device in null zero full random urandom tty; do
			: >"dev/$device"
			mount --bind "/dev/$device" "dev/$device"
		done
		mkdir dev/pts dev/shm
		mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
		ln -s pts/ptmx dev/ptmx
		mount -t tmpfs tmpfs dev/shm
		ip link set lo up
		ip link add eth0 type veth peer name plug
		ip address add 192.0.2.10/24 dev eth0
		ip link set eth0 up
		ip link set plug up
		pivot_root . mnt
		cd /
		umount -l /mnt
		exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init --log-target=null
	' "$1" >"$cache/boot.log" 2>&1 &
	shell=$!
	machine=
	for _ in $(seq 600); do
		machine=$(tr -d ' ' 2>/dev/null <"/proc/$shell/task/$shell/children") || break
		if [ -n "$machine" ] && within systemctl is-system-running 2>/dev/null | grep -Eq '^(running|degraded)$'; then
			return
		fi
		sleep 0.1
	done
	cat "$cache/boot.log" >&2
	fail "the small Debian does not boot here"
}
within() { nsenter --target "$machine" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }
beside() { nsenter --target "$machine" --net "$@"; }
# Packages of Debian for this machine, unpacked into folder $1 and not installed: `unpacked $1 PROGRAM...` runs one.
unpack() {
	folder=$1
	shift
	[ ! -e "$folder.complete" ] || return 0
	rm -rf "$folder" "$folder.packages"
	mkdir -p "$folder" "$folder.packages"
	# shellcheck disable=SC2046 # one word a package
	(cd "$folder.packages" && apt-get download -q $(apt-get install --no-install-recommends -s "$@" 2>/dev/null |
		awk '/^Inst/ { print $2 }') >/dev/null 2>&1) || fail "these packages cannot be had: $*"
	for package in "$folder.packages"/*.deb; do
		dpkg -x "$package" "$folder"
	done
	rm -rf "$folder.packages"
	: >"$folder.complete"
}
unpacked() {
	libraries="$1/usr/lib/$(uname -m)-linux-gnu"
	inside=$1
	shift
	tool="$inside/usr/bin/$1"
	shift
	LD_LIBRARY_PATH="$libraries:$inside/lib/$(uname -m)-linux-gnu" "$tool" "$@"
}
off() {
	[ -z "${shell:-}" ] || kill -9 "$shell" 2>/dev/null || :
	shell=
}
