#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Against a real redis-server.
load helpers/load

setup() {
	dream_setup
	ports 2
	PORT=${HELD[0]} TLS_PORT=${HELD[1]}
}

# Starts the server with these options more.  Sets SERVER, its process.
server() {
	beside redis-server --bind 127.0.0.1 ::1 --port "$PORT" \
		--unixsocket "$T/sock" --dir "$T" --save '' \
		--enable-debug-command local "$@" >>"$T/redis.log"
	SERVER=$BESIDE
	wait_until redis-cli -s "$T/sock" ping
}

# Asks it: rcli COMMAND WORD...
rcli() {
	redis-cli -s "$T/sock" "$@"
}

# Adds a group: conf_of NAME URL [LINE...]
conf_of() {
	{
		printf 'group %s {\n  redis = "%s"\n' "$1" "$2"
		printf '  %s\n' "${@:3}" '}'
	} >>"$T/dreamfs.conf"
}

assert_error() {
	local said
	said=$(xattr error "$1")
	[[ $said == *"$2"* ]] || fail "the error is '$said', not '$2'"
}

# How many commands of a kind the server ran.
ran() {
	rcli info commandstats | tr -d '\r' |
		sed -n "s/^cmdstat_$1:calls=\([0-9]*\),.*/\1/p" | grep . || echo 0
}

@test "redis: a value, once" {
	server
	rcli set abc 'the value'
	conf_of g "redis://127.0.0.1:$PORT"
	dream_mount
	assert_equal "$(cat "$M/g/abc")" 'the value'
	assert_equal "$(cat "$M/g/abc")" 'the value'
	assert_equal "$(ran get)" 1
	assert_equal "$(xattr getter "$M/g")" "redis: redis://127.0.0.1:$PORT"
}

@test "redis: a group without a file" {
	server
	rcli set k v
	dream_mount -c '' -g "kv=redis: redis://127.0.0.1:$PORT/0"
	assert_equal "$(cat "$M/kv/k")" v
}

@test "redis: no such key, an empty value, other types" {
	server
	rcli set empty ''
	rcli lpush list a
	conf_of g "redis://127.0.0.1:$PORT"
	dream_mount
	assert_equal "$(errno_of open "$M/g/none")" ENOENT
	assert_equal "$(errno_of open "$M/g/empty")" OK
	assert_equal "$(stat -c %s "$M/g/empty")" 0
	assert_equal "$(errno_of open "$M/g/list")" EIO
	assert_error "$M/g/list" "redis://127.0.0.1:$PORT: WRONGTYPE Operation"
	# It was an answer, not a failure of the server.
	assert_equal "$(ran get)" 3
}

@test "redis: any bytes in values and keys" {
	server
	head -c 300000 /dev/urandom >"$T/bytes"
	rcli -x set bytes <"$T/bytes"
	printf 'a\0\r\n$5\0' | rcli -x set nul
	# Keys with NUL, newline, percent, slash, and none of UTF-8.
	rcli eval "redis.call('set', 'a\0b', 'nul')
		redis.call('set', 'a\nb', 'newline')
		redis.call('set', 'a\r\nGET x', 'command')
		redis.call('set', '100%', 'percent')
		redis.call('set', 'a/b', 'slash')
		redis.call('set', '\255', 'latin')
		redis.call('set', '.', 'dot')" 0
	conf_of g "redis://127.0.0.1:$PORT"
	dream_mount
	cmp "$M/g/bytes" "$T/bytes"
	cmp "$M/g/nul" <(printf 'a\0\r\n$5\0')
	assert_equal "$(cat "$M/g/a%00b")" nul
	assert_equal "$(cat "$M/g/a"$'\n'b)" newline
	assert_equal "$(cat "$M/g/a"$'\r\n'"GET x")" command
	assert_equal "$(cat "$M/g/100%25")" percent
	assert_equal "$(cat "$M/g/a%2Fb")" slash
	assert_equal "$(cat "$M/g/"$'\xff')" latin
	assert_equal "$(cat "$M/g/%2E")" dot
}

@test "redis: what a key is called there" {
	server
	rcli mset user:joe one 'g/joe/x' two '{joe}:cart' three
	conf_of g "redis://127.0.0.1:$PORT" 'redis_key = "user:{key}"'
	conf_of h "redis://127.0.0.1:$PORT" 'redis_key = "g/{key}/x"'
	conf_of tag "redis://127.0.0.1:$PORT" 'redis_key = "{{{key}}}:cart"'
	dream_mount
	assert_equal "$(cat "$M/g/joe")" one
	assert_equal "$(cat "$M/h/joe")" two
	assert_equal "$(cat "$M/tag/joe")" three
	for bad in prefix '{kye}' 'a{key' '{key}}' '{key}{'; do
		printf 'group g {\n redis = "redis://h"\n redis_key = "%s"\n}\n' \
			"$bad" >"$T/bad.conf"
		run -1 dreamfs check "$T/bad.conf"
		assert_output --regexp "bad.conf:2: redis: redis_key: "
	done
}

@test "redis: databases, addresses and sockets" {
	server
	rcli -n 3 set k three
	rcli -n 0 set k zero
	conf_of zero "redis://localhost:$PORT"
	conf_of three "redis://127.0.0.1:$PORT/3"
	conf_of six "redis://[::1]:$PORT/3"
	conf_of sock "unix://$T/sock"
	conf_of sock3 "unix://$T/sock?db=3"
	conf_of many "redis://127.0.0.1:$PORT/99"
	dream_mount
	assert_equal "$(cat "$M/zero/k" "$M/three/k" "$M/six/k")" \
		zerothreethree
	assert_equal "$(cat "$M/sock/k" "$M/sock3/k")" zerothree
	assert_equal "$(errno_of open "$M/many/k")" EIO
	assert_error "$M/many/k" 'ERR DB index is out of range'
}

@test "redis: a password, an ACL user, and neither is shown" {
	server --requirepass 's3cr@t/' \
		--user joe on '>pa:ss' '~user:*' +get
	redis-cli -s "$T/sock" -a 's3cr@t/' mset user:k joes other theirs
	conf_of all "redis://:s3cr%40t%2f@127.0.0.1:$PORT"
	conf_of joe "redis://joe:pa%3Ass@127.0.0.1:$PORT/0"
	conf_of sock "unix://joe:pa:ss@$T/sock"
	conf_of wrong "redis://joe:s3cr%40t@127.0.0.1:$PORT" 'retries = 0'
	conf_of none "redis://127.0.0.1:$PORT"
	dream_mount
	assert_equal "$(cat "$M/all/other" "$M/joe/user:k")" theirsjoes
	assert_equal "$(cat "$M/sock/user:k")" joes
	assert_equal "$(errno_of open "$M/joe/other")" EACCES
	assert_error "$M/joe/other" NOPERM
	assert_equal "$(errno_of open "$M/wrong/user:k")" EACCES
	assert_error "$M/wrong/user:k" WRONGPASS
	assert_equal "$(errno_of open "$M/none/other")" EACCES
	assert_error "$M/none/other" NOAUTH
	run -0 dreamfs check "$T/dreamfs.conf"
	assert_line --partial "redis://joe:***@127.0.0.1:$PORT/0"
	run -0 grep -rhE 's3cr|pa(:|%3A)ss' "$T/log" - <<<"$output pa:ss
		$(xattr getter "$M/all") $(xattr getter "$M/joe")
		$(xattr error "$M/wrong/user:k")"
	# The one that the test itself put there.
	assert_output --regexp '^[^:]* pa:ss$'
}

@test "redis: the password in a file, which may change" {
	server --requirepass old
	redis-cli -s "$T/sock" -a old mset a 1 b 2 c 3
	echo old >"$T/password"
	conf_of g "redis://127.0.0.1:$PORT" "password_file = password" \
		'retries = 0'
	dream_mount
	assert_equal "$(cat "$M/g/a")" 1
	redis-cli -s "$T/sock" -a old config set requirepass new
	redis-cli -s "$T/sock" -a new client kill type normal skipme yes
	assert_equal "$(errno_of open "$M/g/b")" EACCES
	echo new >"$T/password"
	wait_until value_is 2 "$M/g/b"
	rm "$T/password"
	redis-cli -s "$T/sock" -a new client kill type normal skipme yes
	# Not ENOENT: this says nothing about the key.
	assert_equal "$(errno_of open "$M/g/c")" EIO
	assert_error "$M/g/c" password
	echo new >"$T/password"
	wait_until value_is 3 "$M/g/c"
	run ! grep -wE 'old|new' "$T/log"
	# It cannot be said twice.
	cat >"$T/twice.conf" <<-EOF
		group g {
		    redis = "redis://:x@h"
		    password_file = password
		}
	EOF
	run -1 dreamfs check "$T/twice.conf"
	assert_output --partial 'twice.conf:2: redis: a password in the URL'
}

value_is() {
	[ "$(cat "$2")" = "$1" ]
}

@test "redis: a server that repeats what it does not know" {
	server --rename-command AUTH ''
	conf_of g "redis://:s3cret@127.0.0.1:$PORT" 'retries = 0'
	dream_mount
	assert_equal "$(errno_of open "$M/g/a")" EIO
	assert_error "$M/g/a" 'does not know AUTH'
	run ! grep -F s3cret "$T/log"
}

@test "redis: max_value is enforced, without taking the memory" {
	server
	head -c 1048576 /dev/zero | tr '\0' x | rcli -x set fits
	head -c 1048577 /dev/zero | tr '\0' x | rcli -x set over
	rcli setrange huge $((512 * 1024 * 1024 - 1)) x
	conf_of g "redis://127.0.0.1:$PORT" 'max_value = 1M'
	conf_of large "redis://127.0.0.1:$PORT" 'max_value = 64M'
	conf_of tiny "redis://127.0.0.1:$PORT" 'max_value = 10'
	dream_mount
	assert_equal "$(wc -c <"$M/g/fits")" 1048576
	assert_equal "$(errno_of open "$M/g/over")" EFBIG
	assert_error "$M/g/over" 'larger than 1048576 bytes'
	assert_equal "$(errno_of open "$M/tiny/fits")" EFBIG
	before=$(memory)
	assert_equal "$(errno_of open "$M/large/huge")" EFBIG
	assert [ $(($(memory) - before)) -lt 32768 ]
	# A failure, but not of the server: it is not asked again.
	assert_equal "$(ran get)" 4
}

# The most that the daemon ever used, in KiB.
memory() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$DREAM_PID/status"
}

@test "redis: ttl = origin is the key's time to live there" {
	server
	rcli set ever one
	conf_of g "redis://127.0.0.1:$PORT" 'ttl = origin'
	conf_of own "redis://127.0.0.1:$PORT" 'ttl = 1h'
	dream_mount
	rcli set short one px 5000
	assert_equal "$(cat "$M/g/short" "$M/g/ever" "$M/own/ever")" oneoneone
	assert_equal "$(xattr ttl "$M/g/ever")" never
	rcli set short two
	rcli set ever two
	wait_until value_is two "$M/g/short"
	assert_equal "$(cat "$M/g/ever" "$M/own/ever")" oneone
	rcli set late one px 300000
	cat "$M/g/late"
	assert [ "$(xattr ttl "$M/g/late" | tr -dc 0-9)" -gt 0 ]
	printf 'group a {\n command = x\n ttl = origin\n}\n' >"$T/bad.conf"
	run -1 dreamfs check "$T/bad.conf"
	assert_output --partial "'ttl = origin' is for a url or redis"
}

# A certificate and its key in $T/NAME.pem and .key: cert NAME SUBJECT ALTNAME
cert() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$2" \
		-addext "subjectAltName=$3" -keyout "$T/$1.key" \
		-out "$T/$1.pem" 2>/dev/null
}

@test "redis: TLS: whom to trust, and by which name" {
	cert here localhost DNS:localhost,IP:127.0.0.1
	server --tls-port "$TLS_PORT" --tls-cert-file "$T/here.pem" \
		--tls-key-file "$T/here.key" --tls-auth-clients no \
		--tls-ca-cert-file "$T/here.pem" --requirepass x
	redis-cli -s "$T/sock" -a x set k v
	head -c 3000000 /dev/urandom >"$T/bytes"
	redis-cli -s "$T/sock" -a x -x set big <"$T/bytes"
	ca="ca_file = \"$T/here.pem\""
	conf_of name "rediss://:x@localhost:$TLS_PORT" "$ca"
	conf_of address "rediss://:x@127.0.0.1:$TLS_PORT/0" "$ca"
	conf_of strange "rediss://:x@127.0.0.1:$TLS_PORT" 'retries = 0'
	conf_of trusting "rediss://:x@127.0.0.1:$TLS_PORT" 'insecure = yes'
	conf_of six "rediss://:x@[::1]:$TLS_PORT" "$ca" 'retries = 0'
	conf_of plain "redis://:x@127.0.0.1:$TLS_PORT" 'retries = 0'
	# The server waits for the end of a command that never comes.
	conf_of other "rediss://:x@127.0.0.1:$PORT" "$ca" 'retries = 0' \
		'connect_timeout = 500ms'
	dream_mount
	assert_equal "$(cat "$M/name/k" "$M/address/k" "$M/trusting/k")" vvv
	cmp "$M/name/big" "$T/bytes"
	assert_equal "$(errno_of open "$M/strange/k")" EIO
	assert_error "$M/strange/k" certificate
	# The right certificate, on an address that is not in it.
	assert_equal "$(errno_of open "$M/six/k")" EIO
	assert_error "$M/six/k" 'no alternative certificate subject name'
	for group in plain other; do
		assert_equal "$group $(errno_of open "$M/$group/k")" \
			"$group EIO"
	done
}

@test "redis: TLS: who we are, and a certificate for another host" {
	cert wrong example.org DNS:example.org
	cert us us DNS:us
	cat "$T/wrong.pem" "$T/us.pem" >"$T/ca.pem"
	server --tls-port "$TLS_PORT" --tls-cert-file "$T/wrong.pem" \
		--tls-key-file "$T/wrong.key" --tls-auth-clients yes \
		--tls-ca-cert-file "$T/ca.pem"
	rcli set k v
	url=rediss://localhost:$TLS_PORT
	us=("cert_file = \"$T/us.pem\"" "key_file = \"$T/us.key\"")
	conf_of wrong "$url" "ca_file = \"$T/ca.pem\"" "${us[@]}" 'retries = 0'
	conf_of us "$url" 'insecure = yes' "${us[@]}"
	conf_of nobody "$url" 'insecure = yes' 'retries = 0'
	dream_mount
	assert_equal "$(errno_of open "$M/wrong/k")" EIO
	assert_error "$M/wrong/k" 'no alternative certificate subject name'
	assert_equal "$(cat "$M/us/k")" v
	assert_equal "$(errno_of open "$M/nobody/k")" EIO
}

@test "redis: connections are kept, and replaced when they are gone" {
	server
	for i in {1..40}; do
		echo "set k$i v"
	done | rcli >/dev/null
	conf_of g "redis://127.0.0.1:$PORT" 'retries = 0'
	dream_mount
	for i in {1..20}; do
		cat "$M/g/k$i" >/dev/null
	done
	assert_equal "$(connections)" 1
	# Behind its back: nobody notices, even without retries.
	for i in {21..30}; do
		rcli client kill type normal skipme yes >/dev/null
		assert_equal "$(cat "$M/g/k$i")" v
	done
	# Many at once; of them some are kept.
	seq 31 40 | sed "s|^|$M/g/k|" | xargs -P 10 -n 1 cat >/dev/null
	assert [ "$(connections)" -le 8 ]
}

# How many the server has over TCP.
connections() {
	rcli client list | grep -c "laddr=127.0.0.1:$PORT" || true
}

# Reads keys k0 to k19 all the time in some threads, until the file `stop` is
# there; leaves a line "RESULT COUNT SLOWEST-MS" for each kind of result.
readers() {
	beside /usr/bin/python3 - "$M/g" "$T/stop" "$T/results" <<-'EOF'
		import collections, errno, os, random, sys, threading, time
		path, stop, out = sys.argv[1:]
		seen = collections.defaultdict(lambda: [0, 0])
		lock = threading.Lock()
		def read():
		    while not os.path.exists(stop):
		        key = f"k{random.randrange(20)}"
		        began = time.monotonic()
		        try:
		            with open(f"{path}/{key}") as f:
		                got = "right" if f.read() == key else "wrong"
		        except OSError as e:
		            got = errno.errorcode[e.errno]
		        ms = int((time.monotonic() - began) * 1000)
		        with lock:
		            seen[got][0] += 1
		            seen[got][1] = max(seen[got][1], ms)
		        time.sleep(0.005)
		threads = [threading.Thread(target=read) for _ in range(8)]
		for t in threads:
		    t.start()
		for t in threads:
		    t.join()
		with open(out + ".tmp", "w") as f:
		    for got, (count, ms) in seen.items():
		        print(got, count, ms, file=f)
		os.rename(out + ".tmp", out)
	EOF
}

@test "redis: killed and started again while readers read" {
	server --appendonly yes --appendfsync always
	for i in {0..19}; do
		rcli set "k$i" "k$i" >/dev/null
	done
	conf_of g "redis://127.0.0.1:$PORT" 'ttl = 5ms' 'kernel_cache = 0'
	dream_mount
	readers
	wait_until counted 200
	for _ in 1 2 3; do
		kill -KILL "$SERVER"
		wait_until gone "$SERVER"
		wait_until failing
		server --appendonly yes --appendfsync always
		wait_until value_is k7 "$M/g/k7"
	done
	touch "$T/stop"
	wait_until test -e "$T/results"
	cat "$T/results"
	# Values or EIO, and never a wait for the group's timeout.
	run ! grep -vE '^(right|EIO) ' "$T/results"
	assert [ "$(awk '$3 > m { m = $3 } END { print m }' "$T/results")" \
		-lt 20000 ]
	assert [ "$(awk '$1 == "right" { print $2 }' "$T/results")" -gt 200 ]
}

counted() {
	[ "$(counter local_loads)" -ge "$1" ]
}

failing() {
	! cat "$M/g/k1" >/dev/null
}

@test "redis: a server that hangs costs its own readers their time alone" {
	server
	for i in {0..9}; do
		rcli set "k$i" v >/dev/null
	done
	getter <<<'printf fine'
	cat >"$T/dreamfs.conf" <<-EOF
		group fine { command = "$T/get {key}" }
	EOF
	conf_of g "redis://127.0.0.1:$PORT" 'timeout = 500ms' 'loads = 2'
	conf_of new "redis://127.0.0.1:$PORT/1" 'timeout = 500ms' 'loads = 2'
	conf_of long "redis://127.0.0.1:$PORT" 'timeout = 1h' 'loads = 2'
	dream_mount
	wait_until value_is v "$M/g/k0"
	kill -STOP "$SERVER"
	for i in 1 2 3 4; do
		beside sh -c 'cat "$1" >"$2.new"; mv "$2.new" "$2"' sh \
			"$M/long/k$i" "$T/long$i"
	done
	wait_until xattr_is loads "$M/long" 4
	assert_equal "$(cat "$M/fine/a")" fine
	for i in 5 6 7; do
		within 10000 cat "$M/g/k$i" "$M/new/k$i" 2>"$T/err"
		assert_equal "$(grep -c 'timed out' "$T/err")" 2
	done
	run ! compgen -G "$T/long?"
	kill -CONT "$SERVER"
	for i in 1 2 3 4; do
		wait_until test -e "$T/long$i"
		assert_equal "$(cat "$T/long$i")" v
	done
	wait_until value_is v "$M/g/k8"
	wait_until open_says ENOENT "$M/new/k8"
}

open_says() {
	[ "$(errno_of open "$2")" = "$1" ]
}

@test "redis: nothing listens" {
	conf_of g "redis://127.0.0.1:$PORT" 'retries = 1'
	conf_of sock "unix://$T/sock"
	# Too long a label to be asked for: this needs no network.
	conf_of name "redis://$(printf 'x%.0s' {1..64}).invalid:$PORT" \
		'retries = 0'
	dream_mount
	within 10000 cat "$M/g/a"
	assert_equal "$(errno_of open "$M/g/a")" EIO
	assert_error "$M/g/a" "redis://127.0.0.1:$PORT: connection refused"
	assert_equal "$(errno_of open "$M/sock/a")" EIO
	assert_error "$M/sock/a" "unix://$T/sock: "
	assert_equal "$(errno_of open "$M/name/a")" EIO
	assert_error "$M/name/a" 'could not resolve'
	server
	rcli set a v
	wait_until value_is v "$M/g/a"
	wait_until value_is v "$M/sock/a"
}

@test "redis: many readers do not storm a server that fails" {
	beside /usr/bin/python3 - "$PORT" "$T/accepted" <<-'EOF'
		import socket, sys
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("127.0.0.1", int(sys.argv[1])))
		s.listen(1000)
		with open(sys.argv[2], "w", buffering=1) as out:
		    print("ready", file=out)
		    while True:
		        s.accept()[0].close()
		        print("one", file=out)
	EOF
	wait_until test -s "$T/accepted"
	conf_of g "redis://:x@127.0.0.1:$PORT"
	dream_mount
	seq 300 | sed "s|^|$M/g/k|" | xargs -P 50 -n 10 cat 2>/dev/null || true
	assert_equal "$(counter local_load_errs)" 300
	# Three attempts for each key would be 900.
	assert [ "$(grep -c one "$T/accepted")" -lt 150 ]
}
