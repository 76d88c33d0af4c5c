# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# The status page, in a real browser.

load helpers/load
load helpers/cluster
load helpers/browser

setup() {
	dream_setup
	# A peer that is slow to answer is not what these are about.
	patience 20000 "$HEARTBEAT"
}

teardown() {
	browser_end
	cluster_teardown
}

# Two nodes; the page is a's, whose front door has the third port.
page_cluster() {
	nodes_init a b api
	# shellcheck disable=SC2034
	NODES=(a b)
	echo 'case $1 in (missing) exit 1 ;; esac; echo "value of $1"' |
		cluster_getter
	node_conf a "api = \"${URL[api]#http://}\"" --
	node_conf b
	nodes_mount a b
	wait_until all_up a b
}

# The words of a row of a table: row_is TBODY ROW TEXT
row_is() {
	browse wait "document.querySelector('#$1').rows[$2]" \
		"?.innerText.replace(/\\s+/g, ' ') === '$3'"
}

@test "groups, ratios and peers are shown as the attributes have them" {
	local n share
	page_cluster
	for n in 1 2 3 4; do
		cat "$T/a/g/key"
	done
	browser
	browse open "${URL[api]}/"
	# What the kernel answers by itself is not the node's to count.
	n=$(node_counter a gets)
	row_is groups 0 "g $(awk -v g="$n" -v l="$(node_counter a loads)" \
		'BEGIN { printf "%.1f", 100 * (g - l) / g }') % $n $(
		node_counter a loads) $(node_counter a peer_loads) 0 0 $(
		node_counter a items) $(node_counter a bytes) B of 64.0 MiB"
	share=$(awk -v u="${URL[b]}" '$1 == u { print $2 }' \
		"$T/a/.dreamfs/ring")
	row_is peers 0 "${URL[a]} this node $(awk -v u="${URL[a]}" \
		'$1 == u { print $2 }' "$T/a/.dreamfs/ring")"
	row_is peers 1 "${URL[b]} up $share"
	browse wait "document.querySelector('#node').textContent" \
		".includes('process ${PID[a]}')"
}

@test "it follows what happens" {
	page_cluster
	browser
	browse open "${URL[api]}/"
	row_is groups 0 'g – 0 0 0 0 0 0 0 B of 64.0 MiB'
	cat "$T/a/g/key"
	browse wait "document.querySelector('#groups').rows[0].cells[2]" \
		".innerText !== '0'"
	browse wait "[...document.querySelectorAll('#ratio .curve')]" \
		".some((curve) => curve.getAttribute('d') !== 'M0 0')"
	node_kill b
	browse wait "document.querySelector('#peers .down')?.innerText" \
		".startsWith('down for')"
}

@test "a node that is gone is said to be, and found again" {
	page_cluster
	browser
	browse open "${URL[api]}/"
	browse wait "document.body.dataset.state === 'fresh'"
	node_kill a
	browse wait "document.querySelector('#trouble').textContent" \
		".startsWith('no answer')"
	nodes_mount a
	browse wait "document.querySelector('#trouble').textContent === ''"
}

@test "it asks nobody but its own node, and has no complaints" {
	page_cluster
	browser
	browse open "${URL[api]}/"
	browse wait "document.body.dataset.state === 'fresh'"
	run browse show "performance.getEntriesByType('resource')" \
		".filter((r) => !r.name.startsWith('${URL[api]}/')).length"
	assert_output 0
	run browse show 'document.scripts.length + document.images.length' \
		' + document.querySelectorAll("link[rel=stylesheet]").length'
	assert_output 1
	run browse logs
	assert_output '[]'
}

@test "who runs no scripts finds groups, peers and shares in it" {
	page_cluster
	cat "$T/a/g/key"
	run -0 curl -sf "${URL[api]}/"
	assert_line --regexp "^group=g policy=lru gets=[1-9]"
	assert_line "${URL[a]} self"
	assert_line "${URL[b]} up"
	assert_line "$(grep "${URL[b]}" "$T/a/.dreamfs/ring")"
}

@test "names of groups are text, whatever they hold" {
	nodes_init api
	dream_conf <<-EOF
		node {
		    api = "${URL[api]#http://}"
		}
		group "<img src=x onerror=alert(1)>" {
		    command = "echo {key}"
		}
		group "a b%c=d" {
		    command = "echo {key}"
		}
		group "$(printf 'long%.0s' {1..60})" {
		    command = "echo {key}"
		}
	EOF
	dream_mount
	browser
	browse open "${URL[api]}/"
	row_is groups 0 '<img src=x onerror=alert(1)> – 0 0 0 0 0 0 0 B of 64.0 MiB'
	row_is groups 1 'a b%c=d – 0 0 0 0 0 0 0 B of 64.0 MiB'
	run -0 curl -sf "${URL[api]}/"
	assert_output --partial 'group=&lt;img'
	refute_output --partial '<img'
	run browse show 'document.images.length'
	assert_output 0
	# Standalone: there are no peers to show, and nothing sticks out.
	browse wait 'document.querySelector("#ring").hidden'
	browse wait 'document.documentElement.scrollWidth <= innerWidth'
	run browse logs
	assert_output '[]'
}

@test "there is something to see" {
	local key
	page_cluster
	for key in {1..40}; do
		cat "$T/a/g/$key"
	done
	browser
	browse open "${URL[api]}/"
	browse wait "document.querySelectorAll('#ratio .curve').length === 1"
	browse shot "$T/page.png"
	# A picture of a page in two colours at least: nothing blank.
	[ "$(stat -c %s "$T/page.png")" -gt 20000 ]
	browse wait "[...document.querySelectorAll('section')]" \
		'.every((s) => s.offsetHeight > 60)'
}
