#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Nodes on hosts of their own, and a network that fails.
load helpers/load
load helpers/cluster
load helpers/hosts

setup() {
	dream_setup
	echo one >"$T/value"
	cluster_getter <<<'printf "%s of %s" "$(cat "$T/value")" "$1"'
	# A busy machine may stand still for longer than a host is silent; but
	# not to be taken for a silence that is felt twice.
	patience 5000 "$HEARTBEAT"
	MARGIN=$((3500 + 800 * SLOW))
}

agreed() {
	[ "$(everywhere "$1")" = "$2 of $1" ]
}

@test "hosts: one load for all" {
	host_cluster a b c
	for owner in a b c; do
		key=$(owned $owner)
		agreed "$key" one
		assert_equal "$(loaded_by "$key")" $owner
	done
}

@test "a partition: both sides go on, and meet again" {
	host_cluster a b c -- 'hot = 100%'
	key=$(owned b held)
	agreed "$key" one
	read_on a b c
	cut_off a b
	cut_off a c
	wait_until -t 30 peer_is a b down
	wait_until -t 30 peer_is a c down
	wait_until -t 30 peer_is b a down
	wait_until -t 30 peer_is c a down
	peer_is b c up
	read_more 30
	# The two share their loads still.
	shared=$(owned b shared)
	cat "$T/b/g/$shared" "$T/c/g/$shared" >/dev/null
	assert_equal "$(loaded_by "$shared")" b
	# What is removed on one side, the other hears of later.
	echo two >"$T/value"
	rm "$T/b/g/$key"
	wait_until grep -q two "$T/c/g/$key"
	assert_equal "$(cat "$T/a/g/$key")" "one of $key"
	mend a b c
	wait_until -t 60 all_up a b c
	wait_until agreed_again "$key"
	echo one >"$T/value"
	read_more 30
}

# Whoever loaded it last: the three say the same.
agreed_again() {
	[ "$(everywhere "$1" | wc -l)" = 1 ]
}

@test "a partition is felt once" {
	host_cluster a b c
	read_on a c
	read_more 10
	cut_off a b
	cut_off c b
	read_more 40
	wait_until -t 30 peer_is a b down
	assert_read_well $((PATIENCE + MARGIN))
}

@test "two who do not see each other, while the third sees both" {
	host_cluster a b c
	cut_off a b
	wait_until -t 30 peer_is a b down
	wait_until -t 30 peer_is b a down
	peer_is c a up
	peer_is c b up
	for owner in a b c; do
		for key in $(owned $owner k 3); do
			for name in a b c; do
				within $(((PATIENCE + MARGIN) / SLOW)) \
					cat "$T/$name/g/$key"
				assert_equal "$status" 0
			done
			agreed "$key" one
		done
	done
	mend a b
	wait_until -t 60 all_up a b c
}

@test "a host that vanishes without closing anything" {
	host_cluster a b c
	for key in $(owned b warm 3); do
		agreed "$key" one
	done
	read_on a c
	cable b down
	read_more 30
	wait_until -t 30 peer_is a b down
	wait_until -t 30 peer_is c b down
	assert_read_well $((PATIENCE + MARGIN))
	# It does not know, and goes on alone.
	wait_until -t 30 peer_is b a down
	assert_equal "$(cat "$T/b/g/alone")" "one of alone"
	cable b up
	wait_until -t 60 all_up a b c
	key=$(owned b back)
	agreed "$key" one
	assert_equal "$(loaded_by "$key")" b
}

@test "a host that vanishes in the middle of a load" {
	exec 8>"$T/gate"
	flock 8
	cluster_getter <<-'EOF'
		[ "$2" != b ] || flock -s "$T/gate" true
		printf 'one of %s' "$1"
	EOF
	host_cluster a b c
	key=$(owned b gone)
	beside sh -c 'cat "$1" >"$2.new" && mv "$2.new" "$2"' sh \
		"$T/a/g/$key" "$T/out"
	wait_until grep -q "^b $key" "$T/loads"
	cable b down
	wait_until -t 60 test -e "$T/out"
	assert_equal "$(cat "$T/out")" "one of $key"
	flock -u 8
}

@test "removed while the cable was out" {
	host_cluster a b c -- 'hot = 100%' 'kernel_cache = 1h'
	key=$(owned a)
	agreed "$key" one
	cable c down
	wait_until -t 30 peer_is a c down
	echo two >"$T/value"
	rm "$T/a/g/$key"
	wait_until grep -q two "$T/b/g/$key"
	grep -q one "$T/c/g/$key"
	cable c up
	wait_until -t 60 agreed "$key" two
}

@test "a link that loses every tenth packet" {
	host_cluster a b c
	for name in a b c; do
		lossy $name 10
	done
	read_on a b c
	read_more 150
	[ "$(lost)" -gt 0 ]
	# TCP sends again after 200 ms, 600 ms, ... and a peer may be given up.
	assert_read_well $((2 * PATIENCE + MARGIN))
	mend a b c
	wait_until -t 60 all_up a b c
	key=$(owned b well)
	agreed "$key" one
	assert_equal "$(loaded_by "$key")" b
}
