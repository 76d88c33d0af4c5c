/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/date.h"

#include <curl/curl.h>
#include <stdio.h>
#include <time.h>

int64_t http_date_parse(const char *text)
{
	return text ? (int64_t)curl_getdate(text, NULL) : -1;
}

bool http_date_format(int64_t seconds, char out[HTTP_DATE_MAX])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t when = (time_t)seconds;
	struct tm t;

	if (!gmtime_r(&when, &t) || t.tm_year < 1 - 1900 ||
	    t.tm_year > 9999 - 1900)
		return false;
	snprintf(out, HTTP_DATE_MAX, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
	         days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon,
	         t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
	return true;
}
