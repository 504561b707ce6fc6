/* The first columns, see encode.h. */
#include "core/encode.h"

#include "base/num.h"
#include "base/tstamp.h"

#include <string.h>

/* Seconds, with three decimals if they are not whole; returns how many characters. */
static size_t
format_seconds(char *out, int64_t ms)
{
	uint64_t size = ms < 0 ? -(uint64_t)ms : (uint64_t)ms, part = size % 1000;
	size_t len = 0;

	if (ms < 0)
		out[len++] = '-';
	len += num_format_u64(out + len, size / 1000);
	if (part == 0)
		return len;
	out[len++] = '.';
	out[len++] = (char)('0' + part / 100);
	out[len++] = (char)('0' + part / 10 % 10);
	out[len++] = (char)('0' + part % 10);
	return len;
}

void
encode_time(struct encoder *e, enum time_format format, int64_t us)
{
	int64_t ms = us / 1000 - (us % 1000 < 0);

	e->time_is_number = format == TIME_EPOCH || format == TIME_EPOCH_MS;
	switch (format) {
	case TIME_NONE:
		e->time_len = 0;
		return;
	case TIME_ISO:
		e->time_len = tstamp_format(e->time, ms);
		return;
	case TIME_EPOCH:
		e->time_len = format_seconds(e->time, ms);
		return;
	case TIME_EPOCH_MS:
		e->time_len = num_format_i64(e->time, ms);
		return;
	}
}

void
encode_batch(struct encoder *e, uint64_t number)
{
	e->batch_len = num_format_u64(e->batch, number);
}

size_t
encode_lead(char *out, const struct encoder *e, char separator)
{
	size_t len = e->time_len;

	memcpy(out, e->time, len);
	if (e->batch_len == 0)
		return len;
	if (len > 0)
		out[len++] = separator;
	memcpy(out + len, e->batch, e->batch_len);
	return len + e->batch_len;
}
