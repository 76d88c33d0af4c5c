/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/page.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define TEXT_PLACE "<!-- reports -->"
#define SHA256_LEN 32
#define SHA256_B64 45 /* digits, padding and a NUL */

/* The Makefile knows that page.o is made from page.html too. */
__asm__(".pushsection .rodata\n"
        "dreamfs_page_begin: .incbin \"src/serve/page.html\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char dreamfs_page_begin[]; /* with a NUL at its end */

/* Writes " 'sha256-HASH'" of what is between <NAME> and </NAME>, or " 'none'"
 * if the page has none. */
static int source_print(const struct page *p, const char *name, char *out,
                        size_t size)
{
	char open[16], close[16], base64[SHA256_B64];
	const char *from, *to = NULL;
	unsigned char hash[SHA256_LEN];

	snprintf(open, sizeof(open), "<%s>", name);
	snprintf(close, sizeof(close), "</%s>", name);
	from = strstr(p->html, open);
	if (from) {
		from += strlen(open);
		to = strstr(from, close);
	}
	if (!to)
		return snprintf(out, size, " 'none'");
	if (EVP_Digest(from, (size_t)(to - from), hash, NULL, EVP_sha256(),
	               NULL) != 1)
		return -1;
	EVP_EncodeBlock((unsigned char *)base64, hash, SHA256_LEN);
	return snprintf(out, size, " 'sha256-%s'", base64);
}

int page_print(const struct page *p, const char *text, size_t n,
               struct buf *out)
{
	size_t first = (size_t)(p->rest - p->html) - strlen(TEXT_PLACE), plain;

	buf_append(out, p->html, first);
	for (const char *end = text + n; text < end; text += plain) {
		for (plain = 0; text + plain < end && text[plain] != '<' &&
		                text[plain] != '&';)
			plain++;
		buf_append(out, text, plain);
		if (text + plain < end)
			buf_puts(out, text[plain++] == '<' ? "&lt;" : "&amp;");
	}
	return buf_puts(out, p->rest);
}

int page_init(struct page *p)
{
	char style[96], script[96];

	p->html = dreamfs_page_begin;
	p->rest = strstr(p->html, TEXT_PLACE);
	if (!p->rest)
		return -EINVAL;
	p->rest += strlen(TEXT_PLACE);
	if (source_print(p, "style", style, sizeof(style)) < 0 ||
	    source_print(p, "script", script, sizeof(script)) < 0)
		return -ENOMEM;
	snprintf(p->policy, sizeof(p->policy),
	         "default-src 'none'; style-src%s; script-src%s; "
	         "connect-src 'self'; img-src data:; base-uri 'none'; "
	         "form-action 'none'; frame-ancestors 'none'",
	         style, script);
	return 0;
}
