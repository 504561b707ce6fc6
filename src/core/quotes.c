/* Records with quotes, see quotes.h. */
#include "core/quotes.h"

#include <string.h>

#define CLOSE 32		/* so many bytes are cheaper to look at one by one */

struct walk {
	const struct scan	*scan;
	const char		*at, *end;
	const char		*last;		/* behind the last record end, or NULL */
	uint64_t		 records;
};

static enum quotes_state
state_behind(char byte)
{
	return byte == ',' || byte == '\n' ? QUOTES_START : QUOTES_PLAIN;
}

/* Some bytes one by one, up to a quote and behind it; the state there. */
static enum quotes_state
walk_closely(struct walk *w, enum quotes_state state)
{
	const char *stop = w->end - w->at > CLOSE ? w->at + CLOSE : w->end;

	while (w->at < stop && state != QUOTES_INSIDE) {
		char byte = *w->at++;

		if (byte == '"' && state == QUOTES_START) {
			state = QUOTES_INSIDE;
			continue;
		}
		state = state_behind(byte);
		if (byte == '\n') {
			w->records++;
			w->last = w->at;
		}
	}
	return state;
}

/* Up to the next quote, or the end. */
static enum quotes_state
walk_fast(struct walk *w)
{
	const char *quote = memchr(w->at, '"', (size_t)(w->end - w->at));
	const char *stop = quote == NULL ? w->end : quote;
	size_t len = (size_t)(stop - w->at), newlines = w->scan->newlines(w->at, len);

	if (newlines > 0)
		w->last = (const char *)memrchr(w->at, '\n', len) + 1;
	w->records += newlines;
	w->at = stop;
	return state_behind(stop[-1]);
}

/* Outside quotes: quotes are often near each other, and where they are not, they are rare. */
static enum quotes_state
walk_plain(struct walk *w, enum quotes_state state)
{
	state = walk_closely(w, state);
	if (state == QUOTES_INSIDE || w->at == w->end)
		return state;
	return *w->at == '"' ? state : walk_fast(w);
}

static enum quotes_state
walk_inside(struct walk *w)
{
	const char *quote = memchr(w->at, '"', (size_t)(w->end - w->at));

	w->at = quote == NULL ? w->end : quote + 1;
	return quote == NULL ? QUOTES_INSIDE : QUOTES_CLOSED;
}

size_t
quotes_scan(struct quotes *q, const struct scan *scan, const char *text, size_t len,
    uint64_t *records)
{
	struct walk w = { .scan = scan, .at = text, .end = text + len };

	while (w.at < w.end) {
		switch (q->state) {
		case QUOTES_INSIDE:
			q->state = walk_inside(&w);
			break;
		case QUOTES_CLOSED:
			if (*w.at == '"') {
				w.at++;
				q->state = QUOTES_INSIDE;
				break;
			}
			q->state = QUOTES_PLAIN;
			break;
		default:
			q->state = walk_plain(&w, q->state);
		}
	}
	*records += w.records;
	return w.last == NULL ? 0 : (size_t)(w.last - text);
}

/* Behind one record: most are so short that bytes are looked at one by one. */
static const char *
skip_one(const char *at, const char *end)
{
	enum quotes_state state = QUOTES_START;

	for (; at < end; at++) {
		if (state == QUOTES_INSIDE) {
			at = memchr(at, '"', (size_t)(end - at));
			if (at == NULL)
				return end;
			state = QUOTES_CLOSED;
		} else if (*at == '"' && state != QUOTES_PLAIN) {
			state = QUOTES_INSIDE;
		} else if (*at == '\n') {
			return at + 1;
		} else {
			state = state_behind(*at);
		}
	}
	return end;
}

size_t
records_skip(const char *text, size_t len, uint64_t n)
{
	const char *at = text, *end = text + len;

	for (; n > 0 && at < end; n--)
		at = skip_one(at, end);
	return (size_t)(at - text);
}
