# shellcheck shell=bash
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Several nodes in one test; load it after helpers/load.  A node has a name N,
# a URL ${URL[N]}, and
#   $T/N.conf  written by node_conf
#   $T/N       where it is mounted
#   $T/N.log   its standard error, shown with the node's name on failure
# and $T/ring.conf is the first configuration written: with all nodes, it says
# who owns what.
# The getter sees the node's name as $2; $T/loads has a line "N KEY" a run.

# The ports belong to the test (see helpers/ports.c).
# -g: load is a function.
# shellcheck disable=SC2034
declare -gA URL PORT PID
NODES=()
# Set by helpers/hosts.bash: the command that enters a node's network.
declare -gA ENTER

# peer_timeout and health_interval in milliseconds.  Who is asked whether he is
# there has half of the timeout, which a busy machine may well stand still.
PATIENCE=$((2000 + 1000 * SLOW))
HEARTBEAT=$((250 * SLOW))
patience() {
	PATIENCE=$1 HEARTBEAT=$2
}

teardown() {
	cluster_teardown
}

# What is stopped cannot be unmounted.
cluster_teardown() {
	local name status=0
	for name in "${NODES[@]}"; do
		[ -n "${PID[$name]-}" ] && kill -CONT "${PID[$name]}" 2>/dev/null
		[ -e "$T/$name.log" ] &&
			sed "s/^/$name: /" "$T/$name.log" >>"$T/log"
	done
	dream_teardown || status=$?
	if declare -F hosts_teardown >/dev/null; then
		hosts_teardown
	fi
	return $status
}

# Gives each name a port and a URL: nodes_init NAME…
nodes_init() {
	local name i=0
	ports $#
	for name; do
		PORT[$name]=${HELD[i]}
		URL[$name]=http://127.0.0.1:${HELD[i]}
		i=$((i + 1))
	done
	NODES=("$@")
	rm -f "$T/ring.conf"
}

# The URLs of these nodes as the configuration lists them.
peer_list() {
	local name list=
	for name; do
		list+="${list:+, }\"${URL[$name]}\""
	done
	echo "{ $list }"
}

# Every node's getter, from standard input; see `getter`.
cluster_getter() {
	{
		# shellcheck disable=SC2016
		echo 'echo "$2 $1" >>"$T/loads"'
		cat
	} | getter
	: >"$T/loads"
}

# Writes a node's configuration; group g takes lines, and so does the node,
# those before `--`.  PEERS: who is in the ring, else all.
#   node_conf NAME [LINE… --] [LINE…]
node_conf() {
	local name=$1 node=() arg
	shift
	for arg; do
		if [ "$arg" = -- ]; then
			while [ "$1" != -- ]; do
				node+=("$1")
				shift
			done
			shift
			break
		fi
	done
	# Whole, for a node that reloads meanwhile.
	# shellcheck disable=SC2086
	cat >"$T/$name.new" <<-EOF
		node {
		    listen = "${URL[$name]#http://}"
		    self = "${URL[$name]}"
		    peers = $(peer_list ${PEERS-${NODES[*]}})
		    peer_timeout = ${PATIENCE}ms
		    health_interval = ${HEARTBEAT}ms
		    $(printf '    %s\n' "${node[@]}")
		}
		group g {
		    command = "$T/get {key} $name"
		    $(printf '    %s\n' "$@")
		}
	EOF
	[ -e "$T/ring.conf" ] || cp "$T/$name.new" "$T/ring.conf"
	mv "$T/$name.new" "$T/$name.conf"
}

# node_launch NAME WORD…: a daemon; it is ended in teardown.
node_launch() {
	local name=$1
	shift
	# shellcheck disable=SC2086
	${ENTER[$name]-} dreamfs "$@" >>"$T/$name.log" 2>&1 </dev/null 3>&- &
	PID[$name]=$!
	DREAM_DAEMONS+=("$! $T/$name")
}

# Mounts nodes at $T/NAME, all at once, so that none misses another.
nodes_mount() {
	local name
	for name; do
		[ -d "$T/$name" ] || mkdir -p "$T/$name" 2>/dev/null || true
		node_launch "$name" -f "$T/$name.conf" "$T/$name"
	done
	for name; do
		wait_until answers_or_died "${PID[$name]}" "$T/$name"
		mounted "$T/$name"
	done
}

# A node without a mount.
node_serve() {
	local name=$1
	node_launch "$name" serve "$T/$name.conf"
	wait_until beats_or_died "$name"
	node_beats "$name"
}

beats_or_died() {
	gone "${PID[$1]}" || node_beats "$1"
}

# Does it answer its heartbeat?
node_beats() {
	# shellcheck disable=SC2086
	${ENTER[$1]-} curl -sf -m 5 "${URL[$1]}/_groupcache/_heartbeat_/hello"
}

# Ends a node without a word and takes its dead mount away.
node_kill() {
	kill -KILL "${PID[$1]}"
	wait_until gone "${PID[$1]}"
	umount -l "$T/$1" 2>/dev/null || true
	dream_forget "$T/$1"
	unset "PID[$1]"
}

# The usual: these nodes, all mounted, all of whom know of each other.
#   cluster NAME… [-- LINE of the group…]
cluster() {
	local names=() name
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		names+=("$1")
		shift
	done
	shift || true
	nodes_init "${names[@]}"
	for name in "${names[@]}"; do
		node_conf "$name" "$@"
	done
	nodes_mount "${names[@]}"
	wait_until all_up "${names[@]}"
}

# -- looking ------------------------------------------------------------------

# What one node thinks of another: peer_state NODE OTHER, "up" or "down 3s"
peer_state() {
	xattr peers "$T/$1" | tr ',' '\n' | sed -n "s|^ *${URL[$2]} ||p"
}

peer_is() {
	[[ "$(peer_state "$1" "$2") " == "$3 "* ]]
}

# Do these nodes find everybody well?
all_up() {
	local name peers
	for name; do
		peers=$(xattr peers "$T/$name") || return 1
		[[ $peers != *' down '* ]] || return 1
	done
}

node_counter() {
	xattr "$2" "$T/$1/g"
}

# The sum over all nodes.
cluster_counter() {
	local name sum=0
	for name in "${NODES[@]}"; do
		sum=$((sum + $(node_counter "$name" "$1")))
	done
	echo "$sum"
}

# Keys (names of files) that a node owns: owned NODE [PREFIX [COUNT]]
owned() {
	local keys
	keys=$(seq -f "${2-k}%g" 2000 |
		dreamfs ring "$T/ring.conf" - |
		awk -F '\t' -v url="${URL[$1]}" '$2 == url { print $1 }')
	[ -n "$keys" ] && head -n "${3-1}" <<<"$keys"
}

# The name of the node that owns a key.
owner_of() {
	local url name
	url=$(dreamfs ring "$T/ring.conf" "$1" | cut -f 2)
	for name in "${NODES[@]}"; do
		[ "${URL[$name]}" != "$url" ] || echo "$name"
	done
}

# Where a key was loaded, in order.
loaded_by() {
	sed -n "s/ $1\$//p" "$T/loads" | tr '\n' ' ' | sed 's/ $//'
}

# The key's value as all nodes show it, if they agree.
everywhere() {
	local name
	for name in "${NODES[@]}"; do
		cat "$T/$name/g/$1"
		echo
	done | sort -u
}

# -- reading all the time -----------------------------------------------------

# Starts helpers/reader.py for these nodes: read_on NODE…
read_on() {
	local dirs=("${@/#/$T/}")
	dirs=("${dirs[@]/%//g}")
	beside /usr/bin/python3 "$ROOT/tests/helpers/reader.py" "$T/read" on \
		"${dirs[@]}" 2>>"$T/log"
	wait_until has_read 1
}

# Has it made so many reads?
has_read() {
	local count
	read -r _ count _ <"$T/read" && [ "$count" -ge "$1" ]
}

# Returns when it has made so many more reads.
read_more() {
	local count
	read -r _ count _ <"$T/read"
	wait_until -t 60 has_read $((count + $1))
}

# All reads were right, and none took longer than so many milliseconds.
assert_read_well() {
	local line
	line=$(cat "$T/read")
	[[ $line =~ slowest\ ([0-9]+)\ wrong\ 0\  ]] || fail "$line"
	[ "${BASH_REMATCH[1]}" -le "$1" ] || fail "$line: more than $1 ms"
}
