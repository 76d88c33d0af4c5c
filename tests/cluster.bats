#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Three mounted nodes that share their caches.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	# A peer that is slow to answer is not what these are about.
	patience 20000 "$HEARTBEAT"
	# Keys slow* wait at the gate; `none*` are no keys; `sick*` fail at b.
	exec 8>"$T/gate"
	echo one >"$T/value"
	cluster_getter <<-'EOF'
		case $1 in
		slow*) flock -s "$T/gate" true ;;
		none*) exit 1 ;;
		sick*) [ "$2" != b ] || exit 7 ;;
		esac
		printf '%s of %s' "$(cat "$T/value")" "$1"
	EOF
}

# Readers of one key, COUNT on every node; their results will be in
# $T/readers: readers KEY COUNT
readers() {
	beside /usr/bin/python3 - "$T/readers" "$2" \
		"${NODES[@]/#/$T/}" "/g/$1" <<-'EOF'
			import os, sys, threading
			out, count, *nodes, path = sys.argv[1:]
			results = []
			def read(node):
			    try:
			        with open(node + path) as f:
			            results.append(f.read())
			    except OSError as e:
			        results.append(e.strerror)
			threading.stack_size(128 * 1024)
			threads = [threading.Thread(target=read, args=(node,))
			           for node in nodes for _ in range(int(count))]
			for t in threads:
			    t.start()
			for t in threads:
			    t.join()
			with open(out + ".tmp", "w") as f:
			    f.write("\n".join(results) + "\n")
			os.rename(out + ".tmp", out)
		EOF
	wait_until -t 20 readers_wait "$BESIDE" $((${#NODES[@]} * $2))
}

# Are that many threads inside openat(2)? (x86 and the newer ABIs)
readers_wait() {
	[ "$(cat /proc/"$1"/task/*/syscall 2>/dev/null |
		grep -cE '^(257|56) ')" -ge "$2" ]
}

@test "what all nodes read is loaded once, by the owner" {
	cluster a b c
	for owner in a b c; do
		for key in $(owned "$owner" k 5); do
			assert_equal "$(everywhere "$key")" "one of $key"
			assert_equal "$(loaded_by "$key")" "$owner"
		done
	done
	assert_equal "$(wc -l <"$T/loads")" 15
	# Two thirds of all reads were other nodes'.
	assert_equal "$(cluster_counter local_loads)" 15
	assert_equal "$(cluster_counter peer_loads)" 30
	assert_equal "$(cluster_counter server_requests)" 30
	assert_equal "$(cluster_counter peer_errors)" 0
}

@test "owner, source and peers agree with dreamfs ring" {
	cluster a b c -- 'hot = 100%'
	for key in one two 'a b' '100%25' x%2Fy; do
		owner=$(owner_of "$key")
		for name in a b c; do
			assert_equal "$(xattr owner "$T/$name/g/$key")" \
				"${URL[$owner]}"
			cat "$T/$name/g/$key" >/dev/null
			source=peer
			[ "$name" != "$owner" ] || source=getter
			assert_equal "$(xattr source "$T/$name/g/$key")" $source
		done
	done
	assert_equal "$(xattr self "$T/b")" "${URL[b]}"
	assert_equal "$(xattr protocol "$T/b")" groupcache
	assert_equal "$(xattr peers "$T/b")" \
		"${URL[a]} up, ${URL[b]} self, ${URL[c]} up"
}

@test "one load for sixty readers on three nodes" {
	cluster a b c -- 'timeout = 10m'
	flock 8
	readers slow 20
	wait_until test -s "$T/loads"
	flock -u 8
	wait_until -t 20 test -e "$T/readers"
	assert_equal "$(sort "$T/readers" | uniq -c | tr -s ' ')" \
		' 60 one of slow'
	assert_equal "$(loaded_by slow)" "$(owner_of slow)"
}

@test "no such key is an answer: nobody else loads it" {
	cluster a b c -- 'negative_ttl = 1h'
	key=$(owned b none)
	run ! cat "$T/a/g/$key"
	for name in a c b a; do
		assert_equal "$(errno_of open "$T/$name/g/$key")" ENOENT
	done
	assert_equal "$(loaded_by "$key")" b
	assert_equal "$(cluster_counter peer_errors)" 0
	# It has never been a value here, so it is asked for again.
	rm -f "$T/a/g/$key"
}

@test "without negative_ttl a miss is asked for each time" {
	cluster a b c
	key=$(owned c none)
	assert_equal "$(errno_of open "$T/a/g/$key")" ENOENT
	assert_equal "$(errno_of open "$T/b/g/$key")" ENOENT
	assert_equal "$(loaded_by "$key" | tr ' ' '\n' | sort -u)" c
	[ "$(grep -c . "$T/loads")" -ge 2 ]
}

@test "too large is an answer as well" {
	cluster a b c -- 'max_value = 10'
	key=$(owned b longer-than-that)
	assert_equal "$(errno_of open "$T/a/g/$key")" EFBIG
	assert_equal "$(loaded_by "$key" | tr ' ' '\n' | sort -u)" b
}

@test "a failure of the owner is not: the key is loaded here" {
	cluster a b c
	key=$(owned b sick)
	assert_equal "$(cat "$T/a/g/$key")" "one of $key"
	assert_equal "$(loaded_by "$key")" 'b a'
	assert_equal "$(node_counter a peer_errors)" 1
	assert_equal "$(node_counter a local_loads)" 1
	assert_equal "$(node_counter b local_load_errs)" 1
	assert_equal "$(errno_of open "$T/b/g/$key")" EIO
	# That is not the peer's fault.
	peer_is a b up
}

@test "hot = 100%: peers' answers are kept" {
	cluster a b c -- 'hot = 100%' 'kernel_cache = 0'
	key=$(owned b)
	for _ in 1 2 3 4 5; do
		assert_equal "$(cat "$T/a/g/$key")" "one of $key"
	done
	assert_equal "$(node_counter a peer_loads)" 1
	assert_equal "$(node_counter b server_requests)" 1
	assert_equal "$(node_counter a hot_items)" 1
	[ "$(node_counter a hot_bytes)" -gt "${#key}" ]
	assert_equal "$(node_counter b hot_items)" 0
	# It goes before the owner does: the owner is not needed.
	node_kill b
	assert_equal "$(cat "$T/a/g/$key")" "one of $key"
	assert_equal "$(loaded_by "$key")" b
}

@test "hot = 0%: the owner is asked each time" {
	cluster a b c -- 'hot = 0%' 'kernel_cache = 0'
	key=$(owned b)
	asked_twice() {
		cat "$T/a/g/$key" >/dev/null
		[ "$(node_counter b server_requests)" -ge 2 ]
	}
	wait_until asked_twice
	assert_equal "$(node_counter a hot_items)" 0
	assert_equal "$(loaded_by "$key")" b
}
