#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# The metrics: what promtool and a real Prometheus make of them, and whether
# they say what the attributes say.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	# A peer that is slow to answer is not what these are about.
	patience 20000 "$HEARTBEAT"
	cluster_getter <<<'[ "$1" != missing ] && printf "value of %s" "$1"'
}

# Two nodes, a with a front door: API.
door_cluster() {
	nodes_init a b
	ports 2
	API=http://127.0.0.1:${HELD[0]}
	PROMETHEUS=127.0.0.1:${HELD[1]}
	node_conf a "api = \"${API#http://}\"" --
	node_conf b
	# Names that a label must escape.
	# shellcheck disable=SC1003
	printf 'group "%s" { command = "true {key}" }\n' 'x\"y\\z' $'\xc3\xa9' \
		$'\xff{}' >>"$T/a.conf"
	nodes_mount a b
	wait_until all_up a b
}

# The value of a sample: sample 'NAME{LABELS}'
sample() {
	curl -sf "$API/metrics" | awk -v name="$1" '
		substr($0, 1, length(name) + 1) == name " " { print $NF }'
}

@test "promtool has nothing to say" {
	door_cluster
	cat "$T/a/g/$(owned a)" "$T/a/g/$(owned b)" >/dev/null
	run -0 --separate-stderr promtool check metrics < <(
		curl -sf "$API/metrics")
	assert_output ''
	[ -z "${stderr:-}" ]
	curl -sf "$API/metrics" | grep -F '{group="x\"y\\z"}' |
		grep -q '^dreamfs_gets_total{'
	curl -sf "$API/metrics" | grep -qF 'dreamfs_gets_total{group="%FF{}"}'
}

@test "every counter is what its attribute says" {
	local name
	door_cluster
	for key in $(owned a x 3) $(owned b x 3); do
		cat "$T/a/g/$key" "$T/a/g/$key" >/dev/null
	done
	run -1 cat "$T/a/g/missing"
	rm "$T/a/g/$(owned a x)"
	for name in $(xattr stats "$T/a/g" | tr ' ' '\n' | cut -d = -f 1); do
		case $name in
		bytes | items) metric=cache_$name ;;
		capacity) metric=cache_capacity_bytes ;;
		hot_*) metric=$name ;;
		*) metric=${name}_total ;;
		esac
		assert_equal "$name=$(sample "dreamfs_$metric{group=\"g\"}")" \
			"$name=$(xattr "$name" "$T/a/g")"
	done
	[ "$(sample 'dreamfs_gets_total{group="g"}')" -ge 7 ]
	# Each load was timed, here or there.
	local loads=0 source
	for source in getter peer; do
		count=$(sample "dreamfs_load_duration_seconds_count{group=\"g\"\
,source=\"$source\"}")
		assert_equal "$count" "$(sample \
			"dreamfs_load_duration_seconds_bucket{group=\"g\"\
,source=\"$source\",le=\"+Inf\"}")"
		loads=$((loads + count))
	done
	assert_equal "$loads" "$(xattr loads_deduped "$T/a/g")"
}

@test "peers, their share, and their state" {
	door_cluster
	run -0 cat "$T/a/g/$(owned b)"
	assert_equal "$(sample "dreamfs_peer_up{peer=\"${URL[b]}\"}")" 1
	assert_equal "$(sample "dreamfs_peer_up{peer=\"${URL[a]}\"}")" ''
	[ "$(sample "dreamfs_peer_request_duration_seconds_count\
{peer=\"${URL[b]}\"}")" -ge 1 ]
	for name in a b; do
		assert_equal "$(sample "dreamfs_ring_share_ratio\
{peer=\"${URL[$name]}\"}" | awk '{ printf "%.2f%%", 100 * $1 }')" \
			"$(dreamfs ring "$T/ring.conf" |
				grep -F "${URL[$name]}" | grep -oE '[0-9.]+%')"
	done
	node_kill b
	wait_until sample_is "dreamfs_peer_up{peer=\"${URL[b]}\"}" 0
}

sample_is() {
	[ "$(sample "$1")" = "$2" ]
}

@test "the process: descriptors, memory, start" {
	door_cluster
	assert_equal "$(sample process_max_fds)" \
		"$(awk '/Max open files/ { print $4 }' "/proc/${PID[a]}/limits")"
	[ "$(sample process_open_fds)" -gt 5 ]
	[ "$(sample process_resident_memory_bytes)" -gt 1000000 ]
	# Seconds, with a second for the clocks' ticks.
	awk -v metric="$(sample process_start_time_seconds)" \
		-v ps="$(date +%s -d "$(ps -o lstart= -p "${PID[a]}")")" \
		'BEGIN { d = metric - ps; exit !(d > -2 && d < 2) }'
}

# What Prometheus has for a query, or nothing.
asked() {
	curl -sf -G --data-urlencode "query=$1" "http://$PROMETHEUS/api/v1/query" |
		/usr/bin/python3 -c '
import json, sys
for r in json.load(sys.stdin)["data"]["result"]:
    print(r["value"][1])'
}

asked_is() {
	[ "$(asked "$1")" = "$2" ]
}

@test "Prometheus scrapes a node" {
	door_cluster
	cat >"$T/prometheus.yml" <<-EOF
		global: { scrape_interval: 1s, scrape_timeout: 1s }
		scrape_configs:
		  - job_name: dreamfs
		    static_configs: [ targets: [ "${API#http://}" ] ]
	EOF
	beside prometheus --config.file "$T/prometheus.yml" \
		--storage.tsdb.path "$T/tsdb" --web.listen-address "$PROMETHEUS" \
		--log.level error 2>>"$T/log"
	wait_until -t 60 asked_is 'up{job="dreamfs"}' 1
	wait_until asked_is 'dreamfs_cache_items{group="g"}' 0
	cat "$T/a/g/$(owned a)" >/dev/null
	wait_until asked_is 'dreamfs_cache_items{group="g"}' 1
	wait_until asked_is 'dreamfs_gets_total{group="x\"y\\z"}' 0
	wait_until asked_is 'sum(dreamfs_load_duration_seconds_count)' 1
}
