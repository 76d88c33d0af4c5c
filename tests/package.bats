#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# The Debian packages: made, looked at, installed, used, removed and purged.
# They are installed in a copy of this very system: an overlay over /, in
# namespaces of its own, so that nothing of it reaches the system itself.
load helpers/load

setup_file() {
	DEB=$BATS_FILE_TMPDIR/deb
	export DEB
	"$BATS_TEST_DIRNAME/../scripts/package" "$DEB" \
		>"$BATS_FILE_TMPDIR/log" 2>&1 3>&- || {
		tail -n 40 "$BATS_FILE_TMPDIR/log" >&2
		return 1
	}
}

# Runs a bash script (standard input) as root of such a copy; $DEB is there,
# and what changed in the end is below $T/upper.
in_copy() {
	cat >"$T/script"
	mkdir "$T/layers" "$T/upper"
	T=$T DEB=$DEB ROOT=$ROOT timeout 900 unshare -m -p --fork --kill-child \
		--propagation private bash -euc '
		# Mounts of other tests would live as long as our copies.
		umount -l -a -t fuse.dreamfs
		mount -t tmpfs tmpfs "$T/layers"
		cd "$T/layers"
		mkdir upper work root
		mount -t overlay overlay root -o \
			lowerdir=/,upperdir=upper,workdir=work
		for dir in dev sys; do mount --rbind "/$dir" "root/$dir"; done
		mount -t proc proc root/proc
		mount -t tmpfs tmpfs root/run
		for dir in "$DEB" "$ROOT" "$T"; do
			mkdir -p "root/$dir"
			mount --bind "$dir" "root/$dir"
		done
		# Without its file auto-update, no index, which takes a minute.
		mount -t tmpfs tmpfs root/var/lib/man-db
		export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
		status=0
		chroot root bash -euo pipefail "$T/script" || status=$?
		cp -a upper "$T"
		exit $status' 3>&-
}

package() {
	echo "$DEB"/dreamfs_*_*.deb
}

@test "source and binary packages, without a complaint of lintian's" {
	for kind in .dsc .tar.xz _*.changes _*.buildinfo _*.deb; do
		# shellcheck disable=SC2086
		assert [ -s "$DEB"/dreamfs_*$kind ]
	done
	run -0 lintian --allow-root -I -E --pedantic \
		--fail-on error,warning,info,pedantic,experimental \
		"$DEB"/*.changes
	assert_output ''
	# The flags of Debian's reached the compiler and the linker.
	run -0 grep '^cc .*-c -o build/main.o' "$BATS_FILE_TMPDIR/log"
	for flag in -D_FORTIFY_SOURCE=2 -fstack-protector-strong -Werror; do
		assert_output --partial " $flag "
	done
}

@test "what is needed to build is what scripts/setup installs" {
	sed -n '/^build=(/,/)/p' "$ROOT/scripts/setup" | tr -s '=()\t ' '\n' |
		grep -E -e '-dev$|-compiler$|^pkg-config$' | grep -vx libc6-dev |
		sort >"$T/setup"
	sed -n '/^Build-Depends:/,/^[^ B]/p' "$ROOT/packaging/debian/control" |
		grep -oE '[a-z0-9.+-]+(-dev|-compiler)\b|pkg-config' |
		sort >"$T/control"
	assert [ "$(wc -l <"$T/control")" -gt 5 ]
	diff "$T/setup" "$T/control"
}

@test "somebody else, elsewhere, without git: the same packages, bit by bit" {
	mkdir "$T/tree"
	(cd "$ROOT" && git ls-files -z -co --exclude-standard |
		tar -c --null -T -) | tar -x -C "$T/tree"
	chmod -R go-w,g+rX "$T/tree"
	mkdir "$T/tree/build"
	echo stray >"$T/tree/build/file"
	chown -R nobody "$T/tree"
	mkdir -m 777 "$T/tmp"
	(
		umask 027
		cd /
		env -i PATH=/usr/bin:/bin HOME=/nonexistent TZ=Asia/Tokyo \
			LC_ALL=C TMPDIR="$T/tmp" setpriv --reuid nobody \
			--regid nogroup --clear-groups \
			"$T/tree/scripts/package" >"$T/log" 2>&1 3>&-
	)
	for file in "$DEB"/*.deb "$DEB"/*.dsc "$DEB"/*.tar.xz; do
		cmp "$file" "$T/tree/build/deb/${file##*/}"
	done
	assert_equal "$(ls "$T/tmp")" ''
}

@test "installed: helpers, fstab, commands, manuals, units, completion" {
	run -0 in_copy <<-EOF
		apt-get -q -y install $(package)
		dpkg --verify dreamfs
		$ROOT/packaging/debian/tests/mount
		for page in $(cd "$ROOT/packaging/man" && echo *); do
			man -w "\${page##*.}" "\${page%.*}"
		done
		cd /lib/systemd/system
		systemd-analyze verify dreamfs{,-serve}@.service >/tmp/said 2>&1
		cat /tmp/said
		test ! -s /tmp/said
		# From 0, all that there is is forbidden, to 10.0.
		for unit in dreamfs@.service=50 dreamfs-serve@.service=15; do
			systemd-analyze security --no-pager --offline=true \
				--threshold="\${unit#*=}" "\${unit%=*}" >/dev/null
		done
		bash -c '
			source /usr/share/bash-completion/bash_completion
			_completion_loader dreamfs || [ \$? = 124 ]
			complete -p dreamfs'
		echo installed
	EOF
	assert_line 'complete -F _dreamfs dreamfs'
	assert_line --index -1 installed
}

@test "removed and purged: nothing is left, and mounts go on" {
	before=$(getent passwd dreamfs || true)
	assert_equal "$before" ''
	run -0 in_copy <<-EOF
		apt-get -q -y install $(package)
		getent passwd dreamfs
		mount -t dreamfs /etc/dreamfs/dreamfs.conf /mnt
		cmp /mnt/licenses/GPL-3 /usr/share/common-licenses/GPL-3
		# Again, as an upgrade, and after a change of the conffile.
		echo '# mine' >>/etc/dreamfs/dreamfs.conf
		dpkg -i $(package)
		grep mine /etc/dreamfs/dreamfs.conf
		apt-get -q -y remove dreamfs
		cmp /mnt/licenses/GPL-2 /usr/share/common-licenses/GPL-2
		umount /mnt
		grep mine /etc/dreamfs/dreamfs.conf
		# What was enabled goes with the rest.
		ln -s /lib/systemd/system/dreamfs@.service \
			/etc/systemd/system/multi-user.target.wants/dreamfs@x.service
		apt-get -q -y purge dreamfs
		if getent passwd dreamfs || getent group dreamfs; then
			exit 1
		fi
	EOF
	# What differs in the end, the package manager's own books apart.
	cd "$T/upper"
	run -0 find . \( -path ./var/lib/dpkg -o -path ./var/lib/apt -o \
		-path ./var/log -o -path ./var/cache -o -path ./tmp \
		-o -path './etc/*-' -o -path './etc/.pwd.lock' \) -prune -o \
		! -type d -print
	for file in "${lines[@]}"; do
		cmp "$file" "/$file"
	done
}
