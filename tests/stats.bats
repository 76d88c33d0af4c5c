#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	export PYTHONPATH=$ROOT/tests/helpers PYTHONDONTWRITEBYTECODE=1
	getter <<-'EOF'
		case $1 in
		none) exit 1 ;;
		esac
		printf 'value of %s' "$1"
	EOF
}

two_groups() {
	dream_conf <<-EOF
		group web {
		    command = "$T/get {key}"
		    kernel_cache = 0
		}
		group "größe %" {
		    command = "$T/get {key}"
		    capacity = 1M
		}
	EOF
	dream_mount
	cat "$M/web/a" "$M/web/a" "$M/web/b" "$M/größe %/x" >/dev/null
	run ! cat "$M/web/none"
}

# One cell: cell GROUP TITLE, of the table in $output
cell() {
	awk -v group="$1" -v title="$2" '
		$1 == "GROUP" { for (n = 1; n <= NF; n++) at[$n] = n }
		$1 == group { print $at[title] }' <<<"$output"
}

# Something about the JSON in $output: json EXPRESSION, with d for it
json() {
	/usr/bin/python3 -c '
import json, sys
d = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1" <<<"$output"
}

# Serves the reports of the mount, as an API would.  Sets API.
serve_reports() {
	beside /usr/bin/python3 -c '
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler,
                            directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()' "$M" >"$T/api" 2>>"$T/log"
	wait_until test -s "$T/api"
	API=http://127.0.0.1:$(cat "$T/api")
}

@test "a table of the groups" {
	two_groups
	LC_ALL=C.UTF-8 run -0 dreamfs stats "$M"
	assert_line -n 0 --regexp "^dreamfs $(xattr version), process \
$DREAM_PID, up [0-9]+s; rates since then$"
	assert_line --partial 'größe % '
	for pair in GETS:gets HITS:cache_hits LOCAL:local_loads ITEMS:items \
		USED:bytes; do
		assert_equal "$(cell web "${pair%:*}")" \
			"$(counter "${pair#*:}" web)"
	done
	assert_equal "$(cell web ERRS)" "$(counter local_load_errs web)"
	assert_equal "$(cell web CAP) $(cell total CAP)" '64M 65M'
	assert_equal "$(cell total LOCAL)" 3
	hits=$(counter cache_hits web) gets=$(counter gets web)
	assert_equal "$(cell web HIT%)" \
		"$(awk "BEGIN { printf \"%.1f\", int(1000 * $hits / $gets) / 10 }")"
	# Standalone, and nothing was stale.
	refute_output --partial PEER
	refute_output --partial STALE
	refute_line --regexp '^.{81}'
	refute_line --regexp ' $'
	run -0 dreamfs stats "$M/"
	LC_ALL=C run -0 dreamfs stats "$M"
	assert_line --regexp '^gr\?\?\?\?e % '
}

@test "one group needs no total" {
	dream_group
	dream_mount
	run -0 dreamfs stats "$M"
	assert_equal "${#lines[@]}" 3
}

@test "as JSON" {
	two_groups
	run -0 dreamfs stats "$M" --json
	assert_equal "${#lines[@]}" 1
	assert_equal "$(json 'd["node"]["pid"]')" "$DREAM_PID"
	assert_equal "$(json 'd["node"]["version"]')" "$(xattr version)"
	assert_equal "$(json '[g["group"] for g in d["groups"]]')" \
		"['größe %', 'web']"
	# All that the node says, and as it says it.
	line=$(grep ^group=web "$M/.dreamfs/stats")
	assert_equal "$(json '" ".join(f"{k}={v}" for k, v in
		d["groups"][1].items() if k not in ("hit_ratio", "rates"))')" \
		"$line"
	assert_equal "$(json 'type(d["groups"][1]["gets"])')" "<class 'int'>"
	assert_equal "$(json '0 < d["groups"][1]["hit_ratio"] < 1')" True
	assert_equal "$(json 'd["peers"]')" '[]'
	assert_equal "$(json 'abs(d["time"] - __import__("time").time()) < 60')" \
		True
	run -0 dreamfs stats --json "$M"
	assert_equal "$(json 'len(d["groups"])')" 2
}

@test "a group's name can be any bytes" {
	printf 'group "a\xff\xfe b" {\n command = "%s {key}"\n}\n' "$T/get" |
		dream_conf
	dream_mount
	run -0 dreamfs stats "$M" --json
	assert_equal "$(json 'd["groups"][0]["group"]')" $'a\ufffd\ufffd b'
	LC_ALL=C.UTF-8 run -0 dreamfs stats "$M"
	assert_line --regexp '^a\?\? b '
}

@test "peers with their state" {
	patience $((20000 * SLOW)) "$HEARTBEAT"
	cluster n1 n2
	key=$(owned n2)
	cat "$T/n1/g/$key" >/dev/null
	run -0 dreamfs stats "$T/n1"
	assert_line --regexp "^${URL[n1]} +self$"
	assert_line --regexp "^${URL[n2]} +up$"
	assert_equal "$(cell g PEER)" 1
	node_kill n2
	wait_until peer_is n1 n2 down
	run -0 dreamfs stats "$T/n1"
	assert_line --regexp "^${URL[n2]} +down [0-9]+s$"
	run -0 dreamfs stats "$T/n1" --json
	assert_equal "$(json 'd["peers"][0]')" \
		"{'url': '${URL[n1]}', 'state': 'self'}"
	assert_equal "$(json 'd["peers"][1]["state"][:5]')" 'down '
}

@test "of a node's API" {
	two_groups
	serve_reports
	run -0 dreamfs stats "$API"
	assert_equal "$(cell web LOCAL)" 2
	run -0 dreamfs stats "$API///" --json
	assert_equal "$(json 'd["node"]["pid"]')" "$DREAM_PID"
	run -1 dreamfs stats "$API/web"
	assert_output "dreamfs: '$API/web/.dreamfs/stats' is not there:\
 no dreamfs node's API"
	kill "$BESIDE"
	wait_until gone "$BESIDE"
	run -1 dreamfs stats "$API"
	assert_output --partial "$API/.dreamfs/stats: connection refused"
	assert_equal "${#lines[@]}" 1
}

@test "an API that says something else, or nothing" {
	mkdir -p "$M/.dreamfs"
	serve_reports
	touch "$M/.dreamfs/peers"
	for text in '' '<html>' 'version' 'version=1\ngroup=a a=1 a=1' \
		'version=1\nweb' 'pid=1' 'version=1\0'; do
		printf %b "$text" >"$M/.dreamfs/stats"
		run -1 dreamfs stats "$API"
		assert_equal "${#lines[@]}" 1
		assert_output --partial "not a dreamfs node's figures"
	done
	# A counter of tomorrow's.
	printf 'version=9 x=y\ngroup=a stale_served=3 new=4 gets=2' \
		>"$M/.dreamfs/stats"
	run -0 dreamfs stats "$API"
	assert_equal "$(cell a STALE)" 3
	run -0 dreamfs stats "$API" --json
	assert_equal "$(json 'd["groups"][0]["new"]')" 4
	# A server that never answers.
	beside /usr/bin/python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(1000)' >"$T/silent"
	wait_until test -s "$T/silent"
	within 20000 dreamfs stats "http://127.0.0.1:$(cat "$T/silent")" \
		2>"$T/said"
	assert_equal "$status $(wc -l <"$T/said")" '1 1'
}

@test "what is no mount of ours: one line" {
	two_groups
	mkdir "$T/dir"
	touch "$T/file"
	for path in "$T/dir" "$T/file" "$M/web" "$M/web/a"; do
		run -1 dreamfs stats "$path"
		assert_output "dreamfs: '$path' is not a dreamfs mount"
	done
	run -1 dreamfs stats "$T/none" --watch
	assert_output "dreamfs: cannot read '$T/none': No such file or directory"
	run -1 as nobody "$DREAM_BUILD/dreamfs" stats "$M"
	assert_output --partial 'Permission denied'
	assert_equal "${#lines[@]}" 1
	kill -KILL "$DREAM_PID"
	wait_until gone "$DREAM_PID"
	run -1 dreamfs stats "$M"
	assert_output "dreamfs: '$M' is the mount of a process that died"
	umount -l "$M"
	dream_forget
}

@test "a daemon that is stopped is not waited for" {
	two_groups
	halt "$DREAM_PID"
	within 30000 dreamfs stats "$M" 2>"$T/said"
	kill -CONT "$DREAM_PID"
	assert_equal "$status $(cat "$T/said")" \
		"1 dreamfs: '$M' does not answer"
	run -0 dreamfs stats "$M"
}

@test "usage" {
	for words in '' 'a b' '--nonsense x' '--json'; do
		# shellcheck disable=SC2086
		run -2 dreamfs stats $words
		assert_output --partial 'usage: dreamfs stats MOUNTPOINT|API-URL'
	done
	for interval in 0 0.05 -1 x 86401 1e3 ''; do
		run -2 dreamfs stats "--watch=$interval" "$M"
		assert_output "dreamfs: '--watch=$interval': an interval is 0.1\
 to 86400 seconds"
	done
	run -0 dreamfs stats --help
	assert_output --partial '--watch[=SECONDS]'
	run -0 dreamfs stats --version
	run -0 dreamfs --help
	assert_output --partial 'dreamfs stats '
}

@test "output that cannot be written" {
	two_groups
	run -1 sh -c 'dreamfs stats "$1" >/dev/full' sh "$M"
	assert_output --partial 'cannot write: No space left on device'
	run -1 sh -c 'dreamfs stats "$1" --watch=0.1 >/dev/full' sh "$M"
	assert_output --partial 'cannot write: No space left on device'
}

# Is the watch's latest block about a rate of gets? For wait_until.
rate_shown() {
	output=$(tail -n 6 "$T/blocks")
	[[ $(cell web GET/S) =~ [1-9] ]]
}

@test "--watch, not on a terminal: one below the other" {
	two_groups
	beside dreamfs stats "$M" --watch=200ms >"$T/blocks" 2>"$T/errors"
	watch=$BESIDE
	wait_until grep -q 'rates over 0\.' "$T/blocks"
	(while cat "$M/web/a" >/dev/null 2>&1; do :; done) 3>&- &
	reader=$!
	DREAM_OTHERS+=("$reader")
	wait_until rate_shown
	kill "$reader"
	kill -TERM "$watch"
	status=0
	wait "$watch" || status=$?
	assert_equal "$status" 0
	refute grep -qP '\x1b' "$T/blocks"
	assert_equal "$(cat "$T/errors")" ''
}

# Are there so many lines? For wait_until.
lines_shown() {
	[ "$(wc -l <"$T/lines")" -ge "$1" ]
}

@test "--watch --json: a line each" {
	two_groups
	beside dreamfs stats "$M" --watch=0.1 --json >"$T/lines" 2>&1
	watch=$BESIDE
	wait_until lines_shown 4
	kill -INT "$watch"
	wait_until gone "$watch"
	run -0 /usr/bin/python3 - "$T/lines" <<-'EOF'
		import json, sys
		seen = [json.loads(l) for l in open(sys.argv[1])]
		assert len(seen) >= 4
		assert all(a["time"] < b["time"] for a, b in zip(seen, seen[1:]))
		assert all(0 < s["seconds"] < 60 for s in seen[1:])
		assert all(g["rates"]["gets"] is not None
		           for s in seen[1:] for g in s["groups"])
	EOF
}

# What was said of a node that goes: it may be asked at its very end.  That it
# was slow to answer, on a machine that is, does not count.
trouble_told() {
	grep -E "^dreamfs: '$M' is (not a dreamfs mount|the mount of a process\
 that died)$" "$T/errors"
}

@test "--watch: a node that goes is told of once, and found again" {
	two_groups
	beside dreamfs stats "$M" --watch=0.1 --json >"$T/lines" 2>"$T/errors"
	wait_until test -s "$T/lines"
	# Unmounting it could find the other one's file open.
	kill -TERM "$DREAM_PID"
	dream_ended "$DREAM_PID"
	dream_forget
	wait_until trouble_told
	before=$(wc -l <"$T/lines")
	dream_mount
	wait_until lines_shown $((before + 2))
	assert_equal "$(trouble_told | wc -l)" 1
	tail -n 1 "$T/lines" | grep -q "\"pid\":$DREAM_PID,"
	# Rates of the new process do not count from the old one's.
	refute grep -q '":-' "$T/lines"
}

@test "--watch on a terminal: a page, q, the size, the busiest first" {
	two_groups
	run -0 timeout 500 /usr/bin/python3 - "$M" <<-'EOF'
		import os, sys, termios
		from terminal import Terminal
		m = sys.argv[1]
		t = Terminal(["dreamfs", "stats", m, "--watch=0.1"], 80, 24)
		t.wait(lambda: "rates over" in t.page())
		assert t.text().startswith("\033[?1049h\033[?25l")
		lines = t.page().split("\n")
		assert max(map(len, lines)) <= 80 and len(lines) <= 24, lines
		assert lines[2].startswith("GROUP"), lines

		def busiest():
		    open(m + "/web/a").close()
		    os.stat(m + "/web/new" + str(len(t.bytes)))
		    return t.page().split("\n")[3].startswith("web ")
		t.wait(busiest)

		t.resize(60, 6)
		t.wait(lambda: len(t.page().split("\n")) <= 6)
		assert max(map(len, t.page().split("\n"))) <= 60, t.page()
		t.resize(2, 1)
		t.read(0.3)
		t.resize(200, 50)
		t.wait(lambda: "total" in t.page())
		t.type("xyz")
		t.read(0.3)
		assert not t.ended()
		t.type("q")
		assert t.end() == 0
		assert t.text().endswith("\033[?25h\033[?1049l")
	EOF
}

@test "--watch on a terminal: what ends it puts the terminal back" {
	two_groups
	run -0 timeout 500 /usr/bin/python3 - "$M" <<-'EOF'
		import signal, sys, termios
		from terminal import Terminal
		def start(**env):
		    return Terminal(["dreamfs", "stats", sys.argv[1],
		                     "--watch=0.1"], **env)
		def flags(t):
		    return termios.tcgetattr(t.fd)[3] & (termios.ICANON |
		                                         termios.ECHO)
		def stopped(t):
		    with open(f"/proc/{t.pid}/stat") as f:
		        return f.read().rsplit(")", 1)[1].split()[0] == "T"
		for how in "\x03", signal.SIGTERM, signal.SIGHUP, "Q":
		    t = start()
		    asked = flags(t)
		    t.wait(lambda: t.page())
		    assert flags(t) == 0
		    if isinstance(how, str):
		        t.type(how)
		    else:
		        t.kill(how)
		    assert t.end() == 0
		    assert t.text().endswith("\033[?25h\033[?1049l")
		# Stopped, the terminal is the shell's; then it goes on.
		t = start()
		t.wait(lambda: t.page())
		t.kill(signal.SIGTSTP)
		t.wait(lambda: stopped(t))
		t.wait(lambda: t.text().endswith("\033[?25h\033[?1049l"))
		assert flags(t) == termios.ICANON | termios.ECHO
		seen = len(t.bytes)
		t.kill(signal.SIGCONT)
		t.wait(lambda: "rates" in t.text()[seen:])
		assert flags(t) == 0
		t.type("q")
		assert t.end() == 0
		# One that knows no codes gets none.
		t = start(TERM="dumb")
		t.wait(lambda: t.text().count("GROUP") > 2)
		assert "\033" not in t.text()
		t.type("\x03")
		assert t.end() == 0
	EOF
}

@test "--watch on a terminal: a node that does not answer" {
	two_groups
	run -0 timeout 500 /usr/bin/python3 - "$M" "$DREAM_PID" <<-'EOF'
		import os, signal, subprocess, sys
		from terminal import Terminal
		m, pid = sys.argv[1], int(sys.argv[2])
		t = Terminal(["dreamfs", "stats", m, "--watch=0.1"], 300)
		t.wait(lambda: "rates over" in t.page())
		os.kill(pid, signal.SIGSTOP)
		try:
		    t.wait(lambda: "NO ANSWER FOR " in t.page())
		    assert "does not answer" in t.page()
		    assert "GROUP" in t.page()
		    # Who asks for it may be in the kernel's hands, and not to
		    # be ended, until the node goes on.  It holds nothing that
		    # somebody could wait for.
		    asks = subprocess.check_output(["pgrep", "-P", str(t.pid)])
		    assert {os.readlink(f"/proc/{int(asks)}/fd/{n}")
		            for n in range(3)} == {"/dev/null"}
		    # Keys are heard all the same.
		    other = Terminal(["dreamfs", "stats", m, "--watch=0.1"])
		    other.read(0.5)
		    other.type("\x03")
		    assert other.end() != 0
		finally:
		    os.kill(pid, signal.SIGCONT)
		t.wait(lambda: "NO ANSWER" not in t.page())
		os.kill(pid, signal.SIGSTOP)
		try:
		    t.wait(lambda: "NO ANSWER FOR " in t.page())
		    t.type("q")
		    assert t.end() == 0
		finally:
		    os.kill(pid, signal.SIGCONT)
	EOF
}
