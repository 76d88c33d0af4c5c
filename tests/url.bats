#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
load helpers/load

# Adds a group: url_group NAME TEMPLATE [LINE...]
url_group() {
	printf 'group %s {\n  url = "%s"\n' "$1" "$2"
	printf '  %s\n' "${@:3}" '}'
}

conf_of() {
	url_group "$@" >>"$T/dreamfs.conf"
}

@test "a value, once" {
	origin
	conf_of g "$ORIGIN/{key}?modified=Sat,%2003%20Feb%202001%2004:05:06%20GMT"
	dream_mount
	assert_equal "$(cat "$M/g/abc")" abc
	assert_equal "$(cat "$M/g/abc")" abc
	assert_equal "$(requests)" 1
	assert_equal "$(stat -c %Y "$M/g/abc")" \
		"$(date -d '2001-02-03 04:05:06 UTC' +%s)"
}

@test "the status says what is wrong" {
	origin
	for status in 404 410 401 403 400 409 418 204 500 501; do
		conf_of "s$status" "$ORIGIN/{key}?status=$status" 'retries = 0'
	done
	dream_mount
	assert_equal "$(errno_of open "$M/s404/a")" ENOENT
	assert_equal "$(errno_of open "$M/s410/a")" ENOENT
	assert_equal "$(errno_of open "$M/s401/a")" EACCES
	assert_equal "$(errno_of open "$M/s403/a")" EACCES
	for status in 400 409 418 204 500 501; do
		assert_equal "$status $(errno_of open "$M/s$status/a")" \
			"$status EIO"
	done
	assert_regexp "$(xattr error "$M/s500/a")" 500
}

assert_regexp() {
	[[ $1 =~ $2 ]] || fail "'$1' does not match '$2'"
}

@test "what ends early is a failure and is not kept" {
	origin
	conf_of length "$ORIGIN/{key}?size=100000&truncate" 'retries = 0'
	conf_of chunks "$ORIGIN/{key}?size=100000&chunked&truncate" \
		'retries = 0'
	conf_of reset "$ORIGIN/{key}?size=100000&reset_body" 'retries = 0'
	conf_of garbage "$ORIGIN/{key}?garbage" 'retries = 0'
	dream_mount
	for group in length chunks reset garbage; do
		assert_equal "$group $(errno_of open "$M/$group/a")" \
			"$group EIO"
		assert_equal "$(counter items "$group")" 0
		assert_equal "$(ls "$M/$group")" ''
	done
}

@test "it is tried again, as often as was said" {
	origin
	conf_of g "$ORIGIN/{key}?fail=2"
	conf_of cut "$ORIGIN/cut-{key}?fail=1&fail_with=truncate"
	conf_of once "$ORIGIN/once-{key}?fail=2" 'retries = 0'
	conf_of none "$ORIGIN/none-{key}?status=404" 'retries = 5'
	dream_mount
	assert_equal "$(cat "$M/g/a")" a
	assert_equal "$(requests a)" 3
	assert_equal "$(cat "$M/cut/a")" cut-a
	assert_equal "$(errno_of open "$M/once/a")" EIO
	assert_equal "$(errno_of open "$M/none/a")" ENOENT
	# An answer is not asked for again.
	assert [ "$(requests none-a)" -le 2 ]
}

asked_for() {
	[ "$(requests)" -ge "$1" ]
}

@test "an origin that stalls costs its own readers their time alone" {
	origin
	conf_of head "$ORIGIN/{key}?stall=headers" 'timeout = 500ms'
	conf_of body "$ORIGIN/{key}?stall=body&size=100000" 'timeout = 500ms'
	conf_of slowhead "$ORIGIN/{key}?stall=headers" 'timeout = 1h'
	conf_of slowbody "$ORIGIN/{key}?stall=body&size=100000" 'timeout = 1h'
	conf_of fine "$ORIGIN/{key}"
	dream_mount
	beside cat "$M/slowhead/x"
	beside cat "$M/slowbody/x"
	wait_until asked_for 2
	within 10000 cat "$M/fine/a"
	assert_equal "$status" 0
	assert_equal "$(requests)" 3
	assert_equal "$(errno_of open "$M/head/a")" ETIMEDOUT
	assert_equal "$(errno_of open "$M/body/a")" ETIMEDOUT
}

@test "max_value is enforced, announced or not" {
	origin
	conf_of told "$ORIGIN/{key}?size=2000000" 'max_value = 1M'
	conf_of untold "$ORIGIN/{key}?size=2000000&nolength" 'max_value = 1M'
	conf_of chunks "$ORIGIN/{key}?size=2000000&chunked" 'max_value = 1M'
	# It need not be sent to be too large.
	conf_of lie "$ORIGIN/{key}?size=10&length=9000000000000" \
		'max_value = 1M'
	conf_of fits "$ORIGIN/{key}?size=1048576" 'max_value = 1M'
	dream_mount
	for group in told untold chunks lie; do
		assert_equal "$group $(errno_of open "$M/$group/a")" \
			"$group EFBIG"
	done
	assert_equal "$(wc -c <"$M/fits/a")" 1048576
}

@test "redirects are followed, and not for ever" {
	origin
	conf_of hops "$ORIGIN/{key}?hops=3"
	conf_of loop "$ORIGIN/{key}?loop" 'retries = 0'
	dream_mount
	assert_equal "$(cat "$M/hops/a")" a
	assert_equal "$(errno_of open "$M/loop/a")" EIO
}

@test "a redirect does not lead to other kinds of places" {
	origin
	echo secret >"$T/secret"
	conf_of g "$ORIGIN/{key}?redirect=file://$T/secret" 'retries = 0'
	dream_mount
	assert_equal "$(errno_of open "$M/g/a")" EIO
}

@test "{key} encodes the slash, {+key} keeps it" {
	origin
	conf_of whole "$ORIGIN/{group}/{key}"
	conf_of path "$ORIGIN/{group}/{+key}"
	dream_mount
	assert_equal "$(cat "$M/whole/a%2Fb c")" 'whole/a/b c'
	assert_equal "$(cat "$M/path/a%2Fb c")" 'path/a/b c'
	assert_equal "$(requests whole/a%2Fb%20c)" 1
	assert_equal "$(requests path/a/b%20c)" 1
	assert_equal "$(cat "$M/whole/100%25?x=y&z#f")" 'whole/100%?x=y&z#f'
}

@test "headers, a file of them, netrc" {
	origin
	printf 'X-Secret: hidden\n' >"$T/headers"
	printf 'machine 127.0.0.1 login joe password pass\n' >"$T/netrc"
	chmod 600 "$T/headers" "$T/netrc"
	conf_of g "$ORIGIN/{key}?headers" 'header = { "X-One: 1", "X-Two: 2" }' \
		"header_file = \"$T/headers\"" 'user_agent = "tester/1"'
	conf_of auth "$ORIGIN/{key}?auth=joe:pass" "netrc = \"$T/netrc\""
	conf_of noauth "$ORIGIN/{key}?auth=joe:pass"
	dream_mount
	run -0 cat "$M/g/a"
	assert_line --partial 'X-One: 1'
	assert_line --partial 'X-Two: 2'
	assert_line --partial 'X-Secret: hidden'
	assert_line --partial 'User-Agent: tester/1'
	assert_equal "$(cat "$M/auth/a")" a
	assert_equal "$(errno_of open "$M/noauth/a")" EACCES
	# Secrets are not told.
	run -0 dreamfs check "$T/dreamfs.conf"
	refute_output --partial hidden
	run ! grep -F hidden "$T/log"
}

value_is() {
	[ "$(cat "$2")" = "$1" ]
}

asked() {
	cat "$2" >/dev/null
	asked_for "$1"
}

@test "an expired value is revalidated, and 304 keeps it" {
	origin
	conf_of g "$ORIGIN/{key}?etag=auto" 'ttl = 300ms'
	dream_mount
	assert_equal "$(cat "$M/g/a")" a
	loaded=$(stat -c %Y "$M/g/a")
	wait_until asked 3 "$M/g/a"
	assert_equal "$(cat "$M/g/a")" a
	curl -sf "$ORIGIN/_last" | grep -i '^if-none-match: "'
	assert_equal "$(stat -c %Y "$M/g/a")" "$loaded"
	curl -sf -X PUT -d new "$ORIGIN/a"
	wait_until value_is new "$M/g/a"
}

@test "revalidation by date" {
	origin
	conf_of g \
		"$ORIGIN/{key}?modified=Sat,%2003%20Feb%202001%2004:05:06%20GMT" \
		'ttl = 300ms'
	dream_mount
	cat "$M/g/a" >/dev/null
	wait_until asked 2 "$M/g/a"
	curl -sf "$ORIGIN/_last" |
		grep -ix 'if-modified-since: Sat, 03 Feb 2001 04:05:06 GMT'
	assert_equal "$(cat "$M/g/a")" a
}

@test "ttl = origin obeys Cache-Control" {
	origin
	conf_of long "$ORIGIN/long-{key}?cc=max-age=3600" 'ttl = origin'
	conf_of short "$ORIGIN/short-{key}?cc=max-age=1" 'ttl = origin'
	conf_of none "$ORIGIN/none-{key}?cc=no-store" 'ttl = origin'
	dream_mount
	assert_equal "$(cat "$M/long/a" "$M/long/a")" long-along-a
	assert_equal "$(requests long-a)" 1
	cat "$M/none/a" "$M/none/a" >/dev/null
	assert [ "$(requests none-a)" -ge 2 ]
	cat "$M/short/a" >/dev/null
	curl -sf -X PUT -d new "$ORIGIN/short-a"
	wait_until value_is new "$M/short/a"
	assert_equal "$(requests long-a)" 1
}

@test "an origin that dies: what is fresh is served, the rest fails" {
	origin
	conf_of g "$ORIGIN/{key}" 'retries = 0'
	dream_mount
	cat "$M/g/a" >/dev/null
	kill "$ORIGIN_PID"
	wait_until gone "$ORIGIN_PID"
	assert_equal "$(cat "$M/g/a")" a
	assert_equal "$(errno_of open "$M/g/b")" EIO
	assert_regexp "$(xattr error "$M/g/b")" '[Cc]onnect'
}

@test "TLS: whom to trust, who we are" {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 \
		-keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
	origin --cert "$T/cert.pem" --key "$T/key.pem" \
		--client-ca "$T/cert.pem"
	url="${ORIGIN/http:/https:}/{key}"
	us=("cert_file = \"$T/cert.pem\"" "key_file = \"$T/key.pem\"")
	conf_of good "$url" "ca_file = \"$T/cert.pem\"" "${us[@]}"
	conf_of trusting "$url" 'insecure = true' "${us[@]}"
	conf_of strict "$url" 'retries = 0' "${us[@]}"
	conf_of nobody "$url" 'retries = 0' "ca_file = \"$T/cert.pem\""
	dream_mount
	assert_equal "$(cat "$M/good/a")" a
	assert_equal "$(cat "$M/trusting/a")" a
	assert_equal "$(errno_of open "$M/strict/a")" EIO
	assert_regexp "$(xattr error "$M/strict/a")" [Cc]ertificate
	assert_equal "$(errno_of open "$M/nobody/a")" EIO
}

@test "a real web server" {
	port
	mkdir -p "$T/www/deep"
	head -c 3000000 /dev/urandom >"$T/www/deep/file"
	echo one >"$T/www/page"
	cat >"$T/nginx.conf" <<-EOF
		daemon off;
		pid $T/nginx.pid;
		error_log $T/nginx.log;
		user root;
		events { }
		http {
		    access_log $T/access.log;
		    client_body_temp_path $T/tmp1;
		    proxy_temp_path $T/tmp2;
		    fastcgi_temp_path $T/tmp3;
		    uwsgi_temp_path $T/tmp4;
		    scgi_temp_path $T/tmp5;
		    server { listen 127.0.0.1:$PORT; root $T/www; }
		}
	EOF
	beside nginx -e "$T/nginx.log" -c "$T/nginx.conf"
	wait_until curl -sf "http://127.0.0.1:$PORT/page"
	conf_of g "http://127.0.0.1:$PORT/{+key}" 'ttl = 500ms'
	dream_mount
	cmp "$M/g/deep%2Ffile" "$T/www/deep/file"
	assert_equal "$(cat "$M/g/page")" one
	assert_equal "$(stat -c %Y "$M/g/page")" "$(stat -c %Y "$T/www/page")"
	assert_equal "$(errno_of open "$M/g/nothing")" ENOENT
	wait_until revalidated
	# Of another length: the server's validators are good for seconds.
	echo another >"$T/www/page"
	wait_until value_is another "$M/g/page"
}

revalidated() {
	cat "$M/g/page" >/dev/null
	grep -q '"GET /page HTTP/1.1" 304' "$T/access.log"
}
