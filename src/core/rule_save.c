/*
 * Checkpoints of rules, see rule.h.  Under RULE_TICK stands which rules the state is of; behind it,
 * a tick for each scope, its keys (core/keyed_save.h), with the state of each rule as bytes of
 * their own: so those that the file has no more are passed over.
 */
#include "base/mem.h"
#include "core/rule_inner.h"
#include "core/tick.h"

#include <string.h>

struct rule_saved {			/* of a scope, as it was put down */
	int		 scope;		/* of the book, or -1: it has none such */
	unsigned	 cells;
	int		 cell[RULE_MAX];	/* of that scope, or -1 */
	bool		 known;
};

/* ---- putting down ---- */

static int
no_memory(struct err *err)
{
	return err_memory(err, "saving rules");
}

static int
put_text(struct buf *out, const char *text)
{
	return wire_put_bytes(out, text, strlen(text));
}

static const struct rule *
rule_of(const struct rule_book *b, unsigned scope, unsigned cell)
{
	unsigned i = 0;

	while (b->rule[i].same == NULL || b->rule[i].scope != scope || b->rule[i].cell != cell)
		i++;
	return &b->rule[i];
}

/* Which rules the state is of. */
static int
put_head(const struct rule_book *b, struct buf *out)
{
	if (wire_put(out, b->scopes) == -1)
		return -1;
	for (unsigned i = 0; i < b->scopes; i++) {
		if (put_text(out, b->scope[i].name) == -1 ||
		    wire_put(out, b->scope[i].cells) == -1)
			return -1;
		for (unsigned k = 0; k < b->scope[i].cells; k++)
			if (put_text(out, rule_of(b, i, k)->same) == -1)
				return -1;
	}
	return 0;
}

struct context {			/* of a scope, for keyed_save */
	struct rule_set			*set;
	unsigned			 scope;
	const struct rule_saved		*saved;
	const struct rule		*rule[RULE_MAX];	/* of each cell */
};

static int
put_state(const void *arg, struct buf *out, const void *value)
{
	const struct context *x = arg;
	const struct rule_state *s = value;
	struct buf cell = { 0 };
	int rc = tick_put(out, s->last);

	for (unsigned i = 0; i < x->set->book->scope[x->scope].cells && rc == 0; i++) {
		cell.len = 0;
		rc = rule_cell_put(&cell, &s->cell[i], x->rule[i]->what);
		if (rc == 0)
			rc = wire_put_bytes(out, cell.data, cell.len);
	}
	buf_free(&cell);
	return rc;
}

static struct context
context_of(struct rule_set *set, unsigned scope)
{
	struct context x = { .set = set, .scope = scope };

	for (unsigned i = 0; i < set->book->scope[scope].cells; i++)
		x.rule[i] = rule_of(set->book, scope, i);
	return x;
}

/* The rules are others than those of which something was put down: that is void. */
static int
begin_anew(struct rule_set *set, struct saving s, struct err *err)
{
	s.part.generation = INT64_MAX;
	for (unsigned i = 0; i <= RULE_SCOPES; i++) {
		s.part.tick = RULE_TICK + (int64_t)i;
		if (save_clear(&s, err) == -1)
			return -1;
	}
	for (unsigned i = 0; i < set->book->scopes; i++)
		keyed_track_free(&set->keys[i]->keyed);
	s.part.tick = RULE_TICK;
	s.part.generation = 0;
	if (put_head(set->book, s.out) == -1)
		return no_memory(err);
	set->said = true;
	return save_flush(&s, err);
}

int
rule_save(struct rule_set *set, const struct saving *to, struct err *err)
{
	if (save_flush((struct saving[]){ *to }, err) == -1 ||
	    (!set->said && begin_anew(set, *to, err) == -1))
		return -1;
	for (unsigned i = 0; i < set->book->scopes; i++) {
		struct context x = context_of(set, i);
		struct keyed_kind kind = { .arg = &x, .put_by = put_state };
		struct saving s = *to;

		s.part.tick = RULE_TICK + 1 + (int64_t)i;
		if (keyed_save(&set->keys[i]->keyed, &kind, set->keys[i]->looks, &s, err) == -1)
			return -1;
	}
	return 0;
}

/* ---- reading back ---- */

void
rule_saved_free(struct rule_saved *saved)
{
	mem_free(saved);
}

static bool
is_text(const char *text, size_t len, const char *what)
{
	return strlen(what) == len && memcmp(text, what, len) == 0;
}

static int
find_scope(const struct rule_book *b, const char *name, size_t len)
{
	for (unsigned i = 0; i < b->scopes; i++)
		if (is_text(name, len, b->scope[i].name))
			return (int)i;
	return -1;
}

static int
find_cell(const struct rule_book *b, int scope, const char *same, size_t len)
{
	for (unsigned i = 0; i < b->rules; i++)
		if (b->rule[i].same != NULL && (int)b->rule[i].scope == scope &&
		    is_text(same, len, b->rule[i].same))
			return (int)b->rule[i].cell;
	return -1;
}

static void
get_scope(const struct rule_book *b, struct rule_saved *saved, struct wire *in)
{
	size_t len;
	const char *name = wire_get_bytes(in, &len);
	uint64_t cells = wire_get(in);

	in->damaged |= cells > RULE_MAX;
	if (in->damaged)
		return;
	*saved = (struct rule_saved){
		.scope = find_scope(b, name, len), .cells = (unsigned)cells, .known = true,
	};
	for (unsigned i = 0; i < saved->cells && !in->damaged; i++) {
		name = wire_get_bytes(in, &len);
		saved->cell[i] = saved->scope == -1 ? -1 :
		    find_cell(b, saved->scope, name, len);
	}
}

/* True if the rules are those that there are, so that what is put next goes on behind. */
static bool
is_same(const struct rule_book *b, const struct wire *in)
{
	struct buf head = { 0 };
	bool same = put_head(b, &head) == 0 && head.len == (size_t)(in->end - in->at) &&
	    memcmp(head.data, in->at, head.len) == 0;

	buf_free(&head);
	return same;
}

static int
get_head(struct rule_set *set, struct wire *in)
{
	uint64_t scopes;

	set->said = is_same(set->book, in);
	scopes = wire_get(in);
	in->damaged |= scopes > RULE_SCOPES || set->saved != NULL;
	if (in->damaged)
		return 0;
	set->saved = mem_zalloc(RULE_SCOPES * sizeof(*set->saved));
	if (set->saved == NULL)
		return -1;
	for (unsigned i = 0; i < scopes && !in->damaged; i++)
		get_scope(set->book, &set->saved[i], in);
	return 0;
}

/* A state that is there already is replaced. */
static int
get_state(const void *arg, struct wire *in, void *value)
{
	const struct context *x = arg;
	struct rule_state *s = value;
	struct rule_keys *k = x->set->keys[x->scope];

	rule_state_clear(k, s);
	s->last = tick_get(in);
	if (k->now < s->last)
		k->now = s->last;
	for (unsigned i = 0; i < x->saved->cells && !in->damaged; i++) {
		int to = x->saved->cell[i];
		size_t len;
		const char *bytes = wire_get_bytes(in, &len);
		struct wire cell = { .at = bytes, .end = bytes + len };

		if (to == -1 || in->damaged)
			continue;
		rule_cell_clear(&s->cell[to]);
		if (rule_cell_get(&cell, &s->cell[to], x->rule[to]) == -1)
			return -1;
		k->windows += rule_cell_bytes(&s->cell[to]);
		in->damaged |= cell.damaged || cell.at != cell.end;
	}
	return 0;
}

static void
drop_state(const void *arg, void *value)
{
	const struct context *x = arg;

	rule_state_clear(x->set->keys[x->scope], value);
}

static int
get_keys(struct rule_set *set, const struct rule_saved *saved, const struct store_part *part,
    struct wire *in, struct err *err)
{
	struct context x = context_of(set, (unsigned)saved->scope);
	struct keyed_kind kind = {
		.arg = &x, .put_by = put_state, .get_by = get_state, .drop_by = drop_state,
	};
	struct rule_keys *k = set->keys[saved->scope];

	x.saved = saved;
	return keyed_load(&k->keyed, &kind, &k->looks, part, in, err);
}

int
rule_load(struct rule_set *set, const struct store_part *part, struct wire *in, struct err *err)
{
	int64_t at = part->tick - RULE_TICK - 1;

	if (at == -1)
		return get_head(set, in) == -1 ? err_memory(err, "reading rules") : 0;
	in->damaged |= at < 0 || at >= RULE_SCOPES || set->saved == NULL ||
	    !set->saved[at].known;
	if (in->damaged)
		return 0;
	if (set->saved[at].scope == -1) {
		in->at = in->end;	/* of a key that no rule has any more */
		return 0;
	}
	return get_keys(set, &set->saved[at], part, in, err);
}
