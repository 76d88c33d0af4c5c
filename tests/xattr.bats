#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	getter <<-'EOF'
		case $1 in
		none) exit 1 ;;
		fails) echo 'it broke' >&2; exit 7 ;;
		esac
		printf 'value of %s' "$1"
	EOF
}

# What getxattr(2) or setxattr(2) says: get PATH NAME, set PATH NAME VALUE
call() {
	/usr/bin/python3 -c '
import errno, os, sys
try:
    if sys.argv[1] == "get":
        print(os.getxattr(sys.argv[2], sys.argv[3]).decode())
    else:
        os.setxattr(sys.argv[2], sys.argv[3], sys.argv[4].encode())
        print("OK")
except OSError as e:
    print(errno.errorcode[e.errno])' "$@"
}

@test "the root's" {
	dream_group
	dream_mount
	assert_equal "dreamfs $(xattr version)" "$(dreamfs --version)"
	assert_equal "$(xattr pid)" "$DREAM_PID"
	assert_equal "$(xattr groups)" g
	run -0 xattr uptime
	refute_output ''
	run -0 getfattr --absolute-names -d "$M"
	for name in version pid uptime groups; do
		assert_output --partial "user.dreamfs.$name="
	done
	# A node without peers has no place on a ring.
	for name in self peers protocol; do
		refute_output --partial "user.dreamfs.$name="
		assert_equal "$(call get "$M" "user.dreamfs.$name")" ENODATA
	done
}

@test "a group's settings" {
	dream_group 'capacity = 1M' 'policy = lfu' 'ttl = 5m'
	dream_mount
	assert_equal "$(counter capacity)" 1048576
	assert_equal "$(counter policy)" lfu
	assert_equal "$(counter ttl)" 5m
	assert_equal "$(counter policies)" 'lru lfu'
	assert_equal "$(counter getter)" "command: $T/get {key}"
}

@test "a group's counters" {
	dream_group 'kernel_cache = 0' 'negative_ttl = 1h'
	dream_mount
	cat "$M/g/a" "$M/g/b" "$M/g/a" >/dev/null
	run ! cat "$M/g/none"
	run ! cat "$M/g/none"
	run ! cat "$M/g/fails"
	assert_equal "$(counter items)" 2
	assert [ "$(counter bytes)" -gt 22 ]
	assert [ "$(counter gets)" -ge 6 ]
	assert [ "$(counter cache_hits)" -ge 1 ]
	assert [ "$(counter negative_hits)" -ge 1 ]
	assert_equal "$(counter local_loads)" 2
	assert [ "$(counter local_load_errs)" -ge 1 ]
	for name in loads loads_deduped evictions expired; do
		run -0 counter "$name"
		assert_output --regexp '^[0-9]+$'
	done
	run -0 counter stats
	assert_output --regexp '(^| )items=2( |$)'
	assert_output --regexp '(^| )local_loads=2( |$)'
	assert_equal "${#lines[@]}" 1
	run -0 getfattr --absolute-names -d "$M/g"
	for name in policy policies capacity ttl bytes items getter stats \
		hot_bytes hot_items gets cache_hits; do
		assert_output --partial "user.dreamfs.$name="
	done
}

@test "a key's, held" {
	dream_group 'ttl = 1h'
	dream_mount
	cat "$M/g/a" >/dev/null
	assert_equal "$(xattr source "$M/g/a")" getter
	assert_equal "$(xattr state "$M/g/a")" fresh
	assert_equal "$(xattr size "$M/g/a")" 10
	assert_equal "$(xattr sha256 "$M/g/a")" "$(printf 'value of a' | sha)"
	for name in age ttl hits fetch_ms; do
		run -0 xattr "$name" "$M/g/a"
		assert_output --regexp '^[0-9]'
	done
	# Readable by name, and not listed.
	run -0 getfattr --absolute-names -d "$M/g/a"
	assert_output ''
}

@test "a key's, not held: nothing is loaded" {
	dream_group
	dream_mount
	run -0 call get "$M/g/a" user.dreamfs.source
	assert_output none
	call get "$M/g/a" user.dreamfs.sha256
	call get "$M/g/a" user.dreamfs.state
	call get "$M/g/a" user.dreamfs.error
	call get "$M/g/b" user.dreamfs.nonsense
	assert_runs 0
	assert_equal "$(ls "$M/g")" ''
}

@test "a key's error, until it succeeds" {
	dream_group
	dream_mount
	run ! cat "$M/g/fails"
	assert_regex "$(call get "$M/g/fails" user.dreamfs.error)" 'it broke'
	sed -i 's/^fails)/brokenonce)/' "$T/get"
	cat "$M/g/fails" >/dev/null
	refute_regex "$(call get "$M/g/fails" user.dreamfs.error)" 'it broke'
}

assert_regex() {
	[[ $1 =~ $2 ]] || fail "'$1' does not match '$2'"
}

refute_regex() {
	[[ ! $1 =~ $2 ]] || fail "'$1' matches '$2'"
}

@test "unknown ones are ENODATA" {
	dream_group
	dream_mount
	cat "$M/g/a" >/dev/null
	for path in "$M" "$M/g" "$M/g/a"; do
		for name in user.dreamfs.nonsense user.other \
			security.capability; do
			assert_equal "$(call get "$path" "$name")" ENODATA
		done
	done
}

@test "setting: bad values are EINVAL and change nothing" {
	dream_group 'capacity = 1M' 'ttl = 5m'
	dream_mount
	assert_equal "$(call set "$M/g" user.dreamfs.policy nonsense)" EINVAL
	assert_equal "$(call set "$M/g" user.dreamfs.policy '')" EINVAL
	assert_equal "$(call set "$M/g" user.dreamfs.capacity -1)" EINVAL
	assert_equal "$(call set "$M/g" user.dreamfs.capacity 1X)" EINVAL
	assert_equal "$(call set "$M/g" user.dreamfs.ttl soon)" EINVAL
	assert_equal "$(counter policy) $(counter capacity) $(counter ttl)" \
		'lru 1048576 5m'
}

@test "setting what cannot be set fails" {
	dream_group
	dream_mount
	cat "$M/g/a" >/dev/null
	for pair in "$M/g:items" "$M:pid" "$M/g:nonsense" "$M/g/a:size"; do
		run call set "${pair%:*}" "user.dreamfs.${pair##*:}" 1
		refute_output OK
	done
	run call set "$M/g" user.other 1
	refute_output OK
	assert_equal "$(counter items)" 1
}

@test "only who may write sets: others are refused" {
	dream_group
	dream_mount -o allow_other
	run ! as nobody setfattr -n user.dreamfs.policy -v lfu "$M/g"
	run ! as nobody setfattr -n user.dreamfs.invalidate -v 1 "$M/g"
	assert_equal "$(counter policy)" lru
}

loaded_again() {
	cat "$M/g/$1" >/dev/null
	[ "$(runs "$1")" -gt 1 ]
}

@test "invalidate drops the group, and no other" {
	dream_conf <<-EOF
		group g {
		    command = "$T/get {key}"
		}
		group h {
		    command = "$T/get {key}"
		}
	EOF
	dream_mount
	cat "$M/g/a" "$M/g/b" "$M/h/c" >/dev/null
	setfattr -n user.dreamfs.invalidate -v 1 "$M/g"
	assert_equal "$(counter items)" 0
	assert_equal "$(counter items h)" 1
	# The kernel hears of it later: it holds the directory's lock meanwhile.
	wait_until loaded_again a
	cat "$M/h/c" >/dev/null
	assert_runs 2 a
	assert_runs 1 c
}
