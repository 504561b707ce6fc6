/*
 * A set of rules: opened from a file, read again when that changes; see rule_inner.h.  State goes
 * over from one book to the next by what it is of: the name of its key, and the text of the rule
 * as far as state depends on it.
 */
#include "base/mem.h"
#include "core/rule_inner.h"

#include <string.h>

/* Tells each line but the last, which is the error's. */
static void
tell_but_last(const struct rule_set *set, struct buf *wrong)
{
	const struct files *files = set->host.files;
	char *at = wrong->data, *end = at + wrong->len, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL && newline + 1 < end) {
		*newline = '\0';
		files->tell(files->arg, at);
		*newline = '\n';
		at = newline + 1;
	}
}

int
rule_open(struct rule_set **made, const struct rule_host *host, const char *path, int word,
    struct err *err)
{
	struct rule_set *set = mem_zalloc(sizeof(*set));
	struct buf wrong = { 0 };
	int rc;

	*made = set;
	if (set == NULL)
		return err_memory(err, "reading rules");
	set->host = *host;
	set->path = path;
	if (host->files == NULL)
		return err_word(err, word, "no file can be read here");
	rc = rule_book_read(&set->book, host, path, &wrong, err);
	if (rc == 1) {
		tell_but_last(set, &wrong);
		err->word = set->book->missing ? ERR_NO_WORD : word;
		err->column = err->length = 0;
	}
	buf_free(&wrong);
	return rc == 0 ? 0 : -1;
}

void
rule_close(struct rule_set *set)
{
	if (set == NULL)
		return;
	for (unsigned i = 0; i < RULE_SCOPES; i++)
		rule_keys_free(set->keys[i]);
	rule_book_free(set->book);
	rule_saved_free(set->saved);
	buf_free(&set->key);
	buf_free(&set->wrong);
	arena_free(&set->ahead_text);
	mem_free(set);
}

int
rule_start(struct rule_set *set, uint64_t max_keys, const uint64_t seed[2], struct err *err)
{
	set->max_keys = max_keys;
	memcpy(set->seed, seed, sizeof(set->seed));
	set->started = true;
	for (unsigned i = 0; i < set->book->scopes; i++) {
		set->keys[i] = rule_keys_make(set, set->book->scope[i].cells);
		if (set->keys[i] == NULL)
			return err_memory(err, "reading rules");
	}
	return 0;
}

/* ---- from one book to the next ---- */

/* Where the state of a cell of a new book lies in the old one: its number, or -1. */
static int
find_cell(const struct rule_book *b, unsigned scope, const char *same)
{
	for (unsigned i = 0; i < b->rules; i++)
		if (b->rule[i].same != NULL && b->rule[i].scope == scope &&
		    strcmp(b->rule[i].same, same) == 0)
			return (int)b->rule[i].cell;
	return -1;
}

static int
find_scope(const struct rule_book *b, const char *name)
{
	for (unsigned i = 0; i < b->scopes; i++)
		if (strcmp(b->scope[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* For each cell of scope TO of the new book, which it is of scope FROM; true if any is. */
static bool
map_cells(const struct rule_book *old, const struct rule_book *new, unsigned from, unsigned to,
    int cell[RULE_MAX])
{
	bool any = false;

	for (unsigned i = 0; i < new->rules; i++) {
		const struct rule *r = &new->rule[i];

		if (r->same == NULL || r->scope != to)
			continue;
		cell[r->cell] = find_cell(old, from, r->same);
		any |= cell[r->cell] != -1;
	}
	return any;
}

/* Moves the state of one key; 0 or -1. */
static int
move_state(struct rule_keys *into, struct rule_keys *from, uint32_t id, const int *cell)
{
	struct rule_state *old = rule_state_at(from, id), *new;
	bool fresh;

	new = keyed_put(&into->keyed, keyed_entry(old)->key, &fresh);
	if (new == NULL || keyed_due(&into->keyed, new, keyed_entry(old)->due) == -1)
		return -1;
	new->last = old->last;
	for (unsigned i = 0; i < into->cells; i++) {
		if (cell[i] == -1)
			continue;
		new->cell[i] = old->cell[cell[i]];
		into->windows += rule_cell_bytes(&new->cell[i]);
		from->windows -= rule_cell_bytes(&new->cell[i]);
		old->cell[cell[i]] = (struct rule_cell){ 0 };
	}
	return 0;
}

/* The state of scope TO of a new book, with what there is of it already; NULL: no memory. */
static struct rule_keys *
move_keys(struct rule_set *set, const struct rule_book *new, unsigned to)
{
	struct rule_keys *keys = rule_keys_make(set, new->scope[to].cells);
	int from = find_scope(set->book, new->scope[to].name), cell[RULE_MAX];

	if (keys == NULL || from == -1 ||
	    !map_cells(set->book, new, (unsigned)from, to, cell))
		return keys;
	keys->looks = set->keys[from]->looks;
	keys->now = set->keys[from]->now;
	for (uint32_t id = 1; id <= set->keys[from]->keyed.count; id++)
		if (move_state(keys, set->keys[from], id, cell) == -1) {
			rule_keys_free(keys);
			return NULL;
		}
	return keys;
}

static int
adopt(struct rule_set *set, struct rule_book *new)
{
	struct rule_keys *keys[RULE_SCOPES] = { NULL };
	bool failed = false;

	for (unsigned i = 0; i < new->scopes && set->started; i++) {
		keys[i] = move_keys(set, new, i);
		failed |= keys[i] == NULL;
	}
	for (unsigned i = 0; i < RULE_SCOPES; i++) {
		rule_keys_free(failed ? keys[i] : set->keys[i]);
		if (!failed)
			set->keys[i] = keys[i];
	}
	if (failed)
		return -1;
	rule_book_free(set->book);
	set->book = new;
	set->said = false;
	return 0;
}

/*
 * What is wrong is told once.  The file is not read again until it changes once more; but where a
 * list is missing it may be there the next time.
 */
static void
complain(struct rule_set *set, const struct rule_book *new, struct buf *wrong, struct err *err)
{
	bool told = set->wrong.len == wrong->len &&
	    memcmp(set->wrong.data, wrong->data, wrong->len) == 0;

	if (!new->missing)
		set->book->stamp = new->stamp;
	if (told)
		return;
	tell_but_last(set, wrong);
	err_add(err, " (the rules that were read before stand)");
	set->host.files->tell(set->host.files->arg, err->message);
	buf_free(&set->wrong);
	set->wrong = *wrong;
	*wrong = (struct buf){ 0 };
}

int
rule_refresh(struct rule_set *set, struct err *err)
{
	struct rule_book *new;
	struct buf wrong = { 0 };
	int rc;

	if (!rule_book_changed(set->book, &set->host, set->path))
		return 0;
	rc = rule_book_read(&new, &set->host, set->path, &wrong, err);
	if (rc == 0) {
		rc = adopt(set, new);
		if (rc == 0) {
			new = NULL;
			set->wrong.len = 0;
		} else {
			(void)err_memory(err, "reading rules");
		}
	} else if (rc == 1) {
		complain(set, new, &wrong, err);
	}
	rule_book_free(new);
	buf_free(&wrong);
	return rc == -1 ? -1 : 0;
}

void
rule_figures(const struct rule_set *set, uint64_t *keys, uint64_t *evicted, size_t *bytes)
{
	*evicted += set->evicted;
	*bytes += sizeof(*set) + sizeof(*set->book) + set->book->text.total;
	for (unsigned i = 0; i < set->book->scopes; i++) {
		const struct rule_keys *k = set->keys[i];

		if (k == NULL)
			continue;
		*keys += k->keyed.count;
		*bytes += k->keyed.bytes + k->windows;
	}
}
