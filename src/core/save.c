/* Putting state down, see save.h. */
#include "core/save.h"

#define CHUNK ((size_t)1 << 20)		/* bytes after which a chunk is put */
#define SLACK 4096			/* entries that a log may be too long by */

int
save_flush(struct saving *s, struct err *err)
{
	int rc = 0;

	if (s->out->len > 0)
		rc = s->store->put(s->store->arg, &s->part, s->out->data, s->out->len, err);
	s->out->len = 0;
	return rc;
}

int
save_room(struct saving *s, struct err *err)
{
	return s->out->len < CHUNK ? 0 : save_flush(s, err);
}

int
save_clear(struct saving *s, struct err *err)
{
	s->out->len = 0;
	return s->store->clear(s->store->arg, &s->part, err);
}

/* ---- the log of numbered entries ---- */

void
changelog_sweep(struct changelog *log, struct saving *s, uint64_t n, uint32_t count,
    uint32_t *from, uint32_t *to)
{
	uint64_t left;

	log->written += n;
	if (!log->sweeping && log->written > 2 * (uint64_t)count + SLACK) {
		log->sweeping = true;
		log->generation++;
		log->cursor = 1;
		log->written = 0;
	}
	s->part.generation = log->generation;
	*from = *to = 1;
	if (!log->sweeping)
		return;
	left = log->cursor > count ? 0 : (uint64_t)count + 1 - log->cursor;
	*from = log->cursor;
	*to = log->cursor + (uint32_t)(left < 2 * n ? left : 2 * n);
	log->written += *to - *from;
	log->cursor = *to;
}

/* What a run before had left of it counts as written, and goes with the next sweep. */
static int
trim(struct changelog *log, const struct saving *s, struct err *err)
{
	struct store_part part = s->part;
	int more;

	if (!log->trimming)
		return 0;
	part.generation = log->void_to;
	more = s->store->trim(s->store->arg, &part, err);
	log->trimming = more == 1;
	return more == -1 ? -1 : 0;
}

int
changelog_swept(struct changelog *log, struct saving *s, uint32_t count, struct err *err)
{
	if (save_flush(s, err) == -1)
		return -1;
	if (log->sweeping && log->cursor > count) {
		log->sweeping = false;
		log->trimming = true;
		log->void_to = log->generation - 1;
	}
	return trim(log, s, err);
}

int
changelog_clear(struct changelog *log, struct saving *s, struct err *err)
{
	s->part.generation = log->generation;
	if (save_clear(s, err) == -1)
		return -1;
	*log = (struct changelog){ .generation = log->generation + 1 };
	s->part.generation = log->generation;
	return 0;
}

void
changelog_loaded(struct changelog *log, const struct store_part *part, uint64_t n)
{
	if (part->generation > log->generation)
		log->generation = part->generation;
	log->written += n;
}

/* ---- values ---- */

int
value_put(struct buf *out, const struct value *v)
{
	if (wire_put(out, v->kind) == -1)
		return -1;
	switch (v->kind) {
	case VALUE_TEXT:
		return wire_put_bytes(out, v->text, v->len);
	case VALUE_INT:
	case VALUE_BOOL:
		return wire_put_word(out, (uint64_t)v->i);
	case VALUE_DOUBLE:
		return wire_put_double(out, v->d);
	default:
		return 0;
	}
}

struct value
value_get(struct wire *in)
{
	uint64_t kind = wire_get(in), word;
	size_t len;
	const char *text;

	switch (kind) {
	case VALUE_TEXT:
		text = wire_get_bytes(in, &len);
		in->damaged |= len > VALUE_TEXT_MAX;
		return value_text(text, len);
	case VALUE_INT:
		return value_int((int64_t)wire_get_word(in));
	case VALUE_BOOL:
		word = wire_get_word(in);
		in->damaged |= word > 1;
		return value_bool(word != 0);
	case VALUE_DOUBLE:
		return value_double(wire_get_double(in));
	default:
		in->damaged |= kind != VALUE_NULL;
		return value_null();
	}
}
