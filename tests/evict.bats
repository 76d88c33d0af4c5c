#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	getter <<<'head -c 100000 /dev/zero | tr "\0" "${1%%-*}"'
}

held() {
	[ "$(xattr source "$M/g/$1")" = getter ]
}

read_keys() {
	(cd "$M/g" && cat -- "$@" >/dev/null)
}

@test "a group stays within its capacity" {
	dream_group 'capacity = 1M'
	dream_mount
	for i in {1..30}; do
		read_keys "k-$i"
		assert [ "$(counter bytes)" -le 1048576 ]
	done
	assert [ "$(counter items)" -ge 8 ]
	assert [ "$(counter items)" -le 10 ]
	assert_equal "$(counter evictions)" "$((30 - $(counter items)))"
	# Listed is what is held.
	assert_equal "$(find "$M/g" -type f | wc -l)" "$(counter items)"
}

@test "lru: the least recently used goes first" {
	dream_group 'capacity = 1M' 'kernel_cache = 0'
	dream_mount
	read_keys a b c
	for i in {1..20}; do
		read_keys "k-$i" a
	done
	held a
	run ! held b
	assert_runs 1 a
}

@test "lfu: what was read often outlives a scan" {
	dream_group 'capacity = 1M' 'policy = lfu' 'kernel_cache = 0'
	dream_mount
	for _ in 1 2 3 4 5; do
		read_keys a b
	done
	for i in {1..40}; do
		read_keys "k-$i"
	done
	held a
	held b
	assert_runs 1 a
	assert_runs 1 b
	dream_umount
	# lru would have lost them.
	dream_group 'capacity = 1M' 'policy = lru' 'kernel_cache = 0'
	dream_mount
	for _ in 1 2 3 4 5; do
		read_keys a b
	done
	for i in {1..40}; do
		read_keys "k-$i"
	done
	run ! held a
}

@test "policy and capacity are switched live, the contents kept" {
	dream_group 'capacity = 2M'
	dream_mount
	read_keys a b c d e
	setfattr -n user.dreamfs.policy -v lfu "$M/g"
	assert_equal "$(counter policy)" lfu
	assert_equal "$(counter items)" 5
	setfattr -n user.dreamfs.policy -v lru "$M/g"
	setfattr -n user.dreamfs.capacity -v 4M "$M/g"
	assert_equal "$(counter capacity)" 4194304
	read_keys a b c d e
	assert_runs 5
	assert_equal "$(counter items)" 5
	# Less room: some go, at once.
	setfattr -n user.dreamfs.capacity -v 300K "$M/g"
	wait_until eval '[ "$(counter bytes)" -le 307200 ]'
	assert [ "$(counter items)" -le 3 ]
	assert [ "$(counter items)" -ge 1 ]
}

@test "a value larger than the capacity is served and not kept" {
	dream_group 'capacity = 64K'
	dream_mount
	assert_equal "$(wc -c <"$M/g/a")" 100000
	assert_equal "$(tr -d a <"$M/g/a" | wc -c)" 0
	assert [ "$(counter bytes)" -le 65536 ]
}

@test "evicted keys free their memory" {
	mkdir "$T/files"
	head -c 1000000 /dev/urandom >"$T/files/0"
	for i in {1..400}; do
		ln "$T/files/0" "$T/files/$i"
	done
	dream_conf <<-EOF
		group g {
		    url = "file://$T/files/{key}"
		    capacity = 16M
		}
	EOF
	dream_mount
	read_keys {1..50}
	after_first=$(resident)
	read_keys {51..400}
	# 350 MB passed through; sanitizers keep freed memory for a while.  It
	# goes when the kernel has forgotten the files.
	wait_until resident_below $((after_first + 20000 * SLOW * SLOW))
}

# The daemon's resident memory in KiB.
resident() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$DREAM_PID/status"
}

resident_below() {
	[ "$(resident)" -lt "$1" ]
}

@test "many small keys: the accounting is honest" {
	mkdir "$T/files"
	head -c 200 /dev/urandom >"$T/files/0"
	(cd "$T/files" && seq 1 20000 |
		/usr/bin/python3 -c '
import os, sys
for n in sys.stdin:
    os.link("0", n.strip())')
	dream_conf <<-EOF
		group g {
		    url = "file://$T/files/{key}"
		    capacity = 2M
		}
	EOF
	dream_mount
	run -0 timeout 300 /usr/bin/python3 - "$M/g" <<-'EOF'
		import sys
		for i in range(1, 20001):
		    with open(f"{sys.argv[1]}/{i}", "rb") as f:
		        assert len(f.read()) == 200
	EOF
	assert [ "$(counter bytes)" -le 2097152 ]
	# Each charged for more than its 200 bytes, and not for a page.
	each=$(($(counter bytes) / $(counter items)))
	assert [ "$each" -gt 250 ]
	assert [ "$each" -lt 2000 ]
	if [ "$SLOW" = 1 ]; then
		wait_until resident_below 40000
	fi
}
