/** Produce, version 12: the first one that adds its partition to the producer's transaction (KIP-890, part 2). */
import type { ProducerIdentity } from '../identity.ts';
import { API, encodeBatch, type Call } from '../kafkajs.ts';
import type { Answer, Batch } from '../produce.ts';
import { flexibleCall } from './flexible.ts';

export const PRODUCE_THAT_ADDS = 12;
const ALL = -1;

/** @returns null where the answer is not about exactly this topic and partition */
export function produceThatAdds(
  batch: Batch,
  of: {
    transactionalId: string;
    identity: ProducerIdentity;
    /** Of the first record; asked when the request is encoded. */
    firstSequence: () => number;
    timeoutMs: number;
  },
): Call<Answer | null> {
  const { topic, partition, values, keys } = batch;
  return flexibleCall({
    apiKey: API.produce,
    apiVersion: PRODUCE_THAT_ADDS,
    apiName: 'Produce',
    write: async (writer) => {
      const records = await encodeBatch({
        messages: values.map((value, index) => ({ key: keys?.[index] ?? null, value })),
        producerId: of.identity.id,
        producerEpoch: of.identity.epoch,
        firstSequence: of.firstSequence(),
        transactional: true,
      });
      writer.text(of.transactionalId).int16(ALL).int32(of.timeoutMs);
      writer.array([topic], (name) => {
        writer.text(name).array([partition], (number) => void writer.int32(number).bytes(records).tags());
        writer.tags();
      });
    },
    read: (reader) => {
      const answers = reader.array(() => {
        const name = reader.text();
        const partitions = reader.array(() => {
          const number = reader.int32();
          const answer = { code: reader.int16(), offset: reader.int64() };
          reader.int64(); // log append time
          reader.int64(); // log start offset
          reader.array(() => {
            reader.int32(); // index of a record that is wrong
            reader.text();
            reader.tags();
          });
          reader.text(); // the error in words
          reader.tags();
          return { number, answer };
        });
        reader.tags();
        return { name, partitions };
      });
      const [first] = answers;
      const told = first?.partitions[0];
      const isAbout = answers.length === 1 && first?.name === topic && first.partitions.length === 1;
      return isAbout && told?.number === partition ? told.answer : null;
    },
  });
}
