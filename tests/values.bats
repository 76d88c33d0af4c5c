#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Values and keys of any kind between three nodes, in every dialect.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	cluster_getter <<<'printf "one of %s" "$1"'
	# Nobody here waits for a peer that is silent.
	patience $((20000 * SLOW)) "$HEARTBEAT"
}

@test "32 MiB arrive whole" {
	cluster_getter <<<'yes "$1" | head -c 33554432'
	cluster a b c
	for owner in a b c; do
		key=$(owned $owner big)
		want=$(yes "$key" | head -c 33554432 | sha)
		for name in a b c; do
			assert_equal "$(sha <"$T/$name/g/$key")" "$want"
		done
		# The others have no room for it, and so only for a moment.
		assert_equal "$(xattr sha256 "$T/$owner/g/$key")" "$want"
		assert_equal "$(loaded_by "$key")" $owner
	done
}

@test "empty and binary values" {
	cluster_getter <<-'EOF'
		case $1 in
		empty*) ;;
		*) printf 'a\0b\377\r\n' ;;
		esac
	EOF
	cluster a b c
	for prefix in empty binary; do
		key=$(owned b $prefix)
		for name in a b c; do
			cat "$T/$name/g/$key" >"$T/got"
			case $prefix in
			empty) cmp "$T/got" /dev/null ;;
			*) printf 'a\0b\377\r\n' | cmp "$T/got" ;;
			esac
		done
		assert_equal "$(loaded_by "$key")" b
	done
}

# File names, and the keys they stand for.
odd_keys() {
	cat <<-'EOF'
		a b	a b
		a+b	a+b
		a%2Fb	a/b
		100%25	100%
		%2541	%41
		%2E%2E	..
		%2E	.
		a%2F..%2Fb	a/../b
		%2F%2Fa%2F	//a//
		a?b=c&d#e	a?b=c&d#e
		ä☃	ä☃
		-n	-n
		*	*
		"'`$(x)	"'`$(x)
		_heartbeat_%2Fhello	_heartbeat_/hello
	EOF
}

odd_everywhere() {
	while IFS=$'\t' read -r name key; do
		[ "$key" != //a// ] || key=//a/
		assert_equal "$(everywhere "$name")" "one of $key"
	done < <(odd_keys)
}

@test "odd keys" {
	cluster a b c
	odd_everywhere
	# Bytes that are no text, and a name as long as can be.
	for key in $'\377\376' $'new\nline' "$(printf 'x%.0s' {1..255})"; do
		for name in a b c; do
			assert_equal "$(cat "$T/$name/g/$key")" "one of $key"
		done
	done
}

# Nodes that speak something else: speaking LINE…
speaking() {
	nodes_init a b c
	for name in a b c; do
		node_conf $name "$@" --
	done
	nodes_mount a b c
	wait_until all_up a b c
}

@test "the same with rendezvous, where every key has its one owner" {
	speaking 'placement = rendezvous'
	odd_everywhere
	assert_equal "$(wc -l <"$T/loads")" "$(odd_keys | wc -l)"
}

@test "the same in dreamemo's dialect, with either codec" {
	for codec in protobuf thrift; do
		speaking 'protocol = dreamemo' "codec = $codec" 'drain = 0'
		odd_everywhere
		key=$(owned b $codec)
		assert_equal "$(everywhere "$key")" "one of $key"
		assert_equal "$(loaded_by "$key")" b
		for name in a b c; do
			dream_umount "$T/$name"
		done
	done
}
