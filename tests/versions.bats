#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

# The value is the number of the run, many times over: a torn one shows.
setup() {
	dream_setup
	getter <<-'EOF'
		n=$(grep -cxF -e "$1" "$T/runs")
		yes "version $n of $1" | head -c 3000000
	EOF
}

# Opens and maps a key in a process of its own, which tells what it sees when
# asked to: holder PATH; held
holder() {
	mkfifo "$T/ask" "$T/tell"
	beside /usr/bin/python3 -c '
import hashlib, mmap, os, sys
path, ask, tell = sys.argv[1:]
fd = os.open(path, os.O_RDONLY)
size = os.fstat(fd).st_size
first = os.pread(fd, 4096, 0)
# Most of it was not read before the change.
while True:
    with open(ask) as f:
        f.read()
    data = b"".join(os.pread(fd, 1 << 16, at)
                    for at in range(0, size, 1 << 16))
    mapped = mmap.mmap(fd, 0, prot=mmap.PROT_READ)[:]
    lines = set(data.split(b"\n")[:-1])
    whole = (len(lines) == 1 and len(data) == size and data == mapped
             and data.startswith(first))
    with open(tell, "w") as f:
        print(lines.pop().decode() if whole else "TORN", file=f)
' "$1" "$T/ask" "$T/tell"
	HOLDER=$BESIDE
	wait_until holds "$HOLDER" "$1"
}

# Perhaps the kernel heard already that the name is another version's.
holds() {
	readlink "/proc/$1/fd/"* | grep -qxF -e "$2" -e "$2 (deleted)"
}

held() {
	timeout 120 sh -c 'echo >"$1"; cat "$2"' sh "$T/ask" "$T/tell"
}

version() {
	head -n 1 "$1"
}

@test "a descriptor and a mapping outlive rm" {
	dream_group
	dream_mount
	holder "$M/g/a"
	rm "$M/g/a"
	assert_equal "$(version "$M/g/a")" 'version 2 of a'
	assert_equal "$(held)" 'version 1 of a'
	rm "$M/g/a"
	assert_equal "$(version "$M/g/a")" 'version 3 of a'
	assert_equal "$(held)" 'version 1 of a'
}

@test "they outlive expiry" {
	dream_group 'ttl = 300ms' 'kernel_cache = 1h'
	dream_mount
	holder "$M/g/a"
	wait_until version_is 'version 2 of a' "$M/g/a"
	assert_equal "$(held)" 'version 1 of a'
}

version_is() {
	[ "$(version "$2")" = "$1" ]
}

@test "they outlive eviction" {
	dream_group 'capacity = 8M' 'kernel_cache = 1s'
	dream_mount
	holder "$M/g/a"
	for i in 1 2 3 4 5; do
		cat "$M/g/other$i" >/dev/null
	done
	wait_until xattr_is source "$M/g/a" none
	assert_equal "$(held)" 'version 1 of a'
	kill "$HOLDER"
	wait_until gone "$HOLDER"
	# It went with its last reader: what is read now was loaded again.
	wait_until version_is 'version 2 of a' "$M/g/a"
}

@test "they outlive touch, which makes a new version" {
	dream_group
	dream_mount
	holder "$M/g/a"
	touch "$M/g/a"
	wait_until version_is 'version 2 of a' "$M/g/a"
	assert_equal "$(held)" 'version 1 of a'
}

@test "they outlive the invalidation of the group" {
	dream_group
	dream_mount
	holder "$M/g/a"
	setfattr -n user.dreamfs.invalidate -v 1 "$M/g"
	# The kernel hears of it later: it holds the directory's lock meanwhile.
	wait_until version_is 'version 2 of a' "$M/g/a"
	assert_equal "$(held)" 'version 1 of a'
}

@test "a new version is a new inode" {
	dream_group
	dream_mount
	cat "$M/g/a" >/dev/null
	one=$(stat -c %i "$M/g/a")
	assert_equal "$(stat -c %i "$M/g/a")" "$one"
	rm "$M/g/a"
	cat "$M/g/a" >/dev/null
	assert [ "$(stat -c %i "$M/g/a")" != "$one" ]
}

@test "readers during changes never see two versions in one" {
	dream_group
	dream_mount
	beside sh -c 'while :; do rm -f "$1"; sleep 0.02; done' sh "$M/g/a"
	for _ in {1..40}; do
		# A key that changes size would be a torn read too.
		run -0 sh -c 'cat "$1" | sort -u | head -c 300' sh "$M/g/a"
		# The last line is cut by its size, the same in any version
		# of as many digits.
		assert [ "${#lines[@]}" -le 2 ]
	done
}

@test "rm of what is not held is no error, or a plain one" {
	dream_group
	dream_mount
	# unlink(1), because rm(1) looks at it first, which loads it.
	run unlink "$M/g/nothing"
	assert_runs 0
	cat "$M/g/a" >/dev/null
	rm "$M/g/a"
	run -0 ls "$M/g"
	assert_output ''
}

@test "rm -r of a group's contents empties it, and refuses the group" {
	dream_group
	dream_mount
	cat "$M/g/a" "$M/g/b" "$M/g/c" >/dev/null
	run ! rm -r "$M/g"
	assert_output --partial 'Read-only file system'
	assert_equal "$(ls "$M/g")" ''
	assert_equal "$(counter items)" 0
}
