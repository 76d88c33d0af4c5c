#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# The benchmarks run, on little, and print all their figures; how good these
# are is for a quiet machine to say.
load helpers/load

@test "beside tmpfs" {
	run timeout 300 "$ROOT/scripts/bench" "$DREAM_BUILD" 8 500
	for figure in 'memory for 5000 keys' 'growth in the last quarter' \
		'open+read+close, 1 thread' 'open+read+close, 2 threads' \
		'p99 beside 50 blocked readers' 'first read of 8 MiB' \
		're-read of 8 MiB'; do
		assert_line --regexp "^${figure//+/\\+}.* [0-9.-]+ "
	done
}

@test "beside Go groupcache and nginx" {
	run timeout 300 "$ROOT/scripts/bench-peers" "$DREAM_BUILD" 1 1 2000
	for figure in 'requests/s, to Go groupcache' \
		'requests/s, to nginx static' \
		'misses/s asked for, to Go groupcache' \
		'KiB at 1,000 connections, to groupcache'; do
		assert_line --regexp "^$figure.* = [0-9.]+ "
	done
}
