#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

@test "--version says the version" {
	run -0 dreamfs --version
	assert_output --regexp '^dreamfs [0-9]+\.[0-9]+\.[0-9]+$'
	version=$output
	run -0 dreamfs check --version
	assert_output "$version"
}

@test "--help shows what there is" {
	run -0 --separate-stderr dreamfs --help
	assert_output --partial 'CONFIG MOUNTPOINT'
	assert_output --partial -- '-g'
	assert_output --partial 'check'
	assert_equal "${stderr-}" ''
	run -0 dreamfs check --help
	assert_output --partial 'check CONFIG'
}

@test "wrong usage: status 2 and how it should be" {
	for words in '' '--nonsense' 'one' 'a b c' 'check' 'check a b' \
		'-o' '-g' '-g x'; do
		# shellcheck disable=SC2086
		run timeout 60 dreamfs $words 3>&-
		assert_equal "'$words': $status" "'$words': 2"
		refute_output ''
	done
}

@test "check prints what is in effect, and reads it back" {
	getter <<<:
	dream_group 'ttl = 90s' 'capacity = 1024K'
	run -0 dreamfs check "$T/dreamfs.conf"
	assert_output --partial 'group'
	assert_output --regexp 'capacity *= *"?1M'
	assert_output --regexp 'policy *= *"?lru'
	assert_output --regexp 'timeout *= *"?30s'
	echo "$output" >"$T/again.conf"
	run -0 dreamfs check "$T/again.conf"
	assert_equal "$output" "$(cat "$T/again.conf")"
}

@test "check: file and line, did you mean" {
	dream_conf <<-EOF
		group g {
		    command = "true"
		    capcity = 5M
		}
	EOF
	run -1 --separate-stderr dreamfs check "$T/dreamfs.conf"
	# shellcheck disable=SC2154
	assert_equal "${#stderr_lines[@]}" 1
	[[ $stderr == *"$T/dreamfs.conf:3: "*capcity*capacity* ]]
	run -1 dreamfs check "$T/none.conf"
	assert_output --partial "$T/none.conf"
}

@test "check: values that are wrong, each by its line" {
	for line in 'ttl = soon' 'capacity = 5X' 'policy = rlu' 'loads = -1' \
		'mode = 0999' 'timeout = ' 'max_value = "1 M"' 'ttl = origin' \
		'url = "http://x/{key}"' 'user = no-such-user-x' \
		'command = "again"' 'header = { "X: y" }'; do
		printf 'group g {\n    command = "true"\n    %s\n}\n' "$line" \
			>"$T/dreamfs.conf"
		run dreamfs check "$T/dreamfs.conf"
		assert_equal "$line: $status" "$line: 1"
		assert_output --regexp "$T/dreamfs.conf:[1-4]: "
		assert_equal "${#lines[@]}" 1
	done
}

@test "the example is a valid configuration" {
	run -0 dreamfs check "$ROOT/packaging/examples/dreamfs.conf"
	assert_output --partial licenses
}

@test "-g makes groups without a file" {
	getter <<<'printf "value of %s" "$1"'
	echo file >"$T/file"
	dream_mount -c '' -g "one=command: $T/get {key}" \
		-g "two=url: file://$T/{key}"
	assert_equal "$(cat "$M/one/a")" 'value of a'
	assert_equal "$(cat "$M/two/file")" file
	assert_equal "$(ls "$M")" $'one\ntwo'
}

@test "-g: what is wrong with it" {
	for word in 'g=nonsense: x' '=command: true' 'g=command:' \
		'a/b=command: true' '.g=command: true' 'g=url: {key'; do
		run timeout 60 dreamfs -g "$word" "$M" 3>&-
		assert [ "$status" -ne 0 ]
		assert_equal "$word: ${#lines[@]}" "$word: 1"
		run ! mounted "$M"
	done
}

@test "the readme's first lines work when pasted" {
	sed -n '/^    build\/dreamfs -g/,/^    fusermount3/p' "$ROOT/README.md" |
		sed "s|/tmp/dream|$M|; s|build/dreamfs|dreamfs|" >"$T/pasted"
	assert_equal "$(wc -l <"$T/pasted")" 3
	cd "$ROOT"
	run -0 timeout 60 bash -e "$T/pasted" 3>&-
	assert_output pong
	cd /
	run ! mounted "$M"
}
