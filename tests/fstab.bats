#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

# mount(8) looks for helpers in /sbin and for lines in /etc/fstab: the tests
# put both there in a mount namespace of their own.

# Runs a bash script (standard input) in such a namespace, with /sbin and
# /etc as overlays, dreamfs installed, $T and $M set.
in_namespace() {
	make -C "$ROOT" -s --no-print-directory BUILD="${DREAM_BUILD##*/}" \
		DESTDIR="$T/root" install
	cat >"$T/script"
	T=$T M=$M ROOT=$ROOT timeout 60 unshare -m --propagation private \
		bash -euc '
		layer() {
			mkdir -p "$T/$1.up" "$T/$1.work"
			mount -t overlay overlay -o \
"lowerdir=$2,upperdir=$T/$1.up,workdir=$T/$1.work" "$2"
		}
		mount -t tmpfs tmpfs "$T/layers"
		T=$T/layers
		layer sbin "$(readlink -f /sbin)"
		layer etc /etc
		layer local /usr/local
		T=${T%/layers}
		cp -a "$T/root/sbin/." /sbin/
		cp -a "$T/root/usr/local/." /usr/local/
		source "$T/script"' 3>&-
}

setup() {
	dream_setup
	mkdir "$T/layers"
	getter <<<'printf "value of %s" "$1"'
	dream_group
}

@test "mount -t fuse.dreamfs and mount -t dreamfs" {
	run -0 --separate-stderr in_namespace <<-'EOF'
		for type in fuse.dreamfs dreamfs; do
			mount -t "$type" "$T/dreamfs.conf" "$M" -o allow_other
			cat "$M/g/a"
			echo
			grep " $M " /proc/mounts
			umount "$M"
		done
	EOF
	assert_line --index 0 'value of a'
	assert_line --index 1 --regexp \
		"^$T/dreamfs.conf $M fuse.dreamfs .*allow_other"
	assert_line --index 2 'value of a'
	assert_line --index 3 --partial "$T/dreamfs.conf $M fuse.dreamfs "
}

@test "both lines of fstab" {
	run -0 --separate-stderr in_namespace <<-'EOF'
		options=_netdev,nofail,allow_other
		for line in "fuse.dreamfs $options" \
			'dreamfs _netdev,noauto,x-systemd.automount'; do
			echo "$T/dreamfs.conf $M $line 0 0" >/etc/fstab
			mount "$M"
			cat "$M/g/a"
			echo
			umount "$M"
			! mountpoint -q "$M"
		done
	EOF
	assert_equal "$output" $'value of a\nvalue of a'
}

@test "mount -a, and every word of fstab" {
	run -0 in_namespace <<-'EOF'
		words=rw,auto,nouser,nofail,_netdev,x-foo.bar=baz,comment=hi
		words+=,dev,suid,exec,noatime
		echo "$T/dreamfs.conf $M fuse.dreamfs $words 0 0" >/etc/fstab
		mount -a
		cat "$M/g/a"
		umount "$M"
		words=ro,defaults,noauto,user,nodev,nosuid,noexec,relatime,atime
		echo "$T/dreamfs.conf $M dreamfs $words 0 0" >/etc/fstab
		mount "$M"
		cat "$M/g/b"
		grep -q " $M fuse.dreamfs ro,nosuid,nodev,noexec" /proc/mounts
		umount "$M"
	EOF
	assert_output 'value of avalue of b'
}

@test "config=FILE as an option" {
	run -0 in_namespace <<-'EOF'
		mount -t fuse.dreamfs -o "config=$T/dreamfs.conf" none "$M"
		cat "$M/g/a"
		umount "$M"
	EOF
	assert_output 'value of a'
}

@test "a mount that fails: status 32 and the reason" {
	echo 'group g {' >"$T/dreamfs.conf"
	run -32 in_namespace <<-'EOF'
		mount -t dreamfs "$T/dreamfs.conf" "$M"
	EOF
	assert_output --partial "$T/dreamfs.conf:"
	run -32 in_namespace <<-'EOF'
		mount -t fuse.dreamfs "$T/none.conf" "$M"
	EOF
	assert_output --partial "$T/none.conf"
}

@test "the daemon ends with its mount" {
	run -0 in_namespace <<-'EOF'
		mount -t dreamfs "$T/dreamfs.conf" "$M"
		pid=$(getfattr --only-values --absolute-names \
			-n user.dreamfs.pid "$M")
		umount "$M"
		for _ in {1..500}; do
			[ -e "/proc/$pid" ] || exit 0
			sleep 0.02
		done
		exit 1
	EOF
}
