# shellcheck shell=bash
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Hosts: network namespaces, each on a cable (veth) to a switch, which is a
# namespace that routes.  Load it after helpers/cluster.  The nodes of a test
# are in one each: node N at 10.83.I.2, the switch's end of its cable is port_N.
#
# What a node sends goes through its port; a port may lose packets, or all of
# those to another host.  Kernels have netem for that, or not; a classifier of
# a few instructions that sends them to a cable's end where nobody is does it
# everywhere.

HOSTS=()

# Gives the names a host and a URL each: hosts_init NAME…
# shellcheck disable=SC2034
hosts_init() {
	local name i=0 ns
	SWITCH=dreamfs-$$-switch
	HOSTS=("$SWITCH")
	ip netns add "$SWITCH"
	ip -n "$SWITCH" link set lo up
	ip netns exec "$SWITCH" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	ip -n "$SWITCH" link add nowhere type veth peer name nobody
	ip -n "$SWITCH" link set nowhere up
	ip -n "$SWITCH" link set nobody up
	for name; do
		i=$((i + 1))
		ns=dreamfs-$$-$name
		HOSTS+=("$ns")
		ip netns add "$ns"
		ip -n "$SWITCH" link add "port_$name" type veth \
			peer name eth0 netns "$ns"
		ip -n "$SWITCH" address add "10.83.$i.1/24" dev "port_$name"
		ip -n "$SWITCH" link set "port_$name" up
		ip netns exec "$SWITCH" tc qdisc add dev "port_$name" clsact
		ip -n "$ns" address add "10.83.$i.2/24" dev eth0
		ip -n "$ns" link set lo up
		ip -n "$ns" link set eth0 up
		ip -n "$ns" route add default via "10.83.$i.1"
		ENTER["$name"]="nsenter --net=/run/netns/$ns"
		ADDRESS["$name"]=10.83.$i.2
		URL["$name"]=http://10.83.$i.2:7246
	done
	NODES=("$@")
}
declare -gA ADDRESS

# Daemons have ended by then; namespaces go with the last in them.
hosts_teardown() {
	local ns
	for ns in "${HOSTS[@]}"; do
		ip netns del "$ns" 2>/dev/null
	done
	return 0
}

# A cluster on hosts: host_cluster NAME… [-- LINE of the group…]
host_cluster() {
	local names=() name
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		names+=("$1")
		shift
	done
	shift || true
	hosts_init "${names[@]}"
	for name in "${names[@]}"; do
		node_conf "$name" "$@"
	done
	nodes_mount "${names[@]}"
	wait_until all_up "${names[@]}"
}

# A host's cable is pulled or put back: cable NAME down|up
cable() {
	ip -n "$SWITCH" link set "port_$1" "$2"
}

# drop FILTER: packets that come in by a port and match go nowhere.
drop() {
	local name=$1
	shift
	ip netns exec "$SWITCH" tc filter add dev "port_$name" ingress "$@" \
		action mirred egress redirect dev nowhere
}

# Nothing reaches one host from another any more, in both directions.
cut_off() {
	drop "$1" protocol ip u32 match ip dst "${ADDRESS[$2]}/32" flowid 1:1
	drop "$2" protocol ip u32 match ip dst "${ADDRESS[$1]}/32" flowid 1:1
}

# A share (percent) of what a host sends is lost: lossy NAME PERCENT
lossy() {
	local below=$((0xffffffff * $2 / 100))
	# load a random word; if it is not below, it is no match; else one
	drop "$1" protocol ip bpf flowid 1:1 bytecode \
		"4,32 0 0 4294963256,53 0 1 $below,6 0 0 0,6 0 0 4294967295"
}

# All is well again at these hosts.
mend() {
	local name
	for name; do
		ip netns exec "$SWITCH" tc filter del dev "port_$name" ingress
	done
}

# How many packets went nowhere so far.
lost() {
	ip -n "$SWITCH" -s link show nobody | awk '/RX:/ { getline; print $2 }'
}
