#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# dreamfs init: what it writes is accepted, whoever answers.
load helpers/load

setup() {
	dream_setup
	mkdir "$T/here"
	cd "$T/here" || return
}

# Without the '#' of the line that says NAME.
uncomment() {
	sed -E "s/^#(   $1 +=)/ \1/" dreamfs.conf
}

@test "init: --help and wrong usage" {
	run -0 --separate-stderr dreamfs init --help
	assert_line --index 0 --partial 'usage: dreamfs init'
	[ -z "${stderr:-}" ]
	for words in 'a b' '--nonsense a'; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr dreamfs init $words
		assert_output ''
		[[ ${stderr:-} == *'usage: dreamfs init'* ]]
	done
	run -2 dreamfs init ''
	assert_equal "$(ls -A)" ''
}

@test "init: without a terminal the defaults are written, and work" {
	umask 022
	run -0 --separate-stderr dreamfs init </dev/null
	[ -z "${stderr:-}" ]
	assert_line --index 0 'Wrote dreamfs.conf.  Next:'
	assert_line '    dreamfs check dreamfs.conf'
	assert_line --regexp '^    dreamfs dreamfs.conf /mnt/dream$'
	assert_equal "$(stat -c %a dreamfs.conf)" 644
	assert_equal "$(ls -A)" dreamfs.conf
	run -0 dreamfs check dreamfs.conf
	assert_line '    capacity        = 64M'
	assert_line '    ttl             = 5m'
	# The last command that it tells.
	dream_mount -c dreamfs.conf
	assert_equal "$(cat "$M/hello/world")" 'hello world'
}

@test "init: FILE and standard output" {
	run -0 --separate-stderr dreamfs init - </dev/null
	[ -z "${stderr:-}" ]
	echo "$output" >out
	run -0 dreamfs init "it's here.conf"
	assert_line "    dreamfs check 'it'\''s here.conf'"
	diff out "it's here.conf"
	run -0 dreamfs check "it's here.conf"
	run -1 dreamfs init none/x
	assert_output "dreamfs: cannot write 'none/x': No such file or directory"
	run -1 --separate-stderr sh -c 'dreamfs init - >/dev/full'
	[[ ${stderr:-} == "dreamfs: cannot write 'standard output': "* ]]
	assert [ ! -e dreamfs.conf ]
}

@test "init: what is there is not overwritten, unless told" {
	echo mine >dreamfs.conf
	run -1 dreamfs init
	assert_output "dreamfs: 'dreamfs.conf' is there already; --force replaces it"
	assert_equal "$(cat dreamfs.conf)" mine
	ln -s dreamfs.conf link
	run -1 dreamfs init link
	run -0 dreamfs init --force link
	assert [ -L link ]
	run -0 dreamfs check dreamfs.conf
	ln -s nowhere dead
	run -1 dreamfs init dead
	run -1 dreamfs init -f "$M"
	assert_output "dreamfs: cannot write '$M': not a regular file"
	run -1 dreamfs init -f /dev/null
	assert [ -c /dev/null ]
	assert_equal "$(ls -A)" $'dead\ndreamfs.conf\nlink'
}

@test "init: every line shown is right when its '#' is gone" {
	for getter in command url; do
		rm -f dreamfs.conf
		dialogue.py dreamfs init >/dev/null <<-EOF
			expect Getter
			send $getter
			expect ]:
			send
			expect ]:
			send
			expect ]:
			send
			expect ]:
			send
			expect ]:
			send
		EOF
		names=$(sed -nE 's/^#   ([a-z_]+) +=.*/\1/p' dreamfs.conf)
		assert [ "$(wc -w <<<"$names")" -gt 15 ]
		awk 'length($0) > 80 { exit 1 }' dreamfs.conf
		for name in $names; do
			case $name in
			self | peers) name='(listen|self|peers)' ;;
			*_file | netrc) continue ;; # examples, not there
			esac
			uncomment "$name" >one.conf
			run cmp -s one.conf dreamfs.conf
			assert_equal "$status" 1
			run -0 dreamfs check one.conf
		done
	done
}

@test "init: the answers of a terminal, and a mount of them" {
	origin
	run -0 dialogue.py dreamfs init my.conf <<-EOF
		expect Where do the values come from?
		expect command
		expect echo hello {key}
		expect url
		expect Getter [command]:
		send url
		expect url [https://
		send $ORIGIN/{+key}
		expect group, a directory [hello]:
		send my pages
		expect Memory for its values [64M]:
		send 1G
		expect [5m]:
		send origin
		expect this one [none]:
		send
		expect Wrote my.conf.
		expect dreamfs check my.conf
		expect /'my pages'/world
	EOF
	run -0 dreamfs check my.conf
	assert_line 'group "my pages" {'
	assert_line "    url             = \"$ORIGIN/{+key}\""
	assert_line '    capacity        = 1G'
	assert_line '    ttl             = origin'
	dream_mount -c my.conf
	assert_equal "$(cat "$M/my pages/index")" index
}

@test "init: a bad answer is told at once and asked for again" {
	run -0 dialogue.py dreamfs init <<-'EOF'
		expect Getter [command]:
		send comand
		expect 'comand' is none of: command
		expect Getter [command]:
		send
		expect command [echo hello {key}]:
		send echo 'open
		expect command:
		expect command [echo hello {key}]:
		send printf "%s\n" '${HOME} \ {key}'
		expect directory [hello]:
		send .hidden
		expect begins with '.'
		expect [hello]:
		send a/b
		expect holds a '/'
		expect [hello]:
		type x\x1b[A\n
		expect control character
		expect [hello]:
		send } group x {
		expect [64M]:
		send lots
		expect 'lots' is not a size such as
		expect [64M]:
		send 0
		expect must be above 0
		expect [64M]:
		send 8M
		expect [5m]:
		send origin
		expect 'ttl = origin' is for a url
		expect [5m]:
		send 5
		expect is not a duration
		expect [5m]:
		send 0
		expect this one [none]:
		send nonsense
		expect nonsense
		expect this one [none]:
		send
		expect Wrote dreamfs.conf.
	EOF
	run -0 dreamfs check dreamfs.conf
	assert_line 'group "} group x {" {'
	assert_line '    capacity        = 8M'
	dream_mount -c dreamfs.conf
	assert_equal "$(cat "$M/} group x {/k")" '${HOME} \ k'
}

@test "init: other nodes" {
	run -0 dialogue.py dreamfs init <<-'EOF'
		expect Getter
		send
		expect ]:
		send
		expect ]:
		send
		expect ]:
		send
		expect ]:
		send
		expect this one [none]:
		send 127.0.0.1:7246
		expect spell it [http://127.0.0.1:7246]:
		send here
		expect here
		expect spell it [http://127.0.0.1:7246]:
		send http://here:7246
		expect others [none]:
		send there
		expect there
		expect others [none]:
		send http://b:7246, http://c:7246 http://here:7246
		expect Wrote
	EOF
	run -0 dreamfs check dreamfs.conf
	assert_line '    listen          = "127.0.0.1:7246"'
	assert_line '    self            = "http://here:7246"'
	assert_line --regexp '^    peers += \{ "http://here:7246", "http://b:7246", "http://c:7246" \}'
	# Alone for now.
	run -0 dialogue.py dreamfs init --force <<-'EOF'
		expect Getter
		send
		expect ]:
		send
		expect ]:
		send
		expect ]:
		send
		expect ]:
		send
		expect this one [none]:
		send 127.0.0.1:7246
		expect ]:
		send
		expect [none]:
		send
	EOF
	run -0 dreamfs check dreamfs.conf
	assert_line '    self            = "http://127.0.0.1:7246"'
}

@test "init: Ctrl-D and Ctrl-C leave nothing behind" {
	run -1 dialogue.py dreamfs init <<-'EOF'
		expect Getter
		send
		expect ]:
		type \x04
	EOF
	assert_output --partial 'dreamfs: nothing was written'
	run -130 dialogue.py dreamfs init <<-'EOF'
		expect Getter
		send
		expect ]:
		type \x03
	EOF
	assert_equal "$(ls -A)" ''
}

@test "init: on a terminal it asks before it overwrites" {
	echo mine >dreamfs.conf
	for answer in '' no; do
		run -1 dialogue.py dreamfs init <<-EOF
			expect is there already.  Replace it? [no]:
			send $answer
			expect dreamfs: 'dreamfs.conf' is there already
		EOF
		assert_equal "$(cat dreamfs.conf)" mine
	done
	run -1 dialogue.py dreamfs init <<-'EOF'
		expect Replace it? [no]:
		send yes
		expect Getter
		type \x04
	EOF
	assert_equal "$(cat dreamfs.conf)" mine
	run -0 dialogue.py dreamfs init --defaults --force </dev/null
	run -0 dreamfs check dreamfs.conf
	# The questions are not in the text.
	run -0 dialogue.py sh -c 'dreamfs init - >out' <<-'EOF'
		expect Getter
		send
		expect ]:
		send
		expect ]:
		send
		expect ]:
		send
		expect ]:
		send
		expect ]:
		send
	EOF
	diff out dreamfs.conf
}
