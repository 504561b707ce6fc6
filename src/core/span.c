/* Lengths of stream, see span.h. */
#include "core/span.h"

#include "base/num.h"

#include <string.h>

#define UNIT_ROWS "rows"

/* The digits of "1000rows" as a number; NUM_UNIT if the word is not of that form. */
static enum num_status
parse_rows(const char *text, int64_t *rows)
{
	size_t digits = strcspn(text, "r");
	char number[NUM_INT_BYTES + 1];
	enum num_status status;
	uint64_t value;

	if (strcmp(text + digits, UNIT_ROWS) != 0 && strcmp(text + digits, "row") != 0)
		return NUM_UNIT;
	if (digits == 0)
		return NUM_SYNTAX;
	if (digits >= sizeof(number))
		return NUM_OVERFLOW;
	memcpy(number, text, digits);
	number[digits] = '\0';
	status = num_parse_u64(number, &value);
	if (status == NUM_OK && value > INT64_MAX / 2)
		return NUM_OVERFLOW;
	*rows = (int64_t)value;
	return status;
}

int
span_parse(struct span *span, const char *what, const char *text, int word, struct err *err)
{
	enum num_status status;

	*span = (struct span){ .rows = true, .word = word };
	status = parse_rows(text, &span->ticks);
	if (status == NUM_UNIT) {
		span->rows = false;
		status = num_parse_duration(text, &span->ticks);
	}
	/* Past half the range a boundary plus an interval could overflow. */
	if (status == NUM_OK && span->ticks > INT64_MAX / 4)
		status = NUM_OVERFLOW;
	if (status == NUM_UNIT || status == NUM_TIME_UNIT)
		return err_word(err, word, "%s '%s' needs a unit: ms, s, m, h, d or rows", what,
		    text);
	if (status != NUM_OK)
		return err_word(err, word, "%s '%s' %s", what, text, num_status_text(status));
	if (span->ticks == 0)
		return err_word(err, word, "%s '%s' is zero; it must be longer", what, text);
	return 0;
}

const char *
span_text(char out[SPAN_TEXT], struct span span)
{
	size_t len = span.rows ? num_format_i64(out, span.ticks) :
	    num_format_duration(out, span.ticks);

	strcpy(out + len, span.rows ? UNIT_ROWS : "");
	return out;
}

int
span_check_multiple(struct span span, const char *what, struct span unit, const char *unit_what,
    struct err *err)
{
	char text[SPAN_TEXT], unit_text[SPAN_TEXT];

	span_text(text, span);
	span_text(unit_text, unit);
	if (span.rows != unit.rows)
		return err_word(err, span.word, "%s %s and %s %s: give both in rows or both in "
		    "time", what, text, unit_what, unit_text);
	if (span.ticks < unit.ticks)
		return err_word(err, span.word, "%s %s is shorter than the %s %s",
		    what, text, unit_what, unit_text);
	if (span.ticks % unit.ticks != 0)
		return err_word(err, span.word, "%s %s is not a multiple of the %s %s",
		    what, text, unit_what, unit_text);
	return 0;
}
