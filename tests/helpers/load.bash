# shellcheck shell=bash
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# What every bats file loads.  A test has a directory of its own, $T, with
#   $T/dreamfs.conf  written by dream_conf (standard input)
#   $T/get           written by getter (a shell script's body, $1 is the key);
#                    it counts its runs in $T/runs
#   $T/mnt, $M       where dream_mount mounts
#   $T/log           the daemon's standard error, shown if the test fails
# Whatever was mounted or started is ended in teardown, by process id, and the
# test fails if a daemon died by itself, ended badly, or left a sanitizer's
# report.

bats_require_minimum_version 1.5.0
load /usr/lib/bats/bats-support/load.bash
load /usr/lib/bats/bats-assert/load.bash

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
DREAM_BUILD=${DREAM_BUILD:-$ROOT/build}
PATH=$DREAM_BUILD:$ROOT/tests/helpers:/usr/local/sbin:/usr/sbin:/sbin:$PATH
# Sanitized builds are several times slower: bounds in time are multiplied.
SLOW=1
case $DREAM_BUILD in *-asan | *-tsan) SLOW=5 ;; esac

setup() {
	dream_setup
}

teardown() {
	dream_teardown
}

dream_setup() {
	T=$BATS_TEST_TMPDIR
	M=$T/mnt
	DREAM_PID=
	DREAM_DAEMONS=() # "pid mountpoint"
	DREAM_OTHERS=()  # other processes to end
	mkdir -p "$M" "$T/san"
	chmod 711 "$BATS_RUN_TMPDIR"
	chmod 755 "$T"
	chmod 1777 "$T/san"
	local report="log_path=$T/san/report"
	export ASAN_OPTIONS="$report:exitcode=66:detect_stack_use_after_return=1"
	export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp"
	LSAN_OPTIONS+=:print_suppressions=0
	export UBSAN_OPTIONS="$report:print_stacktrace=1"
	export TSAN_OPTIONS="$report:exitcode=66:second_deadlock_stack=1"
	: >"$T/log"
	: >"$T/runs"
	chmod 666 "$T/runs" "$T/log"
}

# -- configuration and getters ------------------------------------------------

dream_conf() {
	cat >"$T/dreamfs.conf"
}

# One group, `g`, whose getter is $T/get; more of the group as arguments.
dream_group() {
	dream_conf <<-EOF
		group g {
		    command = "$T/get {key}"
		    $(printf '    %s\n' "$@")
		}
	EOF
}

# The body of a shell script from standard input.
getter() {
	{
		echo '#!/bin/sh'
		echo "echo \"\$1\" >>'$T/runs'"
		echo "T='$T'"
		cat
	} >"$T/get"
	chmod 755 "$T/get"
}

# How often the getter ran, or ran for one key.
runs() {
	if [ $# -gt 0 ]; then
		grep -cxF -e "$1" "$T/runs" || true
	else
		wc -l <"$T/runs"
	fi
}

# assert_runs N [KEY]
assert_runs() {
	assert_equal "$(runs "${@:2}")" "$1"
}

# -- waiting ------------------------------------------------------------------

# Repeats a command until it succeeds: wait_until [-t SECONDS] COMMAND…
wait_until() {
	local seconds=30 deadline
	if [ "$1" = -t ]; then
		seconds=$2
		shift 2
	fi
	deadline=$((SECONDS + seconds * SLOW))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -gt "$deadline" ]; then
			echo "waited ${seconds}s in vain for: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# Fails unless the command ends within so many milliseconds (more in a
# sanitized build), whatever its status, which is left in $status.
within() {
	local limit=$(($1 * SLOW)) began ended
	shift
	began=${EPOCHREALTIME/[.,]/}
	status=0
	# shellcheck disable=SC2034
	timeout -k 1 $((limit / 1000 + 30)) "$@" || status=$?
	ended=${EPOCHREALTIME/[.,]/}
	if [ $(((ended - began) / 1000)) -gt "$limit" ]; then
		echo "took $(((ended - began) / 1000)) ms, not $limit: $*" >&2
		return 1
	fi
}

# Is the process gone (or dead and not yet waited for)?  Its first thread may
# be dead while others still have its files open.
gone() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	read -ra stat <<<"${stat##*) }"
	[ "${stat[0]}" = Z ] && [ "${stat[17]}" -le 1 ]
}

# Stops a process, all of whose threads stand still then.
halt() {
	kill -STOP "$1"
	wait_until stopped "$1"
}

stopped() {
	! cat "/proc/$1/task/"*/stat | sed 's/.*) //' | grep -qv '^T '
}

# Is it a child of this shell?  The number of one that has ended may be somebody
# else's by now.
is_child() {
	[ "$(sed 's/.*) . //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" = $$ ]
}

mounted() {
	grep -qF " $1 fuse.dreamfs " /proc/self/mounts
}

answers() {
	mounted "$1" && timeout 30 stat -f "$1" >/dev/null
}

# -- mounts -------------------------------------------------------------------

# Runs a command as another user: as nobody COMMAND…
as() {
	setpriv --reuid "$1" --regid nogroup --clear-groups "${@:2}"
}

# Mounts $T/dreamfs.conf (or what is given as -c FILE) at $M (-m DIR) with a
# daemon in the foreground of this test; other arguments are passed on.  Sets
# DREAM_PID.
dream_mount() {
	local conf=$T/dreamfs.conf dir=$M options=()
	while [ $# -gt 0 ]; do
		case $1 in
		-c) conf=$2 ;;
		-m) dir=$2 ;;
		*) options+=("$1" "$2") ;;
		esac
		shift 2
	done
	# It may be a stale mount.
	mkdir -p "$dir" 2>/dev/null || true
	dreamfs -f "${options[@]}" ${conf:+"$conf"} "$dir" \
		>>"$T/log" 2>&1 </dev/null 3>&- &
	DREAM_PID=$!
	DREAM_DAEMONS+=("$DREAM_PID $dir")
	wait_until answers_or_died "$DREAM_PID" "$dir"
	answers "$dir"
}

answers_or_died() {
	gone "$1" || answers "$2"
}

# Unmounts and sees that the daemon ends, and well.  The daemon itself may be
# looking at the mount, which then is busy: it does so when it begins.
dream_umount() {
	local dir=${1:-$M} entry
	wait_until timeout 30 umount "$dir"
	for entry in "${DREAM_DAEMONS[@]}"; do
		[ "${entry#* }" = "$dir" ] || continue
		dream_ended "${entry%% *}"
		dream_forget "$dir"
	done
}

# Waits for a daemon's end; fails unless its exit status is 0, or $2.
dream_ended() {
	local got=0
	wait_until gone "$1" || return 1
	wait "$1" || got=$?
	[ "$got" = "${2:-0}" ] || {
		echo "the daemon's exit status is $got" >&2
		return 1
	}
}

# Teardown need not look for the daemon at this mount point.
dream_forget() {
	local entry left=()
	for entry in "${DREAM_DAEMONS[@]}"; do
		[ "${entry#* }" = "${1:-$M}" ] || left+=("$entry")
	done
	DREAM_DAEMONS=("${left[@]}")
}

# A daemon that put itself into the background.
dream_adopt() {
	DREAM_PID=$(getfattr --only-values -n user.dreamfs.pid "${1:-$M}")
	DREAM_DAEMONS+=("$DREAM_PID ${1:-$M}")
}

# Runs something beside the test, ended in teardown.  Sets BESIDE.
beside() {
	"$@" <&0 3>&- &
	BESIDE=$!
	DREAM_OTHERS+=("$BESIDE")
}

# A port for a server that the test starts (see helpers/ports.py).  Sets PORT.
port() {
	beside /usr/bin/python3 "$ROOT/tests/helpers/ports.py" 1 >"$T/own_port"
	wait_until test -s "$T/own_port"
	# shellcheck disable=SC2034
	PORT=$(cat "$T/own_port")
}

# A web server that does what a URL's query says (see helpers/origin.py).
# Sets ORIGIN, and ORIGIN_PID to end it by.
origin() {
	rm -f "$T/port"
	beside /usr/bin/python3 "$ROOT/tests/helpers/origin.py" "$@" \
		>"$T/port" 2>>"$T/log"
	# shellcheck disable=SC2034
	ORIGIN_PID=$BESIDE
	wait_until test -s "$T/port"
	ORIGIN=http://127.0.0.1:$(cat "$T/port")
}

# How many requests it had: requests [PATH]
requests() {
	curl -sf "$ORIGIN/_count${1:+/$1}"
}

# -- looking ------------------------------------------------------------------

# The value of an attribute: xattr NAME [FILE].  Not with getfattr(1), which
# calls stat(2) first: that would load a key.
xattr() {
	attr -qg "dreamfs.$1" "${2:-$M}"
}

# One counter of a group: counter NAME [GROUP]
counter() {
	xattr "$1" "$M/${2:-g}"
}

# Does the attribute have this value? For wait_until.
xattr_is() {
	[ "$(xattr "$1" "$2")" = "$3" ]
}

sha() {
	sha256sum | cut -d ' ' -f 1
}

# What open(2) (or another call) says: errno_of open PATH
errno_of() {
	timeout 30 /usr/bin/python3 -c '
import errno, os, sys
call, path = sys.argv[1:]
calls = {
    "open": lambda p: os.open(p, os.O_RDONLY),
    "stat": os.stat,
    "write": lambda p: os.write(os.open(p, os.O_WRONLY), b"x"),
    "create": lambda p: os.open(p, os.O_WRONLY | os.O_CREAT | os.O_EXCL),
    "truncate": lambda p: os.truncate(p, 0),
    "mkdir": os.mkdir,
    "rmdir": os.rmdir,
    "unlink": os.unlink,
    "rename": lambda p: os.rename(p, p + b".new"),
    "link": lambda p: os.link(p, p + b".new"),
    "symlink": lambda p: os.symlink("x", p),
    "mkfifo": os.mkfifo,
    "chmod": lambda p: os.chmod(p, 0o600),
    "chown": lambda p: os.chown(p, 1, 1),
    "listdir": os.listdir,
}
try:
    calls[call](os.fsencode(path))
    print("OK")
except OSError as e:
    print(errno.errorcode[e.errno])' "$1" "$2"
}

# -- the end ------------------------------------------------------------------

# What a daemon does that should have ended, and who else has its mount.
dream_stuck() {
	timeout 30 gdb -p "$1" -batch -ex 'thread apply all bt 12' 2>&1 |
		grep -E '^(Thread|#)' >&2
	grep -lF " $2 " /proc/[0-9]*/mountinfo 2>/dev/null |
		sed 's/^/still mounted: /' >&2
}

dream_teardown() {
	local bad=0 entry pid dir got report
	for pid in "${DREAM_OTHERS[@]}"; do
		is_child "$pid" && kill "$pid" 2>/dev/null
	done
	for entry in "${DREAM_DAEMONS[@]}"; do
		pid=${entry%% *} dir=${entry#* } got=0
		if gone "$pid"; then
			echo "the daemon at $dir died by itself" >&2
			bad=1
		elif ! timeout 10 umount "$dir" 2>/dev/null; then
			kill "$pid"
			timeout 10 umount -l "$dir" 2>/dev/null
		fi
		if ! wait_until gone "$pid"; then
			echo "the daemon at $dir does not end" >&2
			dream_stuck "$pid" "$dir"
			kill -KILL "$pid" 2>/dev/null
			bad=1
		fi
		wait "$pid" 2>/dev/null || got=$?
		# 127: it is not this shell's child.
		if [ "$got" != 0 ] && [ "$got" != 127 ]; then
			echo "the daemon's exit status is $got" >&2
			bad=1
		fi
		mounted "$dir" && umount -l "$dir"
	done
	for pid in "${DREAM_OTHERS[@]}"; do
		! is_child "$pid" || gone "$pid" || kill -KILL "$pid" 2>/dev/null
	done
	for report in "$T"/san/report*; do
		[ -e "$report" ] || continue
		head -n 100 "$report" >&2
		bad=1
	done
	if [ "$bad" = 1 ] || [ -z "${BATS_TEST_COMPLETED-}" ]; then
		sed 's/^/log: /' "$T/log" | tail -n 40 >&2
	fi
	[ "$bad" = 0 ]
}
