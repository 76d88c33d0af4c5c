#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# The reports under the mount.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	getter <<<'printf %s "$1"'
}

two_groups() {
	dream_conf <<-EOF
		group "b c%" {
		    command = "$T/get {key}"
		}
		group a {
		    command = "$T/get {key}"
		    capacity = 1M
		    kernel_cache = 0
		}
	EOF
	dream_mount "$@"
}

# The names there are, from the source's own table.
names() {
	sed -n '/^const struct report reports\[\]/,/^};/p' \
		"$ROOT/src/node/report.c" | grep -o '"[a-z]*"' | tr -d '"' | sort
}

# A group's line without its group= and policy=
line_of() {
	sed -n "s/^group=$1 policy=[a-z0-9]* //p" "$M/.dreamfs/stats"
}

@test "every report is a file, and nothing else is there" {
	two_groups
	run -0 ls "$M/.dreamfs"
	assert_output "$(names)"
	for name in $(names); do
		run -0 cat "$M/.dreamfs/$name"
		assert_equal "$(stat -c %A "$M/.dreamfs/$name")" -r--r--r--
	done
	assert_equal "$(stat -c %A "$M/.dreamfs")" drwxr-xr-x
	assert_equal "$(errno_of open "$M/.dreamfs/nonsense")" ENOENT
	assert_equal "$(errno_of open "$M/.dreamfs/stats/x")" ENOTDIR
	assert_equal "$(errno_of open "$M/.dreamfs/.dreamfs")" ENOENT
	assert_equal "$(errno_of open "$M/.dreamfx")" ENOENT
	assert_runs 0
}

@test "they say what the attributes say" {
	two_groups
	cat "$M/a/x" "$M/a/x" "$M/a/y" "$M/b c%/z" >/dev/null
	assert_equal "$(line_of a)" "$(counter stats a)"
	assert_equal "$(line_of b%20c%25)" "$(counter stats 'b c%')"
	run -0 cat "$M/.dreamfs/stats"
	assert_equal "${#lines[@]}" 3
	assert_line -n 0 --regexp \
		"^version=$(xattr version) pid=$DREAM_PID uptime=[0-9]+"
	assert_equal "$(cat "$M/.dreamfs/version")" "$(xattr version)"
	# A change of setting is seen at once.
	setfattr -n user.dreamfs.policy -v lfu "$M/a"
	setfattr -n user.dreamfs.capacity -v 2M "$M/a"
	run -0 grep '^group=a ' "$M/.dreamfs/stats"
	assert_output --partial ' policy=lfu '
	assert_output --partial ' capacity=2097152'
}

@test "they are not in the root's listing, nor in the way of tree walks" {
	two_groups
	cat "$M/a/x" "$M/b c%/z" >/dev/null
	assert_equal "$(ls -A "$M")" $'a\nb c%'
	assert_equal "$(cd "$M" && find . | sort)" \
		$'.\n./a\n./a/x\n./b c%\n./b c%/z'
	assert_equal "$(cd "$M" && du -a | cut -f 2 | sort)" \
		$'.\n./a\n./a/x\n./b c%\n./b c%/z'
	cp -a "$M/." "$T/copy"
	rsync -a "$M/" "$T/synced"
	tar -cf - -C "$M" . | tar -xf - -C "$(mkdir "$T/tar" && echo "$T/tar")"
	for tree in copy synced tar; do
		diff -r "$M" "$T/$tree"
		assert [ ! -e "$T/$tree/.dreamfs" ]
	done
	assert_equal "$(errno_of stat "$M/a/.dreamfs")" OK
	assert_runs 1 .dreamfs
	assert_equal "$(errno_of open "$M/a/.dreamfs/stats")" ENOTDIR
}

@test "every tool that reads files reads them" {
	two_groups
	cat "$M/a/x" >/dev/null
	run -0 /usr/bin/python3 - "$M/.dreamfs" <<-'EOF'
		import mmap, os, sys
		d = sys.argv[1]
		for e in os.scandir(d):
		    assert e.is_file(follow_symlinks=False)
		    assert e.inode() == e.stat().st_ino
		with open(d + "/stats", "rb") as f:
		    text = f.read()
		    assert os.fstat(f.fileno()).st_size == len(text) > 100
		    with mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
		        assert m[:] == text
		    # A page at a time from the end.
		    assert os.pread(f.fileno(), 20, len(text) - 10) == text[-10:]
		    assert os.pread(f.fileno(), 20, len(text)) == b""
	EOF
	cp "$M/.dreamfs/stats" "$T/one"
	cp -a "$M/.dreamfs" "$T/all"
	rsync -a "$M/.dreamfs/" "$T/synced"
	tar -cf "$T/tar" -C "$M" .dreamfs
	install -m 600 "$M/.dreamfs/config" "$T/config"
	grep -rq '^group=a ' "$M/.dreamfs"
	assert_equal "$(tail -n 1 "$M/.dreamfs/stats" | cut -c 1-8)" group=b%
	assert_equal "$(head -c 8 "$M/.dreamfs/stats")" version=
	for copy in one all/stats synced/stats; do
		cmp "$T/$copy" "$M/.dreamfs/stats" ||
			diff <(sed 's/uptime=.*//' "$T/$copy") \
				<(sed 's/uptime=.*//' "$M/.dreamfs/stats")
	done
	cmp "$T/config" "$M/.dreamfs/config"
}

@test "an open one stays as it was; the next is of its own time" {
	two_groups
	cat "$M/a/x" >/dev/null
	exec 7<"$M/.dreamfs/stats" 8<"$M/.dreamfs/stats"
	cat "$M/a/y" >/dev/null
	exec 9<"$M/.dreamfs/stats"
	grep -q '^group=a .*local_loads=1 ' <&7
	grep -q '^group=a .*local_loads=2 ' <&9
	cat "$M/a/z" >/dev/null
	grep -q '^group=a .*local_loads=1 ' <&8
	grep -q '^group=a .*local_loads=3 ' "$M/.dreamfs/stats"
	exec 7<&- 8<&- 9<&-
}

@test "every read is whole while the counters change" {
	two_groups
	run -0 timeout 300 /usr/bin/python3 - "$M" <<-'EOF'
		import os, re, sys, threading
		m = sys.argv[1]
		line = re.compile(
		    rb"group=[^ ]+ policy=[a-z0-9]+( [a-z_0-9]+=[0-9]+){10,}")
		first = re.compile(rb"version=[^ ]+ pid=\d+ uptime=\d+")
		stop, wrong, reads = threading.Event(), [], [0]
		threading.excepthook = lambda e: wrong.append(e.exc_value)

		def load(n):
		    i = 0
		    while not stop.is_set():
		        with open(f"{m}/a/key-{n}-{i % 200}") as f:
		            f.read()
		        i += 1

		def look(n):
		    gets = 0
		    for _ in range(300):
		        with open(m + "/.dreamfs/stats", "rb") as f:
		            size = os.fstat(f.fileno()).st_size
		            text = f.read()
		        lines = text.decode().encode().split(b"\n")
		        now = int(re.search(rb"group=a .* gets=(\d+)",
		                            text.replace(b"policy=lru", b""))[1])
		        if not (len(text) == size and len(lines) == 4 and
		                first.fullmatch(lines[0]) and
		                line.fullmatch(lines[1]) and
		                line.fullmatch(lines[2]) and
		                lines[3] == b"" and now >= gets):
		            wrong.append(text)
		        gets = now
		        reads[0] += 1

		loaders = [threading.Thread(target=load, args=(n,))
		           for n in range(4)]
		lookers = [threading.Thread(target=look, args=(n,))
		           for n in range(3)]
		for t in loaders + lookers:
		    t.start()
		for t in lookers:
		    t.join()
		stop.set()
		for t in loaders:
		    t.join()
		assert not wrong, wrong[0]
		assert reads[0] == 900
	EOF
}

@test "looking all the time takes no memory" {
	two_groups
	run -0 timeout 300 /usr/bin/python3 - "$M/.dreamfs/stats" \
		"$DREAM_PID" <<-'EOF'
		import os, sys
		path, pid = sys.argv[1:]
		def look(times):
		    for _ in range(times):
		        with open(path, "rb") as f:
		            f.read()
		def rss():
		    with open(f"/proc/{pid}/status") as f:
		        return next(int(l.split()[1]) for l in f
		                    if l.startswith("VmRSS"))
		look(2000)
		before = rss()
		look(10000)
		# Each text is about 600 bytes: kept, they were 6 MB.  Sanitizers
		# keep what was freed for a while.
		slow = "tsan" in os.environ["DREAM_BUILD"] or \
		    "asan" in os.environ["DREAM_BUILD"]
		assert rss() - before < (100000 if slow else 2000), rss() - before
	EOF
}

@test "nothing there can be changed" {
	two_groups
	assert_equal "$(errno_of rmdir "$M/.dreamfs")" EROFS
	assert_equal "$(errno_of rename "$M/.dreamfs")" EROFS
	for call in unlink write truncate chmod chown rename; do
		assert_equal "$(errno_of $call "$M/.dreamfs/stats")" EROFS
	done
	for call in create mkdir mkfifo symlink; do
		assert_equal "$(errno_of $call "$M/.dreamfs/new")" EROFS
	done
	for path in "$M/.dreamfs" "$M/.dreamfs/stats"; do
		assert_equal "$(getfattr --absolute-names -d "$path")" ''
		run ! setfattr -n user.dreamfs.policy -v lru "$path"
		run ! setfattr -n user.dreamfs.invalidate -v 1 "$path"
		run ! touch "$path"
		assert_equal "$(stat -f -c %T "$path")" fuseblk
	done
	run ! attr -qg dreamfs.size "$M/.dreamfs/stats"
	cat "$M/.dreamfs/stats" >/dev/null
}

@test "whoever may read the mount may read them, and no one else" {
	two_groups -o allow_other
	as nobody cat "$M/.dreamfs/stats" "$M/.dreamfs/config" >/dev/null
	run ! as nobody rm "$M/.dreamfs/stats"
	dream_umount
	two_groups
	run ! as nobody cat "$M/.dreamfs/stats"
}

@test "config: what is in effect, and without secrets" {
	printf 'Authorization: Bearer opensesame\n' >"$T/secret"
	chmod 600 "$T/secret"
	dream_conf <<-EOF
		group a {
		    url = "http://127.0.0.1:9/{key}"
		    header_file = "$T/secret"
		}
	EOF
	dream_mount
	assert_equal "$(cat "$M/.dreamfs/config")" \
		"$(dreamfs check "$T/dreamfs.conf")"
	run -1 grep -r opensesame "$M/.dreamfs"
	cat >>"$T/dreamfs.conf" <<-EOF
		group added {
		    command = "$T/get {key}"
		    capacity = 5M
		}
	EOF
	kill -HUP "$DREAM_PID"
	wait_until test -d "$M/added"
	wait_until grep -q '^group added ' "$M/.dreamfs/config"
	assert_equal "$(cat "$M/.dreamfs/config")" \
		"$(dreamfs check "$T/dreamfs.conf")"
	grep -q '^group=added ' "$M/.dreamfs/stats"
}

@test "a removed group leaves the reports" {
	two_groups
	sed -i '/^group "b/,/^}/d' "$T/dreamfs.conf"
	kill -HUP "$DREAM_PID"
	wait_until test ! -e "$M/b c%"
	assert_equal "$(grep -c ^group= "$M/.dreamfs/stats")" 1
}

@test "peers and ring, as the attribute and the command say" {
	cluster n1 n2
	for name in n1 n2; do
		assert_equal "$(cat "$T/$name/.dreamfs/ring")" \
			"$(dreamfs ring "$T/$name.conf")"
		assert_equal "$(cat "$T/$name/.dreamfs/peers")" \
			"$(xattr peers "$T/$name" | sed 's/, /\n/g')"
	done
	assert_equal "$(cat "$T/n1/.dreamfs/peers")" \
		"${URL[n1]} self"$'\n'"${URL[n2]} up"
	node_kill n2
	wait_until grep -qE "^${URL[n2]} down [0-9]+s$" "$T/n1/.dreamfs/peers"
}

# Do so many loads hang? For wait_until.
hangs() {
	[ "$(runs)" -ge "$1" ]
}

@test "they answer while every load hangs" {
	getter <<<'exec sleep 1000'
	dream_conf <<-EOF
		node {
		    loads = 2
		}
		group g {
		    command = "$T/get {key}"
		    loads = 2
		}
	EOF
	dream_mount
	for key in a b c d e f; do
		beside cat "$M/g/$key"
	done
	wait_until hangs 1
	# Those give up after 30 seconds.
	for name in $(names); do
		timeout 20 cat "$M/.dreamfs/$name" >/dev/null
	done
}

@test "a thousand groups" {
	for n in $(seq 1000); do
		printf 'group g%s {\n    command = "%s {key}"\n}\n' \
			"$n" "$T/get"
	done | dream_conf
	dream_mount
	assert_equal "$(grep -c ^group= "$M/.dreamfs/stats")" 1000
	cat "$M/g1/x" >/dev/null
	for name in $(names); do
		within 5000 cat "$M/.dreamfs/$name" >/dev/null
		assert_equal "$status" 0
	done
}
