#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# The manuals tell every name there is and none that is not, and are installed
# with all the rest.
load helpers/load

MAN=$ROOT/packaging/man

# same KIND: the source's tables and the manual page (helpers/names.py).
same() {
	/usr/bin/python3 "$ROOT/tests/helpers/names.py" source "$1" >"$T/source"
	/usr/bin/python3 "$ROOT/tests/helpers/names.py" manual "$1" >"$T/manual"
	diff -U0 --label 'in the source' --label 'in the manual' \
		"$T/source" "$T/manual"
}

# A page as plain words.
page() {
	sed 's/\\f.//g; s/\\//g' "$MAN/$1"
}

# Every setting that dreamfs knows: what init shows, with each getter.
settings() {
	local getter
	for getter in $(dreamfs -g 'x=?:' "$M" 2>&1 |
		sed -n "s/.*'?' is none of: //p"); do
		dialogue.py dreamfs init -f "$T/all.conf" >/dev/null <<-EOF
			expect Getter
			send $getter
			$(printf 'expect ]:\nsend\n%.0s' 1 2 3 4 5)
		EOF
		awk '/^[a-z].*{/ { where = $1 }
			sub(/^[# ]   (# )?/, "") && /^[a-z0-9_]+( *=|: )/ {
				sub(/[: =].*/, ""); print where, $0
			}' "$T/all.conf"
	done | sort -u
}

commands() {
	dreamfs --help | sed -nE 's/^(usage:)? *dreamfs ([a-z]+).*/\2/p' |
		sort -u
}

# Every option of dreamfs, or of one of its commands.
options() {
	dreamfs "$@" --help | grep -oE '(^|[][ ,|])--?[a-z][a-z-]*' |
		sed 's/^[^-]*//' | sort -u
}

@test "every setting is in dreamfs.conf(5), and no other" {
	settings >"$T/source"
	/usr/bin/python3 "$ROOT/tests/helpers/names.py" manual settings \
		>"$T/manual"
	diff -U0 --label 'in dreamfs' --label 'in the manual' \
		"$T/source" "$T/manual"
	# What is shown is what is in effect.
	dream_conf <<-EOF
		node {
		    log = warn
		}
		group g {
		    command = "true"
		}
		group h {
		    url = "http://127.0.0.1/{key}"
		}
	EOF
	dreamfs check "$T/dreamfs.conf" | awk '
		/^[a-z].*{/ { where = $1 }
		$2 == "=" { print where, $1 }' | sort -u >"$T/known"
	assert [ "$(wc -l <"$T/known")" -gt 20 ]
	run -0 comm -23 "$T/known" "$T/source"
	assert_output ''
}

@test "every attribute is in dreamfs-xattr(7), and no other" {
	same attributes
	getter <<<:
	dream_group
	dream_mount
	for where in root group; do
		[ "$where" = root ] && dir=$M || dir=$M/g
		getfattr --absolute-names "$dir" -d |
			sed -n "s/^user\.dreamfs\.\([a-z_]*\)=.*/$where \1/p"
	done | sort >"$T/listed"
	assert [ "$(wc -l <"$T/listed")" -gt 20 ]
	sed 's/ settable$//' "$T/source" >"$T/names"
	run -0 comm -23 "$T/listed" "$T/names"
	assert_output ''
}

@test "every file of .dreamfs is in dreamfs-xattr(7), and no other" {
	same files
}

@test "every header between peers is in dreamfs-protocol(7), and no other" {
	same headers
}

@test "every command and option is in dreamfs(1), and no other" {
	commands >"$T/commands"
	assert [ "$(wc -l <"$T/commands")" -ge 3 ]
	page dreamfs.1 | sed -n '/^.SH COMMANDS/,/^.SH FILES/p' |
		grep -A1 '^\.TP' | sed -nE 's/^\.BI? "?([a-z]+).*/\1/p' |
		sort -u >"$T/manual"
	diff -U0 "$T/commands" "$T/manual"
	options >"$T/options"
	while read -r command; do
		options "$command" >"$T/some"
		assert [ -s "$T/some" ]
		cat "$T/some" >>"$T/options"
		page dreamfs.1 | grep -A2 '^\.SY dreamfs' |
			grep -qE "^\.BI? $command\b" ||
			fail "'$command' is not in the synopsis"
	done <"$T/commands"
	sort -u "$T/options" >"$T/all"
	while read -r option; do
		page dreamfs.1 | grep -qE -e "(^|[^a-z-])$option([^a-z-]|\$)" ||
			fail "no $option in dreamfs.1"
	done <"$T/all"
	page dreamfs.1 | grep -oE -e '--[a-z][a-z-]*' | sort -u |
		comm -23 - "$T/all" >"$T/unknown"
	assert_equal "$(cat "$T/unknown")" ''
}

@test "the helper's options are in mount.dreamfs(8)" {
	ln -s "$DREAM_BUILD/dreamfs" "$T/mount.dreamfs"
	letters=$("$T/mount.dreamfs" --help | sed -n 's/.*\[-\([a-z]*\)\].*/\1/p')
	assert [ ${#letters} -ge 4 ]
	for letter in $(fold -w 1 <<<"$letters") o; do
		page mount.dreamfs.8 | grep -qE -e "^\.BR? .*-$letter\b" ||
			fail "no -$letter in mount.dreamfs.8"
	done
}

@test "the manuals are well-formed" {
	for file in "$MAN"/*; do
		run -0 mandoc -T lint -W warning "$file"
		assert_output ''
		run -0 --separate-stderr env LC_ALL=C.UTF-8 MANWIDTH=80 \
			man --warnings -E UTF-8 -l -Tutf8 "$file"
		assert_equal "$file: ${stderr-}" "$file: "
		refute_output ''
	done
}

@test "the manuals refer to manuals that are there" {
	cat "$MAN"/* | sed 's/\\//g' |
		grep -oE '^\.BR (mount\.)?dreamfs[a-z.-]* \([1-8]\)' |
		sed -E 's/^\.BR ([^ ]*) \((.)\)/\1.\2/' | sort -u >"$T/named"
	assert [ "$(wc -l <"$T/named")" -ge 5 ]
	while read -r name; do
		assert [ -e "$MAN/$name" ]
	done <"$T/named"
	# Each is referred to by another, the second name of one apart.
	for file in "$MAN"/*; do
		[ -L "$file" ] || grep -qxF "${file##*/}" "$T/named" ||
			fail "nothing refers to ${file##*/}"
	done
}

install_to() {
	make -C "$ROOT" -s --no-print-directory BUILD="${DREAM_BUILD##*/}" \
		DESTDIR="$T/root" "$@"
}

@test "make install brings all of packaging, make uninstall leaves nothing" {
	umask 077
	install_to install
	"$T/root/usr/local/bin/dreamfs" --version
	assert_equal "$(readlink "$T/root/sbin/mount.dreamfs")" \
		/usr/local/bin/dreamfs
	for file in "$MAN"/* "$ROOT"/packaging/{examples,systemd}/* \
		"$ROOT"/packaging/completion/dreamfs; do
		run -0 find "$T/root" -type f -name "${file##*/}" -perm -444
		refute_output ''
	done
	run -0 find "$T/root" ! -type l ! -perm -044
	assert_output ''
	run -0 env DREAMFS_EXAMPLES= dreamfs check \
		"$T/root/usr/local/share/doc/dreamfs/examples/dreamfs.conf"
	install_to uninstall
	assert_equal "$(find "$T/root" ! -type d -o -name 'dreamfs*')" ''
}

@test "what is installed elsewhere knows where" {
	install_to PREFIX=/opt/dream SBINDIR=/opt/dream/sbin install
	run -0 find "$T/root" ! -type d ! -path "$T/root/opt/*"
	assert_output ''
	assert_equal "$(readlink "$T/root/opt/dream/sbin/mount.dreamfs")" \
		/opt/dream/bin/dreamfs
	run -0 grep -rh '^ExecStart=' "$T/root/opt/dream/lib"
	assert_output --partial '=/opt/dream/bin/dreamfs serve '
	assert_output --partial '=/opt/dream/bin/dreamfs -f '
	run -0 grep -r /opt/dream/share/doc/dreamfs/examples \
		"$T/root/opt/dream/share/doc"
	install_to PREFIX=/opt/dream SBINDIR=/opt/dream/sbin uninstall
	assert_equal "$(find "$T/root" ! -type d)" ''
}

# The blocks of the README that are configuration, a file each.
readme_blocks() {
	awk -v out="$T/readme" '
		/^$/ && !open { next }
		/^    (node|group|defaults) / && !open { open = 1; n++ }
		open && !/^    / && !/^$/ { open = 0 }
		open { sub(/^    /, ""); print >(out n ".conf") }
	' "$ROOT/README.md"
}

@test "what the README shows of a configuration is one" {
	local file count=0
	readme_blocks
	echo secret >"$T/redis.password"
	for file in "$T"/readme*.conf; do
		sed -i "s|/etc/dreamfs/|$T/|" "$file"
		# A node alone is what the next block goes with.
		grep -q '^group ' "$file"
		run -0 dreamfs check "$file"
		count=$((count + 1))
	done
	[ "$count" -ge 4 ]
}

@test "the commands that the README shows are there" {
	local command
	sed -nE 's/^    (build\/)?dreamfs ([a-z]+) .*/\2/p' "$ROOT/README.md" |
		sort -u >"$T/shown"
	commands >"$T/known"
	assert [ -s "$T/shown" ]
	run -0 comm -13 "$T/known" "$T/shown"
	assert_output ''
	run -0 comm -23 "$T/known" "$T/shown"
	assert_output ''
}
