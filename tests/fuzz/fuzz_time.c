/*
 * Times and numbers as records have them: what is read lies in range, reads the same when it is
 * written and read again, and a format with its text never reads out of bounds.
 *
 * Input: a byte that chooses (even: found out, odd: by a format), then the text; for a format a
 * byte with its length, the format, and the text.
 */
#include "fuzz.h"

#include "base/num.h"
#include "base/number.h"
#include "base/tstamp.h"

#include <string.h>

static void
check_range(int64_t us)
{
	const int64_t day = INT64_C(86400000000);

	FUZZ_CHECK(us >= TSTAMP_MIN * 1000 - day && us <= TSTAMP_MAX * 1000 + 999 + day);
}

/* What is shown of a time reads back as that time, to the millisecond. */
static void
check_time(const char *text, size_t len)
{
	char shown[TSTAMP_BYTES];
	int64_t us, again;

	if (tstamp_detect(text, len, &us) == -1)
		return;
	check_range(us);
	if (us < TSTAMP_MIN * 1000 || us > TSTAMP_MAX * 1000)
		return;
	tstamp_format(shown, us / 1000 - (us % 1000 < 0));
	FUZZ_CHECK(tstamp_detect(shown, sizeof(shown), &again) == 0);
	FUZZ_CHECK(again <= us && us - again < 1000);
}

static void
check_number(const char *text, size_t len)
{
	char shown[NUM_DOUBLE_BYTES];
	struct number n, again;

	if (!number_parse(text, len, &n))
		return;
	FUZZ_CHECK(number_parse(shown, num_format_double(shown, n.d), &again));
	FUZZ_CHECK(again.d <= n.d && again.d >= n.d);
}

/* By a format: a copy of exactly its bytes, so that a sanitizer sees one too many. */
static void
check_format(struct fuzz_input *in)
{
	size_t len = fuzz_byte(in) % 32;
	char format[33];
	char *text;
	int64_t us;

	len = len < in->size ? len : in->size;
	memcpy(format, in->data, len);
	format[len] = '\0';
	in->data += len;
	in->size -= len;
	text = malloc(in->size + 1);
	FUZZ_CHECK(text != NULL);
	memcpy(text, in->data, in->size);
	if (tstamp_format_problem(format) == NULL &&
	    tstamp_strptime(format, text, in->size, &us) == 0)
		check_range(us);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	char *text;

	if (fuzz_byte(&in) % 2 == 1) {
		check_format(&in);
		return 0;
	}
	text = malloc(in.size + 1);
	FUZZ_CHECK(text != NULL);
	if (in.size > 0)
		memcpy(text, in.data, in.size);
	check_time(text, in.size);
	check_number(text, in.size);
	free(text);
	return 0;
}
