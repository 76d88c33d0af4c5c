#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# A peer that answers badly, and clients that ask badly.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	cluster_getter <<<'printf "one of %s" "$1"'
	TIMEOUT=$((4 * SLOW))
}

# One mounted node, a, and a peer, bad, of helpers/hostile-peer.py.
bad_peer() {
	nodes_init a bad
	node_conf a "timeout = ${TIMEOUT}s" 'max_value = 1M' 'hot = 0%'
	: >"$T/asked"
	beside /usr/bin/python3 "$ROOT/tests/helpers/hostile-peer.py" \
		"${PORT[bad]}" "$T/asked" 2>>"$T/log"
	nodes_mount a
	wait_until all_up a
	# There is a peer that answers.
	wait_until says_fine "$(owned bad fine-)"
}

says_fine() {
	[ "$(cat "$T/a/g/$1")" = fine ]
}

asked() {
	grep -qx "/_groupcache/g/$1" "$T/asked"
}

# Reads keys that are answered like this until one was really asked for (the
# peer may be down meanwhile): read_asked HOW.  The key is in $key, what was
# read in $got.
read_asked() {
	local keys
	mapfile -t keys < <(owned bad "$1-" 50)
	for key in "${keys[@]}"; do
		wait_until peer_is a bad up
		within $((TIMEOUT * 1000 + 1500)) cat "$T/a/g/$key" \
			>"$T/got" 2>/dev/null || return 1
		got=$(cat "$T/got")
		! asked "$key" || return 0
	done
	echo "the peer is never asked" >&2
	return 1
}

@test "whatever a peer answers, the reader gets the right value" {
	local how key got
	bad_peer
	for how in $(/usr/bin/python3 "$ROOT/tests/helpers/hostile-peer.py" \
		--list); do
		case $how in
		fine | drip | driphead | silent) continue ;;
		esac
		read_asked "$how"
		[ "$got" = "one of $key" ] || fail "$key: status $status: $got"
	done
	# No redirect was followed.
	run -1 grep elsewhere "$T/asked"
}

@test "a peer that never comes to an end: an error at the deadline" {
	local how key got
	bad_peer
	for how in drip driphead silent; do
		read_asked $how
		case $status:$got in
		0:"one of $key" | 1:) ;;
		*) fail "$key: status $status: $got" ;;
		esac
	done
	# Nobody else has noticed.
	within 1000 cat "$T/a/g/$(owned a mine)"
	assert_equal "$status" 0
}

@test "while some wait for a bad peer, others read on" {
	bad_peer
	for key in $(owned bad silent- 20) $(owned bad drip- 20); do
		beside cat "$T/a/g/$key" >/dev/null 2>&1
	done
	wait_until asked "$(owned bad silent-)"
	for key in $(owned a mine 10); do
		within 1500 cat "$T/a/g/$key"
		assert_equal "$status" 0
	done
}

# Open descriptors of a node.
descriptors() {
	find "/proc/${PID[$1]}/fd" -type l | wc -l
}

@test "bad clients do not stop good ones" {
	cluster a b
	cat "$T/a/g/$(owned b warm)" "$T/b/g/$(owned a warm)" >/dev/null
	before=$(descriptors a)
	beside /usr/bin/python3 "$ROOT/tests/helpers/hostile-client.py" \
		"${PORT[a]}" "$T/evil" 2>>"$T/log"
	client=$BESIDE
	wait_until -t 20 evil 250
	read_on a b
	read_more 50
	wait_until -t 20 evil 600
	read_more 50
	within 1000 curl -sf -m 5 "${URL[a]}/_groupcache/_heartbeat_/hello"
	assert_equal "$status" 0
	assert_read_well $((2000 * SLOW))
	assert_equal "$(node_counter b peer_errors)" 0
	peer_is b a up
	# And nothing is left of it all.
	kill "$client"
	wait_until gone "$client"
	wait_until few_descriptors a $((before + 10))
}

few_descriptors() {
	[ "$(descriptors "$1")" -le "$2" ]
}

# Have so many bad connections been made?
evil() {
	[ "$(cat "$T/evil")" -ge "$1" ]
}
