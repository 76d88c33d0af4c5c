#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Events: what is said, where it goes, in which form, and how often.
load helpers/load

setup() {
	dream_setup
	getter <<-'EOF'
		case $1 in
		bad*) echo "it broke" >&2; exit 3 ;;
		esac
		printf 'value of %s' "$1"
	EOF
	port
}

# Group g with a node that listens; more lines for the node as arguments.
node_conf() {
	dream_conf <<-EOF
		node {
		    listen = "127.0.0.1:$PORT"
		    $(printf '    %s\n' "$@")
		}
		group g {
		    command = "$T/get {key}"
		}
		group h {
		    command = "$T/get {key}"
		    user = nobody
		}
	EOF
}

says() {
	grep -q -e "$1" "$T/log"
}

# Ends the daemon, so that all is said.
finish() {
	kill "$DREAM_PID"
	dream_ended "$DREAM_PID"
	dream_forget
}

# How many lines of the log are like that?
lines() {
	grep -c -e "$1" "$T/log" || :
}

# Do these occur in this order? in_order REGEX…
in_order() {
	local at=0 line
	for part; do
		line=$(grep -n -e "$part" "$T/log" | cut -d : -f 1 |
			awk -v at="$at" '$1 > at { print; exit }')
		[ -n "$line" ] || fail "not in order, or not there: $part"
		at=$line
	done
}

# Every line as JSON, and then python code with `events`: events CODE [ARG…]
events() {
	/usr/bin/python3 - "$T/log" "$@" <<-'EOF'
		import json, re, sys
		path, code, *args = sys.argv[1:]
		events = []
		with open(path, "rb") as f:
		    for line in f:
		        event = json.loads(line.decode())
		        assert re.fullmatch(
		            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
		            event["time"]), line
		        assert event["level"] in (
		            "error", "warn", "info", "debug"), line
		        assert event["msg"], line
		        events.append(event)
		assert events
		exec(code)
	EOF
}

@test "a node's life, one line an event" {
	node_conf "self = \"http://127.0.0.1:$PORT\"" \
		"peers = { \"http://127.0.0.1:$PORT\", \"http://127.0.0.1:1\" }" \
		'health_interval = 100ms' 'drain = 300ms'
	dream_mount
	wait_until says "peer 'http://127.0.0.1:1' is down"
	# It answers a little earlier than it says so.
	wait_until says 'mounted on'
	kill -HUP "$DREAM_PID"
	wait_until says reloaded
	echo nonsense >>"$T/dreamfs.conf"
	kill -HUP "$DREAM_PID"
	wait_until says 'not reloaded'
	finish
	in_order "starting: version [0-9.]*, configuration '$T/dreamfs.conf', 2 g" \
		"listening on '127.0.0.1:$PORT', port $PORT\$" \
		"mounted on '$M'\$" \
		'configuration reloaded: 2 groups$' \
		"error: not reloaded, nothing changed: $T/dreamfs.conf:[0-9]*: " \
		'leaving: others ' \
		"unmounting '$M'\$" \
		'ended$'
	assert_equal "$(lines 'is down')" 1
	# A file: every line has the time, and who it is from.
	run ! grep -vE '^[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z dreamfs: ' "$T/log"
}

@test "a terminal, or another program, sees no time" {
	node_conf
	mkfifo "$T/pipe"
	beside cp "$T/pipe" "$T/piped"
	beside dreamfs -f "$T/dreamfs.conf" "$M" 2>"$T/pipe"
	wait_until answers "$M"
	wait_until grep -x "dreamfs: mounted on '$M'" "$T/piped"
	timeout 10 umount "$M"
	dream_ended "$BESIDE"
	# As a person sees it.
	rm "$T/piped"
	script -qec "dreamfs -f '$T/dreamfs.conf' '$M'" /dev/null \
		>"$T/piped" </dev/null 3>&- &
	wait_until answers "$M"
	wait_until grep "^dreamfs: mounted on '$M'" "$T/piped"
	timeout 10 umount "$M"
	wait $!
}

@test "the journal: priorities, no name" {
	node_conf 'log = debug'
	JOURNAL_STREAM=$(stat -c %d:%i "$T/log") dream_mount
	run ! cat "$M/g/bad"
	finish
	run ! grep -vE '^<[3-7]>[^<]' "$T/log"
	run ! grep dreamfs: "$T/log"
	says "^<6>mounted on"
	says "^<4>group 'g': key 'bad': cannot load: exit status 3: it broke\$"
	# Somebody else's journal.
	: >"$T/log"
	JOURNAL_STREAM=1:2 dream_mount
	run ! grep '^<' "$T/log"
}

@test "json: every line, whatever the keys are" {
	node_conf 'log_format = json' "self = \"http://127.0.0.1:$PORT\"" \
		"peers = { \"http://127.0.0.1:$PORT\", \"http://127.0.0.1:1\" }" \
		'health_interval = 100ms'
	sed -i "s|$T/get {key}|'$T/get' bad{key}|" "$T/dreamfs.conf"
	# All lines are wanted here.
	sed -i 's/node {/node { log = debug/' "$T/dreamfs.conf"
	dream_mount
	wait_until says 'peer is down'
	/usr/bin/python3 - "$M/g" "$T/keys" <<-'EOF'
		import os, random, sys
		group, keys = map(os.fsencode, sys.argv[1:])
		rng = random.Random(7)
		names = {bytes([c]) * n for c in range(1, 256)
		         for n in (1, 3) if c not in b"/%."}
		names |= {bytes(rng.choice([c for c in range(1, 256)
		                            if c not in b"/%."])
		                for _ in range(rng.randrange(1, 200)))
		          for _ in range(100)}
		names |= {"größe 🐌 “x”".encode(), b'"', b"\\", b'","x":"',
		          b"a" * 255, b"\xff" * 255, b"\x01" * 255}
		# Out of spellings: NUL and slash.
		spelled = {b"a%00b": b"a\0b", b"a%2Fb": b"a/b"}
		spelled.update((name, name) for name in names)
		with open(keys, "wb") as f:
		    for name, key in spelled.items():
		        try:
		            open(group + b"/" + name)
		            raise SystemExit(f"{name!r} is there")
		        except OSError:
		            f.write(key.hex().encode() + b"\n")
	EOF
	finish
	events '
keys = {bytes.fromhex(line.strip()) for line in open(args[0])}
# How many replacements a bad sequence makes is a matter of taste; long keys
# are cut.
def shown(key):
    return re.sub("\ufffd+", "\ufffd", key)[:130]
want = {shown(key.decode(errors="replace")) for key in keys}
got = [e for e in events if "key" in e]
differ = want ^ {shown(e["key"]) for e in got}
assert not differ, sorted(differ)[:4]
failed = [e for e in got if e["level"] == "warn"]
assert len(failed) >= len(keys)
for e in failed:
    assert e["group"] == "g" and e["msg"] == "cannot load", e
    assert e["error"], e
assert {"level": "warn", "msg": "peer is down",
        "peer": "http://127.0.0.1:1"}.items() <= [
    e for e in events if e.get("peer")][0].items()
assert [e["level"] for e in events if e["msg"].startswith("mounted")] == [
    "info"]' "$T/keys"
}

@test "json: counters have their group" {
	node_conf 'log_format = json'
	dream_mount
	cat "$M/h/a"
	kill -USR1 "$DREAM_PID"
	wait_until says '"group":"h"'
	finish
	events '
of = {e["group"]: e["msg"] for e in events if "gets=" in e["msg"]}
assert of.keys() == {"g", "h"} and " loads=1 " in of["h"], of'
}

@test "reload changes level and form" {
	node_conf
	dream_mount
	node_conf 'log_format = json' 'log = warn'
	kill -HUP "$DREAM_PID"
	# The first failures only are told one by one.
	wait_until grep -q 'log_format *= json' "$M/.dreamfs/config"
	run ! cat "$M/g/bad"
	says '^{.*"msg":"cannot load"'
	node_conf 'log = info'
	kill -HUP "$DREAM_PID"
	wait_until says ' dreamfs: configuration reloaded'
	assert_equal "$(lines 'configuration reloaded')" 1
}

@test "a wrong form is refused with the right ones" {
	node_conf 'log_format = jsn'
	run -1 dreamfs check "$T/dreamfs.conf"
	assert_output --partial "'jsn' is none of: text json"
	node_conf 'log_format = json'
	run -0 dreamfs check "$T/dreamfs.conf"
	assert_output --partial 'log_format      = json'
}

@test "a source that is down: few lines, none of another group lost" {
	node_conf
	dream_mount
	/usr/bin/python3 - "$M/g" <<-'EOF'
		import sys, threading
		def read(n):
		    for i in range(20):
		        try:
		            open(f"{sys.argv[1]}/bad{n}-{i}")
		        except OSError:
		            pass
		threads = [threading.Thread(target=read, args=(n,))
		           for n in range(50)]
		for t in threads:
		    t.start()
		for t in threads:
		    t.join()
	EOF
	for n in 1 2 3; do
		run ! cat "$M/h/bad$n"
	done
	finish
	# 1,000 failures.  A slow machine may need more than one window.
	[ "$(lines "group 'g': key 'bad.*: cannot load: exit")" -le 20 ]
	[ "$(lines "group 'g': key 'bad.*: cannot load: exit")" -ge 5 ]
	assert_equal "$(lines "group 'h': key 'bad.': cannot load: exit")" 3
	sum=$(sed -n "s/.*group 'g': cannot load: \([0-9]*\) more like this in\
 the last [0-9]* s: exit status 3: it broke\$/\1/p" "$T/log" |
		paste -sd +)
	assert_equal "$(($(lines "group 'g': key") + sum))" 1000
	in_order 'more like this' 'ended$'
}

@test "the summary comes without another event" {
	node_conf
	dream_mount
	for n in {1..8}; do
		run ! cat "$M/g/bad$n"
	done
	assert_equal "$(lines "cannot load: exit")" 5
	wait_until -t 60 says "group 'g': cannot load: 3 more like this in the\
 last 3[0-9] s: exit status 3: it broke\$"
	assert_equal "$(lines "cannot load: exit")" 5
}

@test "debug hides nothing" {
	node_conf 'log = debug'
	dream_mount
	for n in {1..20}; do
		run ! cat "$M/g/bad$n"
	done
	assert_equal "$(lines "warn: group 'g': key 'bad.*: cannot load")" 20
	cat "$M/g/good"
	wait_until says "debug: group 'g': key 'good': loaded: 13 bytes in\
 [0-9]* ms, by the getter\$"
}

# Runs a script where /dev/log is ours: what comes there is in $T/syslog, a
# line each.  It mounts at $M, in that namespace.
with_syslog() {
	cat >"$T/script"
	# shellcheck disable=SC2016
	T=$T M=$M timeout $((60 * SLOW)) unshare -m --propagation private bash -euc '
		# Mounts of other tests would live as long as our copies.
		umount -l -a -t fuse.dreamfs
		mount -t tmpfs -o mode=755,dev tmpfs /dev
		mknod -m 666 /dev/fuse c 10 229
		mknod -m 666 /dev/null c 1 3
		ln -s /proc/self/fd /dev/fd
		/usr/bin/python3 -c "
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(\"/dev/log\")
with open(sys.argv[1], \"wb\", buffering=0) as f:
    while True:
        f.write(s.recv(65536) + b\"\\n\")" "$T/syslog" &
		until [ -e /dev/log ]; do sleep 0.02; done
		status=0
		. "$T/script" || status=$?
		kill %1
		exit $status' 3>&-
}

@test "in the background: syslog, and warnings to who waits" {
	node_conf
	with_syslog <<-'EOF'
		dreamfs -o allow_other "$T/dreamfs.conf" "$M" >"$T/out" 2>&1
		pid=$(getfattr --only-values -n user.dreamfs.pid "$M")
		cat "$M/g/bad" 2>/dev/null || :
		kill "$pid"
		until grep -q 'ended$' "$T/syslog"; do sleep 0.02; done
		echo "$pid" >"$T/pid"
	EOF
	warning="group 'g': runs its command as root for everybody (allow_other):\
 say user = NAME"
	assert_equal "$(cat "$T/out")" "dreamfs: warn: $warning"
	pid=$(cat "$T/pid")
	stamp='[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}'
	run ! grep -vE "^<(28|30)>$stamp dreamfs\[$pid\]: " "$T/syslog"
	grep -E "^<28>.*: group 'g': runs its command as root" "$T/syslog"
	grep -E "^<28>.*: group 'g': key 'bad': cannot load: exit" "$T/syslog"
	grep -E "^<30>.*: mounted on '$M'\$" "$T/syslog"
	grep -E "^<30>.*: unmounting '$M'\$" "$T/syslog"
}

@test "in the background: json to syslog, a failed start to both" {
	node_conf 'log_format = json'
	with_syslog <<-'EOF'
		dreamfs "$T/dreamfs.conf" "$M" >"$T/out" 2>&1
		pid=$(getfattr --only-values -n user.dreamfs.pid "$M")
		mkdir "$T/other"
		dreamfs "$T/dreamfs.conf" "$T/other" >"$T/out2" 2>&1 ||
			echo "status $?" >>"$T/out2"
		kill "$pid"
		until grep -q '"msg":"unmounting' "$T/syslog" &&
			! [ -e "/proc/$pid" ]; do
			sleep 0.02
		done
	EOF
	assert_equal "$(grep -v 'as root' "$T/out")" ''
	# For people, so it is text.
	in_use="dreamfs: error: cannot listen on '127.0.0.1:$PORT'"
	[[ $(grep -v 'as root' "$T/out2") == "$in_use"*$'\nstatus 1' ]]
	grep -E '^<27>.*"level":"error","msg":"cannot listen' "$T/syslog"
	sed 's/^<[0-9]*>[^{]*//' "$T/syslog" >"$T/log"
	events 'assert any(e["msg"].startswith("mounted on") for e in events)'
	: >"$T/log"
}

@test "commands as root for others are warned about" {
	warning="group '[gh]': runs its command as root for"
	node_conf
	dream_mount
	wait_until says "$warning its peers (listen): say user = NAME"
	assert_equal "$(lines "$warning")" 1
	dream_umount
	: >"$T/log"
	dream_mount -o allow_other
	wait_until says "group 'g': .* for everybody (allow_other): say user ="
	assert_equal "$(lines "$warning")" 1
	dream_umount
	: >"$T/log"
	beside dreamfs serve "$T/dreamfs.conf" 2>>"$T/log"
	wait_until says "$warning its peers (listen): say user = NAME"
	kill "$BESIDE"
	dream_ended "$BESIDE"
	# For nobody but ourselves.
	: >"$T/log"
	dream_group
	dream_mount
	dream_umount
	assert_equal "$(lines 'as root')" 0
}

@test "many open files for us, as many as before for commands" {
	getter <<-'EOF'
		until [ "$(ulimit -S -n)" = 256 ]; do sleep 0.02; done
		ulimit -H -n
	EOF
	dream_group
	hard=$(ulimit -H -n)
	soft=$(ulimit -S -n)
	ulimit -S -n 256
	dream_mount
	ulimit -S -n "$soft"
	assert_equal "$(awk '/open files/ { print $4, $5 }' \
		"/proc/$DREAM_PID/limits")" "$(awk '/open files/ { print $5, $5 }' \
		"/proc/$DREAM_PID/limits")"
	within 20000 cat "$M/g/a"
	assert_equal "$(cat "$M/g/a")" "$hard"
}
