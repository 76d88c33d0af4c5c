#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# A ring of two unmodified Go groupcache programs (tests/fixtures/groupcache)
# and one mounted node.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	# As the Go programs' getter says it.
	cluster_getter <<-'EOF'
		case $1 in
		missing*) exit 1 ;;
		empty) exit 0 ;;
		esac
		printf 'v:%s@%s' "$1" "$2"
	EOF
	nodes_init a go1 go2
	node_conf a 'hot = 0%' 'kernel_cache = 0'
	sed -i "s|/get {key} a|/get {key} ${URL[a]}|; s|group g|group hello|" \
		"$T/a.conf"
	cp "$T/a.conf" "$T/ring.conf"
	go_start go1
	go_start go2
	nodes_mount a
	wait_until all_up a
}

go_start() {
	local name=$1
	rm -f "$T/$name.out"
	beside groupcache --self "${URL[$name]}" \
		--peers "${URL[a]},${URL[go1]},${URL[go2]}" \
		--listen "${URL[$name]#http://}" \
		>"$T/$name.out" 2>>"$T/$name.log"
	PID["$name"]=$BESIDE
	wait_until grep -q ready "$T/$name.out"
}

go_kill() {
	kill -KILL "${PID[$1]}"
	wait_until gone "${PID[$1]}"
	wait "${PID[$1]}" || true
}

# What a Go program has for a key (the bytes, not a file's name).
go_get() {
	curl -sf -m 20 -G --data-urlencode "group=hello" \
		--data-urlencode "key=$2" "${URL[$1]}/get"
}

# The same value in every direction, made by its owner.
all_agree() {
	local want
	want="v:$1@${URL[$(owner_of "$1")]}"
	assert_equal "$(cat "$T/a/hello/$1")" "$want"
	assert_equal "$(go_get go1 "$1")" "$want"
	assert_equal "$(go_get go2 "$1")" "$want"
}

go_counter() {
	curl -sf -m 5 "${URL[$1]}/stats?group=hello" | tr ' ' '\n' |
		sed -n "s/^$2=//p"
}

hello_counter() {
	xattr "$1" "$T/a/hello"
}

@test "reads in every direction, each loaded by its owner, once" {
	for owner in a go1 go2; do
		for key in $(owned $owner k 5); do
			all_agree "$key"
		done
	done
	assert_equal "$(wc -l <"$T/loads")" 5
	assert_equal "$(hello_counter local_loads)" 5
	assert_equal "$(hello_counter peer_loads)" 10
	assert_equal "$(hello_counter peer_errors)" 0
	assert_equal "$(hello_counter server_requests)" 10
	for name in go1 go2; do
		assert_equal "$(go_counter $name peer_errors)" 0
		assert_equal "$(go_counter $name local_loads)" 5
	done
}

@test "odd keys: the key's own bytes, from every side" {
	# The key, then the name of its file. Go's client writes a space as a
	# plus, which Go's server takes for one: those are not asked here.
	while IFS=$'\t' read -r key name; do
		got=$(cat "$T/a/hello/$name")
		[[ $got == "v:$key@http://"* ]] || fail "a: $key: $got"
		for go in go1 go2; do
			got=$(go_get $go "$key")
			[[ $got == "v:$key@http://"* ]] || fail "$go: $key: $got"
		done
	done <<-'EOF'
		a+b	a+b
		a/b	a%2Fb
		a//b	a%2F%2Fb
		../x	..%2Fx
		a/./b	a%2F.%2Fb
		/lead	%2Flead
		trail/	trail%2F
		100%	100%25
		%41	%2541
		..	%2E%2E
		a?b=c&d#e	a?b=c&d#e
		ä☃	ä☃
		*"'`$(x)	*"'`$(x)
		_heartbeat_/hello	_heartbeat_%2Fhello
	EOF
	# Ours asks right, and is asked right.
	for key in $(owned go1 'a b' 3 | tr ' ' '_'); do
		key=${key/_/ }
		assert_equal "$(cat "$T/a/hello/$key")" "v:$key@${URL[go1]}"
	done
	for key in $(owned a 'a b' 3 | tr ' ' '_'); do
		key=${key/_/ }
		assert_equal "$(go_get go1 "$key")" "v:$key@${URL[a]}"
	done
}

@test "empty, large and missing" {
	for name in a go1 go2; do
		if [ $name = a ]; then
			run -0 cat "$T/a/hello/empty"
		else
			run -0 go_get $name empty
		fi
		assert_output ''
	done
	# Ours says it is none; theirs only that it failed, so ours is asked.
	key=$(owned a missing)
	run ! go_get go1 "$key"
	for owner in a go1 go2; do
		assert_equal "$(errno_of open "$T/a/hello/$(owned $owner \
			missing)")" ENOENT
	done
	cluster_getter <<<'yes "$1" | head -c 8388608'
	key=$(owned a big)
	assert_equal "$(go_get go1 "$key" | sha)" \
		"$(yes "$key" | head -c 8388608 | sha)"
}

@test "a Go program is killed and comes back" {
	for key in $(owned go1 warm 3); do
		all_agree "$key"
	done
	go_kill go1
	for key in $(owned go1 k 5); do
		within $((2 * PATIENCE / SLOW)) cat "$T/a/hello/$key"
		assert_equal "$status" 0
		[[ $(go_get go2 "$key") == "v:$key@http://"* ]]
	done
	wait_until peer_is a go1 down
	# Of ours and the other's nothing has changed.
	for owner in a go2; do
		key=$(owned $owner still)
		want="v:$key@${URL[$owner]}"
		assert_equal "$(cat "$T/a/hello/$key")" "$want"
		assert_equal "$(go_get go2 "$key")" "$want"
	done
	go_start go1
	wait_until peer_is a go1 up
	for owner in a go1 go2; do
		all_agree "$(owned $owner back)"
	done
}

@test "ours is killed and comes back" {
	for key in $(owned a warm 3); do
		all_agree "$key"
	done
	node_kill a
	for key in $(owned a k 3); do
		[[ $(go_get go1 "$key") == "v:$key@${URL[go1]}" ]]
	done
	nodes_mount a
	wait_until all_up a
	for owner in a go1 go2; do
		all_agree "$(owned $owner back)"
	done
}

@test "a frozen Go program costs one timeout" {
	kill -STOP "${PID[go2]}"
	for key in $(owned go2 k 3); do
		within $((2 * PATIENCE / SLOW)) cat "$T/a/hello/$key"
		assert_equal "$status" 0
	done
	# It was asked once, if at all.
	wait_until peer_is a go2 down
	[ "$(hello_counter peer_errors)" -le 1 ]
	kill -CONT "${PID[go2]}"
	wait_until peer_is a go2 up
	all_agree "$(owned go2 back)"
}

@test "rm: a Go program does not know it, and that is no harm" {
	key=$(owned go1)
	all_agree "$key"
	before=$(go_counter go1 server_requests)
	rm "$T/a/hello/$key"
	# It takes it for one who wants the value.
	wait_until has_had_requests go1 $((before + 1))
	all_agree "$key"
	peer_is a go1 up
}

has_had_requests() {
	[ "$(go_counter "$1" server_requests)" -ge "$2" ]
}
