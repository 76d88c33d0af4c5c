#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

setup() {
	dream_setup
	# Keys slow* wait at the gate, without a busy loop; others do not.
	exec 8>"$T/gate"
	flock 8
	getter <<-'EOF'
		case $1 in
		slow*) flock -s "$T/gate" true ;;
		none*) exit 1 ;;
		esac
		printf 'value of %s' "$1"
	EOF
}

open_gate() {
	flock -u 8
}

# Starts so many readers of slow keys (one each, or all of `slow`) and
# returns when all of them wait: readers COUNT [same]
readers() {
	beside /usr/bin/python3 - "$M/g/slow" "$@" "$T/readers" <<-'EOF'
		import errno, os, subprocess, sys, threading
		path, count, out = sys.argv[1], int(sys.argv[2]), sys.argv[-1]
		same = len(sys.argv) > 4
		results, lock = [], threading.Lock()
		def read(i):
		    try:
		        with open(path + ("" if same else str(i))) as f:
		            got = f.read()
		    except OSError as e:
		        got = errno.errorcode[e.errno]
		    with lock:
		        results.append(got)
		threading.stack_size(128 * 1024)
		threads = [threading.Thread(target=read, args=(i,))
		           for i in range(count)]
		for t in threads:
		    t.start()
		open(out + ".started", "w").close()
		for t in threads:
		    t.join()
		with open(out + ".tmp", "w") as f:
		    f.write("\n".join(sorted(results)) + "\n")
		os.rename(out + ".tmp", out)
	EOF
	READERS=$BESIDE
	wait_until -t 30 test -e "$T/readers.started"
	wait_until -t 30 readers_wait "$READERS" "$1"
}

# Are that many threads inside openat(2)? (x86 and the newer ABIs)
readers_wait() {
	[ "$(cat /proc/"$1"/task/*/syscall 2>/dev/null |
		grep -cE '^(257|56) ')" -ge "$2" ]
}

@test "one load for many readers" {
	dream_group
	dream_mount
	readers 100 same
	open_gate
	wait_until -t 30 test -e "$T/readers"
	assert_equal "$(uniq -c "$T/readers" | tr -s ' ')" ' 100 value of slow'
	assert_runs 1 slow
	assert_equal "$(counter local_loads)" 1
}

@test "300 blocked readers: nobody else waits, all get their value" {
	dream_group 'timeout = 5m' 'kernel_cache = 1s'
	dream_mount
	cat "$M/g/warm" >/dev/null
	readers 300
	within 1000 cat "$M/g/warm"
	assert_equal "$status" 0
	within 1000 ls -l "$M/g"
	within 1000 df "$M"
	within 1000 rm "$M/g/warm"
	within 1000 getfattr -d "$M/g"
	within 1000 stat "$M" "$M/g"
	open_gate
	wait_until -t 120 test -e "$T/readers"
	assert_equal "$(sort -u "$T/readers" | grep -c '^value of slow')" 300
}

@test "a group whose loads all hang slows no other" {
	dream_conf <<-EOF
		group g {
		    command = "$T/get {key}"
		    loads = 2
		}
		group h {
		    command = "$T/get {key}"
		}
	EOF
	dream_mount
	readers 50
	for i in 1 2 3 4 5 6; do
		within 2000 cat "$M/h/$i"
		assert_equal "$status" 0
	done
	assert_equal "$(pgrep -P "$DREAM_PID" | wc -l)" 2
}

@test "a blocked reader is interrupted, and the others are not disturbed" {
	dream_group
	dream_mount
	beside env --default-signal=INT cat "$M/g/slow"
	first=$BESIDE
	beside sh -c 'cat "$1" >"$2"' sh "$M/g/slow" "$T/out"
	second=$BESIDE
	wait_until test -s "$T/runs"
	wait_until xattr_is loads_deduped "$M/g" 1
	for signal in INT TERM KILL; do
		# What runs in the background of a shell ignores SIGINT.
		beside env --default-signal=INT cat "$M/g/slow"
		wait_until readers_wait "$BESIDE" 1
		kill -s $signal "$BESIDE"
		within 100 tail -s 0.01 --pid="$BESIDE" -f /dev/null
	done
	kill -INT "$first"
	within 100 tail -s 0.01 --pid="$first" -f /dev/null
	open_gate
	wait_until gone "$second"
	assert_equal "$(cat "$T/out")" 'value of slow'
	assert_runs 1 slow
}

@test "a signal handler sees EINTR from open(2)" {
	dream_group
	dream_mount
	run -0 timeout 20 /usr/bin/python3 - "$M/g/slow" <<-'EOF'
		import errno, os, signal, sys, time
		class Stop(Exception): pass
		def stop(*_): raise Stop
		signal.signal(signal.SIGALRM, stop)
		signal.setitimer(signal.ITIMER_REAL, 0.3)
		began = time.monotonic()
		try:
		    os.open(sys.argv[1], os.O_RDONLY)
		    sys.exit("opened")
		except Stop:
		    print(time.monotonic() - began < 2)
	EOF
	assert_output True
}

@test "when nobody wants the load any more, its command ends" {
	getter <<<'echo $$ >"$T/pid"; exec sleep 1000'
	dream_group
	dream_mount
	beside cat "$M/g/a"
	wait_until test -s "$T/pid"
	kill -KILL "$BESIDE"
	wait_until gone "$(cat "$T/pid")"
	assert_equal "$(errno_of listdir "$M/g")" OK
}

@test "a late reader has a deadline of its own" {
	dream_group 'timeout = 1500ms'
	dream_mount
	beside sh -c 'cat "$1" 2>"$2.err"' sh "$M/g/slow" "$T/first"
	wait_until test -s "$T/runs"
	sleep 0.9
	beside sh -c 'cat "$1" >"$2"' sh "$M/g/slow" "$T/out"
	second=$BESIDE
	wait_until grep -q 'timed out' "$T/first.err"
	# The first gave up; the second still waits, for the same load.
	run ! gone "$second"
	open_gate
	wait_until gone "$second"
	assert_equal "$(cat "$T/out")" 'value of slow'
	assert_runs 1 slow
}

@test "rm and other lookups pass by a slow key in the same directory" {
	dream_group
	dream_mount
	cat "$M/g/a" "$M/g/b" >/dev/null
	readers 20 same
	within 500 rm "$M/g/a"
	within 500 cat "$M/g/b"
	within 500 cat "$M/g/new"
	assert_equal "$status" 0
	within 500 stat "$M/g/none"
	assert [ "$status" -ne 0 ]
}

@test "umount while readers wait is refused, and nothing is lost" {
	dream_group
	dream_mount
	readers 3
	run ! umount "$M"
	open_gate
	wait_until test -e "$T/readers"
	assert_equal "$(grep -c '^value of slow' "$T/readers")" 3
}

@test "umount -l with blocked readers ends the daemon once they are gone" {
	dream_group
	dream_mount
	readers 3
	umount -l "$M"
	open_gate
	wait_until test -e "$T/readers"
	dream_ended "$DREAM_PID"
	dream_forget
	assert_equal "$(grep -c '^value of slow' "$T/readers")" 3
}
