/* A query for the rows that an expression is true of, see query.h: where and conditions on rows. */
#include "core/query.h"

int
query_filter(struct query **q, struct schema *columns, const struct query_text *text,
    struct err *err)
{
	static const char select[] = "SELECT 1 FROM \"\x01\x01\" WHERE ";
	struct query_table table = { QUERY_TABLE, columns };
	struct buf sql = { 0 };
	int rc = query_open(q, &table, 1, err);

	if (rc == 0 && buf_add(&sql, select, sizeof(select) - 1) == -1)
		rc = err_memory(err, "reading a query");
	if (rc == 0)
		rc = query_expression(*q, text, &sql, NULL, err);
	if (rc == 0 && buf_add(&sql, "", 1) == -1)
		rc = err_memory(err, "reading a query");
	if (rc == 0)
		rc = query_prepare(*q, sql.data, err);
	buf_free(&sql);
	return rc;
}
