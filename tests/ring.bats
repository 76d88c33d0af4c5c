#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# dreamfs ring: who owns what.  That the rings are those of the Go programs is
# in tests/unit/peer/placement.

load helpers/load

ring_conf() {
	dream_conf <<-EOF
		node {
		    listen = "127.0.0.1:7246"
		    self   = "http://127.0.0.1:7246"
		    peers  = { "http://127.0.0.1:7246", "http://127.0.0.1:7247" }
		    $(printf '    %s\n' "$@")
		}
		group g { command = "true" }
	EOF
}

@test "ring: --help and wrong usage" {
	run -0 --separate-stderr dreamfs ring --help
	assert_line --index 0 'usage: dreamfs ring CONFIG [NAME...]'
	[ -z "${stderr:-}" ]
	for words in '' '--nonsense a'; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr dreamfs ring $words
		assert_output ''
		[[ ${stderr:-} == *'usage: dreamfs ring'* ]]
	done
}

@test "ring: each peer's share, which add up" {
	ring_conf
	run -0 dreamfs ring "$T/dreamfs.conf"
	assert_equal "${#lines[@]}" 2
	assert_line --index 0 --regexp '^http://127\.0\.0\.1:7246	[0-9.]+%$'
	assert_line --index 1 --regexp '^http://127\.0\.0\.1:7247	[0-9.]+%$'
	sum=$(awk '{ n += $2 } END { printf "%.0f", n }' <<<"$output")
	assert_equal "$sum" 100
	ring_conf 'placement = rendezvous'
	run -0 dreamfs ring "$T/dreamfs.conf"
	assert_line --index 0 'http://127.0.0.1:7246	50.00%'
}

@test "ring: owners of names, from words and standard input" {
	ring_conf
	seq 100 >"$T/keys"
	run -0 dreamfs ring "$T/dreamfs.conf" - <"$T/keys"
	assert_equal "${#lines[@]}" 100
	assert_equal "$(cut -f 1 <<<"$output")" "$(cat "$T/keys")"
	# Both have some.
	assert_equal "$(cut -f 2 <<<"$output" | sort -u | wc -l)" 2
	tail=${lines[99]}
	run -0 dreamfs ring "$T/dreamfs.conf" 100 'a b' %2F
	assert_line --index 0 "$tail"
	assert_line --index 1 --regexp '^a b	http://'
	assert_line --index 2 --regexp '^%2F	http://'
}

@test "ring: without peers it says so" {
	getter <<<:
	dream_group
	run -1 --separate-stderr dreamfs ring "$T/dreamfs.conf"
	assert_equal "${stderr:-}" "dreamfs: '$T/dreamfs.conf' has no peers"
	run -1 dreamfs ring "$T/none.conf"
	assert_output --partial "$T/none.conf"
}

@test "ring: words and lines in their order, however a key is spelled" {
	ring_conf
	for text in 'a b\na%%2Fb' 'a b\na%%2Fb\n'; do
		# shellcheck disable=SC2059
		run -0 dreamfs ring "$T/dreamfs.conf" ping a%20b - a%2fb \
			< <(printf "$text")
		assert_equal "$(cut -f 1 <<<"$output")" \
			$'ping\na%20b\na b\na%2Fb\na%2fb'
		mapfile -t owner < <(cut -f 2 <<<"$output")
		assert_equal "${owner[1]} ${owner[3]}" "${owner[2]} ${owner[4]}"
	done
	# What cannot be read is told.
	run -1 dreamfs ring "$T/dreamfs.conf" - <"$T"
	assert_output 'dreamfs: cannot read names: Is a directory'
}

# xs N: so many bytes
xs() {
	head -c "$1" /dev/zero | tr '\0' x
}

@test "ring: no name that no key can have" {
	ring_conf
	# Too long as a name, and as a key; what came before it is printed.
	for length in 196609 65537; do
		run -1 --separate-stderr dreamfs ring "$T/dreamfs.conf" a - b \
			< <(xs "$length")
		assert_output --regexp '^a	http://[0-9.:]+$'
		assert_equal "${stderr-}" \
			"dreamfs: name '$(xs 40)' is too long for a key"
	done
	run -1 dreamfs ring "$T/dreamfs.conf" "$(xs 65537)"
	# The longest.
	run -0 dreamfs ring "$T/dreamfs.conf" - < <(xs 65536 | sed 's/x/%41/g')
	assert_equal "$(cut -f 1 <<<"$output" | wc -c)" 196609
}

@test "ring: output that cannot be written" {
	ring_conf
	for name in '' a; do
		run -1 sh -c 'dreamfs ring "$@" >/dev/full' sh \
			"$T/dreamfs.conf" ${name:+"$name"}
		assert_output \
			'dreamfs: cannot write the ring: No space left on device'
	done
}
