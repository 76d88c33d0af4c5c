#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# bash completion: what bash would offer behind a command line.
load helpers/load

# offers WORD...: bash's words, the last one being completed.
offers() {
	bash -c '
		source "$0"
		COMP_WORDS=(dreamfs "$@") COMP_CWORD=$#
		_dreamfs dreamfs
		printf "%s\n" "${COMPREPLY[@]}"' \
		"$ROOT/packaging/completion/dreamfs" "$@"
}

commands() {
	dreamfs --help | sed -nE 's/^(usage:)? *dreamfs ([a-z]+).*/\2/p' |
		sort -u
}

@test "it is for dreamfs, and silent" {
	run -0 bash -c 'source "$0" && complete -p dreamfs' \
		"$ROOT/packaging/completion/dreamfs"
	assert_output 'complete -F _dreamfs dreamfs'
	cd "$T"
	run -0 --separate-stderr offers che
	assert_output check
	assert_equal "${stderr-}" ''
}

@test "every command, and files, as the first word" {
	cd "$T"
	getter <<<:
	dream_group
	run -0 offers ''
	while read -r command; do
		assert_line "$command"
	done < <(commands)
	assert_line dreamfs.conf
}

@test "every option of each command" {
	for command in '' $(commands); do
		run -0 offers ${command:+"$command"} -
		dreamfs ${command:+"$command"} --help |
			grep -oE '^  +(-[a-z],? ?|)(--[a-z-]+)?' | tr ', ' '\n' |
			grep ^- >"$T/options"
		assert [ -s "$T/options" ]
		while read -r option; do
			assert_line -- "$option"
		done <"$T/options"
		# And nothing else that its help has words for.
		assert_equal "$(printf '%s\n' "${lines[@]}" | sort)" \
			"$(sort -u "$T/options")"
	done
	run -0 offers --ver
	assert_output -- --version
}

@test "files where a configuration belongs, directories to mount on" {
	cd "$T"
	getter <<<:
	dream_group
	mkdir 'a dir'
	run -0 offers check dream
	assert_output dreamfs.conf
	run -0 offers -f dreamfs.conf a
	assert_output 'a dir'
	run -0 offers -f dreamfs.conf dream
	assert_output ''
	run -0 offers -g x = 'command: y' a
	assert_output 'a dir'
	run -0 offers -o config = dream
	assert_output dreamfs.conf
	run -0 offers -o config =
	assert_line dreamfs.conf
	# A command that takes one.
	run -0 offers check dreamfs.conf dream
	assert_output ''
}

@test "every getter, behind the name of a group" {
	run -0 offers -g x =
	assert_line command:
	assert_line url:
	run -0 offers --group x = red
	assert_output redis:
	run -0 offers check x = red
	assert_output ''
}

@test "mount options, also behind a comma" {
	run -0 offers -o allow_o
	assert_output allow_other
	run -0 offers -o ro,allow_o
	assert_output ro,allow_other
}

@test "mount points and groups, where a command wants one" {
	getter <<<:
	dream_conf <<-EOF
		group one {
		    command = "$T/get {key}"
		}
		group "o\$(touch oops)" {
		    command = "$T/get {key}"
		}
	EOF
	mkdir "$T/a mount"
	dreamfs "$T/dreamfs.conf" "$T/a mount" 3>&-
	dream_adopt "$T/a mount"
	# A binary of a later day: it alone says what there is.
	cat >"$T/dreamfs" <<-'EOF'
		#!/bin/sh
		case $1 in
		look)
			echo 'usage: dreamfs look [--json] [-j N] MOUNTPOINT|URL'
			echo
			echo '      --json  all of it'
			;;
		heat)
			echo 'usage: dreamfs heat [-q] MOUNTPOINT/GROUP [FILE]'
			echo
			echo '  -l, --list FILE  names'
			;;
		*)
			echo 'usage: dreamfs CONFIG MOUNTPOINT'
			echo '       dreamfs look MOUNTPOINT'
			echo '       dreamfs heat MOUNTPOINT/GROUP'
			;;
		esac
	EOF
	chmod 755 "$T/dreamfs"
	PATH=$T:$PATH
	cd "$T"
	run -0 offers l
	assert_line look
	run -0 offers look "$T/a m"
	assert_output "$T/a mount"
	run -0 offers look -j 3 "$T/a m"
	assert_output "$T/a mount"
	run -0 offers look --j
	assert_output -- --json
	run -0 offers heat "$T/a"
	assert_output "$T/a mount/"
	run -0 offers heat "$T/a mount/on"
	assert_output "$T/a mount/one"
	run -0 offers heat "$T/a mount/o"
	assert_equal "${#lines[@]}" 2
	run -0 offers heat "$T/a mount/one" ge
	assert_output get
	run -0 offers heat --list ge
	assert_output get
	assert [ ! -e "$T/oops" ]
	PATH=${PATH#*:}
}

@test "bash itself completes with it" {
	cd "$T"
	getter <<<:
	dream_group
	cat >"$T/rc" <<-EOF
		source "$ROOT/packaging/completion/dreamfs"
		PS1='> ' PROMPT_COMMAND=
		bind 'set bell-style none'
	EOF
	run -0 timeout 60 /usr/bin/python3 - "$T/rc" <<-'EOF'
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp("bash", ["bash", "--noprofile", "--rcfile",
		                       sys.argv[1], "-i"])
		def until(text):
		    seen = b""
		    while text not in seen:
		        seen += os.read(fd, 4096)
		    return seen.decode()
		until(b"> ")
		os.write(fd, b"dreamfs che\tdream\t\n")
		print(until(b"policy"))
		os.write(fd, b"exit\n")
	EOF
	assert_output --partial 'dreamfs check dreamfs.conf'
}
