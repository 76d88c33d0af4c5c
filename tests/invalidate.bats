#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# What is removed or refreshed on one of three nodes is so on all of them.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	echo one >"$T/value"
	cluster_getter <<<'printf "%s of %s" "$(cat "$T/value")" "$1"'
	cluster a b c -- 'hot = 100%' 'kernel_cache = 1h'
}

# The new value is seen on every node.
seen() {
	[ "$(everywhere "$1")" = "$2 of $1" ]
}

@test "rm is seen on all nodes, by their kernels too" {
	local round=0 owner remover key keys
	echo 0 >"$T/value"
	for owner in a b c; do
		# A key each: who asked for the new value may hear of the
		# removal once more, later.
		mapfile -t keys < <(owned $owner k 3)
		for remover in a b c; do
			key=${keys[0]}
			keys=("${keys[@]:1}")
			seen "$key" $round
			round=$((round + 1))
			echo "$round" >"$T/value"
			# Still the old one, out of the caches.
			seen "$key" $((round - 1))
			rm "$T/$remover/g/$key"
			wait_until seen "$key" $round
		done
	done
}

@test "who reads at once after rm sees the new value in the end" {
	# The owner may not have heard of it by then.
	for owner in b a; do
		run -0 timeout 200 /usr/bin/python3 - "$T" "$(owned $owner)" \
			$((20 * SLOW)) <<-'EOF'
			import os, sys, time
			top, key, patience = sys.argv[1], sys.argv[2], int(sys.argv[3])
			paths = [f"{top}/{node}/g/{key}" for node in "abc"]
			def read(path):
			    with open(path) as f:
			        return f.read()
			def set_value(text):
			    with open(top + "/value.new", "w") as f:
			        f.write(text)
			    os.rename(top + "/value.new", top + "/value")
			set_value("first")
			for path in paths:
			    read(path)
			for round in range(40):
			    set_value(str(round))
			    os.unlink(paths[0])
			    for path in paths:
			        read(path)
			    late = time.monotonic() + patience
			    while [read(p) for p in paths] != [f"{round} of {key}"] * 3:
			        if time.monotonic() > late:
			            sys.exit(f"round {round}: "
			                     + str([read(p) for p in paths]))
			        time.sleep(0.005)
		EOF
	done
}

@test "invalidating a group is seen on all nodes" {
	mapfile -t keys < <(owned a && owned b && owned c)
	for key in "${keys[@]}"; do
		seen "$key" one
	done
	echo two >"$T/value"
	setfattr -n user.dreamfs.invalidate -v 1 "$T/b/g"
	for key in "${keys[@]}"; do
		wait_until seen "$key" two
	done
}

@test "DELETE from anybody drops the key on that node, and is not passed on" {
	key=$(owned b)
	seen "$key" one
	echo two >"$T/value"
	for url in "$key" absent; do
		run -0 curl -sf -m 5 -X DELETE "${URL[b]}/_groupcache/g/$url"
		assert_output ''
	done
	# The kernel hears of it a little later than who asked for it.
	wait_until grep -q two "$T/b/g/$key"
	assert_equal "$(cat "$T/a/g/$key")" "one of $key"
	run -0 curl -sf -m 5 -X DELETE "${URL[a]}/_dreamemo/g/$key"
	wait_until grep -q two "$T/a/g/$key"
	assert_equal "$(cat "$T/c/g/$key")" "one of $key"
}

@test "touch on another node refreshes it at the owner" {
	key=$(owned b)
	seen "$key" one
	echo two >"$T/value"
	touch "$T/a/g/$key"
	wait_until grep -q two "$T/a/g/$key"
	wait_until grep -q two "$T/b/g/$key"
	assert_equal "$(loaded_by "$key")" 'b b'
}

@test "a node that ends tells what its peers do not know yet" {
	patience $((10000 * SLOW)) $((250 * SLOW))
	for name in a b c; do
		node_conf $name 'hot = 100%' 'kernel_cache = 1h'
		kill -HUP "${PID[$name]}"
		wait_until grep -q reloaded "$T/$name.log"
	done
	mapfile -t keys < <(owned a k 20)
	for key in "${keys[@]}"; do
		seen "$key" one
	done
	echo two >"$T/value"
	kill -STOP "${PID[b]}"
	rm "${keys[@]/#/$T/a/g/}"
	umount "$T/a"
	kill -CONT "${PID[b]}"
	dream_ended "${PID[a]}"
	dream_forget "$T/a"
	for key in "${keys[@]}"; do
		wait_until grep -qx "two of $key" "$T/b/g/$key"
	done
	refute grep 'did not reach' "$T/a.log"
}

@test "a node that ends does not wait long for a peer that hangs" {
	key=$(owned a)
	seen "$key" one
	kill -STOP "${PID[b]}"
	rm "$T/a/g/$key"
	dream_umount "$T/a"
	run -0 cat "$T/a.log"
	assert_line --regexp "${URL[b]}.*invalidations that did not reach it: 1\$"
	refute_line --regexp "${URL[c]}.*did not reach it"
}
