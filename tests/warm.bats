#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# dreamfs warm: keys of a list are loaded, many at once, and who asked is told.
load helpers/load

setup() {
	dream_setup
	# Keys slow* wait at the gate; none* do not exist.
	exec 8>"$T/gate"
	flock 8
	getter <<-'EOF'
		case $1 in
		slow*) echo + >>"$T/loads"; flock -s "$T/gate" true
		       echo - >>"$T/loads" ;;
		none*) exit 1 ;;
		esac
		printf 'value of %s' "$1"
	EOF
	: >"$T/loads"
}

open_gate() {
	flock -u 8
}

# Are that many keys being loaded?
loading() {
	[ "$(grep -c + "$T/loads")" -ge "$1" ]
}

# What it said, but for how far it is, which it tells every ten seconds.
said() {
	grep -vE '^dreamfs: [0-9]+ of [0-9]+ keys ' <<<"$stderr"
}

# How many were loaded at once, at most.
loaded_at_once() {
	awk '/[+]/ { if (++n > most) most = n } /-/ { n-- } END { print most }' \
		"$T/loads"
}

@test "warm: --help and wrong usage" {
	run -0 --separate-stderr dreamfs warm --help
	assert_line --index 0 --partial 'usage: dreamfs warm'
	[ -z "${stderr:-}" ]
	for words in '' 'a b c' '--nonsense a' '-j'; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr dreamfs warm $words
		assert_output ''
		[[ ${stderr:-} == *'usage: dreamfs warm'* ]]
	done
	for n in 0 257 x -1; do
		run -2 dreamfs warm -j "$n" "$M"
		assert_output "dreamfs: -j '$n' is not a number from 1 to 256"
	done
}

@test "warm: keys of a file and of standard input are held afterwards" {
	origin
	dream_conf <<-EOF
		group u { url = "$ORIGIN/{+key}" }
	EOF
	dream_mount
	seq 100 >"$T/keys"
	run -0 --separate-stderr dreamfs warm "$M/u" "$T/keys" </dev/null
	assert_output ''
	[[ ${stderr##*$'\n'} == 'dreamfs: 100 keys, 192B in '*', 0 failed' ]]
	assert_equal "$(counter items u)" 100
	assert_equal "$(requests)" 100
	# What is held is not asked for again.
	run -0 --separate-stderr dreamfs warm "$M/u" < <(seq 50 150)
	[[ ${stderr##*$'\n'} == 'dreamfs: 101 keys, '* ]]
	run -0 --separate-stderr dreamfs warm -q "$M/u/" - < <(seq 200)
	assert_equal "$output$stderr" ''
	assert_equal "$(requests)" 200
	assert_equal "$(cat "$M/u/200")" 200
	# Lines may end as those of other systems do.
	run -0 --separate-stderr dreamfs warm "$M/u" - < <(printf '7\r\n\r\n8\r')
	[[ ${stderr:-} == 'dreamfs: 2 keys, '* ]]
	assert_equal "$(requests)" 200
	run -0 dreamfs warm "$M/u" /dev/null
	assert_output --partial 'dreamfs: 0 keys, 0B in '
}

@test "warm: names of all kinds" {
	dream_group
	dream_mount
	printf '%s\n' 'a b' '' x/y . .. 100% %2fz '   ' 'a b' /x $'\tq' >"$T/keys"
	printf last >>"$T/keys"
	run -0 --separate-stderr dreamfs warm -v "$M/g" "$T/keys"
	assert_equal "${#lines[@]}" 10
	assert_line $'x%2Fy\t12'
	assert_line $'%2E\t10'
	assert_line $'%2E%2E\t11'
	assert_line $'100%25\t13'
	assert_line $'%2Fz\t11'
	assert_line $'%09q\t11'
	assert_line $'last\t13'
	assert_runs 1 'a b'
	assert_runs 1 x/y
}

@test "warm: so many are loaded at once, and no more" {
	dream_group 'timeout = 1h'
	dream_mount
	seq -f slow%g 20 >"$T/keys"
	beside dreamfs warm -j 7 "$M/g" "$T/keys" 2>"$T/told"
	wait_until loading 7
	# It is not asking for an eighth.
	assert_equal "$(xattr loads "$M/g")" 7
	open_gate
	wait_until gone "$BESIDE"
	wait "$BESIDE"
	assert_equal "$(loaded_at_once)" 7
	assert_equal "$(counter items)" 20
}

@test "warm: what failed is listed, and the exit status is 1" {
	dream_group
	dream_mount
	printf '%s\n' a none1 b $'none\a2' x/none none/3 >"$T/keys"
	printf '%05000d\n' 1 >>"$T/keys"
	run -1 --separate-stderr dreamfs warm -j 1 "$M/g" "$T/keys"
	assert_output ''
	mapfile -t told < <(said)
	assert_equal "${#told[@]}" 5
	assert_equal "${told[0]}" 'none1: No such file or directory'
	assert_equal "${told[1]}" 'none%072: No such file or directory'
	assert_equal "${told[2]}" 'none%2F3: No such file or directory'
	[[ ${told[3]} == 00000*': File name too long' ]]
	[[ ${told[4]} == 'dreamfs: 7 keys, '*', 4 failed' ]]
	# At once, if each key is told of.
	run -1 --separate-stderr dreamfs warm -v -j 1 "$M/g" - <<<none1
	assert_equal "${stderr_lines[0]-}" 'none1: No such file or directory'
	assert_equal "$(wc -l <<<"$stderr")" 2
	run -1 --separate-stderr dreamfs warm -q "$M/g" - <<<none1
	assert_equal "$stderr" 'none1: No such file or directory'
	assert_equal "$(counter items)" 3
}

@test "warm: what the group cannot keep is told" {
	origin
	dream_conf <<-EOF
		group u { url = "$ORIGIN/{+key}?size=3000"
		          capacity = 10K }
		group s { url = "$ORIGIN/{+key}?size=3000"
		          capacity = 2K }
	EOF
	dream_mount
	run -0 dreamfs warm "$M/u" <<<$'a\nb'
	refute_output --partial capacity
	run -0 dreamfs warm "$M/u" < <(seq 5)
	assert_line --regexp "evicted: the group's capacity is 10K"
	run -0 dreamfs warm "$M/s" < <(seq 5)
	assert_line "dreamfs: 5 of the values are larger than the group's capacity (2K) and not kept"
}

@test "warm: a list that comes bit by bit is loaded as it comes" {
	dream_group
	dream_mount
	mkfifo "$T/list"
	beside dreamfs warm "$M/g" "$T/list" 2>"$T/told"
	exec 7>"$T/list"
	echo first >&7
	wait_until xattr_is source "$M/g/first" getter
	printf sec >&7
	echo ond >&7
	wait_until xattr_is source "$M/g/second" getter
	run ! gone "$BESIDE"
	exec 7>&-
	wait_until gone "$BESIDE"
	wait "$BESIDE"
	run cat "$T/told"
	assert_line --regexp '^dreamfs: 2 keys, '
}

@test "warm: a long list is loaded in little memory" {
	mkdir "$T/files"
	for i in $(seq 50); do echo "$i" >"$T/files/$i"; done
	dream_conf <<-EOF
		group f { url = "file://$T/files/{key}" }
	EOF
	dream_mount
	awk 'BEGIN { for (i = 0; i < 100000; i++)
		print i % 10 ? i % 50 + 1 : "none" i }' >"$T/keys"
	head -n 1000 "$T/keys" >"$T/few"
	ASAN_OPTIONS+=:quarantine_size_mb=1:thread_local_quarantine_size_kb=16
	local limit=3000
	# The thread sanitizer remembers four words for each one that was used;
	# the address sanitizer's allocator grows by what its threads had free.
	# A leak for each key, of 300 bytes and more with its surroundings there,
	# would still be seen.
	case $DREAM_BUILD in
	*-asan) limit=28000 ;;
	*-tsan) limit=100000 ;;
	esac
	run -0 timeout 1000 /usr/bin/python3 - "$limit" "$M/f" "$T/few" \
		"$T/keys" <<-'EOF'
		import os, re, subprocess, sys
		most = []
		limit, group = int(sys.argv[1]), sys.argv[2]
		for name in sys.argv[3:]:
		    p = subprocess.Popen(["dreamfs", "warm", group, name],
		                         stderr=subprocess.PIPE)
		    told = [line for line in p.stderr.read().decode().splitlines()
		            if not re.match(r"dreamfs: \d+ of \d+ keys", line)]
		    usage = os.wait4(p.pid, 0)
		    print(os.waitstatus_to_exitcode(usage[1]), len(told), told[-2:])
		    most.append(usage[2].ru_maxrss)
		print(most, "flat" if most[1] < most[0] + limit else "GROWS")
	EOF
	echo "$output"
	assert_line --regexp '^1 101 .* 1000 keys, .* 100 failed'
	assert_line --regexp '^1 .*more failed; -v .* 100000 keys, .* 10000 failed'
	assert_line --partial flat
}

@test "warm: a bar on a terminal, as wide as that is" {
	dream_group 'timeout = 1h'
	dream_mount
	{ seq 9 && seq -f slow%g 11; } >"$T/keys"
	run -0 dialogue.py --columns 100 dreamfs warm "$M/g" "$T/keys" <<-EOF
		expect 45% [=
		expect 9/20
		expect left
		columns 40
		expect  45% 9/20
		expect /s
		columns 120
		expect 45% [=
		run flock -u 8
		expect 100% [
		expect 20/20
	EOF
	# In columns of the time, and nothing stands beside it.
	/usr/bin/python3 - "$output" <<-'EOF'
		import re, sys
		columns, before, last = 100, 0, ""
		for line in re.split(r"[\r\n]+", sys.argv[1]):
		    step = re.match(r"<<columns (\d+)>>", line)
		    if step:
		        before, columns = columns, int(step[1])
		    # By then it was drawn anew.
		    if line.startswith("<<expect /s>>"):
		        before = 0
		    if re.match(r" *\d+% ", line):
		        assert len(line.rstrip()) < max(before, columns), line
		        last = line
		assert re.match(r"100% \[=+\] 20/20  \d+  [\d.K]+/s [\d.K]+/s  \d+:\d\d *$",
		                last), last
	EOF
}

@test "warm: on a terminal what failed is told below the bar" {
	dream_group
	dream_mount
	printf 'a\nnone\n' >"$T/keys"
	run -1 dialogue.py dreamfs warm "$M/g" "$T/keys" </dev/null
	output=${output//$'\r'/$'\n'}
	assert_output --regexp '100% .* 2/2  1 failed .*
none: No such file or directory'
	# No end is known of a pipe: no percentage.
	run -0 dialogue.py sh -c "seq 9 | dreamfs warm '$M/g'" </dev/null
	refute_output --partial %
	assert_output --regexp $'\r9  90  .*/s .*/s  [0-9]+:[0-9][0-9]'
	run -1 dialogue.py dreamfs warm -q "$M/g" "$T/keys" </dev/null
	assert_output --regexp '^none: No such file or directory.?$'
}

@test "warm: without a terminal it says now and then how far it is" {
	dream_group 'timeout = 1h'
	dream_mount
	printf '%s\n' 1 2 slow none >"$T/keys"
	beside dreamfs warm "$M/g" "$T/keys" 2>"$T/told"
	wait_until -t 60 grep -qE \
		'^dreamfs: 3 of 4 keys \(75%\), .*, 1 failed' "$T/told"
	open_gate
	wait_until gone "$BESIDE"
}

@test "warm: interrupted, it ends at once and the mount goes on" {
	dream_group 'loads = 8' 'timeout = 1h'
	dream_mount
	{ seq 3 && seq -f slow%g 20; } >"$T/keys"
	for sig in INT TERM; do
		: >"$T/loads"
		run -0 timeout 300 /usr/bin/python3 - "$sig" "$T" <<-'EOF'
			import os, signal, subprocess, sys, time
			sig = getattr(signal, "SIG" + sys.argv[1])
			T = sys.argv[2]
			p = subprocess.Popen(
			    ["dreamfs", "warm", "-j", "4", T + "/mnt/g",
			     T + "/keys"], stderr=subprocess.PIPE)
			# All four threads wait, so the first keys are done.
			while open(T + "/loads").read().count("+") < 4:
			    time.sleep(0.02)
			# It would wait for them until the gate is opened.
			p.send_signal(sig)
			told = p.stderr.read().decode()
			status = p.wait()
			assert status == -sig, status
			print(told)
		EOF
		assert_line --regexp \
			'^dreamfs: interrupted: 3 of 23 keys \(13%\), .*, 0 failed$'
	done
	assert_equal "$(timeout 60 cat "$M/g/other")" 'value of other'
	open_gate
	assert_equal "$(timeout 60 cat "$M/g/slow1")" 'value of slow1'
}

@test "warm: Ctrl-C on a terminal" {
	dream_group 'timeout = 1h'
	dream_mount
	seq -f slow%g 20 >"$T/keys"
	run -130 dialogue.py dreamfs warm "$M/g" "$T/keys" <<-'EOF'
		expect 0/20
		type \x03
		expect dreamfs: interrupted: 0 of 20 keys (0%)
	EOF
	answers "$M"
}

@test "warm: the mount ends meanwhile" {
	dream_group 'timeout = 1h'
	dream_mount
	seq -f slow%g 100 >"$T/keys"
	beside dreamfs warm -j 4 "$M/g" "$T/keys" 2>"$T/told"
	wait_until loading 4
	kill -KILL "$DREAM_PID"
	wait_until gone "$BESIDE"
	status=0
	wait "$BESIDE" || status=$?
	assert_equal "$status" 1
	stderr=$(cat "$T/told")
	assert_equal "$(grep -v ' of 100 keys ' <<<"$stderr")" \
		"dreamfs: the mount of '$M/g' has ended"
	umount -l "$M"
	dream_forget
	# What it ran is still at the gate.
	open_gate
}

@test "warm: not a group, not a list: one line" {
	dream_group
	dream_mount
	run -1 dreamfs warm "$M" /dev/null
	assert_output "dreamfs: '$M' is all of a mount: name one of the groups in it"
	run -1 dreamfs warm "$T" /dev/null
	assert_output "dreamfs: '$T' is not a group of a dreamfs mount"
	run -1 dreamfs warm "$M/none" /dev/null
	assert_output "dreamfs: cannot open '$M/none': No such file or directory"
	run -1 dreamfs warm "$M/g/key" /dev/null
	assert_output "dreamfs: cannot open '$M/g/key': Not a directory"
	assert_runs 0
	run -1 dreamfs warm "$M/g" "$T/none"
	assert_output "dreamfs: cannot read '$T/none': No such file or directory"
	run -1 dreamfs warm "$M/g" "$T"
	assert_line --index 0 "dreamfs: cannot read '$T': Is a directory"
	run -1 sh -c 'exec dreamfs warm "$1" <&-' sh "$M/g"
	assert_output 'dreamfs: cannot read standard input: Bad file descriptor'
}

@test "warm: another user may, if the mount lets them" {
	dream_group
	dream_mount -o allow_other
	run -0 as nobody dreamfs warm "$M/g" <<<a
	assert_equal "$(counter items)" 1
	dream_umount
	dream_mount
	run -1 as nobody dreamfs warm "$M/g" <<<a
	assert_output --regexp "^dreamfs: cannot open '$M/g': "
}
