/*
 * RFC 3339 timestamps; tstamp.h has the promises.
 *
 * The calendar arithmetic is days_from_civil and civil_from_days of Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", howardhinnant.github.io/date_algorithms.html:
 * years begin in March, so that the leap day is the last, and repeat every 400 years (an era).
 */

#include "base/tstamp.h"

#include <stdbool.h>

#define MS_PER_SECOND 1000
#define MS_PER_MINUTE 60000
#define MS_PER_DAY 86400000
#define DAYS_PER_ERA 146097
#define EPOCH_DAY 719468	/* 1970-01-01, counted from 0000-03-01 */

struct date {
	int64_t year;	/* 0 to 9999 */
	int64_t month;	/* 1 to 12 */
	int64_t day;	/* 1 to 31 */
};

/* What is left to read: at never passes end. */
struct cursor {
	const char *at;
	const char *end;
};

static int64_t
days_from_civil(const struct date *date)
{
	int64_t year = date->year - (date->month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = date->month > 2 ? date->month - 3 : date->month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + date->day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - EPOCH_DAY;
}

static struct date
civil_from_days(int64_t days)
{
	int64_t day = days + EPOCH_DAY;
	int64_t era = (day >= 0 ? day : day - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int64_t day_of_era = day - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
	    day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 -
	    year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;

	return (struct date){
		.year = year_of_era + era * 400 + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = day_of_year - (153 * month + 2) / 5 + 1,
	};
}

/* Writes value in width digits and the byte that follows them; returns where to go on. */
static char *
put_field(char *out, int64_t value, int width, char after)
{
	int i;

	for (i = width - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
	out[width] = after;
	return out + width + 1;
}

size_t
tstamp_format(char *out, int64_t ms)
{
	int64_t days, rest;
	struct date date;

	if (ms < TSTAMP_MIN)
		ms = TSTAMP_MIN;
	if (ms > TSTAMP_MAX)
		ms = TSTAMP_MAX;
	days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
	rest = ms - days * MS_PER_DAY;
	date = civil_from_days(days);
	out = put_field(out, date.year, 4, '-');
	out = put_field(out, date.month, 2, '-');
	out = put_field(out, date.day, 2, 'T');
	out = put_field(out, rest / (60 * MS_PER_MINUTE), 2, ':');
	out = put_field(out, rest / MS_PER_MINUTE % 60, 2, ':');
	out = put_field(out, rest / MS_PER_SECOND % 60, 2, '.');
	put_field(out, rest % MS_PER_SECOND, 3, 'Z');
	return TSTAMP_BYTES;
}

static bool
take_byte(struct cursor *in, char byte)
{
	if (in->at == in->end || *in->at != byte)
		return false;
	in->at++;
	return true;
}

static bool
take_digit(struct cursor *in, int64_t *digit)
{
	if (in->at == in->end || *in->at < '0' || *in->at > '9')
		return false;
	*digit = *in->at++ - '0';
	return true;
}

/* Takes exactly width digits that make a number from least to most. */
static bool
take_field(struct cursor *in, int width, int64_t least, int64_t most, int64_t *value)
{
	int64_t sum = 0, digit;

	while (width-- > 0) {
		if (!take_digit(in, &digit))
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return sum >= least && sum <= most;
}

static int64_t
days_in_month(int64_t year, int64_t month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Takes YYYY-MM-DD as days since 1970. */
static bool
take_date(struct cursor *in, int64_t *days)
{
	struct date date;

	if (!take_field(in, 4, 0, 9999, &date.year) || !take_byte(in, '-') ||
	    !take_field(in, 2, 1, 12, &date.month) || !take_byte(in, '-') ||
	    !take_field(in, 2, 1, days_in_month(date.year, date.month), &date.day))
		return false;
	*days = days_from_civil(&date);
	return true;
}

/* Takes 1 to 9 digits of a fraction of a second as whole milliseconds. */
static bool
take_fraction(struct cursor *in, int64_t *ms)
{
	int64_t sum = 0, unit = MS_PER_SECOND, digit;
	const char *start = in->at;

	while (take_digit(in, &digit)) {
		unit /= 10;
		sum += digit * unit;
	}
	*ms = sum;
	return in->at - start >= 1 && in->at - start <= 9;
}

/* Takes hh:mm as minutes. */
static bool
take_minutes(struct cursor *in, int64_t *minutes)
{
	int64_t hour, minute;

	if (!take_field(in, 2, 0, 23, &hour) || !take_byte(in, ':') ||
	    !take_field(in, 2, 0, 59, &minute))
		return false;
	*minutes = hour * 60 + minute;
	return true;
}

/* Takes hh:mm:ss[.f] as milliseconds of the day. */
static bool
take_clock(struct cursor *in, int64_t *ms)
{
	int64_t minutes, second, fraction = 0;

	if (!take_minutes(in, &minutes) || !take_byte(in, ':') ||
	    !take_field(in, 2, 0, 60, &second))
		return false;
	if (take_byte(in, '.') && !take_fraction(in, &fraction))
		return false;
	if (second == 60) {
		second = 59;
		fraction = 999;
	}
	*ms = minutes * MS_PER_MINUTE + second * MS_PER_SECOND + fraction;
	return true;
}

/* Takes Z, +hh:mm or -hh:mm as minutes ahead of UTC. */
static bool
take_zone(struct cursor *in, int64_t *minutes)
{
	*minutes = 0;
	if (take_byte(in, 'Z'))
		return true;
	if (take_byte(in, '+'))
		return take_minutes(in, minutes);
	if (!take_byte(in, '-') || !take_minutes(in, minutes))
		return false;
	*minutes = -*minutes;
	return true;
}

int
tstamp_parse(const char *text, size_t len, int64_t *ms)
{
	struct cursor in = { .at = text, .end = text + len };
	int64_t days, clock, zone;

	if (!take_date(&in, &days) || !take_byte(&in, 'T') || !take_clock(&in, &clock) ||
	    !take_zone(&in, &zone) || in.at != in.end)
		return -1;
	*ms = days * MS_PER_DAY + clock - zone * MS_PER_MINUTE;
	return 0;
}
