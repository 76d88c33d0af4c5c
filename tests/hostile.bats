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
}

# One mounted node, a, and a peer, bad, of helpers/hostile-peer.py.  Readers
# wait for so many seconds: bad_peer SECONDS
bad_peer() {
	TIMEOUT=$1
	nodes_init a bad
	node_conf a "timeout = ${TIMEOUT}s" 'max_value = 1M' 'hot = 0%'
	: >"$T/asked"
	beside /usr/bin/python3 "$ROOT/tests/helpers/hostile-peer.py" \
		"${PORT[bad]}" "$T/asked" 2>>"$T/log"
	# Else what is read before would be made and kept here.
	wait_until node_beats bad
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
		status=0
		timeout $((TIMEOUT + 10)) cat "$T/a/g/$key" \
			>"$T/got" 2>/dev/null || status=$?
		got=$(cat "$T/got")
		! asked "$key" || return 0
	done
	echo "the peer is never asked" >&2
	return 1
}

@test "whatever a peer answers, the reader gets the right value" {
	local how key got
	# None of these waits for the deadline.
	bad_peer $((20 * SLOW))
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
	bad_peer $((4 * SLOW))
	for how in drip driphead silent; do
		read_asked $how
		case $status:$got in
		0:"one of $key" | 1:) ;;
		*) fail "$key: status $status: $got" ;;
		esac
	done
	# Nobody else has noticed.
	timeout "$TIMEOUT" cat "$T/a/g/$(owned a mine)"
}

@test "while some wait for a bad peer, others read on" {
	local key keys
	bad_peer $((30 * SLOW))
	mapfile -t keys < <(owned bad silent- 15 && owned bad drip- 15)
	for key in "${keys[@]}"; do
		beside cat "$T/a/g/$key" >/dev/null 2>&1
	done
	for key in "${keys[@]}"; do
		wait_until asked "$key"
	done
	for key in $(owned a mine 10); do
		timeout $((10 * SLOW)) cat "$T/a/g/$key"
	done
}

# Open descriptors of a node, but those that threads have for good: of these
# there are as many as there ever were loads at once.
descriptors() {
	find "/proc/${PID[$1]}/fd" -type l -not -lname '*\[eventfd\]' | wc -l
}

@test "bad clients do not stop good ones" {
	# The client alone can keep a machine busy for seconds.
	patience 60000 $((250 * SLOW))
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
	curl -sf -m 10 "${URL[a]}/_groupcache/_heartbeat_/hello"
	assert_read_well $((5000 + 3000 * SLOW))
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
