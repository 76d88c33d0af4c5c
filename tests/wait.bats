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
		import ctypes, errno, os, signal, sys
		path, count, out = sys.argv[1], int(sys.argv[2]), sys.argv[-1]
		same = len(sys.argv) > 4
		libc = ctypes.CDLL(None)
		ours, theirs = os.pipe()
		for i in range(count):
		    if os.fork():
		        continue
		    libc.prctl(1, signal.SIGKILL)
		    try:
		        with open(path + ("" if same else str(i))) as f:
		            got = f.read()
		    except OSError as e:
		        got = errno.errorcode[e.errno]
		    os.write(theirs, (got + "\n").encode())
		    os._exit(0)
		os.close(theirs)
		open(out + ".started", "w").close()
		with open(ours) as f:
		    results = sorted(f)
		with open(out + ".tmp", "w") as f:
		    f.writelines(results)
		os.rename(out + ".tmp", out)
	EOF
	READERS=$BESIDE
	wait_until -t 120 test -e "$T/readers.started"
	wait_until -t 120 readers_wait "$READERS" "$1"
}

# Do so many wait inside openat(2): a process and those it forked?  (x86 and
# the newer ABIs)
readers_wait() {
	local pid calls=()
	for pid in "$1" $(pgrep -P "$1"); do
		calls+=("/proc/$pid/syscall")
	done
	[ "$(cat "${calls[@]}" 2>/dev/null | grep -cE '^(257|56) ')" -ge "$2" ]
}

@test "one load for many readers" {
	dream_group 'timeout = 1h'
	dream_mount
	readers 100 same
	open_gate
	wait_until -t 120 test -e "$T/readers"
	assert_equal "$(uniq -c "$T/readers" | tr -s ' ')" ' 100 value of slow'
	assert_runs 1 slow
	assert_equal "$(counter local_loads)" 1
}

@test "300 blocked readers: nobody else waits, all get their value" {
	dream_group 'timeout = 1h' 'kernel_cache = 1s'
	dream_mount
	cat "$M/g/warm" >/dev/null
	readers 300
	# Who did wait would do so until the gate is opened.
	within 10000 cat "$M/g/warm"
	assert_equal "$status" 0
	within 10000 ls -l "$M/g"
	within 10000 df "$M"
	within 10000 rm "$M/g/warm"
	within 10000 getfattr -d "$M/g"
	within 10000 stat "$M" "$M/g"
	open_gate
	wait_until -t 120 test -e "$T/readers"
	assert_equal "$(sort -u "$T/readers" | grep -c '^value of slow')" 300
}

@test "a group whose loads all hang slows no other" {
	dream_conf <<-EOF
		group g {
		    command = "$T/get {key}"
		    loads = 2
		    timeout = 1h
		}
		group h {
		    command = "$T/get {key}"
		}
	EOF
	dream_mount
	readers 50
	wait_until commands_run 2
	for i in 1 2 3 4 5 6; do
		within 10000 cat "$M/h/$i"
		assert_equal "$status" 0
	done
	commands_run 2
}

commands_run() {
	[ "$(pgrep -P "$DREAM_PID" | wc -l)" = "$1" ]
}

# Readers that wait are ended by this signal, and at once: on a busy machine the
# best of several counts.  interrupted SIGNAL
interrupted() {
	timeout 300 /usr/bin/python3 - "SIG$1" "$SLOW" "$M/g/slow" <<-'EOF'
		import signal, subprocess, sys, time
		number = getattr(signal, sys.argv[1])
		limit, path = 0.1 * int(sys.argv[2]), sys.argv[3]

		def wait(pid):
		    """Until it is inside openat(2), see readers_wait."""
		    while True:
		        with open(f"/proc/{pid}/syscall") as f:
		            if f.read().split()[0] in ("257", "56"):
		                return
		        time.sleep(0.01)

		def interrupt():
		    # What runs in the background of a shell ignores SIGINT.
		    cat = subprocess.Popen(
		        ["cat", path], preexec_fn=lambda: signal.signal(
		            signal.SIGINT, signal.SIG_DFL))
		    wait(cat.pid)
		    began = time.monotonic()
		    cat.send_signal(number)
		    assert cat.wait() == -number
		    return time.monotonic() - began

		took = [interrupt()]
		while took[-1] > limit and len(took) < 50:
		    took.append(interrupt())
		assert took[-1] <= limit, took
	EOF
}

@test "a blocked reader is interrupted, and the others are not disturbed" {
	dream_group 'timeout = 1h'
	dream_mount
	beside env --default-signal=INT cat "$M/g/slow"
	first=$BESIDE
	beside sh -c 'cat "$1" >"$2"' sh "$M/g/slow" "$T/out"
	second=$BESIDE
	wait_until test -s "$T/runs"
	# Both wait.
	wait_until xattr_is loads "$M/g" 2
	for signal in INT TERM KILL; do
		interrupted $signal
	done
	kill -INT "$first"
	wait_until gone "$first"
	open_gate
	wait_until gone "$second"
	assert_equal "$(cat "$T/out")" 'value of slow'
	assert_runs 1 slow
}

@test "a signal handler sees EINTR from open(2)" {
	dream_group 'timeout = 1h'
	dream_mount
	run -0 timeout 120 /usr/bin/python3 - "$M/g/slow" <<-'EOF'
		import errno, os, signal, sys, time
		class Stop(Exception): pass
		def stop(*_): raise Stop
		signal.signal(signal.SIGALRM, stop)
		began = time.monotonic()
		try:
		    signal.setitimer(signal.ITIMER_REAL, 0.3)
		    os.open(sys.argv[1], os.O_RDONLY)
		    sys.exit("opened")
		except Stop:
		    print(time.monotonic() - began < 60)
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
	dream_group "timeout = $((5 * SLOW))s"
	dream_mount
	beside sh -c 'cat "$1" 2>"$2.err"' sh "$M/g/slow" "$T/first"
	wait_until test -s "$T/runs"
	# Those who come now have all the time that is needed.
	dream_group 'timeout = 1h' 'ttl = 1h'
	kill -HUP "$DREAM_PID"
	wait_until xattr_is ttl "$M/g" 1h
	beside sh -c 'cat "$1" >"$2"' sh "$M/g/slow" "$T/out"
	second=$BESIDE
	wait_until xattr_is loads "$M/g" 2
	wait_until grep -q 'timed out' "$T/first.err"
	# The first gave up; the second still waits, for the same load.
	run ! gone "$second"
	open_gate
	wait_until gone "$second"
	assert_equal "$(cat "$T/out")" 'value of slow'
	assert_runs 1 slow
}

@test "rm and other lookups pass by a slow key in the same directory" {
	dream_group 'timeout = 1h'
	dream_mount
	cat "$M/g/a" "$M/g/b" >/dev/null
	readers 20 same
	within 10000 rm "$M/g/a"
	within 10000 cat "$M/g/b"
	within 10000 cat "$M/g/new"
	assert_equal "$status" 0
	within 10000 stat "$M/g/none"
	assert [ "$status" -ne 0 ]
}

@test "umount while readers wait is refused, and nothing is lost" {
	dream_group 'timeout = 1h'
	dream_mount
	readers 3
	run ! umount "$M"
	open_gate
	wait_until test -e "$T/readers"
	assert_equal "$(grep -c '^value of slow' "$T/readers")" 3
}

@test "umount -l with blocked readers ends the daemon once they are gone" {
	dream_group 'timeout = 1h'
	dream_mount
	readers 3
	umount -l "$M"
	open_gate
	wait_until test -e "$T/readers"
	dream_ended "$DREAM_PID"
	dream_forget
	assert_equal "$(grep -c '^value of slow' "$T/readers")" 3
}
