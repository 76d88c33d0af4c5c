#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	getter <<-'EOF'
		case $1 in none*) exit 1 ;; esac
		printf 'run %s' "$(grep -cxF -e "$1" "$T/runs")"
	EOF
}

value_is() {
	[ "$(cat "$2")" = "$1" ]
}

# Adds a group `brief`, whose values or answers do not last: brief LINE...
brief() {
	cat >>"$T/dreamfs.conf" <<-EOF
		group brief {
		    command = "$T/get {key}"
		    $(printf '    %s\n' "$@")
		}
	EOF
}

@test "ttl: fresh until then, loaded again after, whatever the kernel keeps" {
	dream_group 'ttl = 1h' 'kernel_cache = 1h'
	brief 'ttl = 1s' 'kernel_cache = 1h'
	dream_mount
	assert_equal "$(cat "$M/g/a")" 'run 1'
	assert_equal "$(cat "$M/brief/b")" 'run 1'
	wait_until value_is 'run 2' "$M/brief/b"
	assert [ "$(counter expired brief)" -ge 1 ]
	assert_equal "$(cat "$M/g/a")" 'run 1'
	assert_equal "$(counter expired)" 0
}

@test "ttl = 0 never expires" {
	dream_group 'kernel_cache = 0'
	dream_mount
	cat "$M/g/a" >/dev/null
	sleep 1.2
	assert_equal "$(cat "$M/g/a")" 'run 1'
	assert_runs 1
}

@test "no negative_ttl: each question is asked" {
	dream_group
	dream_mount
	assert_equal "$(errno_of open "$M/g/none")" ENOENT
	before=$(runs none)
	assert_equal "$(errno_of open "$M/g/none")" ENOENT
	assert [ "$(runs none)" -gt "$before" ]
}

@test "negative_ttl: kept so long, and no longer" {
	dream_group 'negative_ttl = 1h' 'ttl = 1h'
	brief 'negative_ttl = 1s' 'ttl = 1h'
	dream_mount
	assert_equal "$(errno_of open "$M/g/none")" ENOENT
	assert_equal "$(errno_of open "$M/g/none")" ENOENT
	assert_equal "$(errno_of stat "$M/g/none")" ENOENT
	assert_runs 1 none
	assert [ "$(counter negative_hits)" -ge 1 ]
	assert_equal "$(ls "$M/g")" ''
	assert_equal "$(errno_of open "$M/brief/none2")" ENOENT
	sed -i 's/^case.*//' "$T/get"
	wait_until value_is 'run 2' "$M/brief/none2"
	assert_equal "$(errno_of open "$M/g/none")" ENOENT
}

@test "negative_ttl says nothing about failures" {
	getter <<<'echo no >&2; exit 9'
	dream_group 'negative_ttl = 1h'
	dream_mount
	assert_equal "$(errno_of open "$M/g/a")" EIO
	before=$(runs)
	assert_equal "$(errno_of open "$M/g/a")" EIO
	assert [ "$(runs)" -gt "$before" ]
}

@test "rm makes a negative answer forgotten too" {
	dream_group 'negative_ttl = 1h'
	dream_mount
	assert_equal "$(errno_of open "$M/g/none")" ENOENT
	rm -f "$M/g/none"
	setfattr -n user.dreamfs.invalidate -v 1 "$M/g"
	sed -i 's/^case.*//' "$T/get"
	wait_until value_is 'run 2' "$M/g/none"
}

@test "kernel_cache = 0: we hear of every open, and the value stays" {
	dream_group 'kernel_cache = 0'
	dream_mount
	for _ in 1 2 3; do
		assert_equal "$(cat "$M/g/a")" 'run 1'
	done
	assert [ "$(counter gets)" -ge 3 ]
	assert [ "$(counter cache_hits)" -ge 2 ]
}

@test "kernel_cache: the kernel serves later opens by itself" {
	dream_group 'kernel_cache = 1h'
	dream_mount
	cat "$M/g/a" "$M/g/a" >/dev/null
	before=$(counter gets)
	for _ in {1..20}; do
		cat "$M/g/a" >/dev/null
	done
	assert_equal "$(counter gets)" "$before"
}

@test "setting ttl live" {
	dream_group
	dream_mount
	setfattr -n user.dreamfs.ttl -v 300ms "$M/g"
	assert_equal "$(counter ttl)" 300ms
	assert_equal "$(cat "$M/g/a")" 'run 1'
	wait_until value_is 'run 2' "$M/g/a"
}
