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
	T=$T M=$M ROOT=$ROOT timeout $((60 * SLOW)) unshare -m --propagation private \
		bash -euc '
		# Mounts of other tests would live as long as our copies.
		umount -l -a -t fuse.dreamfs
		layer() {
			mkdir -p "$T/$1.up" "$T/$1.work"
			mount -t overlay overlay -o \
"lowerdir=$2,upperdir=$T/$1.up,workdir=$T/$1.work" "$2"
		}
		# `!` does not end a script.
		not() {
			if "$@"; then
				echo "not expected: $*"
				exit 1
			fi
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

# For the scripts: unmounts, and waits for the daemon, which looks once more
# whether its mount is still there.
leave() {
	local pid
	pid=$(attr -qg dreamfs.pid "$M")
	umount "$M"
	while [ -e "/proc/$pid" ]; do sleep 0.02; done
}
export -f leave

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
			leave
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
			leave
			not mountpoint -q "$M"
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
		while [ -e "/proc/$pid" ]; do
			sleep 0.02
		done
	EOF
}

@test "mount -a: what is mounted already, noauto, and what fails" {
	run -0 in_namespace <<-'EOF'
		mkdir "$T/a" "$T/b"
		echo "$T/dreamfs.conf $T/a dreamfs _netdev 0 0" >/etc/fstab
		echo "$T/dreamfs.conf $T/b dreamfs noauto 0 0" >>/etc/fstab
		mount -a
		mount -a
		grep -c " $T/a fuse.dreamfs" /proc/mounts
		not mountpoint -q "$T/b"
		echo "$T/none.conf $T/b dreamfs nofail 0 0" >>/etc/fstab
		umount "$T/a"
		mount -a || echo "some: $?"
		mountpoint -q "$T/a"
		umount "$T/a"
		sed -i 1,2d /etc/fstab
		mount -a || echo "all: $?"
	EOF
	assert_line --index 0 1
	assert_line --index 1 --partial "$T/none.conf"
	assert_line --index 2 'some: 64'
	assert_line --index 4 'all: 32'
}

@test "user: who is not root mounts it, as himself" {
	mkdir "$T/theirs"
	chown nobody "$T/theirs"
	getter <<<'id -un'
	run -0 in_namespace <<-'EOF'
		# Everybody's, as udev makes it.
		mknod -m 666 "$T/fuse" c 10 229
		mount --bind "$T/fuse" /dev/fuse
		echo "$T/dreamfs.conf $T/theirs dreamfs user,noauto 0 0" \
			>/etc/fstab
		as="setpriv --reuid nobody --regid nogroup --clear-groups"
		$as mount "$T/theirs"
		$as cat "$T/theirs/g/a"
		# Without allow_other it is nobody else's.
		not ls "$T/theirs"
		grep " $T/theirs " /proc/mounts
		$as umount "$T/theirs"
		not mountpoint -q "$T/theirs"
		# Not theirs to mount on.
		sed -i "s|/theirs|/mnt|" /etc/fstab
		$as mount "$M" || echo "status $?"
	EOF
	assert_line --index 0 nobody
	assert_line --index 1 --partial 'Permission denied'
	assert_line --index 2 --regexp \
		"fuse.dreamfs rw,nosuid,nodev,noexec.*,user_id=$(id -u nobody),"
	assert_line 'status 32'
}

@test "the helper's own exit codes: 1 for wrong usage, 32 for a failure" {
	run -0 in_namespace <<-'EOF'
		mount.dreamfs || echo "status $?"
		mount.fuse.dreamfs --nonsense a b || echo "status $?"
		mount.dreamfs "$T/none.conf" "$M" || echo "status $?"
		# All but mounting.
		mount -f -t dreamfs "$T/none.conf" "$M" || echo "status $?"
		mount -f -t dreamfs "$T/dreamfs.conf" "$M"
		not mountpoint -q "$M"
	EOF
	run -0 grep '^status' <<<"$output"
	assert_equal "$output" \
		$'status 1\nstatus 1\nstatus 32\nstatus 32'
}

@test "systemd reads from fstab what the manual says" {
	run -0 in_namespace <<-'EOF'
		generator=/lib/systemd/system-generators/systemd-fstab-generator
		echo "a.conf /a fuse.dreamfs _netdev,nofail,allow_other 0 0
		b.conf /b dreamfs _netdev,noauto,x-systemd.automount 0 0" \
			>/etc/fstab
		mkdir "$T/units"
		"$generator" "$T/units" "$T/units" "$T/units"
		cd "$T/units"
		echo *.*mount *.target.*/[ab].*
		grep -h Before= ./*mount
	EOF
	# The first wants a network and nobody waits for it; the second is
	# mounted when somebody looks.
	assert_equal "$output" "a.mount b.automount b.mount\
 remote-fs.target.requires/b.automount remote-fs.target.wants/a.mount
Before=remote-fs.target"
}
