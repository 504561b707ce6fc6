/*
 * What the tests of formats share: reading text into rows that are shown as a text, and writing
 * rows.  Shown, a row is its cells between bars and a newline: 'text', 12, 1.5, true, ~ for null.
 */
#ifndef UNIT_ROWS_UTIL_H
#define UNIT_ROWS_UTIL_H

#include "core/format.h"
#include "util.h"

/* Wants the fields of a comma-separated list in cells 1 and on; PLACES as in struct layout. */
void layout_make(struct layout *, unsigned places, const char *names);

void show_row(struct buf *, const struct value *cells, unsigned width);

/*
 * Reads TEXT, CAP rows at a time, and shows all rows; 0, or -1 when memory is short.  The text lies
 * at the end of its memory, so that a sanitizer sees what is read behind the pad.
 */
int rows_read(const struct format_class *, const struct layout *, const char *text, size_t len,
    size_t cap, struct buf *shown, struct bad *);

/* As often, each time with one more allocation before the first that fails: must end in -1 or 0. */
void rows_read_short_of_memory(const struct format_class *, const struct layout *,
    const char *text, size_t len);

/* A schema of columns in cells 0 and on, all bare or none. */
void schema_make(struct schema *, const char *names, bool bare);

/* Encodes rows, with this time column ("": none) and behind a header if HEAD; never fails. */
void rows_write(const struct format_class *, const struct schema *, const struct block *,
    const char *time, bool head, struct buf *out);

/* As rows_read_short_of_memory, for writing. */
void rows_write_short_of_memory(const struct format_class *, const struct schema *,
    const struct block *);

/* Fails unless GOT is this text. */
void same_text(const struct buf *got, const char *want, const char *what);

#endif
