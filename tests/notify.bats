#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# What a service manager hears: see sd_notify(3).
load helpers/load

# Longer than any thread of ours is ever busy, in microseconds.
WATCHDOG=$((400000 * SLOW))

setup() {
	dream_setup
	getter <<-'EOF'
		case $1 in
		slow*) until [ -e "$T/go" ]; do sleep 0.02; done ;;
		esac
		env >"$T/env"
		printf 'value of %s' "$1"
	EOF
	beside /usr/bin/python3 "$ROOT/tests/helpers/notify.py" "$T/notify" \
		"$T/heard" "$M"
	wait_until test -S "$T/notify"
	export NOTIFY_SOCKET=$T/notify
	port
}

# With a server, and a group g; more lines for the node as arguments.
member() {
	dream_conf <<-EOF
		node {
		    listen = "127.0.0.1:$PORT"
		    $(printf '    %s\n' "$@")
		}
		group g {
		    command = "$T/get {key}"
		}
	EOF
}

serve() {
	beside dreamfs serve "$T/dreamfs.conf" 2>>"$T/log"
	DREAM_PID=$BESIDE
}

heard() {
	grep -q "$1" "$T/heard"
}

# Whatever was said before this has been heard after it.
catch_up() {
	/usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b"CAUGHT_UP=1", sys.argv[1])' "$NOTIFY_SOCKET"
	wait_until heard '^CAUGHT_UP=1$'
}

pings() {
	grep -c '^WATCHDOG=1$' "$T/heard"
}

pinged() {
	[ "$(pings)" -ge "$1" ]
}

pinged_more() {
	wait_until pinged $(($(pings) + $1))
}

# Does no ping come for some time? What was under way may still come.
calm() {
	local count
	count=$(pings)
	sleep $((WATCHDOG * 3 / 1000000 + 1))
	[ "$(pings)" = "$count" ]
}

# Stops threads of the daemon, by name; thaw lets them go on.
freeze() {
	rm -f "$T/frozen"
	beside /usr/bin/python3 "$ROOT/tests/helpers/freeze.py" "$DREAM_PID" \
		"$1" "$T/frozen"
	FROZEN=$BESIDE
	wait_until test -s "$T/frozen"
}

thaw() {
	kill "$FROZEN"
	wait_until gone "$FROZEN"
}

# While those threads are stopped no ping comes; before and after they do.
assert_meant() {
	pinged_more 2
	freeze "$1"
	wait_until calm
	kill -0 "$DREAM_PID"
	thaw
	pinged_more 2
}

@test "ready when the mount answers, not before" {
	dream_group
	dream_mount
	wait_until heard '^READY=1 mounted$'
	assert_equal "$(grep -c '^READY=1' "$T/heard")" 1
}

@test "ready in the background as well, and no other process speaks" {
	dream_group
	WATCHDOG_USEC=$WATCHDOG WATCHDOG_PID=1 run -0 dreamfs \
		"$T/dreamfs.conf" "$M" 3>&-
	dream_adopt
	wait_until heard '^READY=1 mounted$'
	cat "$M/g/a"
	run ! grep -E '^(NOTIFY_SOCKET|WATCHDOG_)' "$T/env"
	wait_until heard '^STATUS='
	# The watchdog is for process 1.
	wait_until calm
	run ! heard '^WATCHDOG'
}

@test "what cannot be mounted is not ready" {
	dream_group
	run -1 dreamfs -f "$T/dreamfs.conf" "$T/log"
	member
	run -0 dreamfs check "$T/dreamfs.conf"
	sed -i 's/listen = .*/listen = "192.0.2.1:1"/' "$T/dreamfs.conf"
	run -1 dreamfs -f "$T/dreamfs.conf" "$M"
	run -1 dreamfs serve "$T/dreamfs.conf"
	catch_up
	run ! heard READY
}

@test "status: groups, gets, hits and peers" {
	dream_group 'kernel_cache = 0'
	dream_mount
	wait_until heard '^STATUS=1 group, 0 gets$'
	cat "$M/g/a" "$M/g/a" "$M/g/a"
	wait_until -t 60 heard '^STATUS=1 group, [1-9][0-9]* gets, [0-9]*% hits$'
}

@test "status: how many of the others are up" {
	member "self = \"http://127.0.0.1:$PORT\"" \
		"peers = { \"http://127.0.0.1:$PORT\", \"http://127.0.0.1:1\" }" \
		'health_interval = 100ms'
	dream_mount
	wait_until -t 60 heard '^STATUS=1 group, 0 gets, 0/1 peers up$'
}

@test "watchdog: pings as long as the mount answers" {
	dream_group
	WATCHDOG_USEC=$WATCHDOG dream_mount
	assert_meant fuse
	assert_equal "$(cat "$M/g/a")" 'value of a'
}

@test "watchdog: pings as long as waiting readers would be ended" {
	dream_group
	WATCHDOG_USEC=$WATCHDOG dream_mount
	assert_meant ticker
}

@test "watchdog: pings as long as peers are served" {
	member
	WATCHDOG_USEC=$WATCHDOG dream_mount
	assert_meant httpd
}

@test "watchdog: not disturbed by slow loads, stopped by SIGSTOP" {
	dream_group 'loads = 1'
	WATCHDOG_USEC=$WATCHDOG dream_mount
	beside cat "$M/g/slow" >"$T/out"
	wait_until test -s "$T/runs"
	pinged_more 5
	touch "$T/go"
	wait_until gone "$BESIDE"
	assert_equal "$(cat "$T/out")" 'value of slow'
	kill -STOP "$DREAM_PID"
	wait_until calm
	kill -CONT "$DREAM_PID"
	pinged_more 2
}

@test "watchdog: a mount that hangs does not keep TERM waiting" {
	dream_group
	WATCHDOG_USEC=$WATCHDOG dream_mount
	pinged_more 2
	freeze fuse
	wait_until calm
	kill -TERM "$DREAM_PID"
	wait_until heard '^STOPPING=1$'
	thaw
	dream_ended "$DREAM_PID"
	dream_forget
}

@test "watchdog: a node without a mount" {
	member
	export WATCHDOG_USEC=$WATCHDOG
	serve
	wait_until heard '^READY=1$'
	wait_until heard '^STATUS=1 group, 0 gets$'
	assert_meant httpd
	assert_meant ticker
	kill "$DREAM_PID"
	dream_ended "$DREAM_PID"
	wait_until heard '^STOPPING=1$'
}

@test "without a watchdog there are no pings" {
	dream_group
	dream_mount
	wait_until heard '^STATUS='
	wait_until calm
	run ! heard '^WATCHDOG'
}

@test "reload: said with the time, and when it is over" {
	dream_group
	dream_mount
	wait_until heard '^READY=1'
	before=$(monotonic)
	kill -HUP "$DREAM_PID"
	wait_until heard '^RELOADING=1$'
	wait_until reloaded
	usec=$(sed -n 's/^MONOTONIC_USEC=//p' "$T/heard")
	[ "$usec" -ge "$before" ]
	[ "$usec" -le "$(monotonic)" ]
}

# CLOCK_MONOTONIC, which /proc/uptime need not follow, in microseconds.
monotonic() {
	/usr/bin/python3 -c 'import time; print(time.monotonic_ns() // 1000)'
}

reloaded() {
	[ "$(grep -c '^READY=1' "$T/heard")" = 2 ]
}

@test "leaving: stopping, and more time while it drains" {
	member 'drain = 1h'
	WATCHDOG_USEC=$WATCHDOG dream_mount
	kill -TERM "$DREAM_PID"
	wait_until heard '^STOPPING=1$'
	wait_until heard '^EXTEND_TIMEOUT_USEC=10000000$'
	extended() {
		[ "$(grep -c '^EXTEND_TIMEOUT_USEC=' "$T/heard")" -ge 3 ]
	}
	wait_until -t 60 extended
	# It still works for its peers.
	pinged_more 2
	kill -TERM "$DREAM_PID"
	dream_ended "$DREAM_PID"
	dream_forget
}
