/*
 * Unit tests of src/core/rule*: what each rule says at the exact edges of its window, errors line
 * by line, files that change, and state that is put down and taken back.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rule.h"
#include "store_util.h"

Suite *rules_suite(void);

/* ---- files in memory ---- */

struct page {
	const char	*path, *text;
	int64_t		 version;
};

static struct page pages[4];
static struct buf told;

static struct page *
page_of(const char *path)
{
	for (int i = 0; i < COUNT(pages); i++)
		if (pages[i].path != NULL && strcmp(pages[i].path, path) == 0)
			return &pages[i];
	return NULL;
}

static void
set_page(int i, const char *path, const char *text)
{
	pages[i].path = path;
	pages[i].text = text;
	pages[i].version++;
}

static int
load(void *arg, const char *path, struct buf *text, struct file_stamp *stamp, struct err *err)
{
	const struct page *p = page_of(path);

	(void)arg;
	text->len = 0;
	if (p == NULL || p->text == NULL)
		return -err_set(err, ERR_RUN, "%s: not there", path);
	*stamp = (struct file_stamp){ .mtime = p->version };
	return buf_add(text, p->text, strlen(p->text)) == -1 ? err_memory(err, "reading") : 0;
}

static bool
changed(void *arg, const char *path, const struct file_stamp *stamp)
{
	const struct page *p = page_of(path);

	(void)arg;
	return p == NULL || p->text == NULL || p->version != stamp->mtime;
}

static void
tell(void *arg, const char *message)
{
	(void)arg;
	text_printf(&told, "%s\n", message);
}

static const struct files files = { .load = load, .changed = changed, .tell = tell };

/* ---- a set of rules over rows of these ---- */

static const char *const names[] = {
	"time", "account", "amount", "merchant", "country", "lat", "lon", "ip", "phone",
};
#define WIDTH 9

static int
column(void *arg, const char *name, size_t len, unsigned nth, struct rule_column *out,
    struct err *err)
{
	(void)arg;
	if (len == 6 && memcmp(name, "device", len) == 0) {
		if (nth > 1)
			return 1;
		*out = (struct rule_column){ names[7 + nth], 7 + nth, false };
		return 0;
	}
	for (unsigned i = 1; i < WIDTH && nth == 0; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
			*out = (struct rule_column){ names[i], i, i == 1 };
			return 0;
		}
	return -err_set(err, ERR_RUN, "no column '%.*s'", (int)len, name);
}

static const struct rule_host host = { .files = &files, .column = column, .places = true };

static struct rule_set *
set_open(const char *rules, uint64_t most)
{
	struct rule_set *set;
	struct err err;

	set_page(0, "dir/rules", rules);
	if (rule_open(&set, &host, "dir/rules", 1, &err) == -1)
		ck_abort_msg("%s", err.message);
	DEMAND(rule_start(set, most, test_seed, &err) == 0);
	return set;
}

/* Cuts `time account amount ...` at blanks; - is not given. */
static void
make_row(char *line, struct value row[WIDTH])
{
	char *save, *word = strtok_r(line, " ", &save);

	for (unsigned i = 0; i < WIDTH; i++) {
		row[i] = word == NULL || strcmp(word, "-") == 0 ? value_null() :
		    value_text(word, strlen(word));
		if (word != NULL)
			word = strtok_r(NULL, " ", &save);
	}
}

static double
number_of(const struct value *v)
{
	return v->kind == VALUE_NULL ? 0 : strtod(v->text, NULL);
}

/* Makes the reasons of a result, with memory that may be short: 0 or -1. */
static int
try_reasons(struct rule_set *set, const struct rule_result *result)
{
	struct buf out = { 0 };
	int rc = 0;

	for (size_t i = 0; i < result->n && rc == 0; i++)
		rc = rule_reason(set, &result->hit[i], &out);
	buf_free(&out);
	return rc;
}

/* Looks at one line; appends `time reason; reason score` if there are any.  0 or -1. */
static int
look(struct rule_set *set, const char *text, struct buf *out)
{
	char line[200], *end;
	struct value row[WIDTH];
	const struct value *rows[] = { row };
	struct rule_txn txn = { .row = row };
	struct rule_result result;

	(void)snprintf(line, sizeof(line), "%s", text);
	make_row(line, row);
	txn.time = strtoll(row[0].text, &end, 10) * 1000000;
	if (*end == '.')
		txn.time += strtoll(end + 1, NULL, 10);	/* all six digits */
	txn.placed = row[5].kind == VALUE_TEXT;
	txn.lat = number_of(&row[5]);
	txn.lon = number_of(&row[6]);
	if (rule_ahead(set, rows, 1) == -1 || rule_look(set, &txn, &result) == -1)
		return -1;
	if (out == NULL)
		return try_reasons(set, &result);
	for (size_t i = 0; i < result.n; i++) {
		text_printf(out, "%s", i == 0 ? row[0].text : ";");
		text_add(out, " ", 1);
		if (rule_reason(set, &result.hit[i], out) == -1)
			return -1;
	}
	if (result.n > 0)
		text_printf(out, " %.9g%s\n", result.score, result.allowed ? " allowed" : "");
	return 0;
}

static void
same(const struct buf *got, const char *want, const char *what)
{
	struct buf text = { 0 };

	text_add(&text, want, strlen(want));
	text_same(got, &text, what);
	buf_free(&text);
}

/* Looks at lines one after the other. */
static void
play(struct rule_set *set, const char *lines, struct buf *out)
{
	for (const char *at = lines; *at != '\0';) {
		size_t len = strcspn(at, "\n");
		char line[200];

		(void)snprintf(line, sizeof(line), "%.*s", (int)len, at);
		DEMAND(look(set, line, out) == 0);
		at += len + (at[len] == '\n');
	}
}

/* ---- edges ---- */

static const struct {
	const char	*rules, *lines, *want;
} edges[] = {
	/* Both ends of a window are in it; a microsecond more is not; the same second is. */
	{ "v count by account over 10m >= 3",
	    "0 A 1\n0 A 1\n600.000000 A 1\n600.000001 A 1\n1200.000000 A 1\n",
	    "600.000000 v count=3 limit=3 window=10m 0.95\n"
	    "1200.000000 v count=3 limit=3 window=10m 0.95\n" },
	{ "v count by account over 10m >= 2", "7 A 1\n7 A 1\n7 B 1\n",
	    "7 v count=2 limit=2 window=10m 0.95\n" },
	/* The walkthrough: ten in ten minutes. */
	{ "v count by account over 10m >= 10 weight 0.3",
	    "0 A 1\n1 A 1\n2 A 1\n3 A 1\n4 A 1\n5 A 1\n6 A 1\n7 A 1\n8 A 1\n600 A 1\n601 A 1\n"
	    "601 A 1\n",
	    "600 v count=10 limit=10 window=10m 0.3\n601 v count=10 limit=10 window=10m 0.3\n"
	    "601 v count=11 limit=10 window=10m 0.3\n" },
	/* It starts over when it was told. */
	{ "v count by account over 10m >= 2 reset", "0 A 1\n1 A 1\n2 A 1\n3 A 1\n",
	    "1 v count=2 limit=2 window=10m 0.95\n3 v count=2 limit=2 window=10m 0.95\n" },
	/* A sum to the cent, by two keys; over, not at the limit. */
	{ "p sum amount by account,merchant over 30d > 20000000",
	    "0 A 10000000.10 M\n1 A 9999999.90 M\n2 A 9999999.90 N\n3 B 5 M\n"
	    "2592000 A 0.01 M\n2592000.000001 A 0 M\n",
	    "2592000 p sum=20000000.01 limit=20000000 window=30d merchant=M 0.95\n" },
	{ "p sum amount by account over 10s >= 0.3", "0 A 0.1\n1 A 0.1\n2 A 0.1\n",
	    "2 p sum=0.30 limit=0.30 window=10s 0.95\n" },
	{ "m mean amount by merchant over 10s >= 0.1", "0 A 0.1 M\n1 A 0.1 M\n2 B 0.1 M\n"
	    "3 A 0.09 M\n",
	    "0 m mean=0.10 limit=0.10 window=10s merchant=M 0.95\n"
	    "1 m mean=0.10 limit=0.10 window=10s merchant=M 0.95\n"
	    "2 m mean=0.10 limit=0.10 window=10s merchant=M 0.95\n" },
	{ "m min amount by account over 10s < 2", "0 A 1\n10 A 5\n10.000001 A 5\n",
	    "0 m min=1 limit=2 window=10s 0.95\n10 m min=1 limit=2 window=10s 0.95\n" },
	{ "m max amount by account over 10s > 4", "0 A 5\n1 A 3\n10 A 4\n11 A 4\n",
	    "0 m max=5 limit=4 window=10s 0.95\n1 m max=5 limit=4 window=10s 0.95\n"
	    "10 m max=5 limit=4 window=10s 0.95\n" },
	/* Accounts of a merchant; one that comes again is the same. */
	{ "d distinct account by merchant over 1d > 2",
	    "0 A 1 M\n1 B 1 M\n2 A 1 M\n3 C 1 M\n86401 D 1 M\n86402.000001 E 1 M\n86403 D 1 M\n",
	    "3 d distinct=3 limit=2 window=1d merchant=M 0.95\n"
	    "86401 d distinct=4 limit=2 window=1d merchant=M 0.95\n"
	    "86402.000001 d distinct=3 limit=2 window=1d merchant=M 0.95\n"
	    "86403 d distinct=3 limit=2 window=1d merchant=M 0.95\n" },
	/* Each device by itself. */
	{ "d distinct account by device over 1d > 1",
	    "0 A 1 - - - - i1 p1\n1 B 1 - - - - i2 p1\n2 C 1 - - - - i1 -\n3 D 1 - - - - p1 -\n",
	    "1 d distinct=2 limit=1 window=1d phone=p1 0.95\n"
	    "2 d distinct=2 limit=1 window=1d ip=i1 0.95\n" },
	/* The small one directly before, a minute at most, below and above. */
	{ "s small-then-large 1.00 500.00 within 1m",
	    "0 A 0.99\n60 A 500.01\n100 A 0.5\n160.000001 A 600\n200 A 1.00\n201 A 600\n"
	    "300 A 0.5\n301 A 500\n400 A 0.5\n401 A 20\n402 A 600\n500 A 0.5\n500 A 501\n"
	    "500 A 502\n",
	    "60 s 0.99->500.01 in 00:01:00 window=1m 0.95\n"
	    "500 s 0.50->501 in 00:00:00 window=1m 0.95\n" },
	/* A degree of latitude is 111.19 km. */
	{ "t speed > 900km/h beyond 100km",
	    "0 A 1 - - 0 0\n445 A 1 - - 1 0\n500 B 1 - - 0 0\n944 B 1 - - 1 0\n"
	    "1000 C 1 - - 0 0\n1000 C 1 - - 0.8 0\n1001 C 1 - - 2 0\n1001 C 1 - - 0 0\n",
	    "944 t speed=902km/h limit=900km/h distance=111km in 00:07:24 0.95\n"
	    "1001 t speed=480363km/h limit=900km/h distance=133km in 00:00:01 0.95\n"
	    "1001 t speed=infkm/h limit=900km/h distance=222km in 00:00:00 0.95\n" },
	{ "t speed", "0 A 1 - - 52.5 13.4\n1 A 1 - - - -\n3600 A 1 - - 40.7 -74\n",
	    "3600 t speed=6386km/h limit=900km/h distance=6386km in 01:00:00 0.95\n" },
	/* A country that is new to an account with some history; its beginnings are not. */
	{ "n new country after 3",
	    "0 A 1 - DE\n1 A 1 - FR\n2 A 1 - DE\n3 A 1 - ES\n4 A 1 - ES\n5 A 1 - FR\n"
	    "6 A 1 - -\n7 A 1 - US\n",
	    "3 n country=ES new after=3 0.95\n7 n country=US new after=6 0.95\n" },
	{ "n new merchant after 1 use 2", "0 A 1 M\n1 A 1 N\n2 A 1 N\n3 A 1 N\n4 A 1 M\n",
	    "2 n merchant=N new after=2 use=2 0.95\n" },
	{ "b amount > 220\nc amount >= 220 weight 0.5", "0 A 220\n1 A 220.01\n2 A x\n",
	    "0 c amount=220 limit=220 0.5\n"
	    "1 b amount=220.01 limit=220; c amount=220.01 limit=220 0.975\n" },
	{ "x deny merchant in bad\ny watch account in \"/seen\"\nw allow account in /seen",
	    "0 A 1 M1\n1 B 1 M2\n2 C 1 M3\n",
	    "0 x merchant=M1 in bad 1\n1 y account=B in seen; w account=B in seen 0.5 allowed\n" },
	{ "x merchant in bad", "0 A 1 M1\n1 A 1 M\n", "0 x merchant=M1 in bad 1\n" },
	/* Conditions, and rules that are off. */
	{ "v count by account over 1m >= 2 where country = DE and amount > 1",
	    "0 A 2 - DE\n1 A 1 - DE\n2 A 2 - FR\n3 A 2 - DE\n4 A 2 - -\n",
	    "3 v count=2 limit=2 window=1m 0.95\n" },
	{ "off v count by account over 1m >= 1\nw amount != 5 where country != 'D E'",
	    "0 A 5\n1 A 6\n", "1 w amount=6 limit=5 0.95\n" },
	/* What is not given is passed over; keys of several columns do not run together. */
	{ "v count by account,merchant over 1m >= 2", "0 A 1 -\n1 A 1 -\n2 AB 1 C\n3 A 1 BC\n",
	    "" },
};

START_TEST(at_edges)
{
	struct rule_set *set;
	struct buf out = { 0 };

	set_page(1, "dir/bad", "# merchants\nM1\n  M9  \n\n");
	set_page(2, "/seen", "B");
	set = set_open(edges[_i].rules, 1000);
	play(set, edges[_i].lines, &out);
	same(&out, edges[_i].want, edges[_i].rules);
	rule_close(set);
	buf_free(&out);
}
END_TEST

/* ---- errors ---- */

static const struct {
	const char	*rules, *why;
} wrongs[] = {
	{ "v count by account over 10 >= 3", "line 1: over '10' " },
	{ "\n# x\nv count by account over 10m\n",
	    "line 3: it lacks a limit, such as '> 10', (such as: v count by account over 10m "
	    ">= 10)" },
	{ "v count by account >= 3", "it lacks over" },
	{ "count by account over 1m > 3", "'count' is no name" },
	{ "v", "there is no rule behind the name 'v'" },
	{ "v count by accont over 1m > 3", "no column 'accont'" },
	{ "v count by account ovr 1m > 3", "'ovr' makes no sense here, did you mean 'over'?" },
	{ "v count by account over 1m > x", "the limit 'x' is not a number" },
	{ "v count by account over 1m > 3 weight 2", "a weight is from 0 to 1" },
	{ "v count over 1m over 2m > 3", "over twice" },
	{ "v count over 0s > 3", "over is 0" },
	{ "v sum by account", "'sum' needs a field" },
	{ "v distinct account by ip over 1m > 5000", "distinct counts to 4096 at most" },
	{ "v amount > 1\nv amount > 2", "line 2: the name 'v' is taken by line 1" },
	{ "v deny merchant in nowhere", "dir/nowhere: not there" },
	{ "v deny merchant", "it lacks 'in FILE'" },
	{ "v amount > 1 where country", "behind 'country' there is no comparison" },
	{ "v amount > 1 where country > DE", "'DE' is not a number: text is only = or !=" },
	{ "v small-then-large 5 1 within 1m", "the small amount is above the large one" },
	{ "v small-then-large 1 5", "it lacks within" },
	{ "v speed < 5", "speed is over a limit" },
	{ "v z over 5m", "over makes no sense here" },
	{ "v 'amount > 1", "a quote that does not end" },
	{ "v new country use 0", "'use' counts from 1" },
	{ "v amount >\nw amount > 5", "line 1: 'the limit' needs a number behind it" },
};

START_TEST(wrong_lines)
{
	struct rule_set *set;
	struct err err;

	set_page(0, "dir/rules", wrongs[_i].rules);
	ck_assert_int_eq(rule_open(&set, &host, "dir/rules", 3, &err), -1);
	ck_assert_int_eq(err.word, strstr(err.message, "nowhere") == NULL ? 3 : ERR_NO_WORD);
	if (strstr(err.message, wrongs[_i].why) == NULL)
		ck_abort_msg("'%s' instead of '%s'", err.message, wrongs[_i].why);
	rule_close(set);
}
END_TEST

/* All wrong lines are told of: the last in the error. */
START_TEST(several_wrong_lines)
{
	struct rule_set *set;
	struct err err;

	told.len = 0;
	set_page(0, "dir/rules", "a b\nc amount > 5\nd amount > e\nf z\n");
	ck_assert_int_eq(rule_open(&set, &host, "dir/rules", 3, &err), -1);
	same(&told, "dir/rules, line 1: it lacks a limit, such as '> 10', "
	    "(such as: a amount > 10000)\n"
	    "dir/rules, line 3: the limit 'e' is not a number\n", "what is told");
	ck_assert_ptr_nonnull(strstr(err.message, "line 4: it lacks a limit"));
	rule_close(set);
}
END_TEST

/* ---- files that change ---- */

START_TEST(rules_that_change)
{
	struct rule_set *set = set_open("a count by account over 1h >= 3\n"
	    "b count by merchant over 1h >= 3\n", 1000);
	struct buf out = { 0 };
	struct err err;

	told.len = 0;
	play(set, "0 A 1 M\n1 A 1 M\n", &out);
	/* The limit and the name are others, the order, too: a goes on, b is gone, c is new. */
	set_page(0, "dir/rules", "c sum amount by account over 1h > 1\n"
	    "aa count by account over 1h >= 2 weight 0.5\n");
	DEMAND(rule_refresh(set, &err) == 0);
	play(set, "2 A 1 M\n", &out);
	set_page(0, "dir/rules", "c sum amount by account over 1h > \n");
	DEMAND(rule_refresh(set, &err) == 0 && rule_refresh(set, &err) == 0);
	play(set, "3 A 1 M\n", &out);
	set_page(0, "dir/rules", "b count by merchant over 1h >= 1\n");
	DEMAND(rule_refresh(set, &err) == 0);
	play(set, "4 A 1 M\n", &out);
	same(&out, "2 aa count=3 limit=2 window=1h 0.5\n"
	    "3 c sum=2 limit=1 window=1h; aa count=4 limit=2 window=1h 0.975\n"
	    "4 b count=1 limit=1 window=1h merchant=M 0.95\n", "after changes");
	same(&told, "dir/rules, line 1: 'the limit' needs a number behind it "
	    "(the rules that were read before stand)\n", "what is told");
	rule_close(set);
	buf_free(&out);
}
END_TEST

START_TEST(lists_that_change)
{
	struct rule_set *set;
	struct buf out = { 0 };
	struct err err;

	told.len = 0;
	set_page(1, "dir/bad", "M1\n");
	set = set_open("x deny merchant in bad", 1000);
	play(set, "0 A 1 M2\n", &out);
	set_page(1, "dir/bad", "M2\n");
	DEMAND(rule_refresh(set, &err) == 0);
	play(set, "1 A 1 M2\n", &out);
	set_page(1, "dir/bad", NULL);
	for (int i = 0; i < 3; i++)
		DEMAND(rule_refresh(set, &err) == 0);
	play(set, "2 A 1 M2\n", &out);
	set_page(1, "dir/bad", "M1\n");
	DEMAND(rule_refresh(set, &err) == 0);
	play(set, "3 A 1 M2\n", &out);
	same(&out, "1 x merchant=M2 in bad 1\n2 x merchant=M2 in bad 1\n", "a list");
	same(&told, "dir/rules, line 1: dir/bad: not there "
	    "(the rules that were read before stand)\n", "what is told");
	rule_close(set);
	buf_free(&out);
}
END_TEST

/* ---- against all transactions again, with few keys, saves, and memory that is short ---- */

#define MANY 6000
#define WINDOW 50000000			/* microseconds */

static struct {
	int64_t	time;
	int	account, amount, ip;
} plays[MANY];

static const char model_rules[] =
    "c count by account over 50s >= 0\n"
    "s sum amount by account over 50s > -1000000\n"
    "n min amount by account over 50s > -1000000\n"
    "x max amount by account over 50s > -1000000\n"
    "d distinct ip by account over 50s >= 0\n";

/* DENSE: more come than a window has room for. */
static void
make_plays(bool dense)
{
	int64_t time = 0;

	for (int i = 0; i < MANY; i++) {
		time += dense ? (int64_t)rand_below(2000) : (int64_t)rand_below(3) * 5000000 +
		    (int64_t)rand_below(2);
		plays[i].time = time;
		plays[i].account = (int)rand_below(dense ? 1 : 6);
		plays[i].amount = (int)rand_below(2000) - 1000;
		plays[i].ip = (int)rand_below(9);
	}
}

/* What the rules are to say of the Ith; SLACK: what is so much too old may still count. */
static void
model(int i, int64_t slack, long want[5])
{
	bool seen[9] = { false };

	want[0] = want[1] = want[4] = 0;
	want[2] = 1000000;
	want[3] = -1000000;
	for (int k = i; k >= 0 && plays[k].time >= plays[i].time - WINDOW - slack; k--) {
		if (plays[k].account != plays[i].account)
			continue;
		want[0]++;
		want[1] += plays[k].amount;
		want[2] = plays[k].amount < want[2] ? plays[k].amount : want[2];
		want[3] = plays[k].amount > want[3] ? plays[k].amount : want[3];
		want[4] += !seen[plays[k].ip];
		seen[plays[k].ip] = true;
	}
}

static void
play_text(int i, char line[120])
{
	(void)snprintf(line, 120, "%lld.%06lld a%d %d m - - - i%d",
	    (long long)(plays[i].time / 1000000), (long long)(plays[i].time % 1000000),
	    plays[i].account, plays[i].amount, plays[i].ip);
}

static void
got_of(const struct buf *out, long got[5])
{
	static const char *const words[] = { "count=", "sum=", "min=", "max=", "distinct=" };

	for (int k = 0; k < 5; k++) {
		const char *at = strstr(out->data, words[k]);

		DEMAND(at != NULL);
		got[k] = strtol(at + strlen(words[k]), NULL, 10);
	}
}

START_TEST(windows_agree_with_a_model)
{
	struct rule_set *set = set_open(model_rules, 1000);
	struct buf out = { 0 };

	make_plays(false);
	for (int i = 0; i < MANY; i++) {
		char line[120];
		long want[5], got[5];

		play_text(i, line);
		out.len = 0;
		DEMAND(look(set, line, &out) == 0);
		text_add(&out, "", 1);
		model(i, 0, want);
		got_of(&out, got);
		ck_assert_mem_eq(got, want, sizeof(want));
	}
	rule_close(set);
	buf_free(&out);
}
END_TEST

/* Of too many in a window some leave late: by no more than a 512th of it. */
START_TEST(full_windows_are_thinned)
{
	struct rule_set *set = set_open(model_rules, 1000);
	struct buf out = { 0 };

	make_plays(true);
	for (int i = 0; i < MANY; i += 1) {
		char line[120];
		long least[5], most[5], got[5];

		play_text(i, line);
		out.len = 0;
		DEMAND(look(set, line, &out) == 0);
		text_add(&out, "", 1);
		model(i, 0, least);
		model(i, WINDOW / 512 + 1, most);
		got_of(&out, got);
		DEMAND(least[0] <= got[0] && got[0] <= most[0]);
		DEMAND(most[2] <= got[2] && got[2] <= least[2]);
		DEMAND(least[3] <= got[3] && got[3] <= most[3]);
		DEMAND(got[4] == least[4]);
	}
	rule_close(set);
	buf_free(&out);
}
END_TEST

static const char kept_rules[] =
    "c count by account over 50s >= 3 reset\n"
    "s sum amount by account,merchant over 50s > 500\n"
    "m mean amount by account over 20s > 500\n"
    "x max amount by ip over 50s > 990\n"
    "d distinct account by ip over 50s > 4\n"
    "n new ip after 4 use 2\n"
    "p small-then-large -500 500 within 20s\n";

/* Takes all chunks into a set just started; 0, 1 if they are damaged, or -1. */
static int
take_back(struct rule_set *set, const struct memory_store *store)
{
	const struct stored **sorted = store_sorted(store);
	struct err err;
	int rc = 0;

	for (size_t i = 0; i < store->n && rc == 0; i++) {
		struct wire in = store_wire(sorted[i]);

		rc = rule_load(set, &sorted[i]->part, &in, &err);
		if (rc == 0 && (in.damaged || in.at != in.end))
			rc = 1;
	}
	free(sorted);
	return rc;
}

/* Runs all; with CUTS it is put down now and then and goes on in another set. */
static void
run_kept(bool cuts, uint64_t most, struct buf *out)
{
	struct rule_set *set = set_open(kept_rules, most);
	struct memory_store store;
	struct buf space = { 0 };
	struct err err;

	store_start(&store);
	for (int i = 0; i < MANY; i++) {
		char line[120];

		play_text(i, line);
		DEMAND(look(set, line, out) == 0);
		if (!cuts || rand_below(40) != 0)
			continue;
		struct saving s = store_saving(&store, STORE_LANE, &space);

		DEMAND(rule_save(set, &s, &err) == 0);
		if (rand_below(4) == 0) {
			rule_close(set);
			set = set_open(kept_rules, most);
			DEMAND(take_back(set, &store) == 0);
		}
	}
	rule_close(set);
	store_free(&store);
	buf_free(&space);
}

/* With few keys the longest unseen goes: the same one, whatever was put down. */
START_TEST(state_is_taken_back)
{
	struct buf whole = { 0 }, cut = { 0 };
	uint64_t most = _i == 0 ? 1000 : 4;

	make_plays(false);
	run_kept(false, most, &whole);
	run_kept(true, most, &cut);
	ck_assert_uint_gt(whole.len, 10000);
	text_same(&cut, &whole, "a run that goes on");
	buf_free(&whole);
	buf_free(&cut);
}
END_TEST

/* Other rules take what is theirs; what is put next replaces all. */
START_TEST(state_of_other_rules)
{
	struct rule_set *set = set_open("a count by account over 1h >= 3\n"
	    "b count by merchant over 1h >= 3\n", 1000);
	struct memory_store store;
	struct buf space = { 0 }, out = { 0 };
	struct err err;

	store_start(&store);
	struct saving s = store_saving(&store, STORE_LANE, &space);

	play(set, "0 A 1 M\n1 A 1 M\n", &out);
	DEMAND(rule_save(set, &s, &err) == 0);
	rule_close(set);
	for (int i = 0; i < 2; i++) {
		set = set_open("c count by ip over 1h >= 3\nb count by merchant over 1h >= 1\n"
		    "n new ip after 1\n", 1000);
		DEMAND(take_back(set, &store) == 0);
		play(set, i == 0 ? "2 B 1 M\n" : "3 B 1 M\n", &out);
		DEMAND(rule_save(set, &s, &err) == 0);
		rule_close(set);
	}
	same(&out, "2 b count=3 limit=1 window=1h merchant=M 0.95\n"
	    "3 b count=4 limit=1 window=1h merchant=M 0.95\n", "other rules");
	store_free(&store);
	buf_free(&space);
	buf_free(&out);
}
END_TEST

/* What is damaged is found, or makes no harm. */
START_TEST(damaged_state)
{
	struct rule_set *set = set_open(kept_rules, 1000);
	struct memory_store store;
	struct buf space = { 0 }, out = { 0 };
	struct err err;

	store_start(&store);
	struct saving s = store_saving(&store, STORE_LANE, &space);

	make_plays(false);
	for (int i = 0; i < 300; i++) {
		char line[120];

		play_text(i, line);
		DEMAND(look(set, line, &out) == 0);
	}
	DEMAND(rule_save(set, &s, &err) == 0);
	rule_close(set);
	for (int i = 0; i < 400; i++) {
		struct memory_store copy;

		store_copy(&copy, &store);
		store_damage(&copy.chunk[rand_below(copy.n)]);
		set = set_open(kept_rules, 1000);
		if (take_back(set, &copy) == 0)
			for (int k = 300; k < 340; k++) {
				char line[120];

				play_text(k, line);
				DEMAND(look(set, line, &out) == 0);
			}
		rule_close(set);
		store_free(&copy);
	}
	store_free(&store);
	buf_free(&space);
	buf_free(&out);
}
END_TEST

START_TEST(memory_is_short)
{
	for (uint64_t nth = 1; nth < 400; nth++) {
		struct rule_set *set;
		struct err err;
		int rc;

		make_plays(false);
		set_page(0, "dir/rules", kept_rules);
		fault_set(nth, true);
		rc = rule_open(&set, &host, "dir/rules", 1, &err);
		if (rc == 0)
			rc = rule_start(set, 100, test_seed, &err);
		for (int i = 0; i < 60 && rc == 0; i++) {
			char line[120];

			play_text(i, line);
			rc = look(set, line, NULL);
		}
		set_page(0, "dir/rules", "b amount > 5\nc count by account over 50s > 2\n");
		if (rc == 0)
			(void)rule_refresh(set, &err);
		(void)fault_clear();
		rule_close(set);
	}
}
END_TEST

Suite *
rules_suite(void)
{
	Suite *s = suite_create("rules");
	TCase *t = case_add(s, "edges");

	tcase_add_loop_test(t, at_edges, 0, COUNT(edges));
	t = case_add(s, "errors");
	tcase_add_loop_test(t, wrong_lines, 0, COUNT(wrongs));
	tcase_add_test(t, several_wrong_lines);
	t = case_add(s, "changes");
	tcase_add_test(t, rules_that_change);
	tcase_add_test(t, lists_that_change);
	t = case_add(s, "state");
	tcase_add_test(t, windows_agree_with_a_model);
	tcase_add_test(t, full_windows_are_thinned);
	tcase_add_loop_test(t, state_is_taken_back, 0, 2);
	tcase_add_test(t, state_of_other_rules);
	tcase_add_test(t, damaged_state);
	tcase_add_test(t, memory_is_short);
	return s;
}
