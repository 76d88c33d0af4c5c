# shellcheck shell=bash
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# A browser in a test: `browser` starts it, `browse COMMAND WORD...` has it do
# what helpers/browser.py knows and prints what that says; the words are put
# together without blanks.  `browser_end` in teardown.

browser() {
	coproc BROWSER {
		exec /usr/bin/python3 "$ROOT/tests/helpers/browser.py" \
			2>>"$T/log" 3>&-
	}
	# What a coprocess says is not for subshells, such as run's.
	exec {BROWSER_IN}>&"${BROWSER[1]}" {BROWSER_OUT}<&"${BROWSER[0]}"
	DREAM_OTHERS+=("$BROWSER_PID")
}

browse() {
	local command=$1 words line
	shift
	printf -v words %s "$@"
	printf '%s %s\n' "$command" "$words" >&"$BROWSER_IN"
	read -r -t 300 -u "$BROWSER_OUT" line || {
		echo "the browser does not answer: $command $words" >&2
		return 1
	}
	[ "$line" = ok ] || printf '%s\n' "$line"
}

browser_end() {
	[ -n "${BROWSER_PID-}" ] || return 0
	kill "$BROWSER_PID" 2>/dev/null
	wait "$BROWSER_PID" || true
}
