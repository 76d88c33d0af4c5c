#!/usr/bin/env bats
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# Who we are to an origin, and who is not told.
load helpers/load

# Adds a group: conf_of NAME TEMPLATE [LINE...]
conf_of() {
	{
		printf 'group %s {\n  url = "%s"\n  retries = 0\n' "$1" "$2"
		printf '  %s\n' "${@:3}" '}'
	} >>"$T/dreamfs.conf"
}

# A file that only we may read: secret NAME, its text from standard input.
secret() {
	cat >"$T/$1.new"
	chmod 600 "$T/$1.new"
	mv "$T/$1.new" "$T/$1"
}

# What the origin was last asked with.
last() {
	curl -sfk "${1:-$ORIGIN}/_last"
}

# Another one beside ORIGIN: sets OTHER.
other_origin() {
	local first=$ORIGIN
	origin "$@"
	OTHER=$ORIGIN ORIGIN=$first
}

# check's first line of complaint.
complaint() {
	run -1 --separate-stderr dreamfs check "$T/dreamfs.conf"
	# shellcheck disable=SC2154
	assert_equal "${#stderr_lines[@]}" 1
	# shellcheck disable=SC2154
	echo "$stderr"
}

refuses() {
	local said
	said=$(complaint) || fail "$said"
	[[ $said == *"$1"* ]] || fail "'$said' has no '$1'"
	[[ $said == "$T/dreamfs.conf:"[0-9]*': '* ]] ||
		fail "'$said' says no line"
	: >"$T/dreamfs.conf"
}

# fails GROUP ERRNO PART-OF-THE-REASON
fails() {
	local error
	assert_equal "$1 $(errno_of open "$M/$1/k")" "$1 $2"
	error=$(xattr error "$M/$1/k")
	[[ $error == *"$3"* ]] || fail "$1: '$error' has no '$3'"
}

# -- AWS ----------------------------------------------------------------------

# An origin that takes right signatures only: signing [OPTION...].
signing() {
	rm -f "$T/port"
	beside /usr/bin/python3 "$ROOT/tests/helpers/sigv4.py" \
		--keys "$T/keys" "$@" >"$T/port" 2>>"$T/log"
	wait_until test -s "$T/port"
	ORIGIN=http://127.0.0.1:$(cat "$T/port")
}

# credentials PROFILE ACCESS SECRET [TOKEN]
credentials() {
	echo "[$1]"
	echo "aws_access_key_id = $2"
	echo "aws_secret_access_key = $3"
	[ -z "${4-}" ] || echo "aws_session_token = $4"
}

no_aws() {
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
	unset AWS_PROFILE AWS_SHARED_CREDENTIALS_FILE
	export HOME=$T
}

KEYS_OF_ALL_KINDS=('plain' 'a b' 'a+b' 'é ☃' 'a=b&c;d' "it's(1)!*" '~._-'
	'100%25' '%252F' 'a:b@c,d$e' '[x]{y}|z' 'q"<>^`\' ' lead' 'a%2Fb'
	'a%2F%2Fb' '%2Fa%2F' 'a%0Ab' 'a%FFb' 'a#b')

@test "S3: keys of all kinds are signed right" {
	no_aws
	echo 'AK SK/+x' | secret keys
	credentials default AK SK/+x | secret credentials
	signing
	aws=('sigv4 = eu-central-1' "credentials_file = \"$T/credentials\"")
	conf_of key "$ORIGIN/b/{key}" "${aws[@]}"
	conf_of path "$ORIGIN/b/{+key}" "${aws[@]}"
	conf_of query "$ORIGIN/b/{key}?z=1&a=x+y&versionId&k={key}" \
		"${aws[@]}"
	dream_mount
	for key in "${KEYS_OF_ALL_KINDS[@]}"; do
		plain=$(printf '%b' "${key//%/\\x}")
		assert_equal "$(cat "$M/key/$key")" "b/$plain"
		assert_equal "$(cat "$M/query/$key")" \
			"b/$plain?z=1&a=x y&versionId&k=$plain"
		# There, %XX is a byte of the URL.
		[[ $key == *%25* ]] ||
			assert_equal "$(cat "$M/path/$key")" "b/$plain"
	done
	assert_equal "$(cat "$M/path/a?x=1&b=a+b=c&a")" 'b/a?x=1&b=a b=c&a'
	# What a proxy could take for a way out is not asked for.
	assert_equal "$(errno_of open "$M/key/..%2Fsecret")" ENOENT
	assert_equal "$(errno_of open "$M/key/a%2F.%2Fb")" ENOENT
}

@test "another service, which encodes the path twice" {
	no_aws
	echo 'AK SK/+x' | secret keys
	credentials default AK SK/+x | secret credentials
	signing --service execute-api
	aws=('sigv4 = "eu-central-1/execute-api"'
		"credentials_file = \"$T/credentials\"")
	conf_of key "$ORIGIN/b/{key}" "${aws[@]}"
	conf_of query "$ORIGIN/b/{key}?z=1&a=x+y&versionId&k={key}" \
		"${aws[@]}"
	conf_of s3 "$ORIGIN/b/{key}" 'sigv4 = eu-central-1' "${aws[1]}"
	dream_mount
	for key in "${KEYS_OF_ALL_KINDS[@]}"; do
		plain=$(printf '%b' "${key//%/\\x}")
		assert_equal "$(cat "$M/key/$key")" "b/$plain"
		assert_equal "$(cat "$M/query/$key")" \
			"b/$plain?z=1&a=x y&versionId&k=$plain"
	done
	fails s3 EACCES 'HTTP 403 (AuthorizationHeaderMalformed)'
}

@test "AWS: through a proxy, said or in the environment" {
	no_aws
	echo 'AK SK/+x' | secret keys
	credentials default AK SK/+x | secret credentials
	signing --service execute-api
	aws=('sigv4 = "eu-central-1/execute-api"'
		"credentials_file = \"$T/credentials\"")
	url='http://api.example/b//{key}?z&a={key}'
	conf_of said "$url" "${aws[@]}" "proxy = \"$ORIGIN\""
	conf_of found "$url" "${aws[@]}"
	conf_of none "${url/api.example/${ORIGIN#*//}}" "${aws[@]}"
	http_proxy=$ORIGIN no_proxy=127.0.0.1 dream_mount
	for key in plain 'a+b' 'a%2Fb'; do
		plain=$(printf '%b' "${key//%/\\x}")
		for group in said found; do
			assert_equal "$(cat "$M/$group/$key")" \
				"b//$plain?z&a=$plain"
			last | grep -F "GET http://api.example/b//"
		done
		assert_equal "$(cat "$M/none/$key")" "b//$plain?z&a=$plain"
		last | grep -F "GET $ORIGIN/b//"
	done
}

@test "AWS: headers of its own are signed, sessions have a token" {
	no_aws
	echo 'AT ST TOK/en+==' | secret keys
	credentials work AT ST TOK/en+== | secret credentials
	signing
	conf_of g "$ORIGIN/{key}" 'sigv4 = eu-central-1' 'profile = work' \
		"credentials_file = \"$T/credentials\"" \
		'header = { "X-Amz-Request-Payer: requester",
			"x-amz-meta: b   c", "x-amz-meta: a", "Range: bytes=0-",
			"X-Amz-Content-SHA256: UNSIGNED-PAYLOAD" }'
	conf_of host "$ORIGIN/{key}" 'sigv4 = eu-central-1' 'profile = work' \
		"credentials_file = \"$T/credentials\"" \
		'header = { "Host: bucket.example" }'
	conf_of gone "$ORIGIN/{key}" 'sigv4 = eu-central-1' 'profile = work' \
		"credentials_file = \"$T/credentials\"" 'ttl = 1ms'
	dream_mount
	assert_equal "$(cat "$M/g/k")" k
	last | grep -ix 'x-amz-security-token: TOK/en+=='
	last | grep -ix 'x-amz-request-payer: requester'
	assert_equal "$(cat "$M/host/k")" k
	last | grep -ix 'host: bucket.example'
	# The secret itself is never sent; nor are any of them told.
	run ! grep -F ST <(last)
	assert_equal "$(xattr getter "$M/g")" "url: $ORIGIN/{key}"

	# What is wrong is what S3 says.
	echo 'AT OTHER TOK/en+==' | secret keys
	fails gone EACCES 'HTTP 403 (SignatureDoesNotMatch)'
}

@test "AWS: keys that are replaced are noticed, and missing ones are told" {
	no_aws
	echo 'A1 S1' | secret keys
	credentials default A1 S1 | secret credentials
	signing
	conf_of g "$ORIGIN/{key}" 'sigv4 = eu-central-1' \
		"credentials_file = \"$T/credentials\""
	dream_mount
	assert_equal "$(cat "$M/g/one")" one
	echo 'A2 S2' | secret keys
	fails g EACCES InvalidAccessKeyId
	credentials default A2 S2 | secret credentials
	assert_equal "$(cat "$M/g/two")" two
	credentials other A2 S2 | secret credentials
	fails g EIO "no profile 'default' in '$T/credentials'"
	rm "$T/credentials"
	fails g EIO "cannot open '$T/credentials': No such file or directory"
	run ! grep -wE 'S1|S2' "$T/log"
}

@test "AWS: keys from where its own tools look" {
	no_aws
	printf 'AE SE\nAF SF\n' | secret keys
	signing
	conf_of g "$ORIGIN/{key}" 'sigv4 = eu-central-1'
	# Whoever checks need not be who mounts: only a warning.
	run -0 --separate-stderr dreamfs check "$T/dreamfs.conf"
	assert_equal "$stderr" "dreamfs: warning: group 'g': no AWS keys: no\
 AWS_ACCESS_KEY_ID in the environment, and cannot open\
 '$T/.aws/credentials': No such file or directory"
	dream_mount
	fails g EIO 'no AWS keys'
	mkdir "$T/.aws"
	credentials default AF SF | secret .aws/credentials
	assert_equal "$(cat "$M/g/file")" file
	last | grep 'Credential=AF/'
	dream_umount
	AWS_ACCESS_KEY_ID=AE AWS_SECRET_ACCESS_KEY=SE dream_mount
	assert_equal "$(cat "$M/g/environment")" environment
	last | grep 'Credential=AE/'
}

@test "AWS: a redirect is signed anew at home, and not elsewhere" {
	no_aws
	echo 'AK SK' | secret keys
	credentials default AK SK | secret credentials
	signing
	other_origin
	conf_of home "$ORIGIN/_redirect?to=/there/{key}" \
		'sigv4 = eu-central-1' "credentials_file = \"$T/credentials\""
	conf_of away "$ORIGIN/_redirect?to=$OTHER/there/{key}" \
		'sigv4 = eu-central-1' "credentials_file = \"$T/credentials\""
	dream_mount
	assert_equal "$(cat "$M/home/k")" there/k
	assert_equal "$(cat "$M/away/k")" there/k
	run -0 last "$OTHER"
	refute_line --partial AWS
	refute_line --regexp '^[Xx]-[Aa]mz'
}

# -- passwords and tokens -----------------------------------------------------

@test "a token, and the next one" {
	origin
	printf 'first\n' | secret token
	conf_of g "$ORIGIN/{key}?headers" "token_file = \"$T/token\""
	dream_mount
	grep -x 'Authorization: Bearer first' "$M/g/a"
	# As orchestrators do it: through links, at once.
	mkdir "$T/v2"
	printf second >"$T/v2/token"
	ln -s v2/token "$T/link"
	mv "$T/link" "$T/token"
	grep -x 'Authorization: Bearer second' "$M/g/b"
	: >"$T/v2/token"
	fails g EIO "'$T/token' is empty"
	printf 'one\ntwo\n' >"$T/v2/token"
	fails g EIO "'$T/token' holds more than one line"
	rm "$T/v2/token"
	fails g EIO "cannot open '$T/token': No such file or directory"
	run ! grep -E 'first|second|two' "$T/log"
}

@test "a password from a file, for HTTP and FTP" {
	origin
	printf 'p:w\303\251 x\n' | secret password
	conf_of g "${ORIGIN/:\/\//://me@}/{key}?auth=me:p:w%C3%A9%20x" \
		"password_file = \"$T/password\""
	conf_of odd "${ORIGIN/:\/\//://m%40e%2F@}/{key}?auth=m%40e/:p:w%C3%A9%20x" \
		"password_file = \"$T/password\""
	echo file >"$T/file"
	beside /usr/bin/python3 "$ROOT/tests/helpers/ftpd.py" "$T" \
		$'me:p:w\303\251 x' >"$T/ftp" 2>>"$T/log"
	wait_until test -s "$T/ftp"
	conf_of ftp "ftp://me@127.0.0.1:$(cat "$T/ftp")/{key}" \
		"password_file = \"$T/password\"" 'ttl = 1ms'
	dream_mount
	assert_equal "$(cat "$M/g/a")" a
	assert_equal "$(cat "$M/odd/a")" a
	assert_equal "$(cat "$M/ftp/file")" file
	printf other | secret password
	fails ftp EACCES denied
	fails g EACCES 'HTTP 401'
	assert_equal "$(xattr getter "$M/g")" \
		"url: $ORIGIN/{key}?auth=me:p:w%C3%A9%20x"
}

# Nothing of who we are is in the last request to there.
untold() {
	last "$1" >"$T/last"
	! grep -iE 'authorization|cookie|secret|x-token|x-key|x-plain' \
		"$T/last" || fail "told: $(cat "$T/last")"
	grep -ix 'accept: text/x-test' "$T/last"
}

# told ORIGIN TEXT
told() {
	last "$1" | grep -F "$2"
}

@test "a redirect takes no secret to another host, port or scheme" {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 \
		-keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
	other_origin --cert "$T/cert.pem" --key "$T/key.pem"
	tls=${OTHER/http:/https:}
	other_origin --bind 127.0.0.2
	# shellcheck disable=SC2034
	elsewhere=${OTHER/127.0.0.1/127.0.0.2}
	other_origin
	plain=$OTHER
	origin
	printf secret | secret token
	printf 'X-Token: secret\nX-Key: secret\nCookie: secret\n' |
		secret headers
	printf 'default login joe password secret\n' | secret netrc
	printf 'machine 127.0.0.2 login joe password secret\n' >>"$T/netrc"
	common=("header_file = \"$T/headers\"" "ca_file = \"$T/cert.pem\""
		'header = { "X-Plain: secret", "Accept: text/x-test" }')
	user=${ORIGIN/:\/\//://joe@}
	secure=${tls/:\/\//://joe:secret@}
	to='{key}?redirect='
	for name in home plain elsewhere tls; do
		case $name in
		home) there=$ORIGIN/x ;;
		*) there=${!name}/x ;;
		esac
		conf_of "token-$name" "$ORIGIN/$to$there" "${common[@]}" \
			"token_file = \"$T/token\""
		conf_of "password-$name" "$user/$to$there" "${common[@]}" \
			"password_file = \"$T/token\""
		conf_of "url-$name" "${user/joe/joe:secret}/$to$there" \
			"${common[@]}"
		conf_of "netrc-$name" "$ORIGIN/$to$there" "${common[@]}" \
			"netrc = \"$T/netrc\""
	done
	# The same host and its own port, but nobody is there without TLS.
	conf_of down "$secure/$to$plain/x" "${common[@]}"
	conf_of relative "${user/joe/joe:secret}/${to}y" "${common[@]}"
	conf_of hops "$ORIGIN/{key}?hops=3" "${common[@]}" \
		"token_file = \"$T/token\""
	dream_mount
	basic="Authorization: Basic $(printf joe:secret | base64)"
	for name in plain elsewhere tls; do
		for who in token password url netrc; do
			assert_equal "$(cat "$M/$who-$name/k")" x
			untold "${!name}"
		done
	done
	assert_equal "$(cat "$M/down/k")" x
	untold "$plain"
	told "$tls" "$basic"

	# At home they are as good as before.
	assert_equal "$(cat "$M/token-home/k")" x
	told "$ORIGIN" 'Authorization: Bearer secret'
	told "$ORIGIN" 'X-Token: secret'
	for who in password url netrc; do
		assert_equal "$(cat "$M/$who-home/k")" x
		told "$ORIGIN" "$basic"
	done
	assert_equal "$(cat "$M/relative/k")" y
	told "$ORIGIN" "$basic"
	assert_equal "$(cat "$M/hops/k")" k
	told "$ORIGIN" 'Authorization: Bearer secret'
	told "$ORIGIN" 'X-Plain: secret'
}

@test "what contradicts itself or means nothing is refused" {
	printf secret | secret token
	printf 'Authorization: secret\n' | secret headers
	file="password_file = \"$T/token\""
	token="token_file = \"$T/token\""
	conf_of g 'http://h/{key}' "$file"
	refuses 'password_file needs the user in the URL'
	conf_of g 'http://u:secret@h/{key}' "$file"
	refuses 'a password in the URL and a password_file'
	conf_of g 'http://u@h/{key}' "$file" "$token"
	refuses 'both token_file and password_file say who we are'
	conf_of g 'http://u@h/{key}' "$token"
	refuses "both token_file and the URL's user"
	conf_of g 'http://h/{key}' "$token" 'sigv4 = eu-central-1'
	refuses 'both sigv4 and token_file'
	conf_of g 'http://h/{key}' "$token" "header_file = \"$T/headers\""
	refuses "both token_file and a header 'Authorization'"
	conf_of g 'http://h/{key}' "$token" "netrc = \"$T/headers\""
	refuses 'both token_file and netrc'
	conf_of g 'http://h/{key}' "credentials_file = \"$T/headers\""
	refuses 'credentials_file without sigv4 = REGION means nothing'
	conf_of g 'http://h/{key}' 'profile = x'
	refuses 'profile without sigv4'
	conf_of g 'http://h/{key}' 'sigv4 = "aws:amz:eu:s3"'
	refuses "sigv4: 'aws:amz:eu:s3' is not a region"
	conf_of g 'ftp://h/{key}' 'sigv4 = eu-central-1'
	refuses 'sigv4 is for http and https'
	conf_of g 'file:///tmp/{key}' "$token"
	refuses 'token_file is for http and https'
	conf_of g 'http://h/{key}' 'token_file = "nowhere"'
	refuses "cannot open '$T/nowhere': No such file"
	conf_of g 'http://h/{key}' 'sigv4 = eu-central-1' \
		"credentials_file = \"$T/headers\""
	refuses "no profile 'default' in '$T/headers'"
	conf_of g 'http://h/{key}' 'sigv4 = eu-central-1' 'profile = me' \
		"credentials_file = \"$T\""
	refuses "'$T' is a directory"
}

# -- TLS ----------------------------------------------------------------------

# pki NAME SUBJECT ISSUER [DAYS]: $T/NAME.pem and .key; its own issuer: a CA
pki() {
	local make=(openssl req -newkey ec -pkeyopt
		ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2"
		-keyout "$T/$1.key")
	if [ "$1" = "$3" ]; then
		"${make[@]}" -x509 -days 2 -out "$T/$1.pem"
	else
		"${make[@]}" -out "$T/$1.csr" &&
			openssl x509 -req -in "$T/$1.csr" -CA "$T/$3.pem" \
				-CAkey "$T/$3.key" -days "${4:-2}" \
				-extfile <(echo "subjectAltName=$2") \
				-set_serial $RANDOM -out "$T/$1.pem"
	fi 2>/dev/null
}

# A server of nginx.conf: tls_server CERTIFICATE [LINE...]
tls_server() {
	cat <<-EOF
		server {
		    listen 127.0.0.1:$PORT ssl;
		    ssl_certificate $T/$1.pem;
		    ssl_certificate_key $T/$1.key;
		    $(printf '    %s\n' "${@:2}")
		    root $T/www;
		}
	EOF
}

@test "TLS and a real web server: who is who" {
	pki ca 'our CA' ca
	pki evil 'another CA' evil
	pki server IP:127.0.0.1 ca
	pki old IP:127.0.0.1 ca -1
	pki named DNS:elsewhere.example ca
	pki us DNS:us ca
	pki former DNS:us ca -1
	pki stranger DNS:us evil
	mkdir "$T/www"
	echo one >"$T/www/k"
	verify=("ssl_client_certificate $T/ca.pem;" 'ssl_verify_client on;')
	ports 4
	for name in mutual server old named; do
		PORT=${HELD[0]} HELD=("${HELD[@]:1}")
		eval "$name=https://127.0.0.1:$PORT/{key}"
		case $name in
		mutual) tls_server server "${verify[@]}" ;;
		*) tls_server "$name" ;;
		esac >>"$T/servers"
	done
	cat >"$T/nginx.conf" <<-EOF
		daemon off;
		pid $T/nginx.pid;
		error_log $T/nginx.log;
		user root;
		events { }
		http {
		    access_log off;
		    client_body_temp_path $T/tmp1;
		    proxy_temp_path $T/tmp2;
		    fastcgi_temp_path $T/tmp3;
		    uwsgi_temp_path $T/tmp4;
		    scgi_temp_path $T/tmp5;
		    include $T/servers;
		}
	EOF
	beside nginx -e "$T/nginx.log" -c "$T/nginx.conf"
	# shellcheck disable=SC2154
	wait_until curl -sfk "${server%/*}/k"

	ca="ca_file = \"$T/ca.pem\""
	us=("cert_file = \"$T/us.pem\"" "key_file = \"$T/us.key\"")
	cat "$T/us.pem" "$T/us.key" >"$T/both.pem"
	# shellcheck disable=SC2154
	{
		conf_of good "$mutual" "$ca" "${us[@]}"
		conf_of both "$mutual" "$ca" "cert_file = \"$T/both.pem\""
		conf_of nobody "$mutual" "$ca"
		conf_of stranger "$mutual" "$ca" \
			"cert_file = \"$T/stranger.pem\"" \
			"key_file = \"$T/stranger.key\""
		conf_of former "$mutual" "$ca" "cert_file = \"$T/former.pem\"" \
			"key_file = \"$T/former.key\""
		conf_of unknown "$server"
		conf_of wrong "$server" "ca_file = \"$T/evil.pem\""
		conf_of expired "$old" "$ca"
		conf_of misnamed "$named" "$ca"
		conf_of any1 "$old" 'insecure = yes'
		conf_of any2 "$named" 'insecure = yes'
		conf_of any3 "$mutual" 'insecure = yes' "${us[@]}"
	}
	run -0 --separate-stderr dreamfs check "$T/dreamfs.conf"
	assert_equal "${#stderr_lines[@]}" 3
	assert_regex "$stderr" "group 'any1': insecure = yes"
	dream_mount
	grep -F "warn: group 'any1': insecure = yes" "$T/log"
	for group in good both any1 any2 any3; do
		assert_equal "$group $(cat "$M/$group/k")" "$group one"
	done
	fails nobody EIO '400 No required SSL certificate was sent'
	fails stranger EIO '400 The SSL certificate error'
	fails former EIO '400 The SSL certificate error'
	fails unknown EIO 'unable to get local issuer certificate'
	fails wrong EIO 'unable to get local issuer certificate'
	fails expired EIO 'certificate has expired'
	fails misnamed EIO 'no alternative certificate subject name matches'
}

@test "TLS: files that are none are refused" {
	pki ca 'our CA' ca
	pki us DNS:us ca
	pki them DNS:us ca
	openssl pkey -in "$T/us.key" -aes128 -passout pass:secret \
		-out "$T/locked.key"
	echo garbage >"$T/garbage"
	head -c 200 "$T/us.pem" >"$T/cut.pem"
	mkfifo "$T/pipe"
	cert="cert_file = \"$T/us.pem\""
	conf_of g 'https://h/{key}' "ca_file = \"$T/nowhere\""
	refuses "cannot read ca_file '$T/nowhere': No such file or directory"
	conf_of g 'https://h/{key}' "ca_file = \"$T/garbage\""
	refuses "ca_file '$T/garbage' holds no certificate (PEM)"
	conf_of g 'https://h/{key}' "ca_file = \"$T/cut.pem\""
	refuses "ca_file '$T/cut.pem' holds no certificate (PEM)"
	conf_of g 'https://h/{key}' "ca_file = \"$T/pipe\""
	refuses "ca_file '$T/pipe' is not a regular file"
	conf_of g 'https://h/{key}' "cert_file = \"$T/us.key\""
	refuses "cert_file '$T/us.key' holds no certificate (PEM)"
	conf_of g 'https://h/{key}' "$cert"
	refuses "cert_file '$T/us.pem' holds no private key (PEM)"
	conf_of g 'https://h/{key}' "$cert" "key_file = \"$T/garbage\""
	refuses "key_file '$T/garbage' holds no private key (PEM)"
	conf_of g 'https://h/{key}' "$cert" "key_file = \"$T/them.key\""
	refuses "the key in '$T/them.key' is not that of cert_file '$T/us.pem'"
	conf_of g 'https://h/{key}' "$cert" "key_file = \"$T/locked.key\""
	refuses "the key in key_file '$T/locked.key' has a passphrase"
	conf_of g 'https://h/{key}' "key_file = \"$T/us.key\""
	refuses 'key_file needs a cert_file'
}

# -- what is shown ------------------------------------------------------------

@test "secrets that stand in the configuration are not shown" {
	origin
	at=${ORIGIN#http://}
	dream_conf <<-EOF
		node { log = debug }
		group g {
		    url = "http://user:hidden@$at/{key}?auth=user:wrong"
		    header = { "X-Api-Key: hidden", "Accept: all" }
		    retries = 0
		}
		group dead {
		    url = "http://user:hidden@127.0.0.1:1/{key}"
		    proxy = "joe:hidden@127.0.0.1:1"
		    retries = 0
		}
	EOF
	run -0 --separate-stderr dreamfs check "$T/dreamfs.conf"
	refute_output --partial hidden
	assert_line "    url             = \"http://user:***@$at/{key}?auth=user:wrong\""
	assert_line '    header          = { "X-Api-Key: ***", "Accept: all" }'
	assert_line '    proxy           = "joe:***@127.0.0.1:1"'
	assert_equal "${stderr_lines[0]}" "dreamfs: warning: group 'g': a\
 password in the url: say password_file = FILE"
	assert_equal "${stderr_lines[1]}" "dreamfs: warning: group 'g': the\
 secret of header 'X-Api-Key' in the configuration: say header_file = FILE"
	[[ $stderr != *hidden* ]]
	dream_mount
	fails g EACCES "http://$at/k: HTTP 401"
	fails dead EIO 127.0.0.1:1
	for group in g dead; do
		run -0 getfattr -d -m - "$M/$group"
		refute_output --partial hidden
		[[ $(xattr error "$M/$group/k") != *hidden* ]]
	done
	kill -HUP "$DREAM_PID"
	wait_until grep -F 'configuration reloaded' "$T/log"
	kill -USR1 "$DREAM_PID"
	wait_until grep -F "group 'g': gets=" "$T/log"
	run ! grep -F hidden "$T/log"

	# Nor are they when something is wrong with the rest.
	for url in http://user:hidden@h/ 'http://user:hid/den@h/{key}' \
		'http://user:hidden@h/{kee}' 'http://user:hidden@h:x/{key}' \
		'gopher://user:hidden@h/{key}'; do
		dream_conf <<<"group g { url = \"$url\" }"
		run -1 dreamfs check "$T/dreamfs.conf"
		refute_output --regexp 'hidden|hid/den'
		run ! dreamfs -g "g=url: $url" "$M"
		refute_output --regexp 'hidden|hid/den'
	done
}
