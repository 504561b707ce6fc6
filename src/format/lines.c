/*
 * Lines: each is a record without fields.  Only read; what is written from lines is the column of
 * another format.
 */
#include "core/format.h"

static int
lines_read(struct reading *in)
{
	in->rows = 0;
	while (in->text < in->end && in->rows < in->cap) {
		const char *line = in->text;
		size_t len;

		in->text = line_next(line, in->end, &len);
		in->cells[in->rows++ * in->layout->width] = value_text(line, len);
	}
	return 0;
}

const struct format_class format_lines = {
	.name = "lines",
	.help = "each line is a record without fields",
	.flags = FORMAT_BARE,
	.read = lines_read,
};
