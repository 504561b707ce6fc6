/*
 * sql: a SELECT over the rows of each window: the chain's own (the table `stream`), those of
 * streams that have a name, and tables that are files.  See sql_run.c for how it runs.
 */
#include "stage/sql.h"

#include "base/mem.h"
#include "base/near.h"

#include <string.h>

#define OWN "stream"			/* the chain's rows as a table */

enum { TABLE, TABLE_FORMAT };

static const struct opt options[] = {
	{ "table", 't', TABLE, "NAME=FILE", "a table from a file, read again when it changes" },
	{ "table-format", 'f', TABLE_FORMAT, "FORMAT", "csv, tsv, json or logfmt (by FILE's end)" },
	{ 0 },
};

/* ---- words ---- */

/* The file is bound to its place by what is opened of it: files are not moved after that. */
static int
add_file(struct sql_config *c, const char *value, int word, struct err *err)
{
	size_t len = strcspn(value, "=");
	struct sql_file *files;
	char *name;

	if (len == 0 || value[len] == '\0' || value[len + 1] == '\0')
		return err_word(err, word, "sql: a table is NAME=FILE");
	for (unsigned i = 0; i < c->files; i++)
		if (strncmp(c->file[i].name, value, len) == 0 && c->file[i].name[len] == '\0')
			return err_word(err, word, "sql: two tables are called '%s'",
			    c->file[i].name);
	files = mem_realloc(c->file, (c->files + 1) * sizeof(*files));
	if (files == NULL)
		return err_memory(err, "reading the command line");
	c->file = files;
	name = arena_bytes(&c->names, len + 1);
	if (name == NULL)
		return err_memory(err, "reading the command line");
	memcpy(name, value, len);
	name[len] = '\0';
	files[c->files++] = (struct sql_file){
		.name = name, .path = value + len + 1, .word = word,
	};
	return 0;
}

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct sql_config *c = s->config;

	if (id == TABLE)
		return add_file(c, value, word, err);
	c->format = value;
	return 0;
}

/* The query may read a table more than once. */
static int
add_table(struct sql_config *c, const char *name, unsigned port, struct sql_file *file,
    struct err *err)
{
	struct sql_table *tables;

	for (unsigned i = 0; i < c->tables; i++)
		if (c->table[i].name == name)
			return 0;
	tables = mem_realloc(c->table, (c->tables + 1) * sizeof(*tables));
	if (tables == NULL)
		return err_memory(err, "reading the command line");
	c->table = tables;
	tables[c->tables++] = (struct sql_table){ name, port, file };
	return 0;
}

/* True if the stream is what the chain has come to. */
static bool
is_own(const struct stage *s, const struct stream *stream)
{
	if (stream->points != s->froms)
		return false;
	for (unsigned i = 0; i < s->froms; i++)
		if (stream->point[i].stage != s->from[i].stage ||
		    stream->point[i].source != s->from[i].source)
			return false;
	return true;
}

static int
wrong(const struct sql_config *c, struct token at, struct err *err, const char *message)
{
	err_word(err, c->text.word, "sql: %s", message);
	err->column = at.at;
	err->length = at.len;
	return -1;
}

static bool
is_table(const struct sql_config *c, const char *name)
{
	for (unsigned i = 0; i < c->tables; i++)
		if (strcmp(c->table[i].name, name) == 0)
			return true;
	return false;
}

/* A stream that has a name and is read by the query. */
static int
add_stream(struct stage *s, const struct stream *stream, struct token at, struct err *err)
{
	struct sql_config *c = s->config;

	if (is_table(c, stream->name) || is_own(s, stream))
		return add_table(c, stream->name, 0, NULL, err);
	if (s->ports == STAGE_PORTS)
		return wrong(c, at, err, "the query reads too many streams");
	s->port[s->ports++] = (struct port){
		.name = stream->name, .len = strlen(stream->name), .word = c->text.word,
		.column = at.at,
	};
	return add_table(c, stream->name, s->ports, NULL, err);
}

/* A name that the query reads from: the chain's own, a stream's, or else it must be a file's. */
static int
add_name(struct stage *s, struct token at, struct err *err)
{
	struct sql_config *c = s->config;
	bool own = query_names_table(&c->text, at, OWN);

	for (unsigned i = 0; i < s->plan->streams; i++) {
		const struct stream *stream = &s->plan->stream[i];

		if (!query_names_table(&c->text, at, stream->name))
			continue;
		if (own && !is_own(s, stream))
			return wrong(c, at, err, "'stream' is this chain's table, and another "
			    "stream is called so, too: rename that");
		return add_stream(s, stream, at, err);
	}
	return own ? add_table(c, OWN, 0, NULL, err) : 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct sql_config *c = s->config;
	struct token at;

	c->text = (struct query_text){
		.what = "sql", .text = text, .len = strlen(text), .word = word,
	};
	for (unsigned i = 0; query_reads(&c->text, i, &at); i++)
		if (add_name(s, at, err) == -1)
			return -1;
	return 0;
}

/* ---- opening ---- */

static bool
is_read(const struct sql_config *c, const char *name)
{
	struct token at;

	for (unsigned i = 0; query_reads(&c->text, i, &at); i++)
		if (query_names_table(&c->text, at, name))
			return true;
	return false;
}

/* A file is a table, if its name is that of no stream and the query reads it. */
static int
open_file(struct stage *s, struct sql_file *f, struct err *err)
{
	struct sql_config *c = s->config;
	bool taken = strcmp(f->name, OWN) == 0;

	for (unsigned i = 0; i < s->plan->streams; i++)
		taken |= strcmp(s->plan->stream[i].name, f->name) == 0;
	if (taken)
		return err_word(err, f->word, "sql: '%s' is a stream: give the table another name",
		    f->name);
	if (!is_read(c, f->name))
		return err_word(err, f->word, "sql: the query does not read the table '%s'",
		    f->name);
	if (lookup_open(&f->lookup, s->plan, f->path, c->format, f->word, err) == -1) {
		err_prefix(err, "sql");
		return -1;
	}
	return add_table(c, f->name, 0, f, err);
}

/* All tables are known now: a name that the query reads from must be one. */
static int
check_names(const struct stage *s, struct err *err)
{
	const struct sql_config *c = s->config;
	char name[64];
	struct token at;

	for (unsigned i = 0; query_reads(&c->text, i, &at); i++) {
		struct near near;
		bool known = false;

		for (unsigned k = 0; k < c->tables && !known; k++)
			known = query_names_table(&c->text, at, c->table[k].name);
		if (known || at.len >= sizeof(name))
			continue;
		name[token_name(c->text.text, at, name)] = '\0';
		near_start(&near, name, strlen(name));
		near_try(&near, OWN);
		for (unsigned k = 0; k < s->plan->streams; k++)
			near_try(&near, s->plan->stream[k].name);
		for (unsigned k = 0; k < c->files; k++)
			near_try(&near, c->file[k].name);
		(void)wrong(c, at, err, "there is no table '");
		err_add(err, "%s'", name);
		if (near.best != NULL)
			err_add(err, ", did you mean '%s'?", near.best);
		else
			err_add(err, " (the rows of the chain are the table 'stream')");
		return -1;
	}
	return 0;
}

static struct schema *
schema_of(const struct stage *s, const struct sql_table *t)
{
	return t->file != NULL ? &t->file->lookup.schema : t->port == 0 ? s->in :
	    s->port[t->port - 1].in;
}

static int
open_query(struct stage *s, struct err *err)
{
	struct sql_config *c = s->config;
	struct query_table *tables = mem_alloc((c->tables + 1) * sizeof(*tables));
	struct buf sql = { 0 };
	int rc;

	if (tables == NULL)
		return err_memory(err, "reading a query");
	for (unsigned i = 0; i < c->tables; i++)
		tables[i] = (struct query_table){ c->table[i].name, schema_of(s, &c->table[i]) };
	rc = query_open(&c->query, tables, c->tables, err);
	mem_free(tables);
	if (rc == 0)
		rc = query_select(c->query, &c->text, &sql, err);
	if (rc == 0 && buf_add(&sql, "", 1) == -1)
		rc = err_memory(err, "reading a query");
	if (rc == 0)
		rc = query_prepare(c->query, sql.data, err);
	if (rc == 0)
		rc = query_columns(c->query, &s->made, &c->names, c->text.word, err);
	buf_free(&sql);
	return rc;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct sql_config *c = s->config;

	s->out = &s->made;
	for (unsigned i = 0; i < c->files; i++)
		if (open_file(s, &c->file[i], err) == -1)
			return -1;
	if (check_names(s, err) == -1 || open_query(s, err) == -1)
		return -1;
	for (unsigned i = 0; i < c->tables; i++) {
		struct sql_file *f = c->table[i].file;

		if (f == NULL)
			continue;
		if (lookup_read(&f->lookup, f->word, err) == -1) {
			err_prefix(err, "sql");
			return -1;
		}
		if (sql_give_file(c, i, err) == -1)
			return -1;
	}
	return 0;
}

static void
close_stage(struct stage *s)
{
	struct sql_config *c = s->config;

	query_close(c->query);
	for (unsigned i = 0; i < c->files; i++) {
		lookup_close(&c->file[i].lookup);
		mem_free(c->file[i].block);
	}
	mem_free(c->file);
	mem_free(c->table);
	arena_free(&c->names);
}

const struct stage_class stage_sql = {
	.name = "sql",
	.usage = "[OPTION]... QUERY",
	.help = "a SELECT over the rows of each batch or window",
	.detail =
	    "QUERY is one SELECT of SQLite's SQL.  The records of the chain are the table\n"
	    "stream; a source -i NAME=SOURCE, or what stands before an 'as NAME', is the\n"
	    "table NAME; --table NAME=FILE (repeatable) is a file.  The query runs at each\n"
	    "end of a window over what came in that window, also when nothing came.\n"
	    "Columns are as in where; names of json's and logfmt's fields are not known\n"
	    "ahead, so '*' cannot stand for them.  A file is looked at before each answer\n"
	    "and read again when it has changed (device, inode, size or time of change);\n"
	    "one that cannot be read then is told of once, and its last rows stand.\n"
	    "A value on which the query fails ends the run, as does a query that does not\n"
	    "end within 2 seconds after SIGTERM or SIGINT.\n"
	    "Rows: the columns of the SELECT, in the order of its ORDER BY; without one in\n"
	    "the order that SQLite finds them, the same for the same records.\n"
	    "State: the rows of the window, and the tables that are files.\n",
	.spark = "transform(rdd => spark.sql(query).rdd)",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_WINDOWS | STAGE_EXPANDS,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct sql_config),
	.lane_size = sizeof(struct sql_lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.close = close_stage,
	.lane_open = sql_lane_open,
	.lane_close = sql_lane_close,
	.feed = sql_feed,
	.tick = sql_tick,
	.fire = sql_fire,
	.rows = sql_rows,
	.held = sql_held,
	.save = sql_save,
	.load = sql_load,
};
