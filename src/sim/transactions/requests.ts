import type { End } from './metadata.ts';

/** What brokers ask each other about transactions. */

/** A leader asks a coordinator whether a record may be a part of a transaction; version 2 makes it one. */
export interface Admission {
  id: string;
  producer: number;
  epoch: number;
  partition: number;
  version: 1 | 2;
}

/** A coordinator has a leader write the marker of a transaction (WriteTxnMarkers). */
export interface MarkerRequest {
  partition: number;
  producer: number;
  epoch: number;
  coordinatorEpoch: number;
  end: End;
  version: 1 | 2;
}

/** A producer, as the coordinator names it. */
export interface Named {
  producerId: number;
  epoch: number;
}
