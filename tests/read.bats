#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

# A group of real files beside the generated ones.
files_group() {
	mkdir -p "$T/files"
	dream_conf <<-EOF
		group files {
		    url = "file://$T/files/{key}"
		    max_value = 256M
		    capacity = 512M
		    timeout = 5m
		    ${1-}
		}
	EOF
}

@test "the second cat does not run the getter" {
	getter <<<'printf pong'
	dream_group
	dream_mount
	assert_equal "$(cat "$M/g/ping")" pong
	assert_equal "$(cat "$M/g/ping")" pong
	assert_runs 1
	stat "$M/g/ping" >/dev/null
	assert_runs 1 ping
}

@test "every byte survives, and so does none" {
	files_group
	/usr/bin/python3 -c 'import sys
sys.stdout.buffer.write(bytes(range(256)) * 33)' >"$T/files/bytes"
	: >"$T/files/empty"
	dream_mount
	cmp "$T/files/bytes" "$M/files/bytes"
	cmp "$T/files/empty" "$M/files/empty"
	assert_equal "$(stat -c %s "$M/files/empty")" 0
	assert_equal "$(stat -c %s "$M/files/bytes")" 8448
}

@test "large values, read in many ways" {
	files_group
	# Random, so that no page looks like another; not a whole of pages.
	head -c 70000001 /dev/urandom >"$T/files/big"
	want=$(sha <"$T/files/big")
	dream_mount
	assert_equal "$(timeout 300 cat "$M/files/big" | sha)" "$want"
	assert_equal "$(dd if="$M/files/big" bs=1023 status=none | sha)" "$want"
	cmp <(tail -c 1000001 "$M/files/big") <(tail -c 1000001 "$T/files/big")
	assert_equal "$(xattr sha256 "$M/files/big")" "$want"
	cp "$M/files/big" "$T/copy"
	assert_equal "$(sha <"$T/copy")" "$want"
}

@test "mmap, sendfile, pread and lseek" {
	files_group
	head -c 3000001 /dev/urandom >"$T/files/a"
	dream_mount
	run -0 timeout 300 /usr/bin/python3 - "$M/files/a" "$T/files/a" <<-'EOF'
		import mmap, os, sys
		want = open(sys.argv[2], "rb").read()
		fd = os.open(sys.argv[1], os.O_RDONLY)
		assert mmap.mmap(fd, 0, prot=mmap.PROT_READ)[:] == want
		assert os.lseek(fd, 0, os.SEEK_END) == len(want)
		assert os.lseek(fd, 0, os.SEEK_DATA) == 0
		assert os.pread(fd, 100, 2999990) == want[2999990:]
		assert os.pread(fd, 100, 5000000) == b""
		out = os.memfd_create("x")
		at = 0
		while n := os.sendfile(out, fd, at, 1 << 20):
		    at += n
		assert os.pread(out, 1 << 22, 0) == want
	EOF
}

@test "the first reader may be mmap or sendfile" {
	files_group
	head -c 300001 /dev/urandom | tee "$T/files/a" >"$T/files/b"
	dream_mount
	run -0 timeout 300 /usr/bin/python3 - "$M/files" "$T/files/a" <<-'EOF'
		import mmap, os, sys
		want = open(sys.argv[2], "rb").read()
		fd = os.open(sys.argv[1] + "/a", os.O_RDONLY)
		assert mmap.mmap(fd, 0, prot=mmap.PROT_READ)[:] == want
		fd = os.open(sys.argv[1] + "/b", os.O_RDONLY)
		out = os.memfd_create("x")
		assert os.sendfile(out, fd, 0, 1 << 20) == len(want)
	EOF
}

@test "tar, cp -a, rsync, wc, head and tail, cold and warm" {
	files_group
	for i in 1 2 3 4 5 6 7 8 9; do
		head -c $((i * 7777)) /dev/urandom >"$T/files/$i"
	done
	(cd "$T/files" && ls >"$T/names")
	dream_mount
	cd "$M/files"
	tar -cf "$T/cold.tar" -T "$T/names"
	tar -cf "$T/warm.tar" .
	mkdir "$T/cold" "$T/warm" "$T/rsync" "$T/cp"
	tar -xf "$T/cold.tar" -C "$T/cold"
	tar -xf "$T/warm.tar" -C "$T/warm"
	diff -r "$T/files" "$T/cold"
	diff -r "$T/files" "$T/warm"
	rsync -rc "$M/files/" "$T/rsync"
	diff -r "$T/files" "$T/rsync"
	cp -a "$M/files/." "$T/cp"
	diff -r "$T/files" "$T/cp"
	# cp -a takes no attributes along.
	run -0 getfattr -d "$T/cp/1"
	assert_output ''
	assert_equal "$(wc -c <"$M/files/9")" 69993
	cmp <(head -c 100 "$M/files/3") <(head -c 100 "$T/files/3")
	cmp <(tail -c 100 "$M/files/3") <(tail -c 100 "$T/files/3")
	cd /
}

@test "a sqlite database, opened read-only" {
	files_group
	sqlite3 "$T/files/db" 'create table t (a);
		with recursive n (i) as (values (1) union all
		select i + 1 from n where i < 20000)
		insert into t select i from n'
	dream_mount
	run -0 timeout 300 sqlite3 "file:$M/files/db?mode=ro&immutable=1" \
		'select sum(a) from t; pragma integrity_check'
	assert_output $'200010000\nok'
	run -0 timeout 300 sqlite3 -readonly "$M/files/db" \
		'select count(*) from t'
	assert_output 20000
}

@test "gcc includes a header and links an archive from it" {
	files_group
	echo '#define ANSWER 42' >"$T/files/answer.h"
	echo 'int f(void) { return ANSWER; }' >"$T/f.c"
	dream_mount
	gcc -include "$M/files/answer.h" -c -o "$T/f.o" "$T/f.c"
	ar rcs "$T/files/libf.a" "$T/f.o"
	echo '#include <answer.h>
	int f(void);
	int main(void) { return f() == ANSWER ? 0 : 1; }' >"$T/main.c"
	gcc -I "$M/files" -o "$T/files/main" "$T/main.c" -L "$M/files" -lf
	"$T/files/main"
}

@test "a program runs from the mount" {
	files_group 'mode = 0555'
	cp /usr/bin/true "$T/files/true"
	dream_mount
	"$M/files/true"
}

@test "git reads packs and objects from a mounted store" {
	export GIT_CONFIG_GLOBAL=$T/gitconfig GIT_CONFIG_NOSYSTEM=1
	git config --global user.name x
	git config --global user.email x@example.org
	git init -q "$T/repo"
	head -c 100000 /dev/urandom | base64 >"$T/repo/file"
	git -C "$T/repo" add file
	git -C "$T/repo" commit -qm one
	git -C "$T/repo" gc -q
	files_group
	cp "$T"/repo/.git/objects/pack/pack-* "$T/files/"
	(cd "$T/files" && ls) >"$T/names"
	dream_mount
	# An object store whose packs are keys; what is held is listed.
	(cd "$M/files" && xargs stat -c %s <"$T/names")
	git init -q --bare "$T/other"
	rmdir "$T/other/objects/pack"
	ln -s "$M/files" "$T/other/objects/pack"
	run -0 git -C "$T/other" show "$(git -C "$T/repo" rev-parse HEAD):file"
	assert_equal "$output" "$(cat "$T/repo/file")"
	git -C "$T/other" fsck --full
}

@test "many readers of many keys see their own bytes" {
	getter <<<'printf "%s" "$1$1$1$1"'
	dream_group
	dream_mount
	run -0 timeout 300 /usr/bin/python3 - "$M/g" <<-'EOF'
		import sys
		from concurrent.futures import ThreadPoolExecutor
		def read(i):
		    key = str(i % 40)
		    with open(f"{sys.argv[1]}/{key}") as f:
		        assert f.read() == key * 4
		with ThreadPoolExecutor(16) as pool:
		    list(pool.map(read, range(800)))
	EOF
	assert_runs 40
}

@test "modes, owners and times are what was said" {
	files_group 'mode = 0440
		uid = 12
		gid = 34'
	echo x >"$T/files/a"
	touch -d '2001-02-03 04:05:06 UTC' "$T/files/a"
	dream_mount
	run -0 stat -c '%a %u %g %s %F' "$M/files/a"
	assert_output '440 12 34 2 regular file'
	run -0 stat -c '%a %F' "$M/files" "$M"
	assert_line --index 0 '755 directory'
	assert_line --index 1 '755 directory'
	assert_equal "$(stat -c %Y "$M/files/a")" \
		"$(date -d '2001-02-03 04:05:06 UTC' +%s)"
}
