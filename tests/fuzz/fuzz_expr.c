/*
 * The expressions of where and select and the queries of sql, as words: whatever they are, they
 * give a statement, which runs over a few rows, or a usage error with a caret in the word.
 *
 * Input: a byte that chooses (bit 0: select, bit 1: records that are open, bit 2: a whole query
 * over two tables), then the word.
 */
#include "fuzz.h"

#include "core/query.h"
#include "core/stage.h"

#include <stdbool.h>
#include <string.h>

extern const struct stage_class stage_where, stage_select;

#define STEPS 200000			/* looks at query_stop before a query is stopped */

static const struct value cells[] = {
	{ VALUE_TEXT, 6, { .text = "1,x,\xff!" } }, { VALUE_TEXT, 1, { .text = "1" } },
	{ VALUE_TEXT, 1, { .text = "x" } }, { VALUE_INT, 0, { .i = INT64_MIN } },
	{ VALUE_TEXT, 2, { .text = "\xff!" } },
	{ VALUE_TEXT, 0, { .text = "" } }, { VALUE_TEXT, 4, { .text = "-2.5" } },
	{ VALUE_NULL, 0, { .i = 0 } }, { VALUE_DOUBLE, 0, { .d = 1e308 } },
	{ VALUE_BOOL, 0, { .i = 1 } },
};

static struct arena names;
static unsigned looks;

static bool
stop(void)
{
	return ++looks > STEPS / 20000;
}

static struct schema
make_schema(bool open)
{
	struct schema s = { .columns = 3, .width = 5, .input = true, .open = open,
		.names = &names };

	s.column[0] = (struct column){ "id", 1, !open };
	s.column[1] = (struct column){ "Name", 2, !open };
	s.column[2] = (struct column){ "n", 3, false };
	return s;
}

/* Rows are as wide as the columns that were asked for. */
static struct value *
make_rows(unsigned width, uint64_t rows)
{
	struct value *made = calloc(rows * width, sizeof(*made));

	FUZZ_CHECK(made != NULL);
	for (uint64_t i = 0; i < rows; i++)
		for (unsigned k = 0; k < width && k < 5; k++)
			made[i * width + k] = cells[i % 2 * 5 + k];
	return made;
}

static void
check_error(const struct err *err, const char *word)
{
	FUZZ_CHECK(err->code == ERR_USAGE || err->code == ERR_RUN);
	FUZZ_CHECK(err->message[0] != '\0');
	if (err->code == ERR_USAGE && err->word != ERR_NO_WORD)
		FUZZ_CHECK(err->word == 7 && err->column <= strlen(word));
}

static void
run_stage(const struct stage_class *class, bool open, const char *word)
{
	struct schema in = make_schema(open);
	struct stage s = { .class = class, .in = &in, .out = &in };
	void *lane = calloc(1, class->lane_size);
	struct blocks out = { 0 };
	struct bad bad = { 0 };
	struct feed to = { .out = &out, .bad = &bad };
	struct err err = { 0 };
	uint64_t rows = 5;

	s.config = calloc(1, class->config_size);
	FUZZ_CHECK(lane != NULL && s.config != NULL);
	if (class->argument(&s, word, 7, &err) == 0 && class->open(&s, &err) == 0 &&
	    class->lane_open(&s, lane, &err) == 0) {
		struct value *made = make_rows(in.width, rows);
		struct block b = { .cells = made, .width = in.width, .records = rows };

		if (class->feed(&s, lane, &b, &to, &err) == 0) {
			uint64_t n = 0;

			for (size_t i = 0; i < out.n; i++)
				n += out.block[i].records;
			FUZZ_CHECK(n + bad.n <= rows);
			FUZZ_CHECK(class != &stage_select || n + bad.n == rows);
		} else {
			FUZZ_CHECK(err.code == ERR_RUN);
		}
		free(made);
	} else {
		check_error(&err, word);
	}
	class->lane_close(lane);
	class->close(&s);
	blocks_free(&out);
	bad_free(&bad);
	free(lane);
	free(s.config);
}

static void
run_query(bool open, const char *word)
{
	struct schema in[2] = { make_schema(open), make_schema(false) };
	struct query_table tables[] = { { "Orders", &in[0] }, { "users", &in[1] } };
	struct query_text text = { .what = "sql", .text = word, .len = strlen(word), .word = 7 };
	struct buf sql = { 0 };
	struct arena arena = { 0 };
	struct query *q;
	struct value v;
	struct err err = { 0 };

	if (query_open(&q, tables, 2, &err) == 0 && query_select(q, &text, &sql, &err) == 0 &&
	    buf_add(&sql, "", 1) == 0 && query_prepare(q, sql.data, &err) == 0) {
		struct value *made[2];
		struct block b[2];
		int rows = 0;

		for (size_t i = 0; i < 2; i++) {
			made[i] = make_rows(in[i].width, 4);
			b[i] = (struct block){ .cells = made[i], .width = in[i].width,
				.records = 4 };
			FUZZ_CHECK(query_rows(q, i, &b[i], 1, &err) == 0);
		}
		query_start(q, 0);
		while (query_step(q, &err) == QUERY_ROW && rows++ < 1000)
			FUZZ_CHECK(query_cell(q, 0, &arena, &v) == 0);
		query_close(q);
		free(made[0]);
		free(made[1]);
	} else {
		check_error(&err, word);
		query_close(q);
	}
	buf_free(&sql);
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { .data = data, .size = size };
	unsigned choice = fuzz_byte(&in);
	char *word = malloc(in.size + 1);

	FUZZ_CHECK(word != NULL);
	if (in.size > 0)
		memcpy(word, in.data, in.size);
	word[in.size] = '\0';
	query_stop = stop;
	looks = 0;
	if (choice & 4)
		run_query(choice & 2, word);
	else
		run_stage(choice & 1 ? &stage_select : &stage_where, choice & 2, word);
	arena_free(&names);
	free(word);
	return 0;
}
