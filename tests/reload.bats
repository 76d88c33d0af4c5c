#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	getter <<<'printf "%s of %s" "$1" "$DREAMFS_GROUP"'
	group g 'ttl = 1h' >"$T/dreamfs.conf"
	dream_mount
}

group() {
	printf 'group %s {\n  command = "%s {key}"\n' "$1" "$T/get"
	printf '  %s\n' "${@:2}" '}'
}

reload() {
	kill -HUP "$DREAM_PID"
}

@test "groups come and go; what stays keeps its contents" {
	cat "$M/g/a" >/dev/null
	{ group g 'ttl = 1h' && group h; } >"$T/dreamfs.conf"
	reload
	wait_until test -d "$M/h"
	assert_equal "$(cat "$M/h/a")" 'a of h'
	assert_equal "$(cat "$M/g/a")" 'a of g'
	assert_runs 2
	group h >"$T/dreamfs.conf"
	reload
	wait_until test ! -e "$M/g"
	assert_equal "$(ls "$M")" h
	assert_equal "$(errno_of open "$M/g/a")" ENOENT
	assert_equal "$(cat "$M/h/a")" 'a of h'
	assert_runs 2
}

@test "limits change, contents stay" {
	cat "$M/g/a" >/dev/null
	group g 'ttl = 2h' 'capacity = 3M' 'policy = lfu' >"$T/dreamfs.conf"
	reload
	wait_until xattr_is capacity "$M/g" 3145728
	assert_equal "$(counter ttl)" 2h
	assert_equal "$(counter policy)" lfu
	cat "$M/g/a" >/dev/null
	assert_runs 1
}

@test "another getter is used from then on" {
	cat "$M/g/a" >/dev/null
	printf '#!/bin/sh\nprintf "new %%s" "$1"\n' >"$T/other"
	chmod 755 "$T/other"
	group g | sed "s|$T/get|$T/other|" >"$T/dreamfs.conf"
	reload
	wait_until xattr_is getter "$M/g" "command: $T/other {key}"
	assert_equal "$(cat "$M/g/b")" 'new b'
}

@test "a file that does not parse changes nothing and says so" {
	cat "$M/g/a" >/dev/null
	printf 'group g {\n  command = "true"\n  polcy = lru\n}\n' \
		>"$T/dreamfs.conf"
	reload
	wait_until grep -F "$T/dreamfs.conf:3: " "$T/log"
	assert_equal "$(cat "$M/g/a")" 'a of g'
	assert_equal "$(cat "$M/g/b")" 'b of g'
	assert_runs 2
	rm "$T/dreamfs.conf"
	: >"$T/log"
	reload
	wait_until grep -F "$T/dreamfs.conf" "$T/log"
	assert_equal "$(cat "$M/g/b")" 'b of g'
}

@test "a reader of a group that goes away is answered" {
	sed -i '2i until [ -e "$T/go" ]; do sleep 0.05; done' "$T/get"
	sed -i "2i T='$T'" "$T/get"
	beside sh -c 'cat "$1" >"$2" 2>&1; echo "status $?" >>"$2"' sh \
		"$M/g/a" "$T/out"
	wait_until pgrep -P "$DREAM_PID"
	group h >"$T/dreamfs.conf"
	reload
	wait_until test -d "$M/h"
	touch "$T/go"
	wait_until -t 20 grep -q '^status\|status [01]$' "$T/out"
	assert_equal "$(cat "$M/h/x")" 'x of h'
}

@test "an open file outlives its group" {
	exec 9<"$M/g/a"
	group h >"$T/dreamfs.conf"
	reload
	wait_until test ! -e "$M/g"
	run -0 cat <&9
	exec 9<&-
	assert_output 'a of g'
}

@test "many reloads in a row, with readers" {
	beside sh -c 'while :; do cat "$1"/* >/dev/null 2>&1; done' sh "$M/g"
	for i in {1..20}; do
		{ group g 'ttl = 1h' && group "h$i"; } >"$T/new"
		mv "$T/new" "$T/dreamfs.conf"
		reload
		cat "$M/g/$i" >/dev/null
	done
	wait_until test -d "$M/h20"
	assert_equal "$(ls "$M")" $'g\nh20'
}
