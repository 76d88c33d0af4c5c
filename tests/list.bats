#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	getter <<<'printf %s "$1"'
	dream_conf <<-EOF
		group b {
		    command = "$T/get {key}"
		}
		group a {
		    command = "$T/get {key}"
		    kernel_cache = 1h
		}
	EOF
	dream_mount
}

@test "the root lists the groups, and a group what it holds" {
	assert_equal "$(ls -A "$M")" $'a\nb'
	assert_equal "$(ls -A "$M/a")" ''
	cat "$M/a/x" "$M/a/yy" >/dev/null
	assert_equal "$(ls -A "$M/a")" $'x\nyy'
	assert_equal "$(ls -A "$M/b")" ''
	rm "$M/a/x"
	assert_equal "$(ls -A "$M/a")" yy
}

@test "find, ls -l, du and tree walks load nothing" {
	cat "$M/a/x" "$M/a/yy" "$M/b/zzz" >/dev/null
	ls -lR "$M" >/dev/null
	assert_equal "$(find "$M" -type f | sort)" \
		"$(printf '%s\n' "$M/a/x" "$M/a/yy" "$M/b/zzz")"
	du -s "$M" >/dev/null
	assert_equal "$(find "$M" -type f -size -4c -printf '%s ')" '1 2 3 '
	assert_runs 3
}

@test "the kinds and the sizes are true" {
	cat "$M/a/x" "$M/a/1234567" >/dev/null
	run -0 /usr/bin/python3 - "$M" <<-'EOF'
		import os, sys
		for e in sorted(os.scandir(sys.argv[1]), key=lambda e: e.name):
		    assert e.is_dir(follow_symlinks=False)
		    for f in sorted(os.scandir(e.path), key=lambda e: e.name):
		        assert f.is_file(follow_symlinks=False)
		        assert f.inode() == f.stat().st_ino
		        print(f.name, f.stat().st_size)
	EOF
	assert_output $'1234567 7\nx 1'
	run -0 ls -a "$M/a"
	assert_output $'.\n..\n1234567\nx'
}

@test "many keys, each once" {
	run -0 timeout 300 /usr/bin/python3 - "$M/a" <<-'EOF'
		import os, sys
		from concurrent.futures import ThreadPoolExecutor
		want = [f"a-rather-long-name-of-a-key-{i}" for i in range(400)]
		def read(name):
		    with open(os.path.join(sys.argv[1], name)) as f:
		        assert f.read() == name
		with ThreadPoolExecutor(8) as pool:
		    list(pool.map(read, want))
		assert sorted(os.listdir(sys.argv[1])) == sorted(want)
	EOF
}

@test "keys that stay are listed once while others come and go" {
	run -0 timeout 300 /usr/bin/python3 - "$M/a" <<-'EOF'
		import os, sys, threading
		d = sys.argv[1]
		wrong = []
		threading.excepthook = lambda e: wrong.append(e.exc_value)
		def load(name):
		    with open(os.path.join(d, name)) as f:
		        f.read()
		stay = [f"stay-{i:03d}" + "x" * 100 for i in range(300)]
		for name in stay:
		    load(name)
		stop = threading.Event()
		def churn(n):
		    i = 0
		    while not stop.is_set():
		        name = f"churn-{n}-{i % 50}"
		        load(name)
		        os.unlink(os.path.join(d, name))
		        i += 1
		threads = [threading.Thread(target=churn, args=(n,))
		           for n in range(2)]
		for t in threads:
		    t.start()
		try:
		    for _ in range(50):
		        seen = os.listdir(d)
		        assert len(seen) == len(set(seen)), "repeated"
		        assert set(stay) <= set(seen), "skipped"
		finally:
		    stop.set()
		    for t in threads:
		        t.join()
		assert not wrong, wrong
	EOF
}

@test "a directory can be rewound and read again" {
	cat "$M/a/x" >/dev/null
	run -0 /usr/bin/python3 - "$M/a" <<-'EOF'
		import os, sys
		fd = os.open(sys.argv[1], os.O_RDONLY)
		assert os.listdir(fd) == ["x"]
		with open(sys.argv[1] + "/y"):
		    pass
		os.lseek(fd, 0, os.SEEK_SET)
		assert sorted(os.listdir(fd)) == ["x", "y"]
	EOF
}

@test "df tells capacity and use" {
	run -0 df --output=size,used -B1 "$M"
	read -r size used <<<"${lines[1]}"
	assert_equal "$size" $((2 * 64 * 1024 * 1024))
	cat "$M/a/x" >/dev/null
	run -0 df --output=size,used -B1 "$M"
	read -r size more <<<"${lines[1]}"
	assert [ "$more" -ge "$used" ]
	assert [ "$more" -le "$size" ]
}
