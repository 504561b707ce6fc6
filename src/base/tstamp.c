/*
 * RFC 3339 timestamps; tstamp.h has the promises.
 *
 * civil_from_days is Howard Hinnant's, as is base/civil.  One parser reads the strict form and what
 * other programs write instead; it works in microseconds.
 */

#include "base/tstamp.h"

#include "base/civil.h"

#include <math.h>
#include <stdbool.h>

#define MS_PER_SECOND 1000
#define MS_PER_MINUTE 60000
#define MS_PER_DAY 86400000
#define US_PER_MS 1000
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_DAY (1440 * US_PER_MINUTE)

/* What is left to read: at never passes end. */
struct cursor {
	const char *at;
	const char *end;
	bool relaxed;		/* takes other forms than that of RFC 3339, too */
};

static struct civil_date
civil_from_days(int64_t days)
{
	int64_t day = days + CIVIL_EPOCH_DAY;
	int64_t era = (day >= 0 ? day : day - (CIVIL_DAYS_PER_ERA - 1)) / CIVIL_DAYS_PER_ERA;
	int64_t day_of_era = day - era * CIVIL_DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
	    day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 -
	    year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;

	return (struct civil_date){
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
	struct civil_date date;

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

/* Takes YYYY-MM-DD as days since 1970. */
static bool
take_date(struct cursor *in, int64_t *days)
{
	struct civil_date date;

	if (!take_field(in, 4, 0, 9999, &date.year) || !take_byte(in, '-') ||
	    !take_field(in, 2, 1, 12, &date.month) || !take_byte(in, '-') ||
	    !take_field(in, 2, 1, civil_month_days(date.year, date.month), &date.day))
		return false;
	*days = civil_to_days(&date);
	return true;
}

/* Takes what separates the date from the time. */
static bool
take_separator(struct cursor *in)
{
	return take_byte(in, 'T') || (in->relaxed && (take_byte(in, ' ') || take_byte(in, 't')));
}

/* Takes 1 to 9 digits of a fraction of a second as whole microseconds. */
static bool
take_fraction(struct cursor *in, int64_t *us)
{
	int64_t sum = 0, unit = US_PER_SECOND, digit;
	const char *start = in->at;

	while (take_digit(in, &digit)) {
		unit /= 10;
		sum += digit * unit;
	}
	*us = sum;
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

/* Takes hh:mm:ss[.f] as microseconds of the day. */
static bool
take_clock(struct cursor *in, int64_t *us)
{
	int64_t minutes, second, fraction = 0;

	if (!take_minutes(in, &minutes) || !take_byte(in, ':') ||
	    !take_field(in, 2, 0, 60, &second))
		return false;
	if ((take_byte(in, '.') || (in->relaxed && take_byte(in, ','))) &&
	    !take_fraction(in, &fraction))
		return false;
	if (second == 60) {
		second = 59;
		fraction = US_PER_SECOND - 1;
	}
	*us = minutes * US_PER_MINUTE + second * US_PER_SECOND + fraction;
	return true;
}

/* Takes hh:mm, hhmm or hh as minutes. */
static bool
take_offset(struct cursor *in, int64_t *minutes)
{
	int64_t hour, minute = 0;

	if (!in->relaxed)
		return take_minutes(in, minutes);
	if (!take_field(in, 2, 0, 23, &hour))
		return false;
	if ((take_byte(in, ':') || in->at != in->end) && !take_field(in, 2, 0, 59, &minute))
		return false;
	*minutes = hour * 60 + minute;
	return true;
}

/* Takes Z, +hh:mm or -hh:mm as minutes ahead of UTC. */
static bool
take_zone(struct cursor *in, int64_t *minutes)
{
	*minutes = 0;
	if (take_byte(in, 'Z'))
		return true;
	if (in->relaxed && (in->at == in->end || take_byte(in, 'z')))
		return true;
	if (take_byte(in, '+'))
		return take_offset(in, minutes);
	if (!take_byte(in, '-') || !take_offset(in, minutes))
		return false;
	*minutes = -*minutes;
	return true;
}

static int
parse(struct cursor *in, int64_t *us)
{
	int64_t days, clock, zone;

	if (!take_date(in, &days) || !take_separator(in) || !take_clock(in, &clock) ||
	    !take_zone(in, &zone) || in->at != in->end)
		return -1;
	*us = days * US_PER_DAY + clock - zone * US_PER_MINUTE;
	return 0;
}

int
tstamp_parse(const char *text, size_t len, int64_t *ms)
{
	struct cursor in = { .at = text, .end = text + len };
	int64_t us;

	if (parse(&in, &us) == -1)
		return -1;
	*ms = us / US_PER_MS - (us % US_PER_MS < 0);
	return 0;
}

int
tstamp_detect(const char *text, size_t len, int64_t *us)
{
	struct cursor in = { .at = text, .end = text + len, .relaxed = true };
	struct number n;

	if (len > 4 && text[4] == '-')
		return parse(&in, us);
	return number_parse(text, len, &n) ? tstamp_from_number(&n, us) : -1;
}

/* Units of time, the coarsest first, and below which numbers are taken to be in them. */
static const struct unit {
	int64_t	below;
	int64_t	nano;		/* of the number, in a microsecond */
	double	us;		/* microseconds in one */
} units[] = {
	{ INT64_C(100000000000), INT64_C(1000), 1e6 },
	{ INT64_C(100000000000000), INT64_C(1000000), 1e3 },
	{ INT64_C(100000000000000000), INT64_C(1000000000), 1 },
	{ 0, INT64_C(1000000000000), 1e-3 },
};

int
tstamp_from_number(const struct number *n, int64_t *us)
{
	const struct unit *unit = units;
	wide_int v;

	if (!n->exact && fabs(n->d) >= 1e20)
		return -1;
	while (unit->below != 0 && (n->exact ?
	    wide_magnitude(n->nano) >= (wide_uint)unit->below * NUMBER_NANO :
	    fabs(n->d) >= (double)unit->below))
		unit++;
	if (n->exact)
		v = n->nano / unit->nano - (n->nano % unit->nano < 0);
	else
		v = (wide_int)floor(n->d * unit->us);
	if (v < (wide_int)TSTAMP_MIN * US_PER_MS || v >= ((wide_int)TSTAMP_MAX + 1) * US_PER_MS)
		return -1;
	*us = (int64_t)v;
	return 0;
}
