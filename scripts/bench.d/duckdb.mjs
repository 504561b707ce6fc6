// Runs one SQL statement in DuckDB on one thread and writes its rows as TSV, for scripts/bench.
//
//	node duckdb.mjs FOLDER SQL
//
// FOLDER is where npm has installed @duckdb/node-api.

import { createRequire } from 'node:module';
import path from 'node:path';

const [folder, sql] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(folder), 'package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');

const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
const reader = await connection.runAndReadAll(sql);
const lines = reader.getRows().map((row) => row.join('\t') + '\n');
process.stdout.write(lines.join(''));
