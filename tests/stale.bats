#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load
load helpers/cluster

# Values that are given out though they expired.  That nobody waits for the
# source is seen by its not answering: it is stopped, or ended.

setup() {
	dream_setup
}

# group_of QUERY [LINE…]
group_of() {
	dream_conf <<-EOF
		group g {
		    url = "$ORIGIN/{key}?$1"
		    retries = 0
		    $(printf '    %s\n' "${@:2}")
		}
	EOF
}

# A group with an origin, mounted; what it loads first expires soon and is
# stale then.  Sets nothing else: stale_mount [LINE…]
stale_mount() {
	origin
	group_of etag=auto 'ttl = 500ms' 'stale = 1h' "$@"
	dream_mount
}

# What the origin says of a key.
put() {
	curl -sf -X PUT --data-binary "$2" "$ORIGIN/$1"
}

# Loads a key and waits until it expired; what is loaded later is fresh for
# long.
expire() {
	cat "$M/g/$1" >/dev/null
	wait_until xattr_is state "$M/g/$1" "${2-stale}"
	setfattr -n user.dreamfs.ttl -v 1h "$M/g"
}

value_is() {
	[ "$(timeout 60 cat "$2")" = "$1" ]
}

fresh_after_reads() {
	value_is a "$1" && xattr_is state "$1" fresh
}

origin_hangs() {
	halt "$ORIGIN_PID"
}

origin_dies() {
	kill -KILL "$ORIGIN_PID"
	wait_until gone "$ORIGIN_PID"
}

teardown() {
	[ -n "${ORIGIN_PID-}" ] && kill -CONT "$ORIGIN_PID" 2>/dev/null
	cluster_teardown
}

@test "readers get the stale value at once, and one load renews it" {
	stale_mount 'kernel_cache = 0' 'timeout = 1h'
	put a one
	expire a
	put a two
	origin_hangs
	for n in {1..100}; do
		timeout 60 cat "$M/g/a" >"$T/got.$n" &
		readers+=($!)
	done
	wait "${readers[@]}"
	assert_equal "$(cat "$T"/got.* | sed 's/one/one\n/g' | sort | uniq -c |
		tr -s ' ')" ' 100 one'
	assert_equal "$(xattr state "$M/g/a")" stale
	assert_equal "$(xattr ttl "$M/g/a")" 0
	assert [ "$(counter stale_served)" -ge 1 ]
	[[ $(counter stats) == *" stale_served=$(counter stale_served) "* ]]
	kill -CONT "$ORIGIN_PID"
	wait_until xattr_is state "$M/g/a" fresh
	value_is two "$M/g/a"
	assert_equal "$(requests a)" 2
	# Those who came when it was fresh again made none.
	assert_equal "$(counter loads)" 1
}

@test "the kernel is told of the new version, and open files keep theirs" {
	stale_mount 'kernel_cache = 1h'
	put a one
	expire a
	put a 'two, and longer'
	exec 7<"$M/g/a"
	wait_until value_is 'two, and longer' "$M/g/a"
	assert_equal "$(cat <&7)" one
	exec 7<&-
	assert_equal "$(stat -c %s "$M/g/a")" 15
	assert_equal "$(requests a)" 2
}

@test "not modified: the same file, fresh again" {
	stale_mount
	expire a
	inode=$(stat -c %i "$M/g/a")
	wait_until fresh_after_reads "$M/g/a"
	assert_equal "$(stat -c %i "$M/g/a")" "$inode"
	assert_equal "$(requests a)" 2
	curl -sf "$ORIGIN/_last" | grep -q '^If-None-Match:'
}

@test "a dead source: the value is given out, and why is told" {
	stale_mount 'kernel_cache = 0'
	expire a
	origin_dies
	for _ in {1..20}; do
		value_is a "$M/g/a"
	done
	wait_until xattr error "$M/g/a"
	[[ $(xattr error "$M/g/a") == *onnect* ]]
	assert_equal "$(xattr state "$M/g/a")" stale
	assert [ "$(counter stale_served)" -ge 20 ]
	assert_equal "$(errno_of open "$M/g/b")" EIO
	# It is tried again, and found back, however often that was in vain.
	wait_until -t 60 failed_often
	origin --port "${ORIGIN##*:}"
	put a 'two'
	wait_until value_is two "$M/g/a"
	run ! xattr error "$M/g/a"
}

failed_often() {
	value_is a "$M/g/a" && [ "$(counter local_load_errs)" -ge 5 ]
}

@test "a failing source is asked again, but not by every reader" {
	stale_mount 'kernel_cache = 0'
	expire a
	put _status 500
	value_is a "$M/g/a"
	wait_until xattr error "$M/g/a"
	began=$SECONDS
	for _ in {1..100}; do
		value_is a "$M/g/a"
	done
	# At least a second between two.
	assert [ "$(requests a)" -le $((2 + SECONDS - began + 1)) ]
	put _status ''
	wait_until -t 60 fresh_after_reads "$M/g/a"
}

@test "a hanging source: so long as a reader would wait, and no longer" {
	stale_mount 'kernel_cache = 0'
	expire a
	group_of etag=auto 'ttl = 2h' 'stale = 1h' 'kernel_cache = 0' \
		'timeout = 1s'
	kill -HUP "$DREAM_PID"
	wait_until xattr_is ttl "$M/g" 2h
	origin_hangs
	value_is a "$M/g/a"
	wait_until xattr error "$M/g/a"
	assert_equal "$(xattr error "$M/g/a")" 'no answer within 1000 ms'
	value_is a "$M/g/a"
}

@test "an answer is believed: no such key, denied" {
	stale_mount 'kernel_cache = 0'
	expire gone
	put _status 404
	value_is gone "$M/g/gone"
	wait_until xattr_is source "$M/g/gone" none
	assert_equal "$(errno_of open "$M/g/gone")" ENOENT
	setfattr -n user.dreamfs.ttl -v 500ms "$M/g"
	put _status ''
	expire denied
	put _status 403
	value_is denied "$M/g/denied"
	wait_until xattr_is source "$M/g/denied" none
	assert_equal "$(errno_of open "$M/g/denied")" EACCES
}

@test "when its time is over readers wait, and fail with the source" {
	origin
	group_of '' 'ttl = 500ms' 'stale = 1h'
	dream_mount
	expire a
	origin_dies
	value_is a "$M/g/a"
	# So short that no step above had to be faster.
	group_of '' 'ttl = 500ms' 'stale = 2s'
	kill -HUP "$DREAM_PID"
	wait_until xattr_is source "$M/g/a" none
	assert_equal "$(errno_of open "$M/g/a")" EIO
	assert_equal "$(ls "$M/g")" ''
}

@test "without stale a reader waits and sees the failure" {
	origin
	group_of etag=auto 'ttl = 500ms'
	dream_mount
	expire a
	assert_equal "$(ls "$M/g")" ''
	put _status 500
	assert_equal "$(errno_of open "$M/g/a")" EIO
	assert_equal "$(counter stale_served)" 0
}

@test "rm: what is stale is gone at once" {
	stale_mount 'kernel_cache = 1h'
	put a one
	expire a
	put a two
	rm "$M/g/a"
	value_is two "$M/g/a"
}

@test "touch: the source must answer" {
	stale_mount
	expire a
	put _status 500
	run ! touch "$M/g/a"
	value_is a "$M/g/a"
	assert_equal "$(xattr state "$M/g/a")" stale
	put _status ''
	put a two
	touch "$M/g/a"
	# The kernel is told of the new version by another thread.
	wait_until value_is two "$M/g/a"
}

# A listing that gave out no stale value: quietly COMMAND…  What it shows is in
# $T/list.  (Who takes longer than a second to look at what was listed asks for
# it anew: a listing of a busy machine may have to be another one.)
quietly() {
	local before
	before=$(counter stale_served)
	"$@" >"$T/list"
	xattr_is stale_served "$M/g" "$before"
}

@test "stale values are listed, and listing loads nothing" {
	stale_mount
	put b 'longer than that'
	cat "$M/g/a" >/dev/null
	expire b
	wait_until xattr_is state "$M/g/a" stale
	# So that they remain stale.
	put _status 500
	wait_until quietly ls "$M/g"
	assert_equal "$(cat "$T/list")" $'a\nb'
	wait_until quietly ls -l "$M/g"
	assert_equal "$(awk 'NR > 1 { print $5, $9 }' "$T/list")" $'1 a\n16 b'
	wait_until quietly find "$M/g" -type f -size +5c -printf '%f\n'
	assert_equal "$(cat "$T/list")" b
	assert_equal "$(xattr state "$M/g/a") $(xattr state "$M/g/b")" \
		'stale stale'
}

@test "HUP: for what is held, too" {
	origin
	group_of etag=auto 'ttl = 500ms'
	dream_mount
	expire a
	group_of etag=auto 'ttl = 1h' 'stale = 1h' 'kernel_cache = 0'
	kill -HUP "$DREAM_PID"
	wait_until xattr_is ttl "$M/g" 1h
	assert_equal "$(ls "$M/g")" a
	origin_hangs
	value_is a "$M/g/a"
	assert_equal "$(counter stale_served)" 1
	group_of etag=auto 'ttl = 2h' 'timeout = 1s'
	kill -HUP "$DREAM_PID"
	wait_until xattr_is ttl "$M/g" 2h
	assert_equal "$(ls "$M/g")" ''
	assert_equal "$(errno_of open "$M/g/a")" ETIMEDOUT
}

@test "ttl = origin: what must be revalidated is never stale" {
	origin
	group_of 'etag=e&cc=max-age=1' 'ttl = origin' 'stale = 1h'
	sed 's/group g/group h/; s/max-age=1/&,must-revalidate/' \
		"$T/dreamfs.conf" >"$T/more"
	cat "$T/more" >>"$T/dreamfs.conf"
	dream_mount
	cat "$M/g/a" "$M/h/a" >/dev/null
	wait_until xattr_is state "$M/g/a" stale
	wait_until xattr_is state "$M/h/a" stale
	origin_dies
	value_is a "$M/g/a"
	assert_equal "$(errno_of open "$M/h/a")" EIO
}

# -- peers --------------------------------------------------------------------

# Two nodes, and a key of b's that a holds, stale.
stale_cluster() {
	cluster_getter <<-'EOF'
		[ ! -e "$T/hang" ] || sleep 1000
		[ ! -e "$T/fail" ] || exit 9
		cat "$T/value"
	EOF
	# None of them waits for a peer that is silent.
	patience $((20000 * SLOW)) "$HEARTBEAT"
	cluster a b -- 'ttl = 500ms' 'stale = 1h' 'hot = 100%' \
		'kernel_cache = 0'
	echo one >"$T/value"
	{ read -r key; read -r other; } < <(owned b k 2)
	cat "$T/a/g/$key" >/dev/null
	wait_until xattr_is state "$T/a/g/$key" stale
}

@test "a dead owner, and our source hangs: our copy is given out" {
	stale_cluster
	touch "$T/hang"
	node_kill b
	value_is one "$T/a/g/$key"
	wait_until peer_is a b down
	value_is one "$T/a/g/$key"
	assert_equal "$(xattr source "$T/a/g/$key")" peer
	assert [ "$(node_counter a stale_served)" -ge 2 ]
}

@test "the owner's source fails: its stale value is ours" {
	stale_cluster
	touch "$T/fail"
	rm -f "$T/a/g/$key"
	assert_equal "$(errno_of open "$T/a/g/$key")" EIO
	rm "$T/fail"
	# Not the same key: what is asked for soon after rm is loaded anew.
	cat "$T/b/g/$other" >/dev/null
	wait_until xattr_is state "$T/b/g/$other" stale
	touch "$T/fail"
	# Nothing is held here: the owner answers for it.
	value_is one "$T/a/g/$other"
	assert_equal "$(xattr state "$T/a/g/$other")" stale
	assert [ "$(node_counter b stale_served)" -ge 1 ]
}

@test "a new value comes through the owner" {
	stale_cluster
	echo two >"$T/value"
	for name in a b; do
		setfattr -n user.dreamfs.ttl -v 1h "$T/$name/g"
	done
	wait_until -t 60 value_is two "$T/a/g/$key"
	assert_equal "$(loaded_by "$key" | tr ' ' '\n' | sort -u)" b
}

@test "rm is heard by all: nobody has it stale" {
	stale_cluster
	echo two >"$T/value"
	rm "$T/a/g/$key"
	for name in a b; do
		wait_until value_is two "$T/$name/g/$key"
	done
	value_is two "$T/a/g/$key"
}
