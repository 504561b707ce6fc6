/*
 * The Gregorian calendar, extended to the past: days_from_civil of Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", howardhinnant.github.io/date_algorithms.html.
 * Years begin in March, so that the leap day is the last, and repeat every 400 years (an era).
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define CIVIL_DAYS_PER_ERA 146097
#define CIVIL_EPOCH_DAY 719468	/* 1970-01-01, counted from 0000-03-01 */

struct civil_date {
	int64_t	year;		/* 0 to 9999 */
	int64_t	month;		/* 1 to 12 */
	int64_t	day;		/* 1 to 31 */
};

/* Days from 1970-01-01 to a date that exists. */
static inline int64_t
civil_to_days(const struct civil_date *date)
{
	int64_t year = date->year - (date->month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = date->month > 2 ? date->month - 3 : date->month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + date->day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * CIVIL_DAYS_PER_ERA + day_of_era - CIVIL_EPOCH_DAY;
}

static inline bool
civil_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static inline int64_t
civil_month_days(int64_t year, int64_t month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && civil_is_leap(year));
}

#endif
