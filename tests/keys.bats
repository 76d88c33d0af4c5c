#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	# The key as it came, in hex, so that nothing is lost on the way.
	getter <<<'printf %s "$DREAMFS_KEY" | od -An -v -tx1 | tr -d " \n"'
	dream_group
	dream_mount
}

hex() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

@test "any percent-spelling is understood, either case" {
	assert_equal "$(cat "$M/g/a%2Fb")" "$(hex 'a/b')"
	assert_equal "$(cat "$M/g/a%2fb")" "$(hex 'a/b')"
	assert_equal "$(cat "$M/g/%61%2Fb")" "$(hex 'a/b')"
	# One key, one load.
	assert_runs 1 a/b
	assert_runs 1
}

@test "a percent sign without two hex digits is itself" {
	assert_equal "$(cat "$M/g/100%")" "$(hex '100%')"
	assert_equal "$(cat "$M/g/%zz")" "$(hex %zz)"
	assert_equal "$(cat "$M/g/%2")" "$(hex %2)"
	assert_equal "$(cat "$M/g/%25")" "$(hex %)"
	assert_equal "$(cat "$M/g/%2525")" "$(hex %25)"
}

@test "listings show the canonical spelling" {
	cat "$M/g/a%2fb" "$M/g/%61" "$M/g/50%" "$M/g/%2e" "$M/g/%2E%2e" \
		"$M/g/%2e%2e%2e" >/dev/null
	run -0 ls -A "$M/g"
	assert_equal "$output" \
		"$(printf '%s\n' a%2Fb a 50%25 %2E %2E%2E ... | sort)"
	# And what is listed can be read: the same keys, no further load.
	before=$(runs)
	(cd "$M/g" && cat -- *) >/dev/null
	assert_runs "$before"
}

@test "hostile keys stay words" {
	cd "$M/g"
	for key in '$(touch '"${T//\//%2F}"'%2Fbad)' '`id`' 'a; rm -rf x' '-rf' '--help' \
		"it's" '"' '\' '*' '{key}' '{group}' 'a b' ' ' $'a\nb' $'\t' \
		$'\x01\x7f' $'\xff\xfe' 'ü€😀' '&&' '|' '~' '!' '#'; do
		assert_equal "$(cat "./$key")" "$(hex "${key//%2F//}")"
	done
	cd /
	assert [ ! -e "$T/bad" ]
}

@test "a key with a NUL byte is an error of that key alone" {
	run ! cat "$M/g/a%00b"
	assert_equal "$(cat "$M/g/ab")" "$(hex ab)"
}

@test "names up to 255 bytes" {
	long=$(printf 'x%.0s' {1..255})
	assert_equal "$(cat "$M/g/$long")" "$(hex "$long")"
}

@test "path-like keys do not leave a file group" {
	dream_umount
	mkdir "$T/files"
	echo secret >"$T/secret"
	echo ok >"$T/files/ok"
	dream_conf <<-EOF
		group files {
		    url = "file://$T/files/{+key}"
		}
	EOF
	dream_mount
	assert_equal "$(cat "$M/files/ok")" ok
	for key in ..%2Fsecret %2E%2E%2Fsecret %252E%252E%252Fsecret \
		ok%2F..%2F..%2Fsecret .%2F..%2Fsecret; do
		run ! cat "$M/files/$key"
		refute_output --partial secret$'\n'
		assert_output --partial 'No such file'
	done
}

@test "directories have no keys' children" {
	run ! cat "$M/g/a/b"
	assert_output --partial 'Not a directory'
	run ! cat "$M/nogroup/a"
	assert_output --partial 'No such file'
	assert_equal "$(errno_of listdir "$M/nogroup")" ENOENT
}
