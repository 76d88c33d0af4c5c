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
# What their load.bash do, without a process for each file.
for library in /usr/lib/bats/bats-{support,assert}/src/*.bash; do
	# shellcheck disable=SC1090
	source "$library"
done

ROOT=${BATS_TEST_DIRNAME%/*}
DREAM_BUILD=${DREAM_BUILD:-$ROOT/build}
PATH=$DREAM_BUILD:$DREAM_BUILD/helpers:$ROOT/tests/helpers:/usr/local/sbin
PATH+=:/usr/sbin:/usr/local/bin:/usr/bin:/sbin:/bin
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
	mkdir "$M" "$T/san"
	local report="log_path=$T/san/report"
	export ASAN_OPTIONS="$report:exitcode=66:detect_stack_use_after_return=1"
	export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp"
	LSAN_OPTIONS+=:print_suppressions=0
	export UBSAN_OPTIONS="$report:print_stacktrace=1"
	export TSAN_OPTIONS="$report:exitcode=66:second_deadlock_stack=1"
	: >"$T/log"
	: >"$T/runs"
	# Other users run daemons and getters here.
	chmod a+rwX "$BATS_RUN_TMPDIR" "$T/san" "$T/runs" "$T/log"
}

# -- configuration and getters ------------------------------------------------

dream_conf() {
	local text
	IFS= read -rd '' text || true
	printf %s "$text" >"$T/dreamfs.conf"
}

# One group, `g`, whose getter is $T/get; more of the group as arguments.
dream_group() {
	local more
	printf -v more '    %s\n' "$@"
	dream_conf <<-EOF
		group g {
		    command = "$T/get {key}"
		$more
		}
	EOF
}

# The body of a shell script from standard input.
getter() {
	local body
	IFS= read -rd '' body || true
	printf '%s\n' '#!/bin/sh' "echo \"\$1\" >>'$T/runs'" "T='$T'" \
		"$body" >"$T/get"
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
		doze
	done
}

# Sleeps for 20 ms: nothing comes out of this pipe.
doze() {
	local pipe=$BATS_FILE_TMPDIR/nothing
	[ -p "$pipe" ] || mkfifo "$pipe"
	read -rt 0.02 <>"$pipe" || true
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
	process_stat "$1" || return 0
	[ "${stat[0]}" = Z ] && [ "${stat[17]}" -le 1 ]
}

# Sets stat: the fields of /proc/PID/stat from the third, the state.
process_stat() {
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return
	# shellcheck disable=SC2206
	stat=(${stat##*) })
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
	local stat
	process_stat "$1" && [ "${stat[1]}" = $$ ]
}

mounted() {
	local mounts
	mapfile mounts </proc/self/mounts
	[[ "${mounts[*]}" == *" $1 fuse.dreamfs "* ]]
}

# What answered may be the directory below, between a stale mount and its
# successor.
answers() {
	mounted "$1" && [ "$(errno_of statfs "$1")" = OK ] && mounted "$1"
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
	[ -d "$dir" ] || mkdir -p "$dir" 2>/dev/null || true
	dreamfs -f "${options[@]}" ${conf:+"$conf"} "$dir" \
		>>"$T/log" 2>&1 </dev/null 3>&- &
	DREAM_PID=$!
	DREAM_DAEMONS+=("$DREAM_PID $dir")
	wait_until answers_or_died "$DREAM_PID" "$dir"
	mounted "$dir"
}

answers_or_died() {
	gone "$1" || answers "$2"
}

unmount() {
	[ "$(errno_of umount "$1")" = OK ]
}

# Unmounts and sees that the daemon ends, and well.  The daemon itself may be
# looking at the mount, which then is busy: it does so when it begins.
dream_umount() {
	local dir=${1:-$M} entry
	wait_until unmount "$dir"
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

# Runs a server beside the test and sets SAID to the first line it says.
beside_which_says() {
	# shellcheck disable=SC2034
	read -r SAID < <(exec "$@" 3>&-)
	BESIDE=$!
	DREAM_OTHERS+=("$BESIDE")
}

# Ports for servers that the test starts (see helpers/ports.c): ports COUNT
# sets HELD, port sets PORT.
ports() {
	beside_which_says "$DREAM_BUILD/helpers/ports" "$1"
	read -ra HELD <<<"$SAID"
}

port() {
	ports 1
	# shellcheck disable=SC2034
	PORT=${HELD[0]}
}

# A web server that does what a URL's query says (see helpers/origin.py).
# Sets ORIGIN, and ORIGIN_PID to end it by.
origin() {
	beside_which_says /usr/bin/python3 "$ROOT/tests/helpers/origin.py" \
		"$@" 2>>"$T/log"
	# shellcheck disable=SC2034
	ORIGIN_PID=$BESIDE ORIGIN=http://127.0.0.1:$SAID
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
		elif ! unmount "$dir"; then
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
