#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# dreamfs serve, and a node's life as a member: start, reload, leave.
load helpers/load

setup() {
	dream_setup
	port
	URL=http://127.0.0.1:$PORT
	getter <<-'EOF'
		printf 'value of %s' "$1"
	EOF
}

# The node's block with more settings, and the group g.
node_conf() {
	dream_conf <<-EOF
		node {
		    listen = "127.0.0.1:$PORT"
		    $(printf '    %s\n' "$@")
		}
		group g {
		    command = "$T/get {key}"
		}
	EOF
}

member_conf() {
	node_conf "self = \"$URL\"" \
		"peers = { \"$URL\", \"http://127.0.0.1:1\" }" "$@"
}

answers_peers() {
	curl -sf "$URL/_heartbeat_/hello"
}

says() {
	grep -q "$1" "$T/log"
}

serve() {
	beside dreamfs serve "$T/dreamfs.conf" 2>>"$T/log"
	wait_until answers_peers
}

status_of() {
	curl -s -o /dev/null -w '%{http_code}' "$URL$1"
}

@test "serve: --help and wrong usage" {
	run -0 dreamfs serve --help
	assert_line --index 0 'usage: dreamfs serve CONFIG'
	for words in '' 'a b' '--nonsense a'; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr dreamfs serve $words
		assert_output ''
		[[ ${stderr:-} == *'usage: dreamfs serve'* ]]
	done
}

@test "serve: without listen there is nothing to do" {
	dream_group
	run -1 timeout 10 dreamfs serve "$T/dreamfs.conf"
	assert_output --partial "nothing to serve"
}

@test "serve: an address in use is said, status 1" {
	node_conf
	serve
	run -1 timeout 10 dreamfs serve "$T/dreamfs.conf"
	assert_output --partial "127.0.0.1:$PORT"
	assert_output --partial "in use"
}

@test "serve: peers get values, TERM ends it" {
	node_conf
	serve
	run -0 curl -sf "$URL/_groupcache/g/a"
	assert_output --partial 'value of a'
	curl -sf "$URL/_groupcache/g/a" -o /dev/null
	assert_runs 1
	kill "$BESIDE"
	dream_ended "$BESIDE"
}

@test "leaving: heartbeats fail, everything else goes on, then it ends" {
	member_conf 'protocol = dreamemo' 'drain = 1h'
	serve
	kill "$BESIDE"
	wait_until says 'leaving'
	assert_equal "$(status_of /_heartbeat_/hello)" 503
	assert_equal "$(status_of /_dreamemo/g/a)" 200
	# A second signal is enough.
	kill "$BESIDE"
	dream_ended "$BESIDE"
}

@test "leaving: a mount goes at once, its peers are served on" {
	member_conf 'drain = 1h'
	dream_mount
	kill "$DREAM_PID"
	wait_until not_mounted
	assert_equal "$(status_of /_heartbeat_/hello)" 503
	assert_equal "$(status_of /_groupcache/g/a)" 200
	kill "$DREAM_PID"
	dream_ended "$DREAM_PID"
	dream_forget
}

not_mounted() {
	! mounted "$M"
}

@test "leaving: umount, too, waits for the peers" {
	member_conf 'drain = 300ms'
	dream_mount
	dream_umount
	says 'leaving'
}

@test "the root's attributes of a member" {
	member_conf 'health_interval = 100ms' 'peer_timeout = 200ms'
	dream_mount
	assert_equal "$(xattr self)" "$URL"
	assert_equal "$(xattr protocol)" groupcache
	run -0 xattr peers
	assert_output --partial "$URL self, http://127.0.0.1:1 "
	wait_until peer_is_down
	# Its keys are ours now.
	for key in 1 2 3 4 5; do
		assert_equal "$(xattr owner "$M/g/$key")" "$URL"
	done
	run -0 getfattr --absolute-names -d "$M"
	assert_output --partial "user.dreamfs.self="
}

peer_is_down() {
	[[ $(xattr peers) == *'http://127.0.0.1:1 down '* ]]
}

@test "reload: other peers, and the cache stays" {
	member_conf
	dream_mount
	cat "$M/g/a" >/dev/null
	assert_runs 1 a
	sed -i 's|, "http://127.0.0.1:1"|, "http://127.0.0.1:2"|' "$T/dreamfs.conf"
	kill -HUP "$DREAM_PID"
	wait_until says 'configuration reloaded'
	run -0 xattr peers
	assert_output --partial 'http://127.0.0.1:2 '
	refute_output --partial 'http://127.0.0.1:1 '
	assert_equal "$(xattr items "$M/g")" 1
	cat "$M/g/a" >/dev/null
	assert_runs 1 a
}

@test "reload: what this node is to its peers cannot change" {
	member_conf
	dream_mount
	cp "$T/dreamfs.conf" "$T/good.conf"
	for change in 's|listen = "127.0.0.1|listen = "127.0.0.2|' \
		's|self = ".*"|self = "http://127.0.0.1:1"|' \
		's|self =|protocol = dreamemo\n self =|'; do
		: >"$T/log"
		sed "$change" "$T/good.conf" >"$T/dreamfs.conf"
		kill -HUP "$DREAM_PID"
		wait_until says 'not reloaded, nothing changed: .*restart'
	done
	assert_equal "$(xattr self)" "$URL"
}
