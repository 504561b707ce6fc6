/*
 * Times by a format, see tstamp.h.  POSIX strptime reads the locale, knows no fractions and leaves
 * what is missing as it was; this one is pure, and a format that tells no date is refused at start.
 */
#include "base/civil.h"
#include "base/tstamp.h"

#include <stdbool.h>
#include <string.h>

#define US_PER_SECOND INT64_C(1000000)
#define SECONDS_PER_DAY 86400
#define SECONDS_MAX (-(TSTAMP_MIN / 1000) - 1)	/* of either sign: the year 3940 */

/* What has been read so far, and what is left. */
struct reader {
	const char		*at, *end;
	struct civil_date	 date;
	int64_t			 day_of_year;	/* 0: not told */
	int64_t			 hour, minute, second, us;
	int64_t			 zone;		/* minutes ahead of UTC */
	int64_t			 epoch;		/* of %s */
	bool			 has_epoch, before_epoch;
	bool			 has_half, afternoon;
};

static const char *const months[] = {
	"january", "february", "march", "april", "may", "june", "july", "august", "september",
	"october", "november", "december", NULL
};
static const char *const weekdays[] = {
	"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", NULL
};
static const char *const halves[] = { "am", "pm", NULL };
static const char *const zones[] = { "utc", "gmt", "z", NULL };

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
skip_blanks(struct reader *in)
{
	while (in->at < in->end && is_blank(*in->at))
		in->at++;
}

/* Takes 1 to WIDTH digits that make a number from LEAST to MOST. */
static bool
take_number(struct reader *in, int width, int64_t least, int64_t most, int64_t *value)
{
	const char *start = in->at;
	int64_t sum = 0;

	for (; width > 0 && in->at < in->end && *in->at >= '0' && *in->at <= '9'; width--)
		sum = sum * 10 + (*in->at++ - '0');
	*value = sum;
	return in->at > start && sum >= least && sum <= most;
}

/* Letters of NAME that are next, in any case. */
static size_t
match(const struct reader *in, const char *name)
{
	size_t n = 0;

	while (name[n] != '\0' && in->at + n < in->end && (in->at[n] | 0x20) == name[n])
		n++;
	return n;
}

/* Takes a whole name, or its first SHORT letters; its index, or -1. */
static int
take_name(struct reader *in, const char *const *names, size_t shortened)
{
	for (int i = 0; names[i] != NULL; i++) {
		size_t n = match(in, names[i]), whole = strlen(names[i]);

		if (n < whole && (shortened == 0 || n < shortened))
			continue;
		in->at += n == whole ? whole : shortened;
		return i;
	}
	return -1;
}

/* Takes 1 to 9 digits of a fraction. */
static bool
take_fraction(struct reader *in)
{
	const char *start = in->at;
	int64_t nano;

	if (!take_number(in, 9, 0, INT64_MAX, &nano))
		return false;
	for (ptrdiff_t n = in->at - start; n < 9; n++)
		nano *= 10;
	in->us = nano / 1000;
	return true;
}

/* Takes exactly two digits from 0 to MOST. */
static bool
take_pair(struct reader *in, int64_t most, int64_t *value)
{
	const char *start = in->at;

	return take_number(in, 2, 0, most, value) && in->at == start + 2;
}

/* Takes Z, +hh:mm, +hhmm or +hh. */
static bool
take_zone(struct reader *in)
{
	int64_t hour, minute = 0;
	bool west;

	if (take_name(in, zones + 2, 0) != -1)
		return true;
	if (in->at == in->end || (*in->at != '+' && *in->at != '-'))
		return false;
	west = *in->at++ == '-';
	if (!take_pair(in, 23, &hour))
		return false;
	if (in->at < in->end && (*in->at == ':' || (*in->at >= '0' && *in->at <= '9'))) {
		in->at += *in->at == ':';
		if (!take_pair(in, 59, &minute))
			return false;
	}
	in->zone = (hour * 60 + minute) * (west ? -1 : 1);
	return true;
}

/* Takes [-]digits, seconds since the epoch. */
static bool
take_epoch(struct reader *in)
{
	in->before_epoch = in->at < in->end && *in->at == '-';
	in->at += in->before_epoch;
	in->has_epoch = true;
	return take_number(in, 15, 0, SECONDS_MAX, &in->epoch);
}

static bool
take_month(struct reader *in)
{
	in->date.month = take_name(in, months, 3) + 1;
	return in->date.month > 0;
}

static bool
take_short_year(struct reader *in)
{
	if (!take_number(in, 2, 0, 99, &in->date.year))
		return false;
	in->date.year += in->date.year < 69 ? 2000 : 1900;	/* POSIX */
	return true;
}

static bool
take_half(struct reader *in)
{
	int half = take_name(in, halves, 0);

	in->has_half = true;
	in->afternoon = half == 1;
	return half != -1;
}

/* What a conversion that stands for others stands for, or NULL. */
static const char *
expansion(char c)
{
	switch (c) {
	case 'F': return "%Y-%m-%d";
	case 'T': return "%H:%M:%S";
	case 'D': return "%m/%d/%y";
	case 'R': return "%H:%M";
	default: return NULL;
	}
}

static bool
take_conversion(struct reader *in, char c)
{
	switch (c) {
	case 'Y': return take_number(in, 4, 0, 9999, &in->date.year);
	case 'y': return take_short_year(in);
	case 'm': return take_number(in, 2, 1, 12, &in->date.month);
	case 'b': case 'B': case 'h': return take_month(in);
	case 'e': skip_blanks(in);	/* fall through */
	case 'd': return take_number(in, 2, 1, 31, &in->date.day);
	case 'j': return take_number(in, 3, 1, 366, &in->day_of_year);
	case 'H': return take_number(in, 2, 0, 23, &in->hour);
	case 'I': return take_number(in, 2, 1, 12, &in->hour);
	case 'p': return take_half(in);
	case 'M': return take_number(in, 2, 0, 59, &in->minute);
	case 'S': return take_number(in, 2, 0, 60, &in->second);
	case 'f': return take_fraction(in);
	case 's': return take_epoch(in);
	case 'z': return take_zone(in);
	case 'Z': return take_name(in, zones, 0) != -1;
	case 'a': case 'A': return take_name(in, weekdays, 3) != -1;
	case 'n': case 't': skip_blanks(in); return true;
	case '%': return in->at < in->end && *in->at++ == '%';
	default: return false;
	}
}

static bool
take_format(struct reader *in, const char *format)
{
	for (; *format != '\0'; format++) {
		if (is_blank(*format)) {
			skip_blanks(in);
		} else if (*format != '%') {
			if (in->at == in->end || *in->at++ != *format)
				return false;
		} else {
			const char *longer = expansion(*++format);

			if (*format == '\0')
				return false;
			if (longer != NULL ? !take_format(in, longer) :
			    !take_conversion(in, *format))
				return false;
		}
	}
	return true;
}

/* The date that was told as days since the epoch; false if there is no such. */
static bool
find_day(struct reader *in, int64_t *days)
{
	if (in->day_of_year > 0) {
		if (in->day_of_year > 365 + civil_is_leap(in->date.year))
			return false;
		in->date.month = in->date.day = 1;
		*days = civil_to_days(&in->date) + in->day_of_year - 1;
		return true;
	}
	if (in->date.month == 0 || in->date.day == 0 ||
	    in->date.day > civil_month_days(in->date.year, in->date.month))
		return false;
	*days = civil_to_days(&in->date);
	return true;
}

int
tstamp_strptime(const char *format, const char *text, size_t len, int64_t *us)
{
	struct reader in = { .at = text, .end = text + len };
	int64_t days, seconds;

	if (!take_format(&in, format) || in.at != in.end)
		return -1;
	if (in.has_epoch) {
		*us = (in.epoch * US_PER_SECOND + in.us) * (in.before_epoch ? -1 : 1);
		return 0;
	}
	if (!find_day(&in, &days))
		return -1;
	if (in.has_half)
		in.hour = in.hour % 12 + (in.afternoon ? 12 : 0);
	if (in.second == 60) {
		in.second = 59;
		in.us = US_PER_SECOND - 1;
	}
	seconds = (in.hour * 60 + in.minute - in.zone) * 60 + in.second;
	*us = (days * SECONDS_PER_DAY + seconds) * US_PER_SECOND + in.us;
	return 0;
}

const char *
tstamp_format_problem(const char *format)
{
	bool year = false, month = false, day = false, epoch = false;

	for (; *format != '\0'; format++) {
		if (*format != '%')
			continue;
		if (*++format == '\0')
			return "ends in a single %";
		if (strchr("YymbBhdejHIpMSfszZaAnt%FTDR", *format) == NULL)
			return "has an unknown conversion";
		year = year || strchr("YyFD", *format) != NULL;
		month = month || strchr("mbBhjFD", *format) != NULL;
		day = day || strchr("dejFD", *format) != NULL;
		epoch = epoch || *format == 's';
	}
	if (epoch)
		return NULL;
	return !year ? "has no year" : !month ? "has no month" : !day ? "has no day" : NULL;
}
