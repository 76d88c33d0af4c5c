#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# dreamfs check: what a person sees of the configuration's rules.  The rules
# themselves are in tests/unit/conf/load.c.

load helpers/load

conf() {
	cat >"$BATS_TEST_TMPDIR/${1:-t.conf}"
}

# In the directory of the files, so that messages have short names.
check() {
	cd "$BATS_TEST_TMPDIR" && dreamfs check "${1:-t.conf}"
}

@test "check: --help is on standard output, status 0" {
	run -0 --separate-stderr dreamfs check --help
	assert_line --index 0 'usage: dreamfs check CONFIG'
	[ -z "${stderr:-}" ]
}

@test "check: wrong usage is status 2, on standard error" {
	for words in '' 'a b' '--nonsense a'; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr dreamfs check $words
		assert_output ''
		[[ ${stderr:-} == *'usage: dreamfs check CONFIG'* ]]
	done
}

@test "check: a good file is printed with every value in effect" {
	conf <<-'EOF'
		defaults { timeout = 5s }
		group hello { command = "bin/lookup {key}"
		    capacity = 1048576 }
		group deb { url = "http://127.0.0.1/{+key}"
		    ttl = origin }
	EOF
	run -0 --separate-stderr check
	[ -z "${stderr:-}" ]
	assert_line "    command         = \"$BATS_TEST_TMPDIR/bin/lookup {key}\""
	assert_line '    capacity        = 1M'
	assert_line '    timeout         = 5s'
	assert_line '    ttl             = origin'
	assert_line '    connect_timeout = 10s'
	assert_line '    log             = info'
	assert_line '    log_format      = text'
	conf again.conf <<<"$output"
	before=$output
	run -0 check again.conf
	assert_equal "$output" "$before"
}

@test "check: an error is one line with file, line and a suggestion" {
	conf <<-'EOF'
		# comments, and /* the other kind */
		/* over
		   lines */
		group hello {
		    command = "lookup {key}" # after a value
		    capcity = 5M
		}
	EOF
	run -1 --separate-stderr check
	assert_output ''
	assert_equal "${stderr:-}" "t.conf:6: unknown name 'capcity' in a\
 group, did you mean 'capacity'?"
}

@test "check: an error in an included file names that file" {
	mkdir "$BATS_TEST_TMPDIR/sub"
	conf <<<'include("sub/b.conf")'
	printf '\ngroup a { command = x\n ttl = 5 }\n' | conf sub/b.conf
	run -1 check
	assert_output --partial 'sub/b.conf:3: ttl: '
}

@test "check: a getter's own complaint has the line of its source" {
	printf 'group a {\n\n url = "http://h/{ky}" }' | conf
	run -1 check
	assert_output --regexp '^t\.conf:3: url: '
	printf 'group a {\n command = "open '\''quote"\n}' | conf
	run -1 check
	assert_output --regexp '^t\.conf:2: command: '
}

@test "check: a line of 64 KiB is a line" {
	long=$(head -c 65536 /dev/zero | tr '\0' x)
	conf <<<"group a { command = \"x $long\" }"
	run -0 check
	assert_output --partial "\"x $long\""
}

@test "check: the environment is asked, and must answer" {
	conf <<<'group a { command = "${PROGRAM} {key}" }'
	PROGRAM=/bin/echo run -0 check
	assert_output --partial '"/bin/echo {key}"'
	run -1 check
	assert_output --partial "t.conf:1: the environment has no 'PROGRAM'"
}

@test "check: reads what is no plain file" {
	run -0 dreamfs check <(echo 'group a { command = x }')
	assert_line 'group a {'
}

@test "check: a file that cannot be read is an error" {
	run -1 check none.conf
	assert_output "cannot read 'none.conf': No such file or directory"
	run -1 check .
	assert_output "cannot read '.': Is a directory"
}

@test "check: output that cannot be written is an error" {
	conf <<<'group a { command = x }'
	run -1 bash -c "dreamfs check '$BATS_TEST_TMPDIR/t.conf' >/dev/full"
	assert_output 'dreamfs: cannot print: No space left on device'
}
