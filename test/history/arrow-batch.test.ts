import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { decodeBatch } from '../../src/history/columns/arrow-batch.ts';
import { arrowEncoder } from '../../src/history/columns/arrow.ts';
import { allocateColumns, WRITE_COLUMNS } from '../../src/history/columns/columns.ts';

/** The library writes, and our own reader reads: they must mean the same. */
const encoder = arrowEncoder(WRITE_COLUMNS, { 'kept.version': '1' });
const cell = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** A message's body in one piece, at a multiple of 8. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

testProp(
  'a batch that the Arrow library wrote is read as it is: rows, columns, notes',
  [
    fc.integer({ min: 0, max: 40 }),
    fc.array(cell, { minLength: 1, maxLength: 30 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', maxLength: 300 }), {
      maxKeys: 4,
    }),
  ],
  (t, rows, cells, notes) => {
    const columns = allocateColumns(WRITE_COLUMNS, 64);
    for (const column of Object.values(columns))
      for (let index = 0; index < column.length; index++) column[index] = cells[index % cells.length]!;
    const { head, body } = encoder.batch(columns, rows, notes);
    const decoded = decodeBatch(WRITE_COLUMNS, head, joined(body));
    t.is(decoded.rows, rows);
    t.deepEqual(decoded.metadata, new Map(Object.entries(notes)));
    for (const [name, type] of Object.entries(WRITE_COLUMNS)) {
      const column = columns[name as keyof typeof columns];
      const expected = column.subarray(0, type === 'int64' ? 2 * rows : rows);
      t.deepEqual(decoded.columns[name as keyof typeof columns], expected);
    }
  },
  { numRuns: 300 },
);

test('a schema is no batch', (t) => {
  t.throws(() => decodeBatch(WRITE_COLUMNS, encoder.schema.head, new Uint8Array()), {
    instanceOf: RangeError,
  });
});
