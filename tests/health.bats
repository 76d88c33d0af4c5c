#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Nodes that die, freeze, are slow and come back.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	# Keys slow* take longer than a peer's timeout; gate* wait at the gate.
	exec 8>"$T/gate"
	echo $((PATIENCE / 1000 + 2)) >"$T/slow"
	cluster_getter <<-'EOF'
		case $1 in
		slow*) sleep "$(cat "$T/slow")" ;;
		gate*) flock -s "$T/gate" true ;;
		esac
		printf 'one of %s' "$1"
	EOF
}

# Reads keys of a node on another one, all at once, each within the limit:
# read_at_once NODE OWNER COUNT PREFIX
read_at_once() {
	local key pids=() pid bad=0
	for key in $(owned "$2" "$4" "$3"); do
		timeout 30 cat "$T/$1/g/$key" |
			cmp -s - <(printf 'one of %s' "$key") &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || bad=1
	done
	return $bad
}

# What a call took is in TOOK (milliseconds).
timed() {
	local began=${EPOCHREALTIME/[.,]/} status=0
	"$@" || status=$?
	TOOK=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	return $status
}

# Reads while all is well; what that takes on this machine is in USUAL.
read_as_usual() {
	timed read_at_once a b 8 warm
	USUAL=$TOOK
}

# The first reads of a peer that is gone take so many of its timeouts, not one
# more, and what they take by themselves; later ones do not ask it:
# costs_once NODE OWNER TIMEOUTS
costs_once() {
	local errors limit=$((PATIENCE * $3 + PATIENCE / 2 + 4 * USUAL))
	timed read_at_once "$1" "$2" 8 first
	[ "$TOOK" -lt $limit ] || fail "first: $TOOK ms, not $limit"
	wait_until peer_is "$1" "$2" down
	errors=$(node_counter "$1" peer_errors)
	read_at_once "$1" "$2" 8 second
	assert_equal "$(node_counter "$1" peer_errors)" "$errors"
}

@test "a killed peer: reads go on, and it comes back" {
	patience 10000 $((250 * SLOW))
	cluster a b c
	read_as_usual
	node_kill b
	costs_once a b 0
	costs_once c b 0
	assert_equal "$(loaded_by "$(owned b second)" | tr ' ' '\n' |
		grep -c b)" 0
	nodes_mount b
	wait_until all_up a b c
	key=$(owned b back)
	assert_equal "$(everywhere "$key")" "one of $key"
	assert_equal "$(loaded_by "$key")" b
}

@test "a frozen peer, without heartbeats: one timeout, once" {
	patience $((3000 + 2000 * SLOW)) 3600000
	cluster a b c
	read_as_usual
	kill -STOP "${PID[b]}"
	costs_once a b 1
	# Also for one that has no connection to it yet.
	costs_once c b 1
}

@test "a frozen peer is noticed by itself, and when it goes on" {
	cluster a b c
	# Who was up first may have missed the others.
	: >"$T/a.log"
	kill -STOP "${PID[b]}"
	wait_until peer_is a b down
	wait_until peer_is c b down
	peer_is a c up
	read_at_once a b 8 frozen
	assert_equal "$(node_counter a peer_errors)" 0
	[[ $(peer_state a b) =~ ^down\ [0-9]+s$ ]]
	kill -CONT "${PID[b]}"
	wait_until all_up a b c
	key=$(owned b back)
	assert_equal "$(everywhere "$key")" "one of $key"
	assert_equal "$(loaded_by "$key")" b
	wait_until grep "peer '${URL[b]}' is down" "$T/a.log"
	wait_until grep "peer '${URL[b]}' is back" "$T/a.log"
}

@test "owners of a node that is down are others, as everybody says" {
	cluster a b c
	key=$(owned b)
	node_kill b
	wait_until peer_is a b down
	wait_until peer_is c b down
	wait_until owners_agree "$key"
	[ "$(xattr owner "$T/a/g/$key")" != "${URL[b]}" ]
	assert_equal "$(cat "$T/a/g/$key" && cat "$T/c/g/$key")" \
		"one of ${key}one of $key"
	assert_equal "$(wc -l <"$T/loads")" 1
}

# By the first heartbeats at the latest.
owners_agree() {
	[ "$(xattr owner "$T/a/g/$1")" = "$(xattr owner "$T/c/g/$1")" ]
}

@test "reads go on while a peer is killed, frozen and revived" {
	cluster a b c
	read_on a c
	read_more 20
	kill -STOP "${PID[b]}"
	wait_until peer_is a b down
	read_more 20
	kill -CONT "${PID[b]}"
	wait_until all_up a c
	read_more 20
	node_kill b
	wait_until peer_is c b down
	read_more 20
	nodes_mount b
	wait_until -t 20 all_up a c
	read_more 20
	assert_read_well $((3 * PATIENCE))
}

@test "alone: whoever is left has all keys" {
	cluster a b c
	node_kill b
	node_kill c
	for owner in a b c; do
		read_at_once a $owner 4 left
	done
	wait_until peer_is a b down
	wait_until peer_is a c down
	assert_equal "$(xattr owner "$T/a/g/$(owned b)")" "${URL[a]}"
}

@test "a getter slower than the timeout is waited for, and runs once" {
	cluster a b c
	# Who was up first may have missed the others.
	: >"$T/a.log"
	key=$(owned b slow)
	assert_equal "$(cat "$T/a/g/$key")" "one of $key"
	assert_equal "$(loaded_by "$key")" b
	assert_equal "$(node_counter a peer_errors)" 0
	peer_is a b up
	run -1 grep 'is down' "$T/a.log"
}

@test "the owner dies under a load: it is made here" {
	cluster a b c
	key=$(owned b gate)
	flock 8
	beside sh -c 'cat "$1" >"$2.new" && mv "$2.new" "$2"' sh \
		"$T/a/g/$key" "$T/out"
	wait_until grep -q "^b $key" "$T/loads"
	node_kill b
	wait_until grep -q "^[ac] $key" "$T/loads"
	flock -u 8
	wait_until test -e "$T/out"
	assert_equal "$(cat "$T/out")" "one of $key"
}
