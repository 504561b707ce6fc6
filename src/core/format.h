/*
 * A format: how records are written as text.  One file in src/format with a const struct
 * format_class and one row in formats.def each.
 *
 * Reading.  The engine cuts bytes into whole records (core/frame; one may span lines if the format
 * is `quoted`); read turns a run of records into rows.  What a row must hold is told by a layout,
 * made from the schema when every stage has asked for its columns: cell 0 is the record without
 * its end, the other cells are fields.  Text is a slice of the input wherever it can be; what must
 * be unescaped goes into the lane's arena.  A record that is not well-formed is bad, and no row.
 *
 * Writing.  An encoder appends rows to a buffer; the columns of the time and of the batch's number,
 * which come first, are texts of its own, made once a block.
 */
#ifndef CORE_FORMAT_H
#define CORE_FORMAT_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/bad.h"
#include "core/block.h"

struct format;

enum format_flag {
	FORMAT_HEADER = 1,	/* without --columns the first record names the columns */
	FORMAT_QUOTED = 2,	/* a record may span lines between double quotes */
	FORMAT_OPEN = 4,	/* records name their fields: any column can be asked for */
	FORMAT_BARE = 8,	/* fields have no types */
};

/* Where a field of a record goes. */
struct layout_field {
	const char	*name;
	size_t		 len;
	unsigned	 at;		/* its place in a record, from 0; unused if FORMAT_OPEN */
	unsigned	 slot;		/* cell of the row */
};

struct layout {
	unsigned		 width;		/* cells of a row */
	unsigned		 places;	/* fields that a record must have; 0: any number */
	unsigned		 fields;	/* those that are wanted, by place */
	struct layout_field	 field[SCHEMA_MAX];
};

/* One call of read; the caller sets all but ROWS. */
struct reading {
	const char		*text, *end;	/* whole records; read moves TEXT on */
	const struct layout	*layout;
	struct arena		*arena;		/* for unescaped text; the caller resets it */
	void			*private;	/* of the format, for this lane */
	struct value		*cells;		/* room for CAP rows of layout->width cells */
	size_t			 cap;
	size_t			 rows;		/* OUT: rows made */
	struct bad		*bad;		/* what is not well-formed */
};

struct encoder {
	struct buf	 out;		/* what is encoded and not yet written */
	char		 time[40];	/* the text of the time column, without a separator */
	size_t		 time_len;	/* 0: there is none */
	bool		 time_is_number;	/* epoch and epoch-ms: not to be quoted */
	char		 batch[20];	/* the same of the column of batch numbers behind it */
	size_t		 batch_len;
};

struct format_class {
	const char	*name;
	const char	*help;		/* one line */
	unsigned	 flags;		/* enum format_flag */
	size_t		 lane_size;	/* bytes of private state for reading, zeroed */

	/* Reading; NULL where the format is only written. */
	int	(*lane_open)(void *private, struct err *);
	void	(*lane_close)(void *private);

	/*
	 * Reads records until CAP rows are made or the text is at its end.  0, or -1 when memory
	 * is short.
	 */
	int	(*read)(struct reading *);

	/*
	 * The fields of a header record as names, copied to ARENA: how many, or -1 with the error
	 * (no name, a name twice, too many).
	 */
	int	(*header)(const char *record, size_t len, struct arena *, const char **names,
		    struct err *);

	/* Writing; NULL where the format is only read.  0, or -1 when memory is short. */
	int	(*head)(struct encoder *, const struct schema *);	/* a line of column names */
	int	(*rows)(struct encoder *, const struct schema *, const struct block *);
};

#endif
