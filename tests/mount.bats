#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

@test "mounts in the foreground, reads, unmounts, ends with 0" {
	getter <<<'printf "value of %s" "$1"'
	dream_group
	dream_mount
	run -0 timeout 60 cat "$M/g/a"
	assert_output 'value of a'
	dream_umount
	run ! mounted "$M"
}

@test "in the background: returns when the mount answers" {
	getter <<<'printf "value of %s" "$1"'
	dream_group
	# A daemon that kept the output open would never let run end.
	run -0 timeout 60 dreamfs "$T/dreamfs.conf" "$M" 3>&-
	assert_output ''
	dream_adopt
	assert_equal "$(cat "$M/g/a")" 'value of a'
	umount "$M"
	dream_forget
	wait_until gone "$DREAM_PID"
}

@test "/proc/mounts shows fuse.dreamfs and the configuration" {
	getter <<<:
	dream_group
	dream_mount
	run -0 grep -F " $M " /proc/mounts
	assert_output --partial "$T/dreamfs.conf $M fuse.dreamfs "
}

@test "a configuration with an error: says where, mounts nothing" {
	dream_conf <<-EOF
		group g {
		    command = "true"
		    polcy = lru
		}
	EOF
	run -1 timeout 60 dreamfs "$T/dreamfs.conf" "$M" 3>&-
	assert_output --partial "$T/dreamfs.conf:3: "
	assert_output --partial "policy"
	assert_equal "${#lines[@]}" 1
	run ! mounted "$M"
}

@test "no configuration, no directory, no FUSE directory: one line each" {
	run -1 timeout 60 dreamfs "$T/none.conf" "$M" 3>&-
	assert_output --partial "$T/none.conf"
	assert_equal "${#lines[@]}" 1
	getter <<<:
	dream_group
	run -1 timeout 60 dreamfs "$T/dreamfs.conf" "$T/nowhere" 3>&-
	assert_output --partial "$T/nowhere"
	run -1 timeout 60 dreamfs "$T/dreamfs.conf" "$T/get" 3>&-
	assert_output --partial "$T/get"
	run ! mounted "$T/get"
}

@test "an unknown mount option is refused" {
	getter <<<:
	dream_group
	run timeout 60 dreamfs -o no_such_option "$T/dreamfs.conf" "$M" 3>&-
	assert [ "$status" -ne 0 ]
	assert_output --partial no_such_option
	run ! mounted "$M"
}

@test "its own stale mount is detached first" {
	getter <<<'printf x'
	dream_group
	dream_mount
	kill -KILL "$DREAM_PID"
	dream_ended "$DREAM_PID" 137
	dream_forget
	# Not stat(2): the kernel may know the directory by heart.
	run -1 stat -f "$M"
	assert_output --partial 'not connected'
	dream_mount
	assert_equal "$(cat "$M/g/a")" x
	assert_equal "$(grep -cF " $M " /proc/mounts)" 1
}

@test "a daemon that is late to end leaves its successor's mount alone" {
	getter <<<'printf x'
	dream_group
	dream_mount
	first=$DREAM_PID
	halt "$first"
	wait_until unmount "$M"
	dream_forget
	# Most likely it gets the same device number.
	dream_mount
	kill -CONT "$first"
	dream_ended "$first"
	assert_equal "$(cat "$M/g/a")" x
	assert_equal "$(grep -cF " $M " /proc/mounts)" 1
}

@test "a connection that is aborted leaves no dead mount" {
	getter <<<'exec sleep 1000'
	dream_group
	dream_mount
	beside cat "$M/g/slow"
	wait_until xattr_is loads "$M/g" 1
	mkdir "$T/control"
	mount -t fusectl none "$T/control"
	number=$(stat -c %d "$M/g")
	echo 1 >"$T/control/$((number & 255 | number >> 12 & ~255))/abort"
	umount "$T/control"
	wait_until gone "$DREAM_PID"
	run ! wait "$BESIDE"
	run ! mounted "$M"
	dream_ended "$DREAM_PID"
	dream_forget
}

@test "TERM and INT unmount" {
	getter <<<:
	dream_group
	for signal in TERM INT; do
		dream_mount
		kill -s "$signal" "$DREAM_PID"
		dream_ended "$DREAM_PID"
		dream_forget
		run ! mounted "$M"
	done
}

@test "TERM lets a waiting reader finish" {
	getter <<<'until [ -e "$T/go" ]; do sleep 0.02; done; printf late'
	dream_group
	dream_mount
	beside sh -c 'cat "$1" >"$2"' sh "$M/g/a" "$T/out"
	wait_until test -s "$T/runs"
	kill -TERM "$DREAM_PID"
	touch "$T/go"
	wait_until gone "$BESIDE"
	assert_equal "$(cat "$T/out")" late
	dream_ended "$DREAM_PID"
	dream_forget
	run ! mounted "$M"
}

@test "a second TERM ends at once" {
	getter <<<'echo $$ >"$T/pid"; exec sleep 1000'
	dream_group 'timeout = 1h'
	dream_mount
	beside sh -c 'cat "$1"; echo $? >"$2"' sh "$M/g/a" "$T/out"
	wait_until test -s "$T/pid"
	kill -TERM "$DREAM_PID"
	# It has heard the first one.
	wait_until not_mounted
	kill -TERM "$DREAM_PID"
	dream_ended "$DREAM_PID"
	dream_forget
	wait_until gone "$BESIDE"
	assert_equal "$(cat "$T/out")" 1
	run ! mounted "$M"
	# The getter went with it.
	wait_until gone "$(cat "$T/pid")"
}

not_mounted() {
	! mounted "$M"
}

@test "USR1 logs the counters" {
	getter <<<'printf x'
	dream_group
	dream_mount
	cat "$M/g/a"
	kill -USR1 "$DREAM_PID"
	wait_until grep -E 'g.*loads=1' "$T/log"
}

@test "an ordinary user can mount" {
	getter <<<'printf "%s" "$(id -un)"'
	dream_group
	chown nobody "$M"
	# Where this was built they may not go.
	cp "$DREAM_BUILD/dreamfs" "$T"
	cat >"$T/script" <<-'EOF'
		"$T/dreamfs" "$T/dreamfs.conf" "$M"
		cat "$M/g/a"
		echo
		fusermount3 -u "$M"
		! mountpoint -q "$M"
	EOF
	# Where the system keeps /dev/fuse for root, they get one of their own.
	T=$T M=$M run -0 timeout 120 unshare -m --propagation private bash -euc '
		# Mounts of other tests would live as long as our copies.
		umount -l -a -t fuse.dreamfs
		mkdir "$T/dev"
		mount -t tmpfs -o mode=755,dev tmpfs "$T/dev"
		mknod -m 666 "$T/dev/fuse" c 10 229
		mount --bind "$T/dev/fuse" /dev/fuse
		exec setpriv --reuid nobody --regid nogroup --clear-groups \
			bash -eu "$T/script"' 3>&-
	assert_output nobody
}

@test "others read with allow_other, and only then" {
	getter <<<'printf x'
	dream_group
	chmod 755 "$M"
	dream_mount
	run ! as nobody cat "$M/g/a"
	dream_umount
	dream_mount -o allow_other
	run -0 as nobody cat "$M/g/a"
	assert_output x
}

@test "tells systemd when it is ready" {
	getter <<<:
	dream_group
	beside /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
open(sys.argv[2], "wb").write(s.recv(4096))' "$T/notify" "$T/notified"
	wait_until test -S "$T/notify"
	NOTIFY_SOCKET=$T/notify dream_mount
	wait_until grep -x READY=1 "$T/notified"
}
