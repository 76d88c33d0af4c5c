#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Who belongs to the ring changes: by HUP, by leaving, by being away.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	# A peer that is slow to answer is not what these are about.
	patience 20000 "$HEARTBEAT"
	echo one >"$T/value"
	cluster_getter <<<'printf "%s of %s" "$(cat "$T/value")" "$1"'
}

# Another peer list for these nodes: regroup "PEERS" NODE…
regroup() {
	local name
	for name in ${2}; do
		PEERS=$1 node_conf "$name" 'hot = 100%' 'kernel_cache = 0'
		kill -HUP "${PID[$name]}"
	done
	for name in ${2}; do
		wait_until lists "$name" "$1"
	done
}

# Does a node list just these peers?
lists() {
	local name want=
	for name in $2; do
		want+=" ${URL[$name]}"
	done
	[ "$(xattr peers "$T/$1" | tr ',' '\n' |
		awk '{ printf " %s", $1 }')" = "$want" ]
}

@test "HUP with other peers keeps what is held" {
	cluster a b c -- 'hot = 100%' 'kernel_cache = 0'
	keys=$(owned a k 3 && owned b k 3 && owned c k 3)
	for key in $keys; do
		everywhere "$key" >/dev/null
	done
	assert_equal "$(wc -l <"$T/loads")" 9
	regroup 'a b' 'a b'
	for key in $keys; do
		cat "$T/a/g/$key" "$T/b/g/$key" >/dev/null
	done
	assert_equal "$(wc -l <"$T/loads")" 9
	# What was c's has another owner now, and c is not asked.
	key=$(owned c new)
	cat "$T/a/g/$key" "$T/b/g/$key" >/dev/null
	[[ $(loaded_by "$key") == [ab] ]]
	regroup 'a b c' 'a b'
	key=$(owned c again)
	assert_equal "$(everywhere "$key")" "one of $key"
	assert_equal "$(loaded_by "$key")" c
	for key in $keys; do
		everywhere "$key" >/dev/null
	done
	assert_equal "$(grep -c ' k' "$T/loads")" 9
}

@test "a list without oneself changes nothing" {
	cluster a b c
	PEERS='b c' node_conf a
	kill -HUP "${PID[a]}"
	wait_until grep 'not reloaded' "$T/a.log"
	lists a 'a b c'
	key=$(owned b)
	assert_equal "$(cat "$T/a/g/$key")" "one of $key"
	assert_equal "$(loaded_by "$key")" b
}

@test "lists that disagree: one hop, and nobody waits for ever" {
	cluster a b c -- 'hot = 100%' 'kernel_cache = 0'
	regroup 'a b' a
	# c's for b, and b's for a, whose own list is in its file.
	key=$(comm -12 <(owned_by_file b c) \
		<(owned_by_file a b) | head -n 1)
	[ -n "$key" ]
	run -0 timeout 25 cat "$T/a/g/$key"
	assert_equal "$(loaded_by "$key")" b
	for name in a b c; do
		assert_equal "$(cat "$T/$name/g/$key")" "one of $key"
	done
}

# All keys d1 to d500 that a node has by another's configuration, sorted.
owned_by_file() {
	seq -f 'd%g' 500 | dreamfs ring "$T/$1.conf" - |
		awk -F '\t' -v url="${URL[$2]}" '$2 == url { print $1 }' | sort
}

@test "what is removed while a peer is down, it hears when it is back" {
	patience $((2000 + 1000 * SLOW)) "$HEARTBEAT"
	cluster a b c -- 'hot = 100%' 'kernel_cache = 1h'
	keys=$(owned a k 3 && owned b k 3)
	for key in $keys; do
		everywhere "$key" >/dev/null
	done
	kill -STOP "${PID[c]}"
	wait_until peer_is a c down
	echo two >"$T/value"
	for key in $keys; do
		rm "$T/a/g/$key"
		wait_until grep -q two "$T/b/g/$key"
	done
	kill -CONT "${PID[c]}"
	for key in $keys; do
		wait_until -t 60 grep -q two "$T/c/g/$key"
	done
}

@test "TERM: the others look elsewhere while it still serves" {
	nodes_init a b c
	for name in a b c; do
		node_conf $name 'protocol = dreamemo' 'drain = 1h' --
	done
	nodes_mount a c
	node_serve b
	wait_until all_up a c
	held=$(owned b held)
	assert_equal "$(cat "$T/a/g/$held")" "one of $held"
	kill -TERM "${PID[b]}"
	wait_until peer_is a b down
	wait_until peer_is c b down
	run -0 curl -s -m 60 -o /dev/null -w '%{http_code}' \
		"${URL[b]}/_dreamemo/_heartbeat_/hello"
	assert_output 503
	# What it holds and what it must load.
	for key in "$held" other; do
		run -0 curl -s -m 60 -o /dev/null -w '%{http_code}' \
			"${URL[b]}/_dreamemo/g/$key"
		assert_output 200
	done
	key=$(owned b later)
	assert_equal "$(cat "$T/a/g/$key" && cat "$T/c/g/$key")" \
		"one of ${key}one of $key"
	assert_equal "$(loaded_by "$key" | tr -d b)" "$(loaded_by "$key")"
	# Once more: now.
	kill -TERM "${PID[b]}"
	dream_ended "${PID[b]}"
	dream_forget "$T/b"
	for name in a c; do
		kill -TERM "${PID[$name]}"
		wait_until not_mounted "$T/$name"
		kill -TERM "${PID[$name]}"
		dream_ended "${PID[$name]}"
		dream_forget "$T/$name"
	done
}

not_mounted() {
	! mounted "$1"
}
