#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	getter <<-'EOF'
		case $1 in
		none*) exit 1 ;;
		fails) echo first >&2; echo 'it broke' >&2; exit 7 ;;
		dies) kill -SEGV $$ ;;
		hangs) exec sleep 1000 ;;
		big) head -c 100000 /dev/zero ;;
		endless) exec cat /dev/zero ;;
		*) printf ok ;;
		esac
	EOF
}

@test "each failure has its errno, from open(2) and stat(2)" {
	dream_group 'max_value = 64K'
	cat >>"$T/dreamfs.conf" <<-EOF
		group hasty {
		    command = "$T/get {key}"
		    timeout = 300ms
		}
	EOF
	dream_mount
	for call in open stat; do
		assert_equal "$(errno_of $call "$M/g/none")" ENOENT
		assert_equal "$(errno_of $call "$M/g/fails")" EIO
		assert_equal "$(errno_of $call "$M/g/dies")" EIO
		assert_equal "$(errno_of $call "$M/hasty/hangs")" ETIMEDOUT
		assert_equal "$(errno_of $call "$M/g/big")" EFBIG
		assert_equal "$(errno_of $call "$M/g/endless")" EFBIG
		assert_equal "$(errno_of $call "$M/g/fine")" OK
	done
}

@test "a value of exactly max_value is fine, a byte more is not" {
	dream_group 'max_value = 100000'
	dream_mount
	assert_equal "$(wc -c <"$M/g/big")" 100000
	dream_umount
	dream_group 'max_value = 99999'
	dream_mount
	assert_equal "$(errno_of open "$M/g/big")" EFBIG
}

@test "failures are not kept" {
	dream_group
	dream_mount
	assert_equal "$(errno_of open "$M/g/fails")" EIO
	assert_equal "$(errno_of open "$M/g/fails")" EIO
	assert [ "$(runs fails)" -ge 2 ]
	sed -i 's/^fails)/brokenonce)/' "$T/get"
	assert_equal "$(cat "$M/g/fails")" ok
}

@test "why it failed is in the log and in the key's error attribute" {
	dream_group
	dream_mount
	run ! cat "$M/g/fails"
	run -0 xattr error "$M/g/fails"
	assert_output --partial 'it broke'
	grep -F 'it broke' "$T/log"
	grep -F "'fails'" "$T/log"
}

@test "a deadline kills the getter and its children" {
	getter <<-'EOF'
		sleep 1000 &
		echo $$ $! >"$T/pids"
		wait
	EOF
	dream_group 'timeout = 300ms'
	dream_mount
	wait_until times_out_having_begun "$M/g/x"
	read -r getter child <"$T/pids"
	wait_until gone "$getter"
	wait_until gone "$child"
}

# The getter may have been too slow to do anything.
times_out_having_begun() {
	[ "$(errno_of open "$1")" = ETIMEDOUT ] &&
		[ "$(wc -w <"$T/pids")" = 2 ]
}

@test "a command that does not exist, or cannot be run" {
	dream_conf <<-EOF
		group none {
		    command = "$T/no-such-program {key}"
		}
		group denied {
		    command = "$T/runs {key}"
		}
	EOF
	dream_mount
	assert_equal "$(errno_of open "$M/none/a")" EIO
	assert_equal "$(errno_of open "$M/denied/a")" EIO
	grep -F no-such-program "$T/log"
}

@test "not_found_exit chooses the codes" {
	dream_group 'not_found_exit = { 7, 9 }'
	dream_mount
	assert_equal "$(errno_of open "$M/g/fails")" ENOENT
	assert_equal "$(errno_of open "$M/g/none")" EIO
	dream_umount
	dream_group 'not_found_exit = {}'
	dream_mount
	assert_equal "$(errno_of open "$M/g/none")" EIO
}

@test "the getter: no input, its own group, only what it should know" {
	getter <<-'EOF'
		if read -r line; then echo "input: $line"; fi
		echo "$DREAMFS_GROUP $DREAMFS_KEY"
		[ "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ ] && echo leads
		ls /proc/self/fd | wc -l
	EOF
	dream_group
	dream_mount
	run -0 cat "$M/g/a"
	assert_line --index 0 'g a'
	assert_line --index 1 leads
	# ls has its three and the directory it reads.
	assert_line --index 2 4
	assert_equal "${#lines[@]}" 3
}

@test "user = nobody drops privilege" {
	getter <<<'id -un; id -G | wc -w; cat /etc/shadow 2>/dev/null | wc -l'
	dream_group 'user = nobody'
	dream_mount
	run -0 cat "$M/g/a"
	assert_line --index 0 nobody
	assert_line --index 1 1
	assert_line --index 2 0
}

@test "every change is refused with EROFS" {
	dream_group
	dream_mount
	cat "$M/g/a" >/dev/null
	for call in write truncate chmod chown rename; do
		assert_equal "$call $(errno_of $call "$M/g/a")" "$call EROFS"
	done
	for call in mkdir symlink mkfifo create; do
		assert_equal "$call $(errno_of $call "$M/none-$call")" \
			"$call EROFS"
	done
	# Any name may be a key: for some calls the kernel is content that
	# it may exist.
	for call in mkdir symlink mkfifo create link; do
		run errno_of "$call" "$M/g/none-$call"
		assert_output --regexp '^(EROFS|EEXIST)$'
	done
	run ! sh -c 'echo x >"$1"' sh "$M/g/a"
	run ! sh -c 'echo x >>"$1"' sh "$M/g/a"
	assert_equal "$(errno_of rmdir "$M/g")" EROFS
	assert_equal "$(errno_of rename "$M/g")" EROFS
	assert_equal "$(cat "$M/g/a")" ok
}

@test "a missing group is ENOENT and runs nothing" {
	dream_group
	dream_mount
	assert_equal "$(errno_of open "$M/h/a")" ENOENT
	assert_equal "$(errno_of stat "$M/h")" ENOENT
	assert_runs 0
}
