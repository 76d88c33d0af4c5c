#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# The front door, as HTTP clients see it, on real nodes.
load helpers/load
load helpers/cluster

setup() {
	dream_setup
	getter <<-'EOF'
		case $1 in
		missing) exit 1 ;;
		broken) echo 'the origin is on fire' >&2; exit 7 ;;
		slow*) while [ ! -e "$T/gate" ]; do sleep 0.02; done ;;
		big) cat "$T/big"; exit ;;
		esac
		printf 'value of %s' "$1"
	EOF
}

# A node of one group, with an `api` of the kernel's choice; settings of the
# group as arguments.
door_conf() {
	dream_conf <<-EOF
		node {
		    api = "127.0.0.1:0"
		}
		group g {
		    command = "$T/get {key}"
		    $(printf '    %s\n' "$@")
		}
	EOF
}

# Sets API to the address that the log names.
door_find() {
	wait_until grep -q 'front door at' "$T/log"
	API=http://127.0.0.1:$(sed -n \
		"s/.*front door at .* port \([0-9]*\)$/\1/p" "$T/log" | tail -n 1)
}

# The mount answers a little earlier than the daemon knows it.
door_mount() {
	dream_mount
	door_find
	wait_until curl -sf "$API/healthz"
}

status_of() {
	curl -s -o /dev/null -w '%{http_code}' "$@"
}

status_is() {
	[ "$(status_of "${@:2}")" = "$1" ]
}

header() {
	tr -d '\r' | sed -n "s/^$1: //Ip"
}

# Has the getter run so often, or so often for a key?
ran() {
	[ "$(runs "${@:2}")" = "$1" ]
}

@test "a value, as bytes and as JSON" {
	door_conf
	door_mount
	run -0 curl -sf "$API/v1/g/a"
	assert_output 'value of a'
	run -0 curl -sf "$API/g?key=a"
	assert_output '{"a":"value of a"}'
	assert_equal "$(cat "$M/g/a")" 'value of a'
	# All three had the same load.
	assert_runs 1
	assert_equal "$(counter gets)" 3
	run -0 curl -sf "$API/g?key=100%25+%22%26%3c"
	assert_output '{"100% \"\u0026\u003c":"value of 100% \"\u0026\u003c"}'
}

@test "serve: a front door is enough" {
	door_conf
	beside dreamfs serve "$T/dreamfs.conf" 2>>"$T/log"
	door_find
	wait_until curl -sf "$API/healthz"
	assert_equal "$(curl -sf "$API/v1/g/a")" 'value of a'
	kill "$BESIDE"
	dream_ended "$BESIDE"
}

@test "an address in use is said, and nothing is left mounted" {
	door_conf
	door_mount
	mkdir "$T/other"
	sed "s|127.0.0.1:0|${API#http://}|" "$T/dreamfs.conf" >"$T/other.conf"
	run -1 timeout 60 dreamfs "$T/other.conf" "$T/other"
	assert_output --partial "cannot listen on '${API#http://}'"
	assert_output --partial 'in use'
	run -1 mounted "$T/other"
}

@test "keys of any bytes are those of the files" {
	door_conf
	door_mount
	/usr/bin/python3 - "${API##*:}" "$M/g" <<-'EOF'
	import http.client, json, os, sys
	from urllib.parse import quote, quote_plus
	door = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
	def get(path):
	    door.request("GET", path)
	    r = door.getresponse()
	    return r.status, r.read()
	keys = [b"a b", b"a+b", b"a/b", b"a//b/", b"../..", b"%", b"100%25",
	        b"?x=1&y", b"#", "ключ".encode(), b"new\nline", b"\xff\xfe",
	        b'"', b"\\", b" ", b"<&>", b"/", b"\r\n\r\n", b"~!$'();:@,=*"]
	for key in keys:
	    want = b"value of " + key
	    assert get("/v1/g/" + quote(key, "")) == (200, want), key
	    assert get("/v1/g/" + quote(key, "/+?"[:2])) == (200, want), key
	    status, body = get("/g?key=" + quote_plus(key))
	    text = key.decode("utf-8", "replace")
	    assert json.loads(body) == {text: "value of " + text}, body
	    name = key.replace(b"%", b"%25").replace(b"/", b"%2F")
	    with open(os.path.join(os.fsencode(sys.argv[2]), name), "rb") as f:
	        assert f.read() == want, key
	EOF
	assert_equal "$(counter local_loads)" 19
}

@test "errors: status and reason" {
	door_conf 'max_value = 1K'
	cat >>"$T/dreamfs.conf" <<-EOF
		group hasty {
		    command = "$T/get {key}"
		    timeout = 300ms
		}
	EOF
	head -c 2000 /dev/zero >"$T/big"
	door_mount
	run -0 curl -s -w ' %{http_code}' "$API/v1/g/missing"
	assert_output '{"error":"no such key"} 404'
	run -0 curl -s -w ' %{http_code}' "$API/v1/g/broken"
	assert_output --regexp \
		'^\{"error":"load failed: .*the origin is on fire.*"\} 502$'
	run -0 curl -s -w ' %{http_code}' "$API/g?key=broken"
	assert_output --regexp 'the origin is on fire.* 502$'
	run -0 curl -s -w ' %{http_code}' "$API/v1/hasty/slow"
	assert_output '{"error":"load timed out"} 504'
	run -0 curl -s -w ' %{http_code}' "$API/v1/g/big"
	assert_output --regexp '^\{"error":"value too large.*"\} 502$'
	run -0 curl -s -w ' %{http_code}' "$API/v1/nope/a"
	assert_output '{"error":"no such group"} 404'
	assert_equal "$(status_of -X POST -d x "$API/v1/g/a")" 405
	run -0 curl -si -X POST -d x "$API/v1/g/a"
	assert_output --partial 'Cache-Control: no-store'
	assert_equal "$(status_of -X PUT -d x "$API/v1/g/a")" 405
	assert_equal "$(status_of "$API/v1/g/%zz")" 400
	assert_equal "$(status_of "$API/g?key=%zz")" 400
	assert_equal "$(status_of "$API/g")" 400
}

# Where nginx has the same file.
nginx_start() {
	ports 1
	mkdir -p "$T/nginx"
	chmod 777 "$T/nginx"
	cat >"$T/nginx.conf" <<-EOF
		daemon off;
		pid $T/nginx/pid;
		error_log $T/nginx/error.log;
		events { }
		http {
		    access_log off;
		    client_body_temp_path $T/nginx/body;
		    proxy_temp_path $T/nginx/proxy;
		    fastcgi_temp_path $T/nginx/fastcgi;
		    uwsgi_temp_path $T/nginx/uwsgi;
		    scgi_temp_path $T/nginx/scgi;
		    server { listen 127.0.0.1:${HELD[0]}; root $T; }
		}
	EOF
	beside nginx -c "$T/nginx.conf" 2>>"$T/log"
	NGINX=http://127.0.0.1:${HELD[0]}
	wait_until curl -sf -o /dev/null "$NGINX/big"
}

@test "ranges of 10 MB, as nginx has them" {
	door_conf
	head -c 10000000 /dev/urandom >"$T/big"
	chmod 644 "$T/big"
	door_mount
	nginx_start
	assert_equal "$(curl -sf "$API/v1/g/big" | sha)" "$(sha <"$T/big")"
	local range
	for range in 0-0 0-99 1-1 5000000-5099999 9999999- 9999999-10000000 \
		-1 -100000 0- 4096-8191 -10000000 -10000001; do
		curl -sf -r "$range" -D "$T/head" -o "$T/ours" "$API/v1/g/big"
		curl -sf -r "$range" -D "$T/head2" -o "$T/theirs" "$NGINX/big"
		cmp "$T/ours" "$T/theirs"
		assert_equal "$(head -n 1 "$T/head" | tr -d '\r')" \
			'HTTP/1.1 206 Partial Content'
		assert_equal "$(header content-range <"$T/head")" \
			"$(header content-range <"$T/head2")"
	done
	for range in 10000000- 10000000-20000000 -0; do
		assert_equal "$(status_of -r "$range" "$API/v1/g/big")" 416
		assert_equal "$(status_of -r "$range" "$NGINX/big")" 416
	done
	assert_equal "$(status_of -r 0-1,5-6 "$API/v1/g/big")" 200
	# A download that broke off is taken up where it was.
	head -c 3000000 "$T/big" >"$T/part"
	curl -sf -C - -o "$T/part" "$API/v1/g/big"
	cmp "$T/part" "$T/big"
	assert_runs 1
}

@test "a value is asked for again only if it is another" {
	door_conf 'ttl = 1h'
	door_mount
	curl -sf --etag-save "$T/etag" -o "$T/one" "$API/v1/g/a"
	run -0 curl -s --etag-compare "$T/etag" -w '%{http_code} %{size_download}' \
		"$API/v1/g/a"
	assert_output '304 0'
	curl -sf -R -o "$T/dated" "$API/v1/g/a"
	assert_equal "$(stat -c %Y "$T/dated")" "$(stat -c %Y "$M/g/a")"
	run -0 curl -s -z "$T/dated" -w '%{http_code} %{size_download}' "$API/v1/g/a"
	assert_output '304 0'
	run -0 curl -sfI "$API/v1/g/a"
	assert_equal "$(header content-length <<<"$output")" 10
	assert_regex "$(header cache-control <<<"$output")" '^max-age=3[56][0-9]*$'
	assert_equal "$(header etag <<<"$output")" \
		"\"$(xattr sha256 "$M/g/a")\""
	# Another version is sent.
	getter <<<'printf "other"'
	rm "$M/g/a"
	run -0 curl -s --etag-compare "$T/etag" -w ' %{http_code}' "$API/v1/g/a"
	assert_output 'other 200'
	run -0 curl -s -r 0-1 -H "If-Range: $(cat "$T/etag")" "$API/v1/g/a"
	assert_output 'other'
}

@test "the origin's ETag and Last-Modified are passed on" {
	head -c 1000 /dev/urandom >"$T/big"
	chmod 644 "$T/big"
	nginx_start
	dream_conf <<-EOF
		node { api = "127.0.0.1:0" }
		group g { url = "$NGINX/{+key}" }
	EOF
	door_mount
	curl -sfI "$NGINX/big" >"$T/theirs"
	curl -sfI "$API/v1/g/big" >"$T/ours"
	for name in etag last-modified content-length; do
		assert_equal "$(header $name <"$T/ours")" \
			"$(header $name <"$T/theirs")"
	done
}

@test "DELETE, refreshing, and the kernel's view" {
	door_conf 'kernel_cache = 1h'
	echo 1 >"$T/version"
	getter <<<'printf "%s %s" "$1" "$(cat "$T/version")"'
	door_mount
	assert_equal "$(cat "$M/g/a") $(cat "$M/g/b")" 'a 1 b 1'
	echo 2 >"$T/version"
	assert_equal "$(status_of -X DELETE "$API/v1/g/a")" 204
	wait_until file_is "$M/g/a" 'a 2'
	assert_equal "$(cat "$M/g/b")" 'b 1'
	assert_equal "$(curl -sf -H 'Cache-Control: no-cache' "$API/v1/g/b")" 'b 2'
	wait_until file_is "$M/g/b" 'b 2'
	echo 3 >"$T/version"
	# The key was forgotten: nothing is.
	assert_equal "$(status_of -X DELETE "$API/v1/g/")" 400
	assert_equal "$(curl -sf "$API/v1/g/a")" 'a 2'
	assert_equal "$(status_of -X DELETE "$API/v1/g")" 204
	wait_until file_is "$M/g/a" 'a 3'
	wait_until file_is "$M/g/b" 'b 3'
}

file_is() {
	[ "$(cat "$1")" = "$2" ]
}

# Nodes a and b, each with a front door: API_OF.
door_cluster() {
	local name
	# A peer that is slow to answer is not what this is about.
	patience 20000 "$HEARTBEAT"
	nodes_init a b
	cluster_getter <<<'printf "%s %s" "$1" "$(cat "$T/version")"'
	ports 2
	declare -gA API_OF=([a]=http://127.0.0.1:${HELD[0]}
		[b]=http://127.0.0.1:${HELD[1]})
	for name in a b; do
		node_conf $name "api = \"${API_OF[$name]#http://}\"" -- 'hot = 100%'
	done
	nodes_mount a b
	wait_until all_up a b
}

@test "two nodes: one load, the same tag, DELETE reaches both" {
	local key tag
	echo 1 >"$T/version"
	door_cluster
	for key in "$(owned a)" "$(owned b)"; do
		echo 1 >"$T/version"
		run -0 curl -sf "${API_OF[a]}/v1/g/$key"
		assert_output "$key 1"
		run -0 curl -sf "${API_OF[b]}/g?key=$key"
		assert_output "{\"$key\":\"$key 1\"}"
		assert_equal "$(loaded_by "$key")" "$(owner_of "$key")"
		tag=$(curl -sfI "${API_OF[a]}/v1/g/$key" | header etag)
		assert_equal "$(curl -sfI "${API_OF[b]}/v1/g/$key" | header etag)" \
			"$tag"
		echo 2 >"$T/version"
		assert_equal "$(status_of -X DELETE "${API_OF[a]}/v1/g/$key")" 204
		wait_until door_says b "$key" "$key 2"
		wait_until door_says a "$key" "$key 2"
	done
	echo 3 >"$T/version"
	assert_equal "$(status_of -X DELETE "${API_OF[b]}/v1/g")" 204
	for key in "$(owned a)" "$(owned b)"; do
		wait_until door_says a "$key" "$key 3"
		wait_until door_says b "$key" "$key 3"
	done
}

door_says() {
	[ "$(curl -sf "${API_OF[$1]}/v1/g/$2")" = "$3" ]
}

@test "one connection, many requests; HEAD is GET without a body" {
	door_conf
	door_mount
	run -0 curl -sf -w '%{num_connects}\n' "$API/v1/g/a" "$API/g?key=b" \
		"$API/healthz" "$API/v1/g/c"
	assert_output "$(printf '%s\n' 'value of a1' '{"b":"value of b"}0' \
		ok 0 'value of c0')"
	local path
	for path in /v1/g/a '/g?key=a' /healthz /metrics /.dreamfs/config / \
		/v1/g/missing /nope; do
		curl -s -D "$T/get.head" -o /dev/null "$API$path"
		curl -sI "$API$path" >"$T/head"
		[ "$path" = /metrics ] && sed -i /^Content-Length/d "$T"/*head
		assert_equal "$(grep -vE "^(Date|Age)" "$T/head")" \
			"$(grep -vE "^(Date|Age)" "$T/get.head")"
	done
}

@test "a client that hangs up ends the load nobody else waits for" {
	door_conf
	door_mount
	beside curl -s "$API/v1/g/slow1"
	local one=$BESIDE
	beside curl -s "$API/g?key=slow2" >"$T/two"
	wait_until ran 2
	kill "$one"
	wait_until load_is_gone slow1
	touch "$T/gate"
	wait_until test -s "$T/two"
	assert_equal "$(cat "$T/two")" '{"slow2":"value of slow2"}'
}

load_is_gone() {
	! pgrep -f "$T/get $1"
}

@test "healthz, and what goes on while the node drains" {
	door_conf
	door_mount
	run -0 curl -s -w '%{http_code}' "$API/healthz"
	assert_output "$(printf 'ok\n200')"
	# A reader keeps the mount, and so the node.
	exec 7<"$M/g/a"
	beside curl -s -o "$T/late" "$API/v1/g/slow"
	wait_until ran 1 slow
	kill "$DREAM_PID"
	wait_until drains
	run -0 curl -s -w '%{http_code}' "$API/healthz"
	assert_output "$(printf 'draining\n503')"
	assert_equal "$(curl -sf "$API/v1/g/b")" 'value of b'
	touch "$T/gate"
	wait "$BESIDE"
	assert_equal "$(cat "$T/late")" 'value of slow'
	exec 7<&-
	dream_ended "$DREAM_PID"
	dream_forget
}

drains() {
	[ "$(curl -s "$API/healthz")" = draining ]
}

@test "serve: TERM lets a request end" {
	door_conf
	beside dreamfs serve "$T/dreamfs.conf" 2>>"$T/log"
	local daemon=$BESIDE
	door_find
	beside curl -s -o "$T/late" "$API/v1/g/slow"
	wait_until ran 1 slow
	kill "$daemon"
	wait_until drains
	touch "$T/gate"
	dream_ended "$daemon"
	wait "$BESIDE"
	assert_equal "$(cat "$T/late")" 'value of slow'
}

@test "reload: another address is refused" {
	door_conf
	door_mount
	cp "$T/dreamfs.conf" "$T/good.conf"
	for change in 's|127.0.0.1:0|127.0.0.1:1|' '/api/d'; do
		: >"$T/log"
		sed "$change" "$T/good.conf" >"$T/dreamfs.conf"
		kill -HUP "$DREAM_PID"
		wait_until grep -q "not reloaded, nothing changed: 'api'" "$T/log"
	done
	assert_equal "$(curl -sf "$API/v1/g/a")" 'value of a'
}

@test "reload: groups come and go" {
	door_conf
	door_mount
	assert_equal "$(status_of "$API/v1/h/a")" 404
	sed 's/group g/group h/' "$T/dreamfs.conf" >"$T/new.conf"
	mv "$T/new.conf" "$T/dreamfs.conf"
	kill -HUP "$DREAM_PID"
	wait_until status_is 200 "$API/v1/h/a"
	assert_equal "$(status_of "$API/v1/g/a")" 404
}

@test "bad clients do not stop good ones" {
	door_conf
	door_mount
	beside /usr/bin/python3 "$ROOT/tests/helpers/hostile-client.py" \
		"${API##*:}" "$T/evil" /v1/g/ 2>>"$T/log"
	wait_until -t 20 evil 300
	for n in $(seq 20); do
		within 10000 curl -sf "$API/v1/g/$n" >"$T/got"
		assert_equal "$status $(cat "$T/got")" "0 value of $n"
		assert_equal "$(curl -sf -m 30 "$API/g?key=$n")" \
			"{\"$n\":\"value of $n\"}"
	done
	wait_until -t 20 evil 600
	assert_equal "$(curl -sf -m 30 "$API/healthz")" ok
}

# Have so many bad connections been made?
evil() {
	[ "$(cat "$T/evil")" -ge "$1" ]
}

@test "many at once, large and small, waiting and held" {
	door_conf
	head -c 7500000 /dev/urandom | base64 >"$T/big"
	door_mount
	local pids=() n
	for n in $(seq 10); do
		beside curl -sf -o "$T/big.$n" "$API/v1/g/big"
		pids+=("$BESIDE")
		beside curl -sf -o "$T/json.$n" "$API/g?key=big"
		pids+=("$BESIDE")
	done
	for n in $(seq 20); do
		assert_equal "$(curl -sf "$API/v1/g/k$n")" "value of k$n"
	done
	for n in "${pids[@]}"; do
		wait "$n"
	done
	for n in $(seq 10); do
		cmp "$T/big.$n" "$T/big"
		cmp "$T/json.$n" "$T/json.1"
	done
	json_is "$T/json.1" "$T/big"
	assert_runs 1 big
}

# Is it this file's contents as JSON, each byte that is not UTF-8 as U+FFFD?
json_is() {
	/usr/bin/python3 - "$@" <<-'EOF'
	import codecs, json, sys
	codecs.register_error("each",
	    lambda e: ("\ufffd" * (e.end - e.start), e.end))
	got = json.load(open(sys.argv[1]))
	value = open(sys.argv[2], "rb").read().decode("utf-8", "each")
	assert got == {"big": value}
	EOF
}

@test "JSON of what is no text" {
	door_conf
	head -c 200000 /dev/urandom >"$T/big"
	door_mount
	curl -sf -o "$T/json" "$API/g?key=big"
	json_is "$T/json" "$T/big"
}
