/* Every format there is, made from formats.def. */
#include "format/format_table.h"

#include <string.h>

#define FORMAT(name) extern const struct format_class format_##name;
#include "format/formats.def"
#undef FORMAT

const struct format_class *const formats[] = {
#define FORMAT(name) &format_##name,
#include "format/formats.def"
#undef FORMAT
	NULL,
};

const struct format_class *
format_find(const char *name)
{
	const struct format_class *const *f = formats;

	while (*f != NULL && strcmp((*f)->name, name) != 0)
		f++;
	return *f;
}
