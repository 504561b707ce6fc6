/*
 * Rules and the records that they look at: a file of rules is right, or every error names its line;
 * rules say the same of a record whether their state was put down and taken back before it or not,
 * and whether the file was read again or not.
 *
 * Input: rules, a line `--`, then lines of TIME (microseconds) and blank-separated fields.
 */
#include "fuzz.h"

#include "base/mem.h"
#include "core/rule.h"

#include <string.h>

#define FIELDS 6			/* time, account, amount, place, lat, lon */
#define CHUNKS 4096

static struct buf rules;
static unsigned version;

static int
load(void *arg, const char *path, struct buf *text, struct file_stamp *stamp, struct err *err)
{
	(void)arg;
	text->len = 0;
	*stamp = (struct file_stamp){ .size = version };
	if (strcmp(path, "rules") == 0)
		return buf_add(text, rules.data, rules.len);
	if (path[0] == 'x')
		return -err_set(err, ERR_RUN, "%s: not there", path);
	return buf_add(text, "a\nb\n1", 5);
}

static bool
changed(void *arg, const char *path, const struct file_stamp *stamp)
{
	(void)arg;
	(void)path;
	return stamp->size != version;
}

static void
tell(void *arg, const char *message)
{
	(void)arg;
	FUZZ_CHECK(strncmp(message, "rules, line ", 12) == 0);
}

static int
column(void *arg, const char *name, size_t len, unsigned nth, struct rule_column *out,
    struct err *err)
{
	static const char *const names[FIELDS] = { "t", "account", "amount", "place", "lat", "lon" };

	(void)arg;
	if (len == 6 && memcmp(name, "device", 6) == 0 && nth < 2) {
		*out = (struct rule_column){ names[3 + nth], 3 + nth, false };
		return 0;
	}
	for (unsigned i = 0; i < FIELDS && nth == 0; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
			*out = (struct rule_column){ names[i], i, i == 1 };
			return 0;
		}
	return -err_set(err, ERR_RUN, "no such column");
}

static const struct files files = { .load = load, .changed = changed, .tell = tell };
static const struct rule_host host = { .files = &files, .column = column, .places = true };
static const uint64_t seed[2] = { 1, 2 };

/* ---- a store of chunks, in the order in which they came ---- */

static struct {
	struct store_part	 part;
	char			*bytes;
	size_t			 len;
} chunk[CHUNKS];
static size_t chunks;

static int
put(void *arg, const struct store_part *part, const char *bytes, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	FUZZ_CHECK(chunks < CHUNKS);
	chunk[chunks].part = *part;
	chunk[chunks].bytes = malloc(len + 1);
	FUZZ_CHECK(chunk[chunks].bytes != NULL);
	memcpy(chunk[chunks].bytes, bytes, len);
	chunk[chunks++].len = len;
	return 0;
}

static int
clear(void *arg, const struct store_part *part, struct err *err)
{
	size_t kept = 0;

	(void)arg;
	(void)err;
	for (size_t i = 0; i < chunks; i++) {
		if (chunk[i].part.tick == part->tick &&
		    chunk[i].part.generation <= part->generation)
			free(chunk[i].bytes);
		else
			chunk[kept++] = chunk[i];
	}
	chunks = kept;
	return 0;
}

static int
trim(void *arg, const struct store_part *part, struct err *err)
{
	return clear(arg, part, err);
}

static const struct store store = { .put = put, .clear = clear, .trim = trim };

/* ---- running ---- */

static struct rule_set *
open_set(void)
{
	struct rule_set *set;
	struct err err = { 0 };

	if (rule_open(&set, &host, "rules", 0, &err) == 0) {
		FUZZ_CHECK(rule_start(set, 5, seed, &err) == 0);
		return set;
	}
	if (strncmp(err.message, "rules, line ", 12) != 0)
		fuzz_failed(err.message, 0, "an error that names its line");
	rule_close(set);
	return NULL;
}

static struct rule_set *
move_over(struct rule_set *set)
{
	struct buf out = { 0 };
	struct saving to = { .store = &store, .out = &out, .part.role = STORE_LANE };
	struct err err;

	FUZZ_CHECK(rule_save(set, &to, &err) == 0);
	buf_free(&out);
	rule_close(set);
	set = open_set();
	FUZZ_CHECK(set != NULL);
	for (size_t tick = 0; tick < 40; tick++)
		for (size_t i = 0; i < chunks; i++) {
			struct wire in = { chunk[i].bytes, chunk[i].bytes + chunk[i].len, false };

			if (chunk[i].part.tick != RULE_TICK + (int64_t)tick)
				continue;
			FUZZ_CHECK(rule_load(set, &chunk[i].part, &in, &err) == 0);
			FUZZ_CHECK(!in.damaged && in.at == in.end);
		}
	return set;
}

/* Cuts a line into fields; its time. */
static int64_t
cut(const char *at, const char *end, struct value row[FIELDS])
{
	uint64_t time = 0;

	for (unsigned i = 0; i < FIELDS; i++) {
		const char *from = at;

		while (at < end && *at != ' ')
			at++;
		row[i] = at == from ? value_null() : value_text(from, (size_t)(at - from));
		at += at < end;
	}
	for (const char *c = row[0].text; row[0].kind == VALUE_TEXT && c < row[0].text + row[0].len;
	    c++)
		time = time * 10 + (uint64_t)(*c & 15);
	return (int64_t)(time % (UINT64_C(1) << 58));
}

static void
look(struct rule_set *set, const char *at, const char *end, struct buf *out)
{
	struct value row[FIELDS];
	const struct value *rows[] = { row };
	struct rule_txn txn = { .row = row, .time = cut(at, end, row), .placed = true };
	struct rule_result result;

	txn.lat = row[4].kind == VALUE_TEXT ? row[4].len : 0;
	txn.lon = row[5].kind == VALUE_TEXT ? row[5].len : 0;
	FUZZ_CHECK(rule_ahead(set, rows, 1) == 0 && rule_look(set, &txn, &result) == 0);
	FUZZ_CHECK(result.score >= 0 && result.score <= 1);
	for (size_t i = 0; i < result.n; i++)
		FUZZ_CHECK(rule_reason(set, &result.hit[i], out) == 0 &&
		    buf_add(out, "\n", 1) == 0);
}

/* MOVES: after every few records all goes on in another set. */
static void
run(const char *at, const char *end, bool moves, struct buf *out)
{
	struct rule_set *set = open_set();
	struct err err;

	for (unsigned n = 0; set != NULL && at < end; n++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline == NULL ? end : newline;

		look(set, at, stop, out);
		at = stop + 1;
		if (moves && n % 5 == 4)
			set = move_over(set);
		version += moves && n % 7 == 6;
		FUZZ_CHECK(set != NULL && rule_refresh(set, &err) == 0);
	}
	rule_close(set);
	while (chunks > 0)
		free(chunk[--chunks].bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *records = end;
	struct buf out = { 0 }, again = { 0 };

	if (size > 65536)
		return 0;
	for (const char *at = text; at + 4 <= end; at++)
		if (memcmp(at, "\n--\n", 4) == 0) {
			records = at + 4;
			break;
		}
	rules.len = 0;
	FUZZ_CHECK(buf_add(&rules, text, (size_t)(records - text)) == 0);
	if (records < end)
		rules.len -= 3;
	run(records, end, false, &out);
	run(records, end, true, &again);
	FUZZ_CHECK(out.len == again.len &&
	    (out.len == 0 || memcmp(out.data, again.data, out.len) == 0));
	buf_free(&out);
	buf_free(&again);
	return 0;
}
